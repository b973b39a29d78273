"""What a crash leaves in the log: where it happened, never the values that stood there."""

import json
import subprocess
import sys

PROGRAM = """
import structlog
from portal import logs

logs.configure()
try:
    password = "seven green boats"
    raise ValueError("no")
except ValueError as error:
    structlog.get_logger().error("unexpected", exc_info=error)
"""


def test_a_crash_is_logged_without_the_values_of_its_variables():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    line = json.loads(done.stderr)
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert line["exception"][0]["frames"]
    assert "locals" not in done.stderr

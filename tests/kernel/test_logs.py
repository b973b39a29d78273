"""What a crash leaves in the log: where it happened, never the values that stood there."""

import json
import subprocess
import sys

import pytest
import sqlalchemy as sa

from portal import logs
from tests.support import people

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


TWICE = """
import logging
import structlog
from portal import logs

logs.configure()


class Refused(Exception):
    pass


try:
    try:
        raise Refused("duplicate key\\nDETAIL:  Key (email)=(ana@x.test) is\\nthere already.")
    except Refused as first:
        raise RuntimeError("not stored\\nCONTEXT:  $1 = 'ana@x.test'\\n[SQL: INSERT]") from first
except RuntimeError as error:
    structlog.get_logger().error("unexpected", exc_info=error)
    logging.getLogger("queue").error("job failed", exc_info=error)
"""


def test_what_the_database_quotes_of_a_row_is_in_no_log():
    done = subprocess.run([sys.executable, "-c", TWICE], capture_output=True, text=True, check=True)
    assert "ana@x.test" not in done.stderr
    assert "there already" not in done.stderr
    for kept in ("duplicate key", "not stored", "[SQL: INSERT]", "job failed"):
        assert kept in done.stderr


def test_a_refused_row_is_told_without_the_person_in_it(database):
    people.make_customer(database, email="ana@x.test")
    with pytest.raises(sa.exc.IntegrityError) as refused:
        people.make_customer(database, email="ana@x.test")
    said = str(refused.value)
    assert "ana@x.test" in said
    assert "ana@x.test" not in logs.without_values(said)

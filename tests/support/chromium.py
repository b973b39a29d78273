"""Where the browser of the tests is; the same search as `.ci/chromium`, which installs one."""

import functools
import pathlib
import subprocess

FINDER = pathlib.Path(__file__).resolve().parents[2] / ".ci" / "chromium"
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage")


@functools.cache
def path() -> str:
    """The path of a Chromium. Raises AssertionError that says what to install."""
    found = subprocess.run([FINDER], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout.strip().splitlines()[-1]

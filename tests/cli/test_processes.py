"""Child processes live and die together, and say why."""

import os
import signal
import socket
import sys
import threading

import pytest

from portal.cli import processes

PYTHON = sys.executable
WAITS = "import time; print('up', flush=True); time.sleep(60)"
FAILS = "import sys; print('this went wrong'); sys.exit(3)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('up', flush=True); time.sleep(60)"
)


@pytest.fixture
def stop():
    with processes.stop_asked() as asked:
        yield asked


@pytest.fixture
def family(tmp_path, stop):
    environ = dict(os.environ)
    return processes.Family(folder=tmp_path / "log", root=tmp_path, environ=environ, stop=stop)


def started(family, name, code, **given):
    """Start a child and wait until it has written its first word."""
    child = family.start(name, [PYTHON, "-c", code], **given)
    pause = threading.Event()
    for _ in range(500):
        if child.log.read_text():
            return child
        pause.wait(0.02)
    raise AssertionError(f"{name} wrote nothing")


def test_every_child_ends_when_the_family_does(family):
    with family.living():
        children = [started(family, name, WAITS) for name in ("one", "two")]
    assert [child.process.returncode for child in children] == [-signal.SIGTERM] * 2


def test_a_child_that_will_not_stop_is_killed(family):
    with family.living():
        child = started(family, "stubborn", STUBBORN, patience=0.2)
    assert child.process.returncode == -signal.SIGKILL


def test_a_crash_names_the_child_and_shows_the_end_of_its_log(family):
    with family.living():
        other = started(family, "other", WAITS)
        family.start("broken", [PYTHON, "-c", FAILS])
        with pytest.raises(processes.Crashed, match="broken ended with code 3") as crash:
            family.watch()
    assert "this went wrong" in str(crash.value)
    assert other.process.returncode == -signal.SIGTERM


def test_a_killed_child_is_a_crash_too(family):
    with family.living():
        child = started(family, "killed", WAITS)
        child.process.kill()
        with pytest.raises(processes.Crashed, match="was killed by signal 9"):
            family.watch()


def test_a_child_with_an_end_is_waited_for(family):
    with family.living():
        family.run("short", [PYTHON, "-c", "print('done')"])
        family.check()


def test_a_child_that_has_to_end_well_and_does_not_is_a_crash(family):
    with family.living():
        with pytest.raises(processes.Crashed, match="short ended with code 3"):
            family.run("short", [PYTHON, "-c", FAILS])


def test_a_signal_stops_the_waiting(family):
    with family.living():
        started(family, "one", WAITS)
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(processes.Stopped):
            family.watch()


def test_the_log_of_the_start_before_is_kept(family, tmp_path):
    for word in ("before", "after"):
        with family.living():
            family.run("same", [PYTHON, "-c", f"print('{word}')"])
    assert (tmp_path / "log" / "same.log").read_text() == "after\n"
    assert (tmp_path / "log" / "same.log.old").read_text() == "before\n"


def test_an_address_in_use_is_named_with_the_setting_that_changes_it():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(processes.PortTaken, match="PORTAL_BIND"):
            processes.require_free(bind, setting="PORTAL_BIND")
    processes.require_free(bind, setting="PORTAL_BIND")

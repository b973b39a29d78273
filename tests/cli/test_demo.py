"""The demo as one runs it: it comes up whole, keeps its data, and leaves nothing running."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

import psutil
import pytest
import requests

from portal.cli import demo as demos
from portal.journeys.demo import history
from tests.support import sandbox as sandboxes

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLASK = [sys.executable, "-m", "flask"]


class Demo:
    """One `flask demo` over its own folder and ports, without made-up customers."""

    def __init__(self, folder, bind=""):
        self.var = folder / "var"
        self.bind = bind or f"127.0.0.1:{sandboxes.free_port()}"
        self.sandbox_bind = f"127.0.0.1:{sandboxes.free_port()}"
        self.output = folder / "output.txt"
        self.process = None
        kept = {name: value for name, value in os.environ.items() if "PORTAL" not in name}
        self._environ = kept | {
            "PORTAL_VAR": str(self.var),
            "PORTAL_BIND": self.bind,
            "SANDBOX_BIND": self.sandbox_bind,
            "PYTHONUNBUFFERED": "1",
        }

    def run(self, *options):
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                [*FLASK, "demo", "--bare", *options],
                cwd=ROOT,
                env=self._environ,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def until_it_says(self, words):
        self.until(lambda: words in self.output.read_text())

    def until(self, reached):
        pause = threading.Event()
        for _ in range(1_800):
            if reached():
                return
            if self.process.poll() is not None:
                break
            pause.wait(0.1)
        raise AssertionError(self.output.read_text())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def running(self, command=""):
        """What still works on this demo's folder, or only what runs `command`."""
        lines = {
            one.pid: " ".join(one.info["cmdline"] or []) for one in psutil.process_iter(["cmdline"])
        }
        return [pid for pid, line in lines.items() if str(self.var) in line and command in line]


@pytest.fixture
def folder():
    """A folder that the database's own user gets to, which the folders of pytest are not."""
    above = ROOT / "var" / "test"
    above.mkdir(parents=True, exist_ok=True)
    made = pathlib.Path(tempfile.mkdtemp(prefix="demo-", dir=above))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def demo(folder):
    """A demo that is not started; whatever a test leaves of it is stopped."""
    made = Demo(folder)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()


def test_after_a_start_that_was_cut_off_the_demo_begins_afresh_serves_and_stops_whole(demo, folder):
    old = demo.var / "mail" / "old.eml"
    old.parent.mkdir(parents=True)
    old.touch()
    demo.run()
    demo.until((demo.var / "postgres").exists)
    assert demo.stop() == 0
    assert demo.running() == []

    demo.run()
    demo.until_it_says("Ctrl-C stops everything")
    assert "starts afresh" in demo.output.read_text()
    assert not old.exists()
    assert requests.get(f"http://{demo.bind}/readyz", timeout=10).json() == {"status": "ok"}
    assert requests.get(f"http://{demo.bind}/demo/mail", timeout=10).ok
    assert requests.get(f"http://{demo.sandbox_bind}/sandbox/health", timeout=10).ok
    assert_others_are_kept_off(folder / "second", demo.bind)

    assert demo.stop() == 0
    assert "the data is kept" in demo.output.read_text()
    assert demo.running() == []


def assert_others_are_kept_off(folder, bind):
    folder.mkdir()
    second = Demo(folder, bind=bind)
    second.run()
    assert second.process.wait(60) == 1
    assert f"{bind} cannot be listened on" in second.output.read_text()
    assert not second.var.exists()


def test_people_are_told_the_password_that_they_have():
    assert demos.PASSWORD == history.PASSWORD


def test_when_one_part_dies_all_stop_and_the_reason_is_told(demo):
    demo.run()
    command = f"portal.sandbox --bind {demo.sandbox_bind}"
    demo.until(lambda: demo.running(command))
    psutil.Process(demo.running(command)[0]).kill()
    assert demo.process.wait(60) == 1
    assert "the sandbox was killed by signal 9" in demo.output.read_text()
    assert demo.running() == []

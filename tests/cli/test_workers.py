"""A run shared by several processes: every draft once, one report, nobody left behind."""

from __future__ import annotations

import itertools
import os
import pathlib
import signal
import subprocess
import sys

import psutil
import pytest

from portal.cli import workers
from portal.domain.payments.operations import drafting as operations
from portal.domain.payments.rules import Part
from tests.support import bills, paying
from tests.support import drafting as drafts

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def environ(monkeypatch, owner_engine, sandbox, tmp_path, ctx):
    """The surroundings that the processes find: this test's database, sandbox and day."""
    monkeypatch.chdir(ROOT)
    for name, value in {
        "PORTAL_ENV": "demo",
        "PORTAL_VAR": str(tmp_path / "var"),
        "PORTAL_TODAY": ctx.clock.today().isoformat(),
        "DATABASE_URL": owner_engine.url.set(drivername="postgresql").render_as_string(
            hide_password=False
        ),
        "SANDBOX_BIND": sandbox.url.removeprefix("http://"),
    }.items():
        monkeypatch.setenv(name, value)


def planned(ctx, sandbox, database, count):
    numbers = []
    for _ in range(count):
        bill = bills.make_bill(database)
        numbers.append(drafts.plan(ctx, bill, paying.save_card(ctx, sandbox, bill.customer)))
    return numbers


@pytest.mark.usefixtures("environ", "books_hold")
def test_two_processes_take_every_draft_once_and_report_as_one(ctx, sandbox, database, paying_app):
    numbers = planned(ctx, sandbox, database, 4)
    day = ctx.clock.today().isoformat()
    told = paying_app.test_cli_runner().invoke(
        args=["autopay", "run", "--on", day, "--workers", "2"]
    )
    assert told.exit_code == 0, told.output
    assert "0 announced; 4 charged" in told.output
    assert {drafts.row(ctx, number).state for number in numbers} == {"paid"}
    assert len(paying.charges(sandbox)) == 4


def test_each_part_has_customers_of_its_own_and_none_is_left_out(ctx, sandbox, database):
    planned(ctx, sandbox, database, 5)
    with ctx.database.reading() as session:
        today = ctx.clock.today()
        whole = operations.due(session, on=today)
        found = [operations.due(session, on=today, part=Part(index, 3)) for index in range(3)]
    assert sorted(itertools.chain(*found)) == whole
    assert len(whole) == 5


@pytest.mark.usefixtures("environ")
def test_a_part_that_fails_is_named(monkeypatch, capfd):
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:9/nobody")
    with pytest.raises(workers.PartFailed, match="part 0/2 ended with code 1"):
        workers.run(["autopay", "run", "--on", "2026-11-24"], parts=2)
    capfd.readouterr()


def test_a_process_ends_with_the_one_that_started_it():
    code = "from portal.cli import workers; workers.end_with_parent(); print('up', flush=True);"
    code += "import threading; threading.Event().wait(60)"
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, threading;"
            f"child = subprocess.Popen([sys.executable, '-c', {code!r}], stdin=subprocess.PIPE);"
            "threading.Event().wait(60)",
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    assert parent.stdout.readline() == b"up\n"
    (child,) = psutil.Process(parent.pid).children()
    parent.send_signal(signal.SIGKILL)
    assert parent.wait() == -signal.SIGKILL
    parent.stdout.close()
    child.wait(10)


def test_the_report_is_the_last_line_of_each_process(monkeypatch, tmp_path):
    (tmp_path / "wsgi.py").write_text(
        "import sys, flask, click\napp = flask.Flask(__name__)\n"
        "@app.cli.command('say')\n@click.option('--part')\n"
        "def say(part):\n    print('a word'); print(part)\n"
    )
    monkeypatch.chdir(tmp_path)
    assert workers.run(["say"], parts=3) == ["0/3", "1/3", "2/3"]

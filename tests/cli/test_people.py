"""`flask staff add` and `flask customers import`, as an operator runs them."""

import json
import re

import pytest

from tests.journeys.test_import_customers import LINE, MARIA, MISO, is_empty, written
from tests.support import forms


@pytest.fixture
def run(app):
    return lambda *words: app.test_cli_runner().invoke(args=list(words))


@pytest.fixture
def file(tmp_path):
    def write(*lines):
        path = tmp_path / "customers.csv"
        path.write_bytes(written(*lines))
        return str(path)

    return write


def test_a_member_of_staff_gets_a_link_chooses_a_password_and_signs_in(run, app):
    done = run("staff", "add", "grace.lindqvist@example.test", "--role", "specialist")
    assert done.exit_code == 0
    assert "Grace Lindqvist is specialist now" in done.output
    path = re.search(r"http://127\.0\.0\.1:8000(/password/\S+)", done.output)[1]
    client = app.test_client()
    assert forms.post(client, path, password="seven green boats").location == "/sign-in"
    typed = {"email": "grace.lindqvist@example.test", "password": "seven green boats"}
    assert forms.post(client, "/sign-in", **typed).location == "/desk"


def test_the_report_of_adding_staff_can_be_read_by_a_program(run, database):
    words = ("staff", "add", "omar@example.test", "--role", "supervisor", "--name", "Omar Haddad")
    report = json.loads(run(*words, "--json").output)
    assert (report["name"], report["role"]) == ("Omar Haddad", "supervisor")


@pytest.mark.parametrize(
    "words",
    [
        ("omar", "--role", "supervisor"),
        ("omar@example.test", "--role", "king"),
        ("omar@example.test",),
    ],
)
def test_staff_that_cannot_be_added_is_misuse(run, database, words):
    assert run("staff", "add", *words).exit_code == 2


def test_the_same_person_is_added_once(run, database):
    words = ("staff", "add", "ada@example.test", "--role", "finance")
    assert run(*words).exit_code == 0
    again = run(*words)
    assert again.exit_code == 2
    assert "belongs to another account" in again.output


def test_a_file_is_imported(run, file, quiet_ctx):
    done = run("customers", "import", file(LINE, MARIA | MISO))
    assert done.exit_code == 0
    assert done.output == "1 customers, 2 policies, 2 terms imported\n"


def test_a_dry_run_says_what_would_be(run, file, quiet_ctx):
    done = run("customers", "import", file(LINE), "--dry-run")
    assert done.exit_code == 0
    assert done.output == "dry run: 1 customers, 1 policies, 1 terms would be imported\n"
    assert is_empty(quiet_ctx)


def test_a_wrong_line_is_told_and_nothing_is_imported(run, file, quiet_ctx):
    done = run("customers", "import", file(LINE, LINE | {"zip": "1"}))
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "line 3, zip: Enter the five digits of the ZIP code, like 62704.",
        "1 errors; nothing was imported",
    ]
    assert is_empty(quiet_ctx)


def test_the_report_of_an_import_can_be_read_by_a_program(run, file, quiet_ctx):
    done = run("customers", "import", file(LINE | {"zip": "1"}), "--json")
    report = json.loads(done.output)
    assert done.exit_code == 1
    assert report["kept"] is False
    assert report["errors"][0] == {
        "line": 2, "column": "zip", "message": "Enter the five digits of the ZIP code, like 62704.",
    }  # fmt: skip


def test_a_file_that_is_not_there_is_misuse(run, database, tmp_path):
    assert run("customers", "import", str(tmp_path / "none.csv")).exit_code == 2

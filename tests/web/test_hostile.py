"""What no browser sends: every address and form answers it with a page, never with a fault."""

from __future__ import annotations

import base64
import io
import json

import pytest

from portal.kernel import ids
from tests.support import bills, cases, forms, people

NUL = "a\x00b"


@pytest.fixture
def owner(client, database):
    return people.sign_in(client, bills.make_bill(database).customer)


@pytest.fixture
def desk(client, database):
    return people.sign_in(client, people.make_staff(database, "supervisor"))


def cursor(*values) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "address",
    ["/invoices/%00", "/pay/%00", "/payments/INV%00.pdf", "/payment-methods/%00"],
)
def test_a_nul_in_an_address_is_no_number_of_ours(owner, address):
    assert owner.get(address).status_code in (400, 404)


@pytest.mark.parametrize("field", ["bill", "with", "once_key"])
def test_a_nul_in_the_pay_form_is_refused(owner, field):
    typed = {"bill": ["INV-0"], "with": "new", "expected_cents": "1", "once_key": "k" * 20}
    assert forms.post(owner, "/pay", **(typed | {field: NUL * 8})).status_code == 400


def test_a_nul_in_a_street_is_refused(owner):
    typed = {
        "first_name": "Maria",
        "last_name": "Alvarez",
        "street": NUL,
        "city": "Springfield",
        "state": "IL",
        "zip_code": "62704",
    }
    assert forms.post(owner, "/settings/contact", **typed).status_code == 400


def test_a_nul_in_a_mail_address_is_refused(client, database):
    typed = {"email": "maria\x00@example.test", "password": "seven green boats"}
    assert forms.post(client, "/sign-in", **typed).status_code == 400


def test_a_form_takes_no_json(client, database):
    bodies = [b"[]", b"5", b"{", b'{"email": ["a"], "password": 5, "policy_no": 7, "zip_code": {}}']
    for page in ("/sign-in", "/sign-in/link", "/password/reset", "/activate"):
        token = {"X-CSRFToken": forms.token(client, page)}
        for body in bodies:
            answer = client.post(page, data=body, content_type="application/json", headers=token)
            assert answer.status_code == 415, (page, body)


@pytest.mark.parametrize("page", ["/settings/contact", "/settings/email", "/sign-in/link"])
def test_a_file_is_no_word(owner, page):
    names = ("first_name", "last_name", "street", "city", "zip_code", "email", "password")
    typed = {name: (io.BytesIO(b"x"), "x.txt") for name in names}
    token = {"X-CSRFToken": forms.token(owner, "/settings/contact")}
    assert owner.post(page, data=typed, headers=token).status_code == 400


@pytest.mark.parametrize(
    "values",
    [
        ("\ud800", "2026-11-24T15:00:00+00:00", 1),
        ("P1", "2026-11-24T15:00:00+23:59", 1),
        ("P1", "0001-01-01T00:00:00+23:59", 1),
        ("P1", "9999-12-31T23:59:59-23:59", 1),
    ],
)
def test_a_forged_cursor_shows_the_first_page(desk, values):
    assert desk.get("/desk/queue", query_string={"after": cursor(*values)}).status_code == 200


@pytest.mark.parametrize(
    "since", ["2026-11-24T15:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00+10:00"]
)
def test_a_moment_that_no_clock_shows_counts_nothing(desk, since):
    answer = desk.get("/desk/queue/new", query_string={"since": since})
    assert answer.status_code == 200


@pytest.mark.parametrize("form", ["reply", "note"])
def test_a_once_key_of_any_length_is_taken(client, quiet_ctx, database, form):
    specialist = people.make_staff(database, "specialist")
    number = cases.raise_case(quiet_ctx, people.make_customer(database))
    cases.take(quiet_ctx, number, specialist)
    grace, case = people.sign_in(client, specialist), f"/desk/disputes/{number}"
    key = "".join(ids.new(ids.Prefix.METHOD) for _ in range(2000))
    page = grace.get(case).get_data(as_text=True)
    version = page.partition('name="version" value="')[2].partition('"')[0]
    typed = {form: "We look into it.", "once_key": key, "version": version}
    assert forms.post(grace, case, to=f"{case}/{form}", **typed).status_code == 302

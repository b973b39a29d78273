"""A policy at the desk: seen, changed with a preview, ended and reinstated, by who may."""

from __future__ import annotations

import datetime

import pytest

from tests.support import bills, forms, people

STARTS = datetime.date(2026, 8, 1)
WHY = "Asked for by phone."


@pytest.fixture
def bill(database):
    return bills.make_bill(database, effective_on=STARTS)


@pytest.fixture
def desk(client, database):
    return people.sign_in(client, people.make_staff(database))


def at(bill, what: str = "") -> str:
    return f"/desk/policies/{bill.policy.number}{what}"


def look(desk, bill, kind: str, **typed):
    """What the change would do."""
    return forms.post(desk, at(bill), to=at(bill, f"/{kind}"), look="1", reason=WHY, **typed)


def press(desk, bill, kind: str, page: str, **typed):
    """Make it, as the page shows it."""
    hidden = forms.HIDDEN.findall(page)
    seen = [value for name, value in hidden if name == "seen"]
    keys = [value for name, value in hidden if name == "once_key"]
    token = forms.token(desk, at(bill))
    return desk.post(
        at(bill, f"/{kind}"),
        data={"csrf_token": token, "seen": seen, "once_key": keys[:1], "reason": WHY, **typed},
    )


def test_a_policy_shows_its_rates_and_what_is_to_come(desk, bill):
    page = desk.get(at(bill)).text
    assert bill.policy.number in page
    assert "Bills to come" in page
    assert "Rates of the term" in page
    assert f'href="{at(bill)}"' in desk.get(f"/desk/customers/{bill.customer.number}").text


def test_a_premium_is_changed_as_it_was_shown(desk, bill):
    typed = {"premium": "900.00", "on": "2026-12-01"}
    page = look(desk, bill, "premium", **typed)
    assert page.status_code == 200
    assert "From 1 Dec 2026 the year costs $900.00 instead of" in page.text
    assert press(desk, bill, "premium", page.text, **typed).status_code == 303
    after = desk.get(at(bill)).text
    assert "The premium changed" in after
    assert WHY in after


def test_a_policy_is_cancelled_and_reinstated(desk, bill):
    typed = {"on": "2027-01-01", "basis": "pro_rata"}
    page = look(desk, bill, "cancel", **typed)
    assert "Cover ends with the day before 1 Jan 2027" in page.text
    assert press(desk, bill, "cancel", page.text, **typed).status_code == 303
    page = look(desk, bill, "reinstate")
    assert "The policy goes on without a gap" in page.text
    assert press(desk, bill, "reinstate", page.text).status_code == 303
    assert "Goes on after all" in desk.get(at(bill)).text


@pytest.mark.parametrize(
    ("kind", "typed", "field"),
    [
        ("premium", {"premium": "", "on": "2026-12-01"}, "premium-premium"),
        ("premium", {"premium": "-5", "on": "2026-12-01"}, "premium-premium"),
        ("premium", {"premium": "5 EUR", "on": "2026-12-01"}, "premium-premium"),
        ("premium", {"premium": "900", "on": "2031-12-01"}, "premium-on"),
        ("premium", {"premium": "900", "on": "tomorrow"}, "premium-on"),
        ("cancel", {"on": "2020-01-01"}, "cancel-on"),
        ("cancel", {"on": ""}, "cancel-on"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(desk, bill, kind, typed, field):
    page = look(desk, bill, kind, **typed)
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text


def test_a_change_says_why(desk, bill):
    answer = forms.post(
        desk, at(bill), to=at(bill, "/cancel"), look="1", on="2027-01-01", reason=" "
    )
    assert answer.status_code == 422
    assert "Say why, for the log." in answer.text


def test_what_was_not_shown_is_not_done(desk, bill):
    answer = forms.post(desk, at(bill), to=at(bill, "/cancel"), on="2027-01-01", reason=WHY)
    assert answer.status_code == 422
    assert "Something changed meanwhile." in answer.text


def test_a_number_of_nobodys_is_not_found(desk):
    assert desk.get("/desk/policies/POL-00000000000").status_code == 404


def test_finance_reads_and_changes_nothing(client, database, bill):
    finance = people.sign_in(client, people.make_staff(database, "finance"))
    page = finance.get(at(bill)).text
    assert "Change it" not in page
    assert forms.post(finance, "/desk", to=at(bill, "/cancel")).status_code == 403

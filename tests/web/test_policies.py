"""The policy pages: what comes next, what happened, changes seen before they are done."""

from __future__ import annotations

import datetime
import re

import pytest

from portal.journeys import term_changes
from portal.kernel import actor
from tests.support import bills, forms, people

STARTS = datetime.date(2026, 8, 1)


@pytest.fixture
def bill(database):
    return bills.make_bill(database, effective_on=STARTS)


@pytest.fixture
def owner(client, bill):
    return people.sign_in(client, bill.customer)


def address(bill, what: str = "") -> str:
    return f"/policies/{bill.policy.number}{what}"


def sums(page: str) -> list[str]:
    return re.findall(r"\$[\d,]+\.\d\d", page)


def test_a_policy_says_what_comes_next(owner, bill):
    listed = owner.get("/policies").text
    assert bill.policy.number in listed
    page = owner.get(address(bill)).text
    assert "Biscuit’s policy" in page
    assert "Bills to come" in page
    assert "Due 1 Jan 2027" in page
    assert address(bill, "/day") in page


def test_a_strangers_policy_is_not_there(owner, database):
    other = bills.make_bill(database)
    for what in ("", "/day", "/in-full", "/cancel"):
        assert owner.get(address(other, what)).status_code == 404
    assert forms.post(owner, "/settings", to=address(other, "/in-full")).status_code == 404


def test_a_day_is_moved_as_it_was_shown(owner, bill):
    page = owner.get(address(bill, "/day?day=15")).text
    assert "The first of them carries" in page
    assert "15 Jan 2027" in page
    shown = sums(page)
    answer = forms.send(owner, page, to=address(bill, "/day"), day="15")
    assert answer.status_code == 303
    after = owner.get(address(bill)).text
    assert "Bills are due on day 15 of the month instead of day 1" in after
    assert "Due 15 Jan 2027" in after
    assert shown[0] in after


@pytest.mark.parametrize("day", ["0", "29", "x", "-1", "1", "99999999999999999999"])
def test_a_day_that_can_not_be_is_said_beside_the_field(owner, bill, day):
    answer = forms.post(owner, address(bill, "/day"), day=day, look="1")
    assert answer.status_code == 422
    assert 'href="#day"' in answer.text


def test_the_rest_is_put_on_one_bill(owner, bill, database):
    page = owner.get(address(bill, "/in-full")).text
    assert "Installment fees of" in page
    assert forms.send(owner, page, to=address(bill, "/in-full")).status_code == 303
    assert "Bills to come" not in owner.get(address(bill)).text
    assert len(bills.invoices_of(database, policy_id=bill.policy.id)) == len(bill.invoices) + 1
    again = owner.get(address(bill, "/in-full"))
    assert again.status_code == 422
    assert "Every bill of this term is out already." in again.text


def test_a_cancellation_says_what_is_kept_and_ends_the_cover(owner, bill):
    look = forms.post(owner, address(bill, "/cancel"), on="2026-12-15", look="1")
    assert look.status_code == 200
    assert "Cover ends with the day before 15 Dec 2026" in look.text
    done = forms.send(owner, look.text, to=address(bill, "/cancel"), on="2026-12-15")
    assert done.status_code == 303
    page = owner.get(address(bill)).text
    assert "Cancelled" in page
    assert "What you can change" not in page.split("</aside>")[0].split("<h2")[-1]


def test_what_changed_meanwhile_is_shown_anew(owner, bill, quiet_ctx):
    look = forms.post(owner, address(bill, "/cancel"), on="2026-12-15", look="1")
    term_changes.change_premium(
        quiet_ctx,
        ask=term_changes.Ask(
            policy_no=bill.policy.number, once_key="desk", who=actor.system("desk")
        ),
        effective_on=datetime.date(2026, 11, 20),
        premium_cents=90_000,
    )
    refused = forms.send(owner, look.text, to=address(bill, "/cancel"), on="2026-12-15")
    assert refused.status_code == 422
    assert "Something changed meanwhile." in refused.text
    done = forms.send(owner, refused.text, to=address(bill, "/cancel"), on="2026-12-15")
    assert done.status_code == 303


@pytest.mark.parametrize("on", ["2026-11-19", "2025-01-01", "2029-01-01", "soon", ""])
def test_a_day_without_cover_can_not_be_chosen(owner, bill, on):
    answer = forms.post(owner, address(bill, "/cancel"), on=on, look="1")
    assert answer.status_code in (200, 422)
    assert "What this does" not in answer.text


def test_inside_the_free_look_everything_goes_back(owner, bill, database):
    with database.unit_of_work() as session:
        policy = session.get_one(type(bill.policy), bill.policy.id)
        policy.received_on = datetime.date(2026, 11, 10)
    page = owner.get(address(bill, "/cancel")).text
    assert "Until 25 Nov 2026 you may give the policy back for everything that was paid." in page
    look = forms.post(owner, address(bill, "/cancel"), on="2026-12-01", look="1")
    assert "All premium goes back." in look.text


def test_after_a_claim_the_free_look_is_over(owner, bill, database):
    with database.unit_of_work() as session:
        policy = session.get_one(type(bill.policy), bill.policy.id)
        policy.received_on = datetime.date(2026, 11, 10)
        policy.claim_filed_on = datetime.date(2026, 11, 12)
    assert "give the policy back" not in owner.get(address(bill, "/cancel")).text
    look = forms.post(owner, address(bill, "/cancel"), on="2026-12-01", look="1")
    assert "All premium goes back." not in look.text


@pytest.mark.parametrize("day", ["0", "32", "-1", "٣", "1.5", "9" * 5000, "<b>"])
def test_what_is_no_day_of_a_month_is_said_at_its_field(owner, bill, day):
    answer = forms.post(owner, address(bill, "/day"), day=day, look="1")
    assert answer.status_code in (200, 422)
    assert "What this does" not in answer.text

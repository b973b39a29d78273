"""Moving a policy at the desk; what the old and the new owner see afterwards."""

from __future__ import annotations

import dataclasses
import datetime
import re

import pytest

from portal.journeys import run_billing, term_changes
from tests.support import bills, forms, mourning, paying, people

STARTS = datetime.date(2026, 9, 28)  # bills due on 28 September, October and November are out


@pytest.fixture
def bill(database):
    made = bills.make_bill(database, effective_on=STARTS)
    for invoice in made.invoices[:2]:
        bills.pay(database, invoice)
    return made


@pytest.fixture
def new(database):
    return people.make_customer(database, first_name="Ana", last_name="Ruiz")


@pytest.fixture
def grace(app, database):
    return people.sign_in(app.test_client(), people.make_staff(database, "specialist"))


@pytest.fixture
def omar(app, database):
    return people.sign_in(app.test_client(), people.make_staff(database, "supervisor"))


def page_of(bill):
    return f"/desk/policies/{bill.policy.number}/move"


def text(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def look(client, bill, **typed):
    page = page_of(bill)
    data = {"csrf_token": forms.token(client, page), "look": "1", "reason": "Sold."} | typed
    return client.post(page, data=data)


def ask(client, bill, to):
    html = look(client, bill, to=to).get_data(as_text=True)
    hidden = dict(forms.HIDDEN.findall(html))
    return client.post(page_of(bill), data=hidden | {"to": to, "reason": "Sold."})


def approve(client, page):
    html = text(client, page)
    version = re.search(r'name="facts_version" value="(\w+)"', html)[1]
    return forms.post(client, page, to=f"{page}/approve", facts_version=version)


def moved(grace, omar, bill, new):
    answer = ask(grace, bill, new.email)
    assert answer.status_code == 303
    return approve(omar, answer.location)


def test_it_is_seen_asked_for_and_agreed_to(grace, omar, bill, new, quiet_ctx):
    assert page_of(bill) in text(grace, f"/desk/policies/{bill.policy.number}")
    seen = look(grace, bill, to=new.number).get_data(as_text=True)
    assert f"it is no longer {bill.customer.number}’s but {new.number}’s" in seen
    assert "Open bills withdrawn and asked of the new owner: 1, $66.07." in seen
    answer = ask(grace, bill, new.number)
    assert "A second person" in text(grace, answer.location)
    assert f"Move Biscuit’s policy to {new.number}" in text(omar, "/desk/approvals")
    assert approve(omar, answer.location).status_code == 302
    assert "Another customer has it" in text(omar, f"/desk/policies/{bill.policy.number}")
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_the_old_owner_keeps_paid_bills_and_no_policy_the_new_one_the_reverse(
    app, grace, omar, bill, new, quiet_ctx, clock
):
    change = term_changes.move_day(
        quiet_ctx,
        ask=term_changes.Ask(
            policy_no=bill.policy.number, once_key="x", who=people.owner(bill.customer)
        ),
        day=3,
    )
    moved(grace, omar, bill, new)
    run_billing.run(quiet_ctx, on=clock.today())
    old_client, new_client = (
        people.sign_in(app.test_client(), person) for person in (bill.customer, new)
    )
    policy = f"/policies/{bill.policy.number}"
    for path in ("", "/day", "/in-full", "/cancel", f"/letters/{change.number}.pdf"):
        assert old_client.get(policy + path).status_code == 404, path
    assert old_client.get(f"/autopay/{bill.policy.number}").status_code == 404
    for invoice in bill.invoices:
        paid = f"/invoices/{invoice.number}"
        assert old_client.get(paid).status_code == 200
        assert old_client.get(f"{paid}.pdf").status_code == 200
        assert new_client.get(paid).status_code == 404
        assert new_client.get(f"{paid}.pdf").status_code == 404
    assert "Biscuit" in text(old_client, "/invoices")
    assert "Biscuit" not in text(old_client, "/policies")
    page = text(new_client, policy)
    assert "Biscuit" in page
    assert bill.customer.number not in page
    assert "Bills are due on another day" not in page
    listed = text(new_client, "/invoices")
    assert listed.count("/invoices/INV-") == 1
    for path in ("/home", "/payments", "/invoices", "/statements", "/payment-methods"):
        seen = text(new_client, path)
        assert not any(invoice.number in seen for invoice in bill.invoices), path
    mine = re.search(r"/invoices/INV-\w+", listed)[0]
    assert "beside the bill before" not in text(new_client, mine)
    assert old_client.get(mine).status_code == 404


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"to": ""}, "No customer has this number or e-mail."),
        ({"to": "<b>x</b>"}, "No customer has this number or e-mail."),
        ({"to": "x" * 400}, "No customer has this number or e-mail."),
        ({"to": "somebody", "reason": " "}, "Write a sentence that says why."),
    ],
)
def test_what_is_typed_wrong_is_said_beside_its_field(grace, bill, typed, said):
    answer = look(grace, bill, **typed)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)


def test_what_stands_in_the_way_is_said(grace, database, bill, new):
    bills.pay(database, bill.invoice, cents=1000)
    answer = look(grace, bill, to=new.number)
    assert answer.status_code == 422
    assert f"Bill {bill.number} is partly paid" in answer.get_data(as_text=True)


def test_of_two_tabs_one_asks(app, grace, database, bill, new):
    other = people.sign_in(app.test_client(), people.make_staff(database, "specialist"))
    assert ask(grace, bill, new.number).status_code == 303
    answer = ask(other, bill, new.number)
    assert answer.status_code == 422
    assert "waits for a second person already" in answer.get_data(as_text=True)


def test_asking_for_what_was_not_shown_is_refused(grace, bill, new):
    page = page_of(bill)
    answer = forms.post(grace, page, to=page, reason="Sold.", facts_version="x")
    assert answer.status_code == 422


def test_the_approver_sends_it_back_and_one_s_own_is_not_approved(omar, app, database, bill, new):
    ada = people.sign_in(app.test_client(), people.make_staff(database, "supervisor"))
    at = ask(omar, bill, new.number).location
    assert "so you cannot approve it" in text(omar, at)
    own = omar.post(
        f"{at}/approve", data={"csrf_token": forms.token(omar, page_of(bill)), "facts_version": "x"}
    )
    assert own.status_code == 409
    assert forms.post(ada, at, to=f"{at}/return", reason="No paper.").status_code == 302
    assert "No paper." in text(omar, at)


def test_finance_and_customers_can_not(app, database, bill):
    finance = people.sign_in(app.test_client(), people.make_staff(database, "finance"))
    assert finance.get(page_of(bill)).status_code == 403
    owner = people.sign_in(app.test_client(), bill.customer)
    assert owner.get(page_of(bill)).status_code == 404


def test_what_goes_back_to_the_former_owner_the_desk_sees_and_the_new_one_does_not(
    app, quiet_ctx, database, grace, omar, bill, new
):
    moved(grace, omar, bill, new)
    owner, no = people.sign_in(app.test_client(), new), bill.policy.number
    page = f"/policies/{no}/cancel?on=2026-11-27"
    back, others = "goes back to where it was paid from", "goes back to earlier owners"
    assert "Cover ends with the day before" in text(owner, page)
    assert back not in text(owner, page)
    assert others not in text(owner, page)
    quiet = text(owner, f"/policies/{no}/bereavement?on=2026-10-10")
    assert "for the days after 10 Oct 2026" in quiet
    assert [one for one in re.findall(r"\$[\d,]+\.\d\d", quiet) if one != "$0.00"] == []
    theirs = dataclasses.replace(bill, customer=new)
    mourning.tell(quiet_ctx, theirs, datetime.date(2026, 10, 10))
    case = text(grace, f"/desk/disputes/{mourning.case(quiet_ctx, theirs).number}")
    assert "To earlier owners" in case
    mourning.end_cover(quiet_ctx, theirs, datetime.date(2026, 10, 11))
    told = text(owner, f"/policies/{no}/bereavement")
    assert re.search(r"Goes back to you</[^>]+>\s*<[^>]+>\s*\$0\.00", told)
    assert back not in text(owner, f"/policies/{no}")
    assert others not in text(owner, f"/policies/{no}")
    assert others in text(grace, f"/desk/policies/{no}")

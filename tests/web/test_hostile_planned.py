"""What is planned when its card goes away: said before, written on the day, and never blamed."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.billing.rules import arranging
from portal.domain.payments.states import DraftKind
from portal.journeys import propose_arrangement
from portal.kernel import ids
from tests.support import bills, drafting, forms, paying, people


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def card(ctx, sandbox, bill):
    return paying.save_card(ctx, sandbox, bill.customer)


@pytest.fixture
def owner(paying_app, bill):
    return people.sign_in(paying_app.test_client(), bill.customer)


def plan(ctx, bill, card, **changed) -> str:
    return drafting.plan(ctx, bill, card, kind=DraftKind.SCHEDULED, **changed)


def written(ctx, template: str) -> list[str]:
    with ctx.database.reading() as session:
        return list(
            session.scalars(
                sa.text("SELECT text FROM mail WHERE template = :template"),
                {"template": template},
            )
        )


def test_the_page_that_removes_a_card_names_what_is_planned_with_it(ctx, owner, bill, card):
    address = f"/payment-methods/{card}"
    assert "planned with it" not in owner.get(address).get_data(as_text=True)
    plan(ctx, bill, card, on=ctx.clock.today() + datetime.timedelta(days=3))
    assert "$66.08 on Friday 27 November is planned with it" in owner.get(address).get_data(
        as_text=True
    )


def test_a_planned_payment_whose_card_was_removed_is_written_about_on_its_day(
    ctx, sandbox, owner, bill, card
):
    number = plan(ctx, bill, card)
    assert forms.post(owner, f"/payment-methods/{card}", to=f"/payment-methods/{card}/remove")
    assert drafting.collect(ctx) == {"over": 1}
    (text,) = written(ctx, "draft_missed")
    assert "Visa 4242 today. It was removed" in text
    page = owner.get(f"/payments/scheduled/{number}").get_data(as_text=True)
    assert "We did not receive $66.08" in page
    assert "card or account was removed" in page
    assert "declined" not in page
    assert paying.charges(sandbox) == []


@pytest.mark.parametrize(("days", "said"), [(0, "You need do nothing."), (12, "12 days after")])
def test_a_day_after_the_due_day_is_not_called_nothing_to_do(ctx, owner, bill, card, days, said):
    on = bill.invoice.due_on + datetime.timedelta(days=days)
    number = plan(ctx, bill, card, on=on)
    page = owner.get(f"/payments/scheduled/{number}").get_data(as_text=True)
    assert said in page
    assert ("You need do nothing." in page) == ("A late fee is possible" not in page)


def test_what_is_paid_in_parts_is_not_pressed_for(ctx, database, owner, bill, card):
    assert 'c-button--main" href="/pay">Pay $66.08' in owner.get("/home").get_data(as_text=True)
    propose_arrangement.propose(
        ctx,
        customer_id=bill.customer.id,
        proposal=propose_arrangement.Proposal(
            invoice_nos=(bill.number,),
            count=2,
            first_on=ctx.clock.today() + datetime.timedelta(days=3),
            every=arranging.Every.MONTH,
            method_no=card,
        ),
        expected_cents=6608,
        once_key=ids.new(ids.Prefix.DRAFT),
        language="en",
        who=people.owner(bill.customer),
    )
    page = owner.get("/home").get_data(as_text=True)
    assert "Pay $66.08" not in page
    assert "Pay sooner" in page
    bills.make_bill(database, customer=bill.customer, pet_name="Miso", species="cat")
    assert 'c-button--main" href="/pay">Pay $66.08' in owner.get("/home").get_data(as_text=True)


def test_after_the_bill_was_paid_otherwise_nobody_is_asked_to_pay_it_again(
    ctx, database, owner, bill, card
):
    address = f"/payments/scheduled/{plan(ctx, bill, card)}"
    forms.post(owner, f"/payment-methods/{card}", to=f"/payment-methods/{card}/remove")
    drafting.collect(ctx)
    assert "Pay now" in owner.get(address).get_data(as_text=True)
    bills.pay(database, bill.invoice)
    page = owner.get(address).get_data(as_text=True)
    assert "Nothing is to be paid on these bills now." in page
    assert "Pay now" not in page
    assert "Please pay in another way" not in page

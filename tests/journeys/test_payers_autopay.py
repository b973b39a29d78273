"""Autopay of somebody else who pays for one pet: their card, their mails, a word to the owner."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.payments.operations import standing
from portal.journeys import autopay, collect_drafts, end_payer, scoped_pay
from tests.support import bills, paying, people, scoped


def value(ctx, statement: str):
    with ctx.database.reading() as session:
        return session.scalar(sa.text(statement))


def end(ctx, bill, number) -> None:
    end_payer.by_owner(
        ctx, customer_id=bill.customer.id, number=number, who=people.owner(bill.customer)
    )


def join(ctx, bill, number, method_no: str, **given):
    return scoped_pay.automate(
        ctx,
        token=scoped.token(ctx, number),
        changes=False,
        method_no=method_no,
        backup_no="",
        days_before=0,
        shown=autopay.shown(ctx, pet_name=bill.pet.name, language="en"),
        who=people.visitor(),
        **given,
    )


@pytest.fixture
def later(database):
    """A bill that is due late enough to be announced in time, and another to keep a card by."""
    return bills.make_bill(database, effective_on=datetime.date(2026, 12, 12))


def test_autopay_by_a_payer_is_announced_to_them_and_charged_to_their_card(
    ctx, sandbox, clock, database, later
):
    number = scoped.ask(ctx, later)
    card = scoped.keep(ctx, sandbox, later, number)
    join(ctx, later, number, card)
    ((to, words),) = scoped.mails(ctx, "autopay_joined")
    assert to == scoped.ANA
    ((to, words),) = scoped.mails(ctx, "payer_news")
    assert to == later.customer.email
    assert "4242" not in words
    clock.set(clock.now() + datetime.timedelta(days=18))
    collect_drafts.run(ctx, on=clock.today())
    assert bills.invoices_of(database, policy_id=later.policy.id)[0].state == "paid"
    (charge,) = paying.charges(sandbox)
    assert charge.customer == scoped.view(ctx, number).stripe_ref
    assert [to for to, _ in scoped.mails(ctx, "payer_receipt")] == [scoped.ANA]
    assert [to for to, _ in scoped.mails(ctx, "payer_paid")] == [later.customer.email]
    assert paying.mails(ctx, "receipt") == 0
    paying.assert_books(ctx)


def test_ending_the_payer_ends_autopay_and_calls_its_drafts_off(
    ctx, sandbox, clock, database, later
):
    number = scoped.ask(ctx, later)
    join(ctx, later, number, scoped.keep(ctx, sandbox, later, number))
    end(ctx, later, number)
    assert value(ctx, "SELECT state FROM draft") == "cancelled"
    assert value(ctx, "SELECT end_reason FROM autopay") == "payer_ended"
    assert paying.mails(ctx, "autopay_ended") == 0
    clock.set(clock.now() + datetime.timedelta(days=18))
    collect_drafts.run(ctx, on=clock.today())
    assert paying.charges(sandbox) == []


def test_autopay_takes_no_method_but_the_payers_own(ctx, sandbox, later):
    number = scoped.ask(ctx, later)
    owners = paying.save_card(ctx, sandbox, later.customer)
    theirs = scoped.keep(ctx, sandbox, later, number)
    with pytest.raises(standing.MethodNotUsable):
        join(ctx, later, number, owners)
    with pytest.raises(standing.MethodNotUsable):
        autopay.join(
            ctx,
            customer_id=later.customer.id,
            policy_no=later.policy.number,
            method_no=theirs,
            backup_no="",
            days_before=0,
            shown=autopay.shown(ctx, pet_name="Biscuit", language="en"),
            who=people.owner(later.customer),
        )
    scoped_pay.take_off(
        ctx, token=scoped.token(ctx, number), method_no=theirs, who=people.visitor()
    )
    with pytest.raises(standing.MethodNotUsable):
        join(ctx, later, number, theirs)
    assert value(ctx, "SELECT count(*) FROM autopay") == 0


def test_autopay_that_lost_its_card_is_told_to_the_owner(ctx, sandbox, later):
    number = scoped.ask(ctx, later)
    card = scoped.keep(ctx, sandbox, later, number)
    join(ctx, later, number, card)
    scoped_pay.take_off(ctx, token=scoped.token(ctx, number), method_no=card, who=people.visitor())
    told = scoped.mails(ctx, "payer_news")
    assert "no longer pays for Biscuit by autopay" in told[-1][1]
    assert told[-1][0] == later.customer.email
    assert [to for to, _ in scoped.mails(ctx, "autopay_ended")] == [scoped.ANA]


def test_a_bill_that_their_autopay_did_not_bring_is_told_to_the_owner_without_a_reason(
    ctx, sandbox, clock, later
):
    number = scoped.ask(ctx, later)
    join(ctx, later, number, scoped.keep(ctx, sandbox, later, number, "4000000000000341"))
    for days in (18, 3, 2, 2):
        clock.set(clock.now() + datetime.timedelta(days=days))
        collect_drafts.run(ctx, on=clock.today())
    assert value(ctx, "SELECT state FROM draft") == "failed"
    assert {to for to, _ in scoped.mails(ctx, "draft_refused")} == {scoped.ANA}
    to, words = scoped.mails(ctx, "payer_news")[-1]
    assert to == later.customer.email
    assert "$66.08 by Ana Ruiz for Biscuit did not arrive" in words
    assert "0341" not in words
    assert "declined" not in words

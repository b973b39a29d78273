"""After a death was told no mail about that policy's money goes out, by whichever way it could."""

from __future__ import annotations

import datetime

import pytest

from portal.domain.payments import models, returns
from portal.domain.payments.operations import settling
from portal.domain.payments.rules import PaymentEvent
from portal.domain.payments.states import DraftState
from portal.journeys import (
    announce_drafts,
    autopay,
    follow_debit,
    follow_draft,
    receipt_mails,
    renew_terms,
    run_billing,
    scoped_pay,
    tell_bills,
    warn_expiring,
)
from portal.kernel import actor
from tests.support import autopaying, bills, drafting, paying, people, planning, scoped
from tests.support import mourning as pets

D = datetime.date
DIED = D(2026, 11, 20)
WHO = actor.system("test")


@pytest.fixture
def bill(database):
    """The bill of 28 October is out and late, that of 28 November is out, by monthly bills."""
    return bills.make_bill(database, effective_on=D(2026, 10, 28))


def silence(ctx, before: list[str]) -> None:
    """Nothing but the one letter was written since."""
    assert pets.mails(ctx)[len(before) :] == ["bereavement"]
    paying.assert_books(ctx, with_stripe=False)


def test_a_bill_issued_just_before_is_not_mailed_any_more(quiet_ctx, bill):
    before = pets.mails(quiet_ctx)
    pets.tell(quiet_ctx, bill, DIED)
    tell_bills.tell(quiet_ctx, invoice_ids=[one.id for one in bill.invoices])
    silence(quiet_ctx, before)


def test_no_bill_is_issued_renewed_or_announced(quiet_ctx, database, clock, bill):
    autopaying.join(quiet_ctx, bill, autopaying.card(database, bill.customer))
    before = pets.mails(quiet_ctx)
    pets.tell(quiet_ctx, bill, DIED)
    for day in (D(2026, 12, 20), D(2027, 10, 1)):
        clock.set(bills.at(day))
        renew_terms.run(quiet_ctx, on=day)
        assert run_billing.run(quiet_ctx, on=day) == 0
        assert announce_drafts.run(quiet_ctx, on=day) == 0
    silence(quiet_ctx, before)


def test_an_autopay_that_were_still_there_announces_nothing(quiet_ctx, database, bill):
    """The hold alone is enough: whatever joins later finds nothing to take."""
    pets.tell(quiet_ctx, bill, DIED)
    drafting.join(quiet_ctx, bill, autopaying.card(database, bill.customer))
    assert announce_drafts.run(quiet_ctx, on=quiet_ctx.clock.today()) == 0
    assert pets.mails(quiet_ctx) == ["bereavement"]


def test_no_card_is_warned_of_for_a_pet_that_has_died(quiet_ctx, database, clock, bill):
    card = {"exp_month": 12, "exp_year": 2026, "is_default": True}
    number = autopaying.card(database, bill.customer, **card)
    autopaying.join(quiet_ctx, bill, number)
    before = pets.mails(quiet_ctx)
    pets.tell(quiet_ctx, bill, DIED)
    assert warn_expiring.run(quiet_ctx, on=quiet_ctx.clock.today()) == 0
    silence(quiet_ctx, before)
    other = bills.make_bill(database, customer=bill.customer, pet_name="Miso")
    assert warn_expiring.run(quiet_ctx, on=quiet_ctx.clock.today()) == 1, other.policy.number


def attempt(ctx, database, bill, draft):
    """A charge of the draft is under way."""
    begun = bills.begin_payment(database, bill.invoice, event=None)
    with database.unit_of_work() as session:
        row = session.get_one(models.Draft, drafting.row(ctx, draft).id)
        payment = settling.lock(session, payment_id=paying.row(ctx, begun).id)
        payment.draft_id, payment.is_off_session = row.id, True
        row.state, row.due_on = DraftState.ATTEMPTING, None
    return begun


@pytest.mark.parametrize("kind", ["autopay", "scheduled"])
def test_a_charge_that_was_running_and_fails_is_not_tried_again_or_told(
    quiet_ctx, database, bill, kind
):
    card = autopaying.card(database, bill.customer)
    if kind == "autopay":
        autopaying.join(quiet_ctx, bill, card)
        draft = next(d for d in autopaying.drafts(quiet_ctx, bill)).number
    else:
        draft = planning.schedule(
            quiet_ctx, bill, card, expected=bill.invoice.open_cents, numbers=(bill.number,)
        )
    number = attempt(quiet_ctx, database, bill, draft)
    before = pets.mails(quiet_ctx)
    told = pets.tell(quiet_ctx, bill, DIED)
    assert told.facts["stopped"]["running_cents"] == (
        bill.invoice.open_cents if kind == "autopay" else 0
    )
    fail(quiet_ctx, database, number)
    assert drafting.row(quiet_ctx, draft).state is DraftState.FAILED
    silence(quiet_ctx, before)


def fail(ctx, database, number: str) -> None:
    """Its bank refuses it, for lack of money."""
    with database.unit_of_work() as session:
        payment = settling.lock(session, payment_id=paying.row(ctx, number).id)
        moved = settling.move(
            session,
            payment=payment,
            event=PaymentEvent.FAIL,
            received_cents=0,
            failure_code="insufficient_funds",
            now=ctx.clock.now(),
            today=ctx.clock.today(),
            who=WHO,
        )
        follow_draft.follow(session, ctx, payment=payment, moved=moved, who=WHO)
        receipt_mails.not_received(session, ctx, payment=payment)


def test_a_debit_that_comes_back_costs_no_fee_and_is_not_written_about(quiet_ctx, database, bill):
    number = bills.begin_payment(database, bill.invoice)
    before = pets.mails(quiet_ctx)
    pets.tell(quiet_ctx, bill, DIED)
    fail(quiet_ctx, database, number)
    with database.unit_of_work() as session:
        payment = settling.lock(session, payment_id=paying.row(quiet_ctx, number).id)
        found = returns.meaning("R01")
        follow_debit.charge_fee(session, quiet_ctx, payment=payment, found=found, who=WHO)
    silence(quiet_ctx, before)
    assert len(bills.invoices_of(database, policy_id=bill.policy.id)) == len(bill.invoices)


def test_parts_of_a_debt_end_without_a_word(quiet_ctx, database):
    bill = planning.late_bill(database)
    card = autopaying.card(database, bill.customer)
    number = planning.propose(quiet_ctx, bill, card).number
    before = pets.mails(quiet_ctx)
    pets.tell(quiet_ctx, bill, DIED)
    assert planning.found(quiet_ctx, number).state == "cancelled"
    assert planning.waiting(quiet_ctx, bill) == ()
    silence(quiet_ctx, before)


def test_a_payment_for_two_pets_goes_on_for_the_other_alone(quiet_ctx, database, bill):
    other = bills.make_bill(database, customer=bill.customer, pet_name="Miso")
    card = autopaying.card(database, bill.customer)
    both = bill.invoice.open_cents + other.invoice.open_cents
    planning.schedule(quiet_ctx, bill, card, expected=both, numbers=(bill.number, other.number))
    pets.tell(quiet_ctx, bill, DIED)
    (left,) = planning.waiting(quiet_ctx, bill)
    assert left.takes_cents == other.invoice.open_cents
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_somebody_elses_autopay_ends_and_they_alone_are_told_that(ctx, sandbox, database, bill):
    number = scoped.ask(ctx, bill)
    scoped_pay.automate(
        ctx,
        token=scoped.token(ctx, number),
        changes=False,
        method_no=scoped.keep(ctx, sandbox, bill, number),
        backup_no="",
        days_before=0,
        shown=autopay.shown(ctx, pet_name=bill.pet.name, language="en"),
        who=people.visitor(),
    )
    before = pets.mails(ctx)
    pets.tell(ctx, bill, DIED)
    assert sorted(pets.mails(ctx)[len(before) :]) == ["autopay_ended", "bereavement"]
    ((to, words),) = scoped.mails(ctx, "autopay_ended")
    assert to == scoped.ANA
    assert "died" not in words
    tell_bills.tell(ctx, invoice_ids=[bill.invoice.id])
    assert scoped.mails(ctx, "payer_bill") == []

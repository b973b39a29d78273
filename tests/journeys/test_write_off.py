"""What is open on a bill is written off, and back; nothing opens it unseen meanwhile."""

from __future__ import annotations

import datetime

import pytest

from portal.domain.billing import models
from portal.domain.billing.operations import books, voiding, writing_off
from portal.domain.billing.queries import coverage, payable
from portal.domain.payments.rules import ChargebackEvent, PaymentEvent
from portal.journeys import freeing, term_changes, void_invoice
from portal.kernel import actor
from tests.support import bills, charging, paying

WHO = actor.system("test")
D = datetime.date


@pytest.fixture
def bill(database, clock):
    """A policy from 1 August on, billed through today: four bills are out."""
    return bills.make_bill(database, effective_on=D(2026, 8, 1))


def do(ctx, invoice, what=writing_off.write_off):
    with ctx.database.unit_of_work() as session:
        books.lock_customer(session, customer_id=invoice.customer_id)
        return what(
            session,
            invoice=session.get_one(models.Invoice, invoice.id, with_for_update=True),
            reason="Not worth it.",
            now=ctx.clock.now(),
            today=ctx.clock.today(),
            who=WHO,
        )


def now_of(database, invoice) -> models.Invoice:
    with database.reading() as session:
        return session.get_one(models.Invoice, invoice.id)


def loss(ctx) -> int:
    return charging.balance(ctx, "5300")


def test_what_is_open_is_a_loss_and_back_with_its_own_due_day(quiet_ctx, database, bill):
    bills.pay(database, bill.invoices[0], cents=3_000)
    left = now_of(database, bill.invoices[0]).open_cents
    assert do(quiet_ctx, bill.invoices[0]) == left == loss(quiet_ctx)
    row = now_of(database, bill.invoices[0])
    assert (str(row.state), row.open_cents) == ("written_off", 0)
    with database.reading() as session:
        open_now = payable.open_invoices(session, customer_id=bill.customer.id)
        (cover,) = coverage.covers(session, customer_id=bill.customer.id, today=D(2026, 11, 24))
    assert bill.invoices[0].number not in {i.number for i in open_now}
    assert cover.paid_to > bill.term.effective_on, "what was paid of it bought its days"
    paying.assert_books(quiet_ctx, with_stripe=False)
    do(quiet_ctx, bill.invoices[0], writing_off.write_back)
    row = now_of(database, bill.invoices[0])
    assert (str(row.state), row.open_cents, row.due_on) == (
        "issued",
        left,
        bill.invoices[0].due_on,
    )
    assert loss(quiet_ctx) == 0
    do(quiet_ctx, bill.invoices[0])
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_neither_is_done_twice(quiet_ctx, database, bill):
    with pytest.raises(writing_off.NotWrittenOff):
        do(quiet_ctx, bill.invoice, writing_off.write_back)
    do(quiet_ctx, bill.invoice)
    with pytest.raises(writing_off.NothingOpen):
        do(quiet_ctx, bill.invoice)
    with pytest.raises(voiding.WrittenOff), quiet_ctx.database.unit_of_work() as session:
        void_invoice.void(session, quiet_ctx, invoice_id=bill.invoice.id, reason="", who=WHO)


def test_what_settles_after_it_lies_unapplied(quiet_ctx, database, bill):
    number = bills.begin_payment(database, bill.invoice, event=None)
    do(quiet_ctx, bill.invoice)
    bills.move_payment(database, number, PaymentEvent.SETTLE, now=quiet_ctx.clock.now())
    row = paying.row(quiet_ctx, number)
    assert row.unapplied_cents == row.amount_cents > 0
    assert now_of(database, bill.invoice).open_cents == 0
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_what_a_bank_takes_back_of_it_is_written_off_too(quiet_ctx, database, bill):
    number = bills.pay(database, bill.invoice, cents=3_000)
    do(quiet_ctx, bill.invoice)
    before = loss(quiet_ctx)
    claim = charging.report(ChargebackEvent.CLAIM, charging.taken(3_000), cents=3_000)
    charging.absorb(database, number, claim)
    charging.absorb(database, number, charging.report(ChargebackEvent.LOSE, cents=3_000))
    assert loss(quiet_ctx) - before == 3_000
    assert now_of(database, bill.invoice).open_cents == 0
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_money_taken_off_it_is_written_off_too(quiet_ctx, database, bill):
    number = bills.pay(database, bill.invoice, cents=3_000)
    do(quiet_ctx, bill.invoice)
    line = next(
        line
        for line in bills.lines_of(database, bill.number)
        if line.amount_cents > line.closed_cents
    )
    cents = line.amount_cents - line.closed_cents
    with database.unit_of_work() as session:
        now, today = quiet_ctx.clock.now(), quiet_ctx.clock.today()
        freeing.take_back(
            session,
            customer_id=bill.customer.id,
            source=number,
            parts={line.id: cents},
            terms=freeing.Terms(key="k", memo="m", who=WHO, now=now, today=today),
        )
    assert paying.row(quiet_ctx, number).unapplied_cents == cents
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_policy_that_ends_gives_back_of_it_what_was_lost(quiet_ctx, database, bill):
    bills.pay(database, bill.invoices[-1], cents=3_000)
    for invoice in bill.invoices:
        do(quiet_ctx, invoice)
    before = loss(quiet_ctx)
    ask = term_changes.Ask(policy_no=bill.policy.number, once_key="ends", who=WHO)
    term_changes.cancel(quiet_ctx, ask=ask, on=D(2026, 8, 20))
    assert loss(quiet_ctx) < before
    paying.assert_books(quiet_ctx, with_stripe=False)

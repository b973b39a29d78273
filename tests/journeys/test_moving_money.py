"""Credits and refunds of a decision: the plan shows what is posted, and it is right to the cent."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa
import sqlalchemy.exc

from portal.domain.billing.operations import books
from portal.domain.billing.rules import spreading
from portal.domain.disputes.rules import MoneyAction
from portal.domain.payments import rules
from portal.journeys import earn_premium, money_actions, moving_money, send_refund
from portal.kernel import actor
from tests.support import bills, paying

WHO = actor.system("test")


def plan(ctx, bill, **asked):
    given = {
        "customer_id": bill.customer.id,
        "action": MoneyAction.REFUND,
        "amount_cents": 1_000,
        "payment_no": None,
        "invoice_no": None,
        "line_numbers": (),
        "freed_by": "",
        "today": ctx.clock.today(),
    } | asked
    with ctx.database.unit_of_work() as session:
        return moving_money.plan(session, **given)


def carry_out(ctx, found, key="decision"):
    with ctx.database.unit_of_work() as session:
        return moving_money.carry_out(
            session,
            ctx,
            plan=found,
            key=key,
            subject="DSP-TEST",
            reason="test",
            who=WHO,
            now=ctx.clock.now(),
            today=ctx.clock.today(),
        )


def figures(found):
    return {(f.name, f.about): (f.before, f.after) for f in found.figures}


@pytest.fixture
def paid(ctx, sandbox, database):
    bill = bills.make_bill(database)
    card = paying.save_card(ctx, sandbox, bill.customer)
    number = paying.begin(ctx, bill.customer, method=card).number
    return bill, number


def test_a_plan_changes_nothing(ctx, paid):
    bill, number = paid
    before = paying.row(ctx, number).unapplied_cents
    plan(ctx, bill, payment_no=number, freed_by="credit")
    assert paying.row(ctx, number).unapplied_cents == before == 0
    assert paying.entries(ctx, "refund_approved") == paying.entries(ctx, "correction") == 0
    paying.assert_books(ctx, with_stripe=False)


def test_the_same_facts_give_the_same_version_and_others_another(ctx, paid):
    bill, number = paid
    one = plan(ctx, bill, payment_no=number, freed_by="credit")
    assert plan(ctx, bill, payment_no=number, freed_by="credit").version == one.version
    assert plan(ctx, bill, payment_no=number, freed_by="take_back").version != one.version


def test_a_refund_freed_by_a_credit_leaves_the_bill_paid(ctx, sandbox, paid):
    bill, number = paid
    found = plan(ctx, bill, payment_no=number, freed_by="credit")
    assert figures(found)["invoice", bill.number] == (0, 0)
    assert [entry.event for entry in found.entries] == [
        "allocation_taken_back",
        "correction",
        "refund_approved",
    ]
    assert carry_out(ctx, found).startswith("RFD-")
    row = paying.row(ctx, number)
    assert (row.refunded_cents, row.unapplied_cents) == (1_000, 0)
    paying.assert_books(ctx, with_stripe=False)


def test_a_refund_freed_by_taking_back_opens_the_bill_with_its_old_due_day(ctx, database, paid):
    bill, number = paid
    found = plan(ctx, bill, payment_no=number, freed_by="take_back")
    assert figures(found)["invoice", bill.number] == (0, 1_000)
    carry_out(ctx, found)
    invoice = bills.invoices_of(database, policy_id=bill.policy.id)[-1]
    assert (invoice.state, invoice.open_cents) == ("issued", 1_000)
    assert invoice.due_on == bill.invoice.due_on
    paying.assert_books(ctx, with_stripe=False)


def test_money_on_a_bill_is_never_freed_unasked(ctx, paid):
    bill, number = paid
    with pytest.raises(money_actions.NotFreed):
        plan(ctx, bill, payment_no=number)


def test_more_than_was_paid_is_refused(ctx, paid):
    bill, number = paid
    too_much = bill.invoice.total_cents + 1
    with pytest.raises(spreading.DoesNotFit):
        plan(ctx, bill, payment_no=number, freed_by="credit", amount_cents=too_much)


def test_the_same_money_is_not_refunded_twice(ctx, paid):
    bill, number = paid
    whole = bill.invoice.total_cents
    found = plan(ctx, bill, payment_no=number, freed_by="credit", amount_cents=whole)
    carry_out(ctx, found)
    with pytest.raises((spreading.DoesNotFit, rules.RefundTooLarge)):
        plan(ctx, bill, payment_no=number, freed_by="credit")


def test_a_decision_carried_out_twice_is_refused_by_the_database(ctx, paid):
    bill, number = paid
    found = plan(ctx, bill, payment_no=number, freed_by="credit")
    carry_out(ctx, found)
    with pytest.raises(sa.exc.IntegrityError):
        carry_out(ctx, found)
    assert paying.row(ctx, number).refunded_cents == 1_000


def test_anothers_payment_is_refused(ctx, database, paid):
    other = bills.make_bill(database)
    with pytest.raises(money_actions.NoSuchPayment):
        plan(ctx, other, payment_no=paid[1], freed_by="credit")


def test_a_refund_goes_to_stripe_once_and_is_told(ctx, sandbox, paid):
    bill, number = paid
    carry_out(ctx, plan(ctx, bill, payment_no=number, freed_by="credit"))
    with ctx.database.reading() as session:
        refund_id = session.scalar(sa.text("SELECT id FROM refund"))
    for _ in range(2):
        send_refund.send(ctx, refund_id=refund_id)
    refunds = list(sandbox.client().v1.refunds.list({}).auto_paging_iter())
    assert [r.amount for r in refunds] == [1_000]
    assert paying.mails(ctx, "refund_succeeded") == 1
    sandbox.advance(2)
    paying.assert_books(ctx)


def test_a_refund_that_the_bank_gives_back_stays_owed(ctx, sandbox, database):
    bill = bills.make_bill(database)
    card = paying.attach_card(ctx, sandbox, bill.customer, "4000000000005126")
    number = paying.begin(ctx, bill.customer, method=card).number
    carry_out(ctx, plan(ctx, bill, payment_no=number, freed_by="credit"))
    with ctx.database.reading() as session:
        refund_id = session.scalar(sa.text("SELECT id FROM refund"))
    send_refund.send(ctx, refund_id=refund_id)
    sandbox.advance(days=10)
    with ctx.database.reading() as session:
        ref = session.scalar(sa.text("SELECT stripe_ref FROM refund"))
    send_refund.absorb(ctx, refund_id=refund_id, view=ctx.payments.read_refund(ref), who=WHO)
    with ctx.database.reading() as session:
        assert session.scalar(sa.text("SELECT state FROM refund")) == "failed"
    assert paying.entries(ctx, "refund_failed") == 1
    assert paying.mails(ctx, "refund_failed") == 1
    paying.assert_books(ctx)


def test_a_credit_on_an_open_bill_makes_it_smaller_and_returns_the_tax(ctx, database):
    bill = bills.make_bill(database)
    found = plan(
        ctx,
        bill,
        action=MoneyAction.CREDIT,
        amount_cents=1_010,
        invoice_no=bill.number,
        line_numbers=(1,),
    )
    total = bill.invoice.total_cents
    assert figures(found)["invoice", bill.number] == (total, total - 1_010)
    assert carry_out(ctx, found).startswith("CRE-")
    premium, tax = bills.lines_of(database, bill.number)[:2]
    assert premium.amount_cents - premium.open_cents == 1_000
    assert tax.amount_cents - tax.open_cents == 10
    paying.assert_books(ctx, with_stripe=False)


def test_a_credit_on_a_paid_bill_becomes_unapplied_cash(ctx, paid):
    bill, number = paid
    found = plan(ctx, bill, action=MoneyAction.CREDIT, amount_cents=300, invoice_no=bill.number)
    assert figures(found)["unapplied", ""] == (0, 300)
    carry_out(ctx, found)
    assert paying.row(ctx, number).unapplied_cents == 300
    paying.assert_books(ctx, with_stripe=False)


def test_goodwill_pays_what_is_open_and_keeps_the_rest(ctx, database):
    bill = bills.make_bill(database)
    total = bill.invoice.total_cents
    found = plan(ctx, bill, action=MoneyAction.CREDIT, amount_cents=total + 500)
    assert figures(found)["balance", ""] == (total, 0)
    assert figures(found)["unapplied", ""] == (0, 500)
    carry_out(ctx, found)
    paying.assert_books(ctx, with_stripe=False)


def test_premium_credited_back_is_no_longer_earned(ctx, database, clock):
    bill = bills.make_bill(database, effective_on=datetime.date(2026, 11, 1))
    earn_premium.run(ctx, on=clock.today())
    found = plan(
        ctx,
        bill,
        action=MoneyAction.CREDIT,
        amount_cents=3_000,
        invoice_no=bill.number,
        line_numbers=(1,),
    )
    carry_out(ctx, found)
    assert earn_premium.run(ctx, on=clock.today()) < 0
    paying.assert_books(ctx, with_stripe=False)


def test_what_moved_in_30_days_is_summed_per_case_and_customer(ctx, clock, paid):
    bill, number = paid
    carry_out(ctx, plan(ctx, bill, payment_no=number, freed_by="credit"))
    with ctx.database.reading() as session:
        moved = moving_money.moved_30_days(
            session, customer_id=bill.customer.id, subject="DSP-TEST", now=clock.now()
        )
        other = moving_money.moved_30_days(
            session, customer_id=bill.customer.id, subject="DSP-OTHER", now=clock.now()
        )
        later = clock.now() + datetime.timedelta(days=31)
        over = moving_money.moved_30_days(
            session, customer_id=bill.customer.id, subject="DSP-TEST", now=later
        )
    assert (moved, other, over) == ((1_000, 1_000), (0, 1_000), (0, 0))


def test_the_account_is_locked_while_money_moves(ctx, database):
    bill = bills.make_bill(database)
    with ctx.database.unit_of_work() as session:
        books.lock_customer(session, customer_id=bill.customer.id)
        with database.unit_of_work() as other:
            other.execute(sa.text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(sa.exc.OperationalError):
                other.execute(
                    sa.text("SELECT 1 FROM account_balance WHERE customer_id = :id FOR UPDATE"),
                    {"id": bill.customer.id},
                )

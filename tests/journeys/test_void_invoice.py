"""A bill is withdrawn: mirrored in the books, its money free, its installments billed again."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
import sqlalchemy as sa

from portal.domain.billing import models
from portal.domain.billing.operations import crediting, voiding
from portal.domain.billing.queries import coverage, payable
from portal.domain.billing.rules import pro_rata
from portal.domain.payments.rules import ChargebackEvent, PaymentEvent
from portal.journeys import (
    close_invoice,
    earn_premium,
    handing_over,
    run_billing,
    term_changes,
    void_invoice,
)
from portal.kernel import actor
from tests.support import bills, cases, charging, closing, drafting, moving, paying, people

WHO = actor.system("test")
D = datetime.date


@pytest.fixture
def bill(database, clock):
    """A policy from 1 August on, billed through today: four bills are out."""
    return bills.make_bill(database, effective_on=D(2026, 8, 1))


def void(ctx, invoice, reason="It was wrong."):
    with ctx.database.unit_of_work() as session:
        return void_invoice.void(session, ctx, invoice_id=invoice.id, reason=reason, who=WHO)


def now_of(database, invoice) -> models.Invoice:
    with database.reading() as session:
        return session.get_one(models.Invoice, invoice.id)


def installments(database, bill) -> list[models.Installment]:
    with database.reading() as session:
        return list(
            session.scalars(
                sa.select(models.Installment)
                .where(models.Installment.term_id == bill.term.id)
                .order_by(models.Installment.sequence)
            )
        )


def test_an_unpaid_bill_is_mirrored_and_its_installment_is_free(quiet_ctx, database, bill):
    before = len(installments(database, bill))
    done = void(quiet_ctx, bill.invoice)
    assert done.cents == bill.invoice.total_cents
    row = now_of(database, bill.invoice)
    assert (str(row.state), row.open_cents, row.paid_on) == ("voided", 0, None)
    after = installments(database, bill)
    assert len(after) == before
    assert [i.id for i in after if i.id in done.installment_ids and i.invoice_id is None]
    assert charging.balance(quiet_ctx, "1100") == sum(
        line.open_cents
        for invoice in bill.invoices
        for line in bills.lines_of(database, invoice.number)
        if line.kind in ("premium", "tax")
    )
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_the_next_run_bills_it_again_with_its_due_day(quiet_ctx, database, clock, bill):
    void(quiet_ctx, bill.invoice)
    run_billing.run(quiet_ctx, on=clock.today())
    (again,) = [
        i
        for i in bills.invoices_of(database, policy_id=bill.policy.id)
        if i.due_on == bill.invoice.due_on and str(i.state) == "issued"
    ]
    assert again.total_cents == bill.invoice.total_cents
    paying.assert_books(quiet_ctx, with_stripe=False)
    void(quiet_ctx, again)
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_the_money_of_a_paid_bill_lies_unapplied(quiet_ctx, database, bill):
    number = bills.pay(database, bill.invoices[0], cents=6000)
    void(quiet_ctx, bill.invoices[0])
    assert paying.row(quiet_ctx, number).unapplied_cents == 6000
    with database.reading() as session:
        (cover,) = coverage.covers(
            session, customer_id=bill.customer.id, today=quiet_ctx.clock.today()
        )
        numbers = {i.number for i in payable.open_invoices(session, customer_id=bill.customer.id)}
    assert cover.paid_to == bill.term.effective_on
    assert bill.invoices[0].number not in numbers
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_correction_is_the_customers_money_after_it(quiet_ctx, database, clock, bill):
    line = bills.lines_of(database, bill.number)[0]
    with database.unit_of_work() as session:
        crediting.correct(
            session,
            key="correct",
            customer_id=bill.customer.id,
            parts={line.id: 1000},
            subject="DSP-TEST",
            reason="",
            now=clock.now(),
            today=clock.today(),
            actor="test",
            rng=quiet_ctx.rng,
        )
    paying.assert_books(quiet_ctx, with_stripe=False)
    void(quiet_ctx, bill.invoice)
    assert charging.balance(quiet_ctx, "2210") == -1000
    paying.assert_books(quiet_ctx, with_stripe=False)
    run_billing.run(quiet_ctx, on=clock.today())
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_premium_that_went_back_is_not_planned_again(quiet_ctx, database, clock, bill):
    for invoice in bill.invoices:
        bills.pay(database, invoice)
    ask = term_changes.Ask(policy_no=bill.policy.number, once_key="ends", who=WHO)
    term_changes.cancel(quiet_ctx, ask=ask, on=D(2026, 11, 10))
    paying.assert_books(quiet_ctx, with_stripe=False)
    returned = sum(
        line.returned_cents for line in bills.lines_of(database, bill.invoices[-1].number)
    )
    assert returned > 0
    for invoice in bill.invoices:
        void(quiet_ctx, invoice)
        paying.assert_books(quiet_ctx, with_stripe=False)
    run_billing.run(quiet_ctx, on=clock.today())
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_never_twice(quiet_ctx, database, bill):
    void(quiet_ctx, bill.invoice)
    with pytest.raises(voiding.VoidedAlready):
        void(quiet_ctx, bill.invoice)
    assert paying.entries(quiet_ctx, "invoice_voided") == 1


@pytest.mark.parametrize(
    ("event", "refuses"), [(PaymentEvent.PROCESS, True), (PaymentEvent.FAIL, False)]
)
def test_a_payment_under_way_refuses_it(quiet_ctx, database, bill, event, refuses):
    number = bills.begin_payment(database, bill.invoice, event=event)
    if refuses:
        with pytest.raises(void_invoice.BeingPaid):
            void(quiet_ctx, bill.invoice)
        bills.move_payment(database, number, PaymentEvent.SETTLE, now=quiet_ctx.clock.now())
    void(quiet_ctx, bill.invoice)
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_what_settles_for_it_meanwhile_lies_unapplied(quiet_ctx, database, bill):
    number = bills.begin_payment(database, bill.invoice, event=None)
    void(quiet_ctx, bill.invoice)
    bills.move_payment(database, number, PaymentEvent.SETTLE, now=quiet_ctx.clock.now())
    row = paying.row(quiet_ctx, number)
    assert row.unapplied_cents == row.amount_cents > 0
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_an_open_chargeback_refuses_it(quiet_ctx, database, bill):
    number = bills.pay(database, bill.invoice)
    claim = charging.report(ChargebackEvent.CLAIM, charging.taken(1_000), cents=1_000)
    charging.absorb(database, number, claim)
    with pytest.raises(void_invoice.BankClaims):
        void(quiet_ctx, bill.invoice)


def test_an_open_dispute_refuses_it_and_names_the_case(quiet_ctx, database, bill):
    case = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    with pytest.raises(void_invoice.InDispute) as refused:
        void(quiet_ctx, bill.invoice)
    assert refused.value.params == {"case": case}


def test_a_planned_payment_of_it_is_called_off(ctx, sandbox, database, bill):
    card = paying.save_card(ctx, sandbox, bill.customer)
    draft = drafting.plan(ctx, bill, card, on=D(2026, 12, 1))
    void(ctx, bill.invoice)
    row = drafting.row(ctx, draft)
    assert (str(row.state), row.outcome) == ("cancelled", "bill_withdrawn")
    paying.assert_books(ctx)


def test_two_desks_at_once_withdraw_it_once(quiet_ctx, database, bill):
    with database.unit_of_work() as first:
        void_invoice.void(first, quiet_ctx, invoice_id=bill.invoice.id, reason="a", who=WHO)
        with database.unit_of_work() as second:
            second.execute(sa.text("SET LOCAL lock_timeout = '200ms'"))
            with pytest.raises(sa.exc.OperationalError):
                void_invoice.void(
                    second, quiet_ctx, invoice_id=bill.invoice.id, reason="b", who=WHO
                )
            second.rollback()
    assert paying.entries(quiet_ctx, "invoice_voided") == 1
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_killed_before_the_commit_it_leaves_nothing(quiet_ctx, database, bill):
    bills.pay(database, bill.invoice)

    def killed(point):
        if point == "before":
            raise KeyboardInterrupt

    database.commit_hook = killed
    with pytest.raises(KeyboardInterrupt):
        void(quiet_ctx, bill.invoice)
    database.commit_hook = None
    assert str(now_of(database, bill.invoice).state) == "paid"
    void(quiet_ctx, bill.invoice)
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_what_is_earned_is_untouched_by_it(quiet_ctx, database, clock, bill):
    earned = earn_premium.run(quiet_ctx, on=clock.today())
    assert earned > 0
    void(quiet_ctx, bill.invoices[0])
    paying.assert_books(quiet_ctx, with_stripe=False)
    assert earn_premium.run(quiet_ctx, on=clock.today()) == 0
    assert charging.balance(quiet_ctx, "4000") == -earned
    paying.assert_books(quiet_ctx, with_stripe=False)


@pytest.fixture
def new(database):
    return people.make_customer(database, first_name="Ana", last_name="Ruiz")


@pytest.mark.parametrize("action", [closing.Action.VOID, closing.Action.REISSUE])
def test_a_bill_of_the_former_owner_is_not_asked_of_the_new_one(
    quiet_ctx, database, clock, new, action
):
    bill = bills.make_bill(database, effective_on=D(2026, 9, 28))
    bills.pay(database, *bill.invoices)
    moving.pass_on(quiet_ctx, bill, new)
    with pytest.raises(void_invoice.OfFormerOwner):
        closing.close(quiet_ctx, bill.invoices[0].number, closing.ask(action))
    run_billing.run(quiet_ctx, on=clock.today())
    owners = {i.customer_id for i in bills.invoices_of(database, policy_id=bill.policy.id)}
    assert owners == {bill.customer.id}
    paying.assert_books(quiet_ctx, with_stripe=False)


@pytest.mark.parametrize("action", [closing.Action.VOID, closing.Action.REISSUE])
def test_a_policy_stays_while_a_bill_of_it_waits_for_a_second_person(
    quiet_ctx, database, new, action
):
    bill = bills.make_bill(database, effective_on=D(2026, 9, 28), premium_cents=480_000)
    bills.pay(database, *bill.invoices)
    who = cases.staff(people.make_staff(database))
    first = bill.invoices[0]
    done = closing.close(quiet_ctx, first.number, closing.ask(action), who=who)
    assert done.approval_no
    with pytest.raises(handing_over.BillWaits):
        moving.pass_on(quiet_ctx, bill, new)
    boss = cases.staff(people.make_staff(database, name="Sam", role="supervisor"))
    close_invoice.send_back(quiet_ctx, approval_no=done.approval_no, reason="No.", who=boss)
    moving.pass_on(quiet_ctx, bill, new)
    paying.assert_books(quiet_ctx, with_stripe=False)


def asked_for(database, bill) -> int:
    """Cents on bills of the policy that are not withdrawn, less what went back."""
    return sum(
        line.amount_cents - line.returned_cents
        for invoice in bills.invoices_of(database, policy_id=bill.policy.id)
        if str(invoice.state) != "voided"
        for line in bills.lines_of(database, invoice.number)
    )


def ending(bill) -> term_changes.Ask:
    return term_changes.Ask(policy_no=bill.policy.number, once_key="end", who=WHO)


def newest(database, bill) -> models.Invoice:
    return max(bills.invoices_of(database, policy_id=bill.policy.id), key=lambda i: i.id)


def test_the_bill_for_the_days_covered_is_billed_again(quiet_ctx, database, clock):
    """Bills were held back; when the policy ended before today the rest was on one bill."""
    bill = bills.make_bill(database, effective_on=D(2026, 8, 1), through=D(2026, 8, 15))
    clock.set(bills.at(D(2026, 11, 24)))
    made = term_changes.cancel(quiet_ctx, ask=ending(bill), on=D(2026, 11, 20))
    last, before = newest(database, bill), asked_for(database, bill)
    assert last.total_cents == made.facts["billed_now_cents"] > 0
    void(quiet_ctx, last)
    assert run_billing.run(quiet_ctx, on=clock.today()) == 1
    assert newest(database, bill).total_cents == last.total_cents
    assert asked_for(database, bill) == before
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_what_stays_owed_of_a_change_that_began_after_the_end_is_billed_again(
    quiet_ctx, database, clock
):
    """The dearer days were all before the end, their bill begins after it."""
    bill = bills.make_bill(database, effective_on=D(2026, 8, 1), plan="in_full")
    dearer = term_changes.Ask(policy_no=bill.policy.number, once_key="more", who=WHO)
    term_changes.change_premium(
        quiet_ctx, ask=dearer, effective_on=D(2026, 8, 1), premium_cents=300_000
    )
    last = newest(database, bill)
    term_changes.cancel(quiet_ctx, ask=ending(bill), on=D(2026, 11, 20))
    before = asked_for(database, bill)
    assert now_of(database, last).open_cents > 0
    void(quiet_ctx, last)
    assert run_billing.run(quiet_ctx, on=clock.today()) == 1
    assert asked_for(database, bill) == before
    paying.assert_books(quiet_ctx, with_stripe=False)


def policy_fees(database, bill) -> list[int]:
    """The policy fees on bills that stand, less what went back."""
    return [
        line.amount_cents - line.returned_cents
        for invoice in bills.invoices_of(database, policy_id=bill.policy.id)
        if invoice.state is not models.InvoiceState.VOIDED
        for line in bills.lines_of(database, invoice.number)
        if str(line.kind) == "policy_fee"
    ]


@pytest.mark.parametrize("is_withdrawn_first", [True, False])
@pytest.mark.parametrize("is_reinstated", [True, False])
def test_the_policy_fee_of_a_withdrawn_bill_is_owed_when_the_policy_ends(
    quiet_ctx, database, is_withdrawn_first, is_reinstated
):
    bill = bills.make_bill(database, effective_on=D(2026, 8, 1), policy_fee_cents=2_500)
    ends = term_changes.Ask(policy_no=bill.policy.number, once_key="ends", who=WHO)
    if is_withdrawn_first:
        void(quiet_ctx, bill.invoices[0])
    term_changes.cancel(quiet_ctx, ask=ends, on=D(2026, 12, 24))
    if not is_withdrawn_first:
        void(quiet_ctx, bill.invoices[0])
    if is_reinstated:
        term_changes.reinstate(quiet_ctx, ask=dataclasses.replace(ends, once_key="back"))
    paying.assert_books(quiet_ctx, with_stripe=False)
    run_billing.run(quiet_ctx, on=D(2027, 8, 1))
    assert policy_fees(database, bill) == [2_500]
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_flat_end_after_a_withdrawn_bill_asks_for_no_policy_fee(quiet_ctx, database):
    bill = bills.make_bill(database, effective_on=D(2026, 8, 1), policy_fee_cents=2_500)
    ends = term_changes.Ask(policy_no=bill.policy.number, once_key="ends", who=WHO)
    void(quiet_ctx, bill.invoices[0])
    flat = pro_rata.CancellationBasis.FLAT
    term_changes.cancel(quiet_ctx, ask=ends, on=D(2026, 8, 1), basis=flat)
    assert policy_fees(database, bill) == []
    term_changes.reinstate(quiet_ctx, ask=dataclasses.replace(ends, once_key="back"))
    run_billing.run(quiet_ctx, on=D(2027, 8, 1))
    assert policy_fees(database, bill) == [2_500]
    paying.assert_books(quiet_ctx, with_stripe=False)

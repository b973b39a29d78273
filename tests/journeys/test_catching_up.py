"""After a pause of a policy's billing, what was missed comes on one bill, once."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.approvals import rules as approval_rules
from portal.domain.billing import models
from portal.domain.billing.queries import coverage
from portal.journeys import hold_invoicing, run_billing
from portal.kernel import actor
from tests.support import bills, paying, people
from tests.support.closing import Action, ask, close

WHO = actor.system("test")
D = datetime.date
DAY = datetime.timedelta(days=1)


@pytest.fixture
def bill(database, clock):
    """A policy from 1 August on, billed through today, 24 November."""
    return bills.make_bill(database, effective_on=D(2026, 8, 1))


LATE = D(2027, 2, 24)


def hold(ctx, bill, last_on=LATE):
    hold_invoicing.place(
        ctx, policy_no=bill.policy.number, last_on=last_on, reason="Checked.", who=WHO
    )


def resume(ctx, bill):
    hold_invoicing.end(ctx, policy_no=bill.policy.number, reason="Checked.", who=WHO)


def go_to(clock, day):
    clock.set(bills.at(day))


def new_bills(database, bill):
    before = {invoice.id for invoice in bill.invoices}
    every = bills.invoices_of(database, policy_id=bill.policy.id)
    return [invoice for invoice in every if invoice.id not in before]


def nights(ctx, clock, first, last):
    day = first
    while day <= last:
        go_to(clock, day)
        run_billing.run(ctx, on=day)
        day += 7 * DAY


def test_what_was_missed_comes_on_one_bill_with_a_day_ahead(quiet_ctx, database, clock, bill):
    hold(quiet_ctx, bill)
    nights(quiet_ctx, clock, D(2026, 11, 25), D(2027, 1, 25))
    assert new_bills(database, bill) == []
    resume(quiet_ctx, bill)
    day = clock.today()
    seen = run_billing.foresee(quiet_ctx, on=day)
    assert run_billing.run(quiet_ctx, on=day) == 1
    (made,) = new_bills(database, bill)
    assert (seen.bills, sum(seen.cents.values())) == (1, made.total_cents)
    lines = bills.lines_of(database, made.number)
    parts = {line.installment_id for line in lines}
    assert len(parts) == 2
    assert (made.issued_on, made.due_on) == (day, day + 20 * DAY)
    assert [str(line.kind) for line in lines].count("installment_fee") == 1
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    assert made.total_cents == sum(line.amount_cents for line in lines)
    paying.assert_books(quiet_ctx, with_stripe=False)
    assert run_billing.run(quiet_ctx, on=day) == 0
    bills.pay(database, made)
    with database.reading() as session:
        (cover,) = coverage.covers(session, customer_id=bill.customer.id, today=day)
    assert (cover.paid, cover.due) == (2, len(bill.invoices))
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_the_next_installment_comes_as_planned(quiet_ctx, database, clock, bill):
    hold(quiet_ctx, bill)
    nights(quiet_ctx, clock, D(2026, 11, 25), D(2027, 1, 25))
    resume(quiet_ctx, bill)
    nights(quiet_ctx, clock, D(2027, 1, 26), D(2027, 2, 20))
    made = new_bills(database, bill)
    assert len(made) == 2
    assert made[-1].due_on == D(2027, 3, 1)
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_pause_ends_by_itself_after_its_last_day(quiet_ctx, database, clock, bill):
    hold(quiet_ctx, bill, last_on=D(2026, 12, 31))
    go_to(clock, D(2026, 12, 31))
    assert run_billing.run(quiet_ctx, on=clock.today()) == 0
    go_to(clock, D(2027, 1, 1))
    assert run_billing.run(quiet_ctx, on=clock.today()) == 1
    with database.reading() as session:
        assert hold_invoicing.standing(session, policy_no=bill.policy.number) is None
    (made,) = new_bills(database, bill)
    assert made.due_on == D(2027, 1, 21), "one missed alone has its day ahead, too"


def test_killed_between_two_policies_it_is_gone_on_with(quiet_ctx, database, clock, bill):
    other = bills.make_bill(
        database, customer=bill.customer, pet_name="Miso", effective_on=D(2026, 8, 1)
    )
    hold(quiet_ctx, bill)
    hold(quiet_ctx, other)
    go_to(clock, D(2027, 1, 25))
    resume(quiet_ctx, bill)
    resume(quiet_ctx, other)
    count = []

    def killed(point):
        count.append(point)
        if len(count) == 4:  # the run's row is kept; the first policy's bill is not
            raise KeyboardInterrupt

    database.commit_hook = killed
    with pytest.raises(KeyboardInterrupt):
        run_billing.run(quiet_ctx, on=clock.today())
    database.commit_hook = None
    run_billing.run(quiet_ctx, on=clock.today())
    assert len(new_bills(database, bill)) == 1
    assert len(new_bills(database, other)) == 1
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_what_cannot_be_billed_waits_for_a_person(quiet_ctx, database, clock, bill):
    hold(quiet_ctx, bill)
    go_to(clock, D(2027, 1, 25))
    resume(quiet_ctx, bill)
    with database.unit_of_work() as session:
        first = session.scalars(
            sa.select(models.Installment)
            .where(
                models.Installment.term_id == bill.term.id,
                models.Installment.invoice_id.is_(None),
            )
            .order_by(models.Installment.sequence)
        ).first()
        first.period_end_on = first.period_start_on
    assert run_billing.run(quiet_ctx, on=clock.today()) == 1
    (made,) = new_bills(database, bill)
    assert len({line.installment_id for line in bills.lines_of(database, made.number)}) == 1


def test_reissued_it_is_one_bill_again(quiet_ctx, database, clock, bill):
    hold(quiet_ctx, bill)
    go_to(clock, D(2027, 1, 25))
    resume(quiet_ctx, bill)
    run_billing.run(quiet_ctx, on=clock.today())
    (made,) = new_bills(database, bill)
    new = close(quiet_ctx, made.number, ask(Action.REISSUE)).new_no
    assert len(bills.lines_of(database, new)) == len(bills.lines_of(database, made.number))
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_pages_and_papers_show_each_installment_once(client, quiet_ctx, database, clock):
    bill = bills.make_bill(database, effective_on=D(2026, 8, 1), through=D(2026, 9, 10))
    go_to(clock, D(2026, 9, 11))
    hold(quiet_ctx, bill, last_on=D(2026, 12, 31))
    go_to(clock, bills.TODAY)
    resume(quiet_ctx, bill)
    run_billing.run(quiet_ctx, on=clock.today())
    (made,) = new_bills(database, bill)
    bills.pay(database, made, cents=1_000)
    owner = people.sign_in(client, bill.customer)
    page = owner.get(f"/invoices/{made.number}").text
    for sequence in (3, 4, 5):
        assert page.count(f"Installment {sequence} of 12") == 1
    assert "Several installments on one bill" in page
    assert owner.get(f"/invoices/{made.number}.pdf").status_code == 200
    assert owner.get("/invoices").text.count(f'href="/invoices/{made.number}"') == 1
    statement = owner.get("/statements/2026-11").text
    assert "Bill, Biscuit" in statement
    desk = people.sign_in(client, people.make_staff(database))
    page = desk.get(f"/desk/invoices/{made.number}").text
    assert page.count("installment-3") == 3, "premium, tax and the one fee"
    assert page.count("installment-4") == 2
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_bad_input_is_refused(quiet_ctx, bill):
    with pytest.raises(hold_invoicing.LastDayWrong):
        hold(quiet_ctx, bill, last_on=D(2026, 11, 24))
    with pytest.raises(hold_invoicing.LastDayWrong):
        hold(quiet_ctx, bill, last_on=D(2028, 1, 1))
    with pytest.raises(hold_invoicing.NotHeld):
        resume(quiet_ctx, bill)
    hold(quiet_ctx, bill)
    with pytest.raises(hold_invoicing.HeldOtherwise):
        hold(quiet_ctx, bill)
    with pytest.raises(approval_rules.ReasonMissing):
        hold_invoicing.end(quiet_ctx, policy_no=bill.policy.number, reason="", who=WHO)
    with pytest.raises(hold_invoicing.NoSuchPolicy):
        hold_invoicing.end(quiet_ctx, policy_no="POL-0", reason="x", who=WHO)

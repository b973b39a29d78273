"""The billing run: gone on with after any death, shared by workers, never stopped by one policy."""

from __future__ import annotations

import datetime
import threading

import pytest
import sqlalchemy as sa

from portal.domain.audit import models as audit
from portal.domain.billing import models
from portal.domain.billing.operations import billing_runs
from portal.domain.billing.queries import billing_runs as runs
from portal.domain.billing.rules import billable
from portal.journeys import put_back, run_billing, tell_bills
from portal.kernel import actor
from tests.support import bills, closing, jobs, paying

EARLY = datetime.date(2026, 1, 1)  # nothing is billed by then


@pytest.fixture
def policies(database):
    """Nine policies of nine customers, each with installments that wait."""
    return [bills.make_bill(database, through=EARLY) for _ in range(9)]


def break_one(database, bill, **values) -> None:
    """Write nonsense, or sense again, into the policy's first installment."""
    with database.unit_of_work() as session:
        found = session.scalars(
            sa.select(models.Installment)
            .where(models.Installment.term_id == bill.term.id)
            .order_by(models.Installment.sequence)
            .limit(1)
        ).one()
        for name, value in values.items():
            setattr(found, name, value)


def billed(database) -> list[int]:
    """The term of every installment that has a bill, as often as it has one."""
    with database.reading() as session:
        return sorted(
            session.scalars(
                sa.select(models.Installment.term_id).join(
                    models.Invoice, models.Invoice.id == models.Installment.invoice_id
                )
            )
        )


@pytest.mark.parametrize("batch", [1, 2, 4, 100])
def test_batches_of_any_size_bill_each_installment_once(
    quiet_ctx, database, clock, policies, batch
):
    assert run_billing.run(quiet_ctx, on=clock.today(), batch=batch) == len(policies)
    assert run_billing.run(quiet_ctx, on=clock.today(), batch=batch) == 0
    assert billed(database) == sorted(bill.term.id for bill in policies)
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_bill_has_its_lines_its_entry_and_its_event(quiet_ctx, database, clock, policies):
    run_billing.run(quiet_ctx, on=clock.today())
    for bill in policies:
        (invoice,) = bills.invoices_of(database, policy_id=bill.policy.id)
        lines = bills.lines_of(database, invoice.number)
        assert [line.number for line in lines] == list(range(1, len(lines) + 1))
        assert [str(line.kind) for line in lines] == [
            "premium",
            "tax",
            "installment_fee",
        ]
        assert sum(line.amount_cents for line in lines) == invoice.total_cents
        with database.reading() as session:
            told = session.scalars(
                sa.select(audit.AuditEvent).where(audit.AuditEvent.subject == invoice.number)
            ).one()
        assert (told.action, told.customer_id) == ("billing.issued", bill.customer.id)
        assert told.data["total_cents"] == invoice.total_cents


def test_progress_is_told_and_kept(quiet_ctx, clock, policies):
    told: list[int] = []
    run_billing.run(quiet_ctx, on=clock.today(), batch=4, progress=told.append)
    assert told == [4, 8, 9]
    with quiet_ctx.database.reading() as session:
        (run,) = runs.latest(session)
    assert (run.found, run.issued, run.set_aside, run.percent) == (9, 9, 0, 100)
    assert run.finished_at is not None


def test_a_run_that_died_is_gone_on_with(quiet_ctx, database, clock, policies):
    class Died(Exception):
        pass

    def die(done: int) -> None:
        raise Died

    with pytest.raises(Died):
        run_billing.run(quiet_ctx, on=clock.today(), batch=2, progress=die)
    with database.reading() as session:
        (left,) = runs.latest(session)
    assert (left.issued, left.finished_at) == (2, None)
    assert 0 < left.percent < 100
    run_billing.run(quiet_ctx, on=clock.today(), batch=2)
    with database.reading() as session:
        (run,) = runs.latest(session)
    assert (run.id, run.issued) == (left.id, 9)
    assert billed(database) == sorted(bill.term.id for bill in policies)
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_workers_share_a_run(quiet_ctx, database, clock, policies):
    start = threading.Barrier(4)
    counts: list[int] = []

    def work() -> None:
        start.wait()
        counts.append(run_billing.run(quiet_ctx, on=clock.today(), batch=1))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == len(policies)
    assert billed(database) == sorted(bill.term.id for bill in policies)
    with database.reading() as session:
        # who comes when all is done begins a run of its own, with nothing in it
        assert sum(run.issued for run in runs.latest(session)) == 9
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_several_bills_of_one_customer_and_of_one_without_an_account(quiet_ctx, database, clock):
    first = bills.make_bill(database, through=EARLY)
    bills.make_bill(database, customer=first.customer, through=EARLY)
    with database.unit_of_work() as session:
        session.execute(sa.text("DELETE FROM account_balance"))
    assert run_billing.run(quiet_ctx, on=clock.today(), batch=1) == 2
    paying.assert_books(quiet_ctx, with_stripe=False)


@pytest.mark.parametrize(
    ("nonsense", "reason"),
    [
        ({"premium_cents": -1}, billable.BELOW_ZERO),
        (
            {
                "premium_cents": 0,
                "tax_cents": 0,
                "policy_fee_cents": 0,
                "installment_fee_cents": 0,
            },
            billable.NOTHING_TO_ASK,
        ),
        ({"period_end_on": datetime.date(2020, 1, 1)}, billable.PERIOD_WRONG),
        (
            {
                "period_start_on": datetime.date(2020, 1, 1),
                "period_end_on": datetime.date(2020, 2, 1),
            },
            billable.OUTSIDE_TERM,
        ),
    ],
)
def test_broken_data_waits_for_a_person_and_the_rest_goes_on(
    quiet_ctx, database, clock, policies, nonsense, reason
):
    break_one(database, policies[4], **nonsense)
    assert run_billing.run(quiet_ctx, on=clock.today(), batch=4) == 8
    with database.reading() as session:
        (waiting,) = runs.set_aside(session)
        (run,) = runs.latest(session)
    assert (waiting.sequence, waiting.reason) == (1, reason)
    assert waiting.policy_no == policies[4].policy.number
    assert (run.issued, run.set_aside, run.percent) == (8, 1, 100)
    assert run_billing.run(quiet_ctx, on=clock.today()) == 0
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_what_the_database_refuses_is_found_and_set_aside(quiet_ctx, database, clock, policies):
    too_much = 2**62  # no sum of two such amounts fits
    break_one(database, policies[6], premium_cents=too_much, tax_cents=too_much)
    assert run_billing.run(quiet_ctx, on=clock.today()) == 8
    with database.reading() as session:
        (waiting,) = runs.set_aside(session)
    assert (waiting.policy_no, waiting.reason) == (policies[6].policy.number, billable.REFUSED)
    assert waiting.said == "NumericValueOutOfRange"
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_what_was_mended_is_billed_by_the_next_run(quiet_ctx, database, clock, policies):
    break_one(database, policies[0], premium_cents=-1)
    run_billing.run(quiet_ctx, on=clock.today())
    break_one(database, policies[0], premium_cents=6_245)
    who = actor.system("test")
    policy_no = policies[0].policy.number
    assert put_back.put_back(quiet_ctx, policy_no=policy_no, who=who) == 1
    assert put_back.put_back(quiet_ctx, policy_no=policy_no, who=who) == 0
    assert run_billing.run(quiet_ctx, on=clock.today()) == 1
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_policy_on_hold_is_not_billed_until_the_hold_is_lifted(
    quiet_ctx, database, clock, policies
):
    held = policies[2]
    with database.unit_of_work() as session:
        hold = models.Hold(
            kind=models.HoldKind.INVOICING,
            customer_id=held.customer.id,
            subject=held.policy.number,
            amount_cents=0,
            reason="An endorsement is on its way.",
            owner=held.policy.number,
            placed_at=clock.now(),
        )
        session.add(hold)
    assert run_billing.run(quiet_ctx, on=clock.today()) == 8
    with database.unit_of_work() as session:
        session.get_one(models.Hold, hold.id).lifted_at = clock.now()
    assert run_billing.run(quiet_ctx, on=clock.today()) == 1


def test_a_dry_run_says_what_a_run_does_and_does_nothing(quiet_ctx, database, clock, policies):
    break_one(database, policies[0], premium_cents=-1)
    seen = run_billing.foresee(quiet_ctx, on=clock.today())
    assert billed(database) == []
    run_billing.run(quiet_ctx, on=clock.today())
    with database.reading() as session:
        (run,) = runs.latest(session)
        cents = runs.cents_by_kind(session, run_id=run.id)
    assert (seen.bills, seen.cents) == (run.issued, cents)
    assert seen.set_aside == {billable.BELOW_ZERO: 1}


def test_who_pays_is_told_once_however_often_the_job_runs(quiet_ctx, clock, policies):
    run_billing.run(quiet_ctx, on=clock.today())
    ran = jobs.run_all(quiet_ctx, only=("tell_bills",))
    assert ran == ["tell_bills"]
    with quiet_ctx.database.reading() as session:
        ids = session.scalars(sa.select(models.Invoice.id)).all()
    tell_bills.tell(quiet_ctx, invoice_ids=ids)
    assert paying.mails(quiet_ctx, "bill") == len(policies)


def test_a_bill_withdrawn_before_its_mail_is_told_to_nobody(quiet_ctx, clock, policies):
    run_billing.run(quiet_ctx, on=clock.today())
    with quiet_ctx.database.reading() as session:
        number = session.scalar(sa.select(models.Invoice.number).order_by(models.Invoice.id))
    closing.close(quiet_ctx, number)
    jobs.run_all(quiet_ctx, only=("tell_bills",))
    assert paying.mails(quiet_ctx, "bill") == len(policies) - 1


def test_an_unfinished_run_of_another_day_is_left_alone(quiet_ctx, clock, policies):
    today = clock.today()
    with quiet_ctx.database.unit_of_work() as session:
        other = billing_runs.begin(session, on=today - datetime.timedelta(days=1), now=clock.now())
    run_billing.run(quiet_ctx, on=today)
    with quiet_ctx.database.reading() as session:
        assert [run.id for run in runs.latest(session) if run.finished_at is None] == [other]

"""The process killed between any two steps: at every commit point, and the money stays right."""

from __future__ import annotations

import datetime
import threading
from concurrent import futures

import sqlalchemy as sa
import sqlalchemy.exc

from portal.domain.disputes.rules import MoneyAction
from portal.domain.payments import rules
from portal.journeys import (
    moving_money,
    recheck_payments,
    recheck_refunds,
    run_billing,
    stripe_events,
    sweep_intents,
)
from portal.kernel import actor
from tests.support import bills, drafting, jobs, paying

MOST_POINTS = 40
WHO = actor.system("test")


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the product may catch it."""


class Killer:
    """Kills at the commit point with number `at`, counted from 0; "before" or "after" it."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.seen = 0

    def __call__(self, _point: str) -> None:
        self.seen += 1
        if self.seen - 1 == self.at:
            raise Killed


def kill_points(ctx, act):
    """Run `act` again and again, killed one commit point later each time, until it survives."""
    for at in range(MOST_POINTS):
        killer = Killer(at)
        ctx.database.commit_hook = killer
        try:
            act(at)
        except Killed:
            ctx.database.commit_hook = None
            yield at
            continue
        ctx.database.commit_hook = None
        assert killer.seen <= at
        return
    raise AssertionError("too many commit points")


def repair(ctx, sandbox, clock):
    """What the jobs do after a crash: events, re-reading, sweeping, refunds."""
    sandbox.advance(2)
    for hook in sandbox.take_webhooks():
        paying.receive(ctx, hook)
    jobs.run_all(ctx)
    clock.advance(datetime.timedelta(hours=2))
    sandbox.set_clock(clock.now())
    recheck_payments.run(ctx)
    sweep_intents.run(ctx)
    recheck_refunds.run(ctx)
    jobs.run_all(ctx)


def test_a_payment_killed_at_any_commit_is_charged_and_posted_at_most_once(
    ctx, sandbox, database, clock
):
    customer = bills.make_bill(database).customer
    card = paying.save_card(ctx, sandbox, customer)
    made: dict[int, bills.Bill] = {}

    def act(at):
        made[at] = bills.make_bill(database, customer=customer, pet_name=f"Pet {at}")
        paying.begin(ctx, customer, made[at].number, method=card)

    killed = list(kill_points(ctx, act))
    assert len(killed) >= 6
    repair(ctx, sandbox, clock)
    for at, bill in made.items():
        invoice = bills.invoices_of(database, policy_id=bill.policy.id)[-1]
        if invoice.state == "issued":  # nothing was taken: it can be paid now
            started = paying.begin(ctx, customer, bill.number, method=card)
            assert started.state == "settled", at
    per_payment = [c.metadata["payment_no"] for c in _charges(sandbox)]
    assert len(per_payment) == len(set(per_payment)) == len(made)
    assert paying.entries(ctx, "payment_settled") == len(made)
    assert paying.mails(ctx, "receipt") == len(made)
    sandbox.advance(2)
    paying.assert_books(ctx)


def _charges(sandbox):
    intents = sandbox.client().v1.payment_intents.list({"limit": 100})
    return [i for i in intents.auto_paging_iter() if i.status == "succeeded"]


def test_a_webhook_killed_at_any_commit_settles_once_in_the_end(ctx, sandbox, database, clock):
    bill = bills.make_bill(database)
    started = paying.begin(ctx, bill.customer)
    paying.confirm(sandbox, started.client_secret)
    hooks = sandbox.take_webhooks()

    def act(_at):
        for hook in hooks:
            paying.receive(ctx, hook)
        with ctx.database.reading() as session:
            events = session.execute(sa.text("SELECT id FROM inbox_event ORDER BY id"))
            ids = [row.id for row in events]
        for event_id in ids:
            stripe_events.handle(ctx, event_id=event_id)

    assert len(list(kill_points(ctx, act))) >= 4
    repair(ctx, sandbox, clock)
    assert paying.row(ctx, started.number).state == "settled"
    assert paying.entries(ctx, "payment_settled") == 1
    assert paying.mails(ctx, "receipt") == 1
    paying.assert_books(ctx)


def test_a_refund_killed_at_any_commit_is_sent_once(ctx, sandbox, database, clock):
    bill = bills.make_bill(database)
    card = paying.save_card(ctx, sandbox, bill.customer)
    number = paying.begin(ctx, bill.customer, method=card).number
    with ctx.database.unit_of_work() as session:
        plan = moving_money.plan(
            session,
            customer_id=bill.customer.id,
            action=MoneyAction.REFUND,
            amount_cents=1_000,
            payment_no=number,
            invoice_no=None,
            line_numbers=(),
            freed_by="credit",
            today=clock.today(),
        )

    def act(_at):
        try:
            with ctx.database.unit_of_work() as session:
                moving_money.carry_out(
                    session,
                    ctx,
                    plan=plan,
                    key="one-decision",
                    subject="DSP-TEST",
                    reason="test",
                    who=WHO,
                    now=clock.now(),
                    today=clock.today(),
                )
        except sqlalchemy.exc.IntegrityError:
            pass  # it was carried out before the kill
        requeue(ctx)
        jobs.run_all(ctx, only=("send_refund",))

    assert len(list(kill_points(ctx, act))) >= 4
    requeue(ctx)
    repair(ctx, sandbox, clock)
    refunds = list(sandbox.client().v1.refunds.list({"limit": 100}).auto_paging_iter())
    assert [r.amount for r in refunds] == [1_000]
    assert paying.entries(ctx, "refund_approved") == paying.entries(ctx, "refund_sent") == 1
    paying.assert_books(ctx)


def requeue(ctx):
    """Jobs whose worker died are queued again, as the periodic job does."""
    with ctx.database.unit_of_work() as session:
        session.execute(
            sa.text(
                "UPDATE procrastinate_jobs SET status = 'todo' WHERE status IN ('doing', 'failed')"
            )
        )


def test_a_billing_run_killed_at_any_commit_bills_each_installment_once(quiet_ctx, database, clock):
    ctx = quiet_ctx
    made = [bills.make_bill(database, through=datetime.date(2026, 1, 1)) for _ in range(3)]
    assert all(not bill.invoices for bill in made)

    def act(_at):
        run_billing.run(ctx, on=clock.today())

    assert list(kill_points(ctx, act))
    run_billing.run(ctx, on=clock.today())
    requeue(ctx)
    jobs.run_all(ctx)
    for bill in made:
        assert len(bills.invoices_of(database, policy_id=bill.policy.id)) == 1
    assert paying.entries(ctx, "invoice_issued") == paying.mails(ctx, "bill") == 3
    paying.assert_books(ctx, with_stripe=False)


def test_two_payers_in_the_same_second_are_one_payment(ctx, sandbox, database):
    bill = bills.make_bill(database)
    card = paying.save_card(ctx, sandbox, bill.customer)
    together = threading.Barrier(2)

    def pay(_who):
        together.wait(timeout=10)
        try:
            return paying.begin(ctx, bill.customer, method=card).state
        except (rules.PaymentUnderWay, rules.NothingToPay) as refused:
            return type(refused).__name__

    with futures.ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(pay, range(2)))
    assert ends.count("settled") == 1, ends
    assert len(paying.charges(sandbox)) == 1
    assert paying.entries(ctx, "payment_settled") == paying.mails(ctx, "receipt") == 1
    paying.assert_books(ctx, with_stripe=False)


def test_a_draft_killed_at_any_commit_is_charged_exactly_once(ctx, sandbox, database, clock):
    customer = bills.make_bill(database).customer
    card = paying.save_card(ctx, sandbox, customer)
    made: list[bills.Bill] = []

    def act(_at):
        made.append(bills.make_bill(database, customer=customer, pet_name=f"Pet {len(made)}"))
        drafting.plan(ctx, made[-1], card)
        drafting.collect(ctx)

    killed = list(kill_points(ctx, act))
    assert len(killed) >= 4
    drafting.collect(ctx)
    repair(ctx, sandbox, clock)
    with ctx.database.reading() as session:
        states = set(session.scalars(sa.text("SELECT state FROM draft")))
        drafted = session.scalar(sa.text("SELECT count(*) FROM draft"))
    assert states == {"paid"}
    assert len(paying.charges(sandbox)) == drafted
    paying.assert_books(ctx)

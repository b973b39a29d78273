"""Any life of a policy: after every event the books hold; at its end the cents are the days'."""

from __future__ import annotations

import contextlib
import datetime
import random

import pytest
import sqlalchemy as sa

from portal.domain.billing import models
from portal.domain.billing.rules import pro_rata
from portal.domain.policies import models as policies
from portal.journeys import (
    earn_premium,
    hold_invoicing,
    pay_monthly,
    reissue_invoice,
    renew_terms,
    run_billing,
    term_changes,
    void_invoice,
)
from portal.kernel import actor, errors
from tests.journeys.test_term_changes import ask, balance
from tests.support import bills, paying

DAY = datetime.timedelta(days=1)
WHO = actor.system("a test")
STEPS = 14


def something(ctx, database, bill, rng: random.Random, key: str) -> None:
    """One event of any kind, possible or not."""
    today, asked = ctx.clock.today(), ask(bill, key)
    one = rng.choice(bills.invoices_of(database, policy_id=bill.policy.id))
    match rng.randrange(12):
        case 0:
            term_changes.change_premium(
                ctx,
                ask=asked,
                effective_on=today + rng.randrange(-20, 60) * DAY,
                premium_cents=rng.choice((1, 20_000, 74_929, 90_001, 250_000)),
            )
        case 1:
            term_changes.move_day(ctx, ask=asked, day=rng.randrange(1, 29))
        case 2:
            term_changes.pay_in_full(ctx, ask=asked)
        case 3:
            pay_monthly.pay_monthly(ctx, ask=asked)
        case 4:
            basis = rng.choice(list(pro_rata.CancellationBasis))
            on = today + rng.randrange(0, 90) * DAY
            term_changes.cancel(ctx, ask=asked, on=on, basis=basis)
        case 5:
            term_changes.reinstate(ctx, ask=asked)
        case 6:
            renew_terms.run(ctx, on=today)
        case 7:
            with database.unit_of_work() as session:
                void_invoice.void(session, ctx, invoice_id=one.id, reason="Wrong.", who=WHO)
        case 8:
            with database.unit_of_work() as session:
                reissue_invoice.reissue(
                    session,
                    ctx,
                    invoice_id=one.id,
                    due_on=None,
                    leaves_unapplied=rng.random() < 0.5,
                    reason="Wrong.",
                    who=WHO,
                )
        case 9 | 10:
            if one.state is models.InvoiceState.ISSUED and one.open_cents:
                bills.pay(database, one)
        case _:
            hold(ctx, bill, rng)


def hold(ctx, bill, rng: random.Random) -> None:
    if rng.random() < 0.5:
        hold_invoicing.place(
            ctx,
            policy_no=bill.policy.number,
            last_on=ctx.clock.today() + rng.randrange(10, 60) * DAY,
            reason="Asked for.",
            who=WHO,
        )
    else:
        hold_invoicing.end(ctx, policy_no=bill.policy.number, reason="Over.", who=WHO)


def terms(database, bill):
    with database.reading() as session:
        return session.scalars(
            sa.select(policies.Term).where(policies.Term.policy_id == bill.policy.id)
        ).all()


def night(ctx, clock, day: datetime.date) -> None:
    clock.set(bills.at(day))
    run_billing.run(ctx, on=day)
    earn_premium.run(ctx, on=day)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_the_books_hold_and_the_days_are_paid(quiet_ctx, database, clock, seed):
    rng = random.Random(seed)
    plan = rng.choice(["monthly", "quarterly", "in_full"])
    starts = datetime.date(2026, 11, 1) - rng.randrange(0, 330) * DAY
    bill = bills.make_bill(database, effective_on=starts, plan=plan, premium_cents=74_929)
    today = clock.today()
    for step in range(STEPS):
        with contextlib.suppress(errors.DomainError):
            something(quiet_ctx, database, bill, rng, f"{seed}-{step}")
        paying.assert_books(quiet_ctx, with_stripe=False)
        if rng.random() < 0.5:
            today += rng.randrange(5, 40) * DAY
            night(quiet_ctx, clock, today)
            paying.assert_books(quiet_ctx, with_stripe=False)
    with contextlib.suppress(errors.DomainError):
        hold_invoicing.end(quiet_ctx, policy_no=bill.policy.number, reason="Over.", who=WHO)
    over = max([today, *(term.expires_on for term in terms(database, bill))]) + DAY
    night(quiet_ctx, clock, over)
    paying.assert_books(quiet_ctx, with_stripe=False)
    assert balance(quiet_ctx, "2100") == 0
    assert -balance(quiet_ctx, "4000") == sum(
        term.premium_cents - term.corrected_cents for term in terms(database, bill)
    )

"""The billing run of a day: issues what is due, a batch a transaction; customers are told by jobs.

Running it twice, by several workers or after it was killed anywhere issues each installment once.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable

from portal.domain.billing.models import HoldKind
from portal.domain.billing.operations import billing_runs, books, catching_up, holds, issuing
from portal.domain.billing.queries import billing_runs as runs
from portal.journeys import context
from portal.kernel import actor, db

WHO = actor.system("billing run")
BATCH = 2_000
TELLING = 200  # bills that one job tells of
TASK = "tell_bills"
TOGETHER = "tell_bills_together"  # to customers with one bill for all pets, once all are out


def run(
    ctx: context.Context,
    *,
    on: datetime.date,
    progress: Callable[[int], None] | None = None,
    batch: int = BATCH,
) -> int:
    """Issue every installment whose issue day is `on` or before; how many invoices.

    `progress` is told after each batch how many were issued and set aside by this worker.
    """
    with ctx.database.unit_of_work() as session:
        holds.lift_expired(session, kind=HoldKind.INVOICING, now=ctx.clock.now())
        run_id = billing_runs.begin(session, on=on, now=ctx.clock.now())
    issued = handled = _catch_up(ctx, on=on, run_id=run_id)
    while True:
        with ctx.database.unit_of_work() as session:
            done = issuing.issue_batch(
                session,
                on=on,
                now=ctx.clock.now(),
                run_id=run_id,
                rng=ctx.rng,
                who=WHO,
                limit=batch,
            )
            for start in range(0, len(done.invoice_ids), TELLING):
                told = list(done.invoice_ids[start : start + TELLING])
                db.queue_task(session, TASK, invoice_ids=told)
        if done.is_empty:
            break
        issued += len(done.invoice_ids)
        handled += len(done.invoice_ids) + done.set_aside
        if progress is not None:
            progress(handled)
    with ctx.database.unit_of_work() as session:
        if billing_runs.finish(session, run_id=run_id, now=ctx.clock.now()):
            db.queue_task(session, TOGETHER, run_id=run_id)
    return issued


def _catch_up(ctx: context.Context, *, on: datetime.date, run_id: int) -> int:
    """One bill for each policy whose invoicing was held and is not any more; how many.

    What can't be billed waits for a person, like in a batch.
    """
    with ctx.database.reading() as session:
        found = catching_up.waiting(session, on=on)
    issued = 0
    for customer_id, policy_id in found:
        with ctx.database.unit_of_work() as session:
            books.lock_customer(session, customer_id=customer_id)
            made = catching_up.issue(
                session,
                policy_id=policy_id,
                on=on,
                now=ctx.clock.now(),
                run_id=run_id,
                rng=ctx.rng,
                who=WHO,
            )
            if made is not None:
                db.queue_task(session, TASK, invoice_ids=[made.invoice_id])
                issued += 1
    return issued


def foresee(ctx: context.Context, *, on: datetime.date) -> runs.Forecast:
    """What a run of `on` would do now; changes nothing."""
    with ctx.database.unit_of_work() as session:
        return runs.foresee(session, on=on)

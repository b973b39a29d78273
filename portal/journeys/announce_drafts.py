"""Announcing what autopay will take: each bill once, at least ten days ahead, by mail."""

from __future__ import annotations

import datetime
from typing import NamedTuple

from sqlalchemy import orm

from portal.domain.billing.operations import books
from portal.domain.payments import announcing
from portal.domain.payments.operations import drafting, standing
from portal.domain.payments.queries import undrafted
from portal.domain.payments.states import DraftKind
from portal.journeys import context, draft_mails
from portal.kernel import actor

WHO = actor.system("autopay")
BATCH = 100  # customers in a transaction


class Announced(NamedTuple):
    """A bill and when it will be taken; the most in cents."""

    draft_no: str
    invoice_no: str
    cents: int
    due_on: datetime.date
    draft_on: datetime.date

    @property
    def is_late(self) -> bool:
        """Whether it is taken after its due day, because it was announced too late for that."""
        return self.draft_on > self.due_on


def run(ctx: context.Context, *, on: datetime.date) -> int:
    """Announce every bill that autopay has to, as of `on`; how many.

    Running it twice, or after it was killed anywhere, announces each bill once. Customers who
    change something in this very moment come last, after their change.
    """
    with ctx.database.reading() as session:
        waiting = undrafted.customers(session)
    count, busy = 0, []
    for start in range(0, len(waiting), BATCH):
        batch = waiting[start : start + BATCH]
        with ctx.database.unit_of_work() as session:
            free = standing.lock_customers(session, customer_ids=batch)
            count += len(announce(session, ctx, customer_ids=free, on=on, who=WHO))
        busy += sorted(set(batch) - set(free))
    for customer_id in busy:
        with ctx.database.unit_of_work() as session:
            books.lock_customer(session, customer_id=customer_id)
            count += len(announce(session, ctx, customer_ids=(customer_id,), on=on, who=WHO))
    return count


def announce(
    session: orm.Session,
    ctx: context.Context,
    *,
    customer_ids: tuple[int, ...],
    on: datetime.date,
    who: actor.Actor,
    autopay_id: int | None = None,
    tells: bool = True,
) -> tuple[Announced, ...]:
    """Plan a draft for each bill that has none, and mail it; the customers are locked.

    Only for `autopay_id` where one is given; without `tells` the caller writes to the reader.
    """
    if not customer_ids:
        return ()
    made = []
    for found in undrafted.unannounced(session, customer_ids=customer_ids, autopay_id=autopay_id):
        told = _plan(session, ctx, found, on=on, who=who)
        made.append(told)
        if tells:
            _tell(session, ctx, found, told)
    return tuple(made)


def _plan(
    session: orm.Session,
    ctx: context.Context,
    found: undrafted.Unannounced,
    *,
    on: datetime.date,
    who: actor.Actor,
) -> Announced:
    bill = found.bill
    told_on = max(on, ctx.clock.today())  # a night that is made up for gives no less notice
    draft = drafting.plan(
        session,
        key=standing.draft_key(
            autopay_id=found.autopay_id, invoice_no=bill.number, earlier=found.earlier
        ),
        kind=DraftKind.AUTOPAY,
        customer_id=bill.customer_id,
        method_id=found.method_id,
        backup_method_id=found.backup_method_id,
        invoice_ids=[bill.invoice_id],
        amount_cents=bill.cents,
        draft_on=announcing.draft_day(
            due_on=bill.due_on, days_before=found.days_before, today=told_on
        ),
        now=ctx.clock.now(),
        who=who,
        rng=ctx.rng,
        autopay_id=found.autopay_id,
        payer_id=found.payer_id,
    )
    return Announced(draft.number, bill.number, draft.amount_cents, bill.due_on, draft.draft_on)


def _tell(
    session: orm.Session, ctx: context.Context, found: undrafted.Unannounced, told: Announced
) -> None:
    bill = found.bill
    draft_mails.tell(
        session,
        ctx,
        customer_id=bill.customer_id,
        payer_id=found.payer_id,
        policy_no=bill.policy_no,
        template="autopay_notice",
        key=f"autopay_notice:{told.draft_no}",
        subject_no=told.draft_no,
        pet_name=bill.pet_name,
        amount_cents=told.cents,
        draft_on=told.draft_on,
        due_on=told.due_on,
        method_label=found.method_label,
    )

"""An arrangement that was agreed to: begun, followed to its end, ended; charges nothing.

Each part is a draft; what becomes of a draft is not decided here. Bills of an active arrangement
are not taken by autopay.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import arranging
from portal.domain.billing.queries import payable
from portal.domain.billing.rules import arranging as limits
from portal.domain.payments import declines, models, rules
from portal.domain.payments.operations import drafting
from portal.domain.payments.states import DraftKind, DraftState
from portal.domain.policies import models as policies
from portal.journeys import context, planned, telling
from portal.kernel import actor, errors, msgids

_ENDED_EARLY = frozenset({billing.ArrangementState.CANCELLED, billing.ArrangementState.BROKEN})
_REFUSED = frozenset({DraftState.FAILED, DraftState.RETRYING, DraftState.ASKING})


class PlannedToo(errors.DomainError):
    """A payment of one of the bills is planned, and does not give way by itself."""

    code = "arrangement_planned"
    message = msgids.N_(
        "A payment of one of these bills is planned for %(planned_on)s. "
        "Cancel it first, or leave that bill out."
    )


class FirstDayOver(errors.DomainError):
    """It was proposed for days that have begun to pass."""

    code = "arrangement_day_over"
    message = msgids.N_(
        "Its first day is over. Decline it, and write which days would still be possible."
    )


class NoSuchArrangement(errors.DomainError):
    """It is not the customer's, or nobody's."""

    code = "no_such_arrangement"
    message = msgids.N_("There is no such arrangement.")


def activate(
    session: orm.Session,
    ctx: context.Context,
    *,
    arrangement: billing.Arrangement,
    decided_by: str,
    who: actor.Actor,
) -> None:
    """Agree to a (locked) arrangement: its parts become drafts, autopay gives way, mail is sent.

    Raises NotAllowed, FirstDayOver, PlannedToo, NothingToPay, MethodGone, planned.MethodExpires,
    planned.BeingTaken, PaymentUnderWay.
    """
    now, customer_id = ctx.clock.now(), arrangement.customer_id
    parts = arranging.parts(arrangement)
    arranging.step(
        session,
        arrangement=arrangement,
        event=limits.Event.AGREE,
        now=now,
        who=who,
        decided_by=decided_by,
    )
    if parts[0].on <= ctx.clock.today():
        raise FirstDayOver()
    method = planned.method(
        session, customer_id=customer_id, number=arrangement.method_no, last_on=parts[-1].on
    )
    ids = arranging.invoice_ids(session, arrangement_id=arrangement.id)
    bills = _open_of(session, customer_id=customer_id, invoice_ids=ids)
    if not any(bill.payable_cents for bill in bills):
        raise rules.NothingToPay()
    rivals = planned.rivals(session, customer_id=customer_id, invoices=bills)
    if rivals.staying:
        raise PlannedToo(planned_on=rivals.staying[0].draft_on)
    for rival in rivals.by_autopay:
        planned.give_way(session, customer_id=customer_id, number=rival.number, now=now, who=who)
    for place, part in enumerate(parts, start=1):
        drafting.plan(
            session,
            key=f"arrangement:{arrangement.number}:{place}",
            kind=DraftKind.ARRANGEMENT,
            customer_id=customer_id,
            method_id=method.id,
            invoice_ids=ids,
            amount_cents=part.cents,
            draft_on=part.on,
            now=now,
            who=who,
            rng=ctx.rng,
            arrangement_id=arrangement.id,
        )
    tell(session, ctx, arrangement, template="arrangement_agreed", method=method.label)


def cancel(ctx: context.Context, *, customer_id: int, number: str, who: actor.Actor) -> None:
    """End it, or take the proposal back: what is open is due as before. Twice changes nothing.

    A part that is being taken at this moment is not stopped. Ended after a part was refused, it
    counts as broken: the next one needs a specialist. Raises NoSuchArrangement, NotAllowed.
    """
    with ctx.database.unit_of_work() as session:
        arrangement = arranging.lock(session, number=number, customer_id=customer_id)
        if arrangement is None:
            raise NoSuchArrangement()
        if arrangement.state in _ENDED_EARLY:
            return
        was_refused = any(
            part.came_back or part.state in _REFUSED for part in _parts(session, arrangement.id)
        )
        event = limits.Event.BREAK if was_refused else limits.Event.CANCEL
        _end(session, ctx, arrangement, event, who=who)


def stop_all(
    session: orm.Session, ctx: context.Context, *, policy: policies.Policy, who: actor.Actor
) -> int:
    """End what is proposed or agreed to for bills of this policy alone, without a mail; how many.

    The customer is locked.
    """
    whose = (
        sa.select(billing.ArrangementBill.arrangement_id)
        .join(billing.Invoice, billing.Invoice.id == billing.ArrangementBill.invoice_id)
        .group_by(billing.ArrangementBill.arrangement_id)
        .having(sa.func.bool_and(billing.Invoice.policy_id == policy.id))
    )
    numbers = session.scalars(
        sa.select(billing.Arrangement.number)
        .where(
            billing.Arrangement.customer_id == policy.customer_id,
            billing.Arrangement.ended_at.is_(None),
            billing.Arrangement.id.in_(whose),
        )
        .order_by(billing.Arrangement.id)
    ).all()
    for number in numbers:
        arrangement = arranging.lock(session, number=number)
        if arrangement is not None:
            _end(session, ctx, arrangement, limits.Event.CANCEL, who=who, tells=False)
    return len(numbers)


def follow(session: orm.Session, ctx: context.Context, *, arrangement_id: int) -> None:
    """After a part ended, or a bill was paid: end the arrangement if it is kept or broken.

    Idempotent; one that does not run is left alone.
    """
    number = session.scalars(
        sa.select(billing.Arrangement.number).where(billing.Arrangement.id == arrangement_id)
    ).one()
    arrangement = arranging.lock(session, number=number)
    if arrangement is None or arrangement.state is not billing.ArrangementState.ACTIVE:
        return
    parts = _parts(session, arrangement_id)
    event = limits.outcome(
        open_cents=sum(bill.open_cents for bill in _open_bills(session, arrangement)),
        waiting=sum(part.state not in declines.ENDED for part in parts),
        failed=sum(part.came_back or part.state is DraftState.FAILED for part in parts),
    )
    if event is not None:
        _end(session, ctx, arrangement, event, who=actor.system("arrangements"))


def runs(session: orm.Session, *, arrangement_id: int) -> bool:
    """Whether its parts may still be taken."""
    found = session.get_one(billing.Arrangement, arrangement_id, populate_existing=True)
    return found.state is billing.ArrangementState.ACTIVE


def follow_return(session: orm.Session, ctx: context.Context, *, payment: models.Payment) -> None:
    """After the bank took a payment back: a part that it was for has failed after all."""
    if payment.draft_id is None:
        return
    draft = session.get_one(models.Draft, payment.draft_id)
    if draft.arrangement_id is not None:
        follow(session, ctx, arrangement_id=draft.arrangement_id)


_RUNNING = sa.select(billing.Arrangement.id).where(
    billing.Arrangement.customer_id == sa.bindparam("customer_id"),
    billing.Arrangement.state == billing.ArrangementState.ACTIVE,
)


def follow_paid(session: orm.Session, ctx: context.Context, *, customer_id: int) -> None:
    """After a payment of the customer's settled: follow the arrangement that runs, if any.

    The bills may be paid sooner than the parts are due; what is left of the parts is called off.
    """
    running = session.scalar(_RUNNING, {"customer_id": customer_id})
    if running is not None:
        follow(session, ctx, arrangement_id=running)


def tell(
    session: orm.Session,
    ctx: context.Context,
    arrangement: billing.Arrangement,
    *,
    template: str,
    fact: str = "",
    **more: object,
) -> None:
    """Mail about an arrangement, once for each template and fact."""
    telling.tell_customer(
        session,
        ctx,
        customer_id=arrangement.customer_id,
        template=template,
        key=":".join(part for part in (template, arrangement.number, fact) if part),
        subject_no=arrangement.number,
        total_cents=arrangement.total_cents,
        parts=arranging.parts(arrangement),
        **more,
    )


def _end(
    session: orm.Session,
    ctx: context.Context,
    arrangement: billing.Arrangement,
    event: limits.Event,
    *,
    who: actor.Actor,
    tells: bool = True,
) -> None:
    """It is over: parts that still wait are called off, and the customer is told."""
    now = ctx.clock.now()
    was_active = arrangement.state is billing.ArrangementState.ACTIVE
    arranging.step(session, arrangement=arrangement, event=event, now=now, who=who)
    for draft in session.scalars(
        sa.select(models.Draft)
        .where(models.Draft.arrangement_id == arrangement.id, models.Draft.ended_at.is_(None))
        .order_by(models.Draft.id)
        .with_for_update()
    ):
        drafting.cancel(session, draft=draft, now=now, who=who, reason=str(arrangement.state))
    if not tells:
        return
    tell(
        session,
        ctx,
        arrangement,
        template="arrangement_ended",
        outcome=str(arrangement.state),
        was_active=was_active,
        left_cents=sum(bill.payable_cents for bill in _open_bills(session, arrangement)),
    )


class _Part(NamedTuple):
    state: DraftState
    came_back: bool  # it was taken, and its bank took it back


def _parts(session: orm.Session, arrangement_id: int) -> list[_Part]:
    came_back = (
        sa.select(models.Chargeback.id)
        .join(models.Payment, models.Payment.id == models.Chargeback.payment_id)
        .where(
            models.Payment.draft_id == models.Draft.id,
            models.Chargeback.state.in_(sorted(rules.KEPT_BY_THE_BANK)),
        )
        .exists()
    )
    rows = session.execute(
        sa.select(models.Draft.state, came_back).where(
            models.Draft.arrangement_id == arrangement_id
        )
    )
    return [_Part._make(row) for row in rows]


def _open_bills(
    session: orm.Session, arrangement: billing.Arrangement
) -> tuple[payable.PayableInvoice, ...]:
    ids = arranging.invoice_ids(session, arrangement_id=arrangement.id)
    return _open_of(session, customer_id=arrangement.customer_id, invoice_ids=ids)


def _open_of(
    session: orm.Session, *, customer_id: int, invoice_ids: list[int]
) -> tuple[payable.PayableInvoice, ...]:
    found = payable.open_invoices(session, customer_id=customer_id)
    return tuple(bill for bill in found if bill.id in invoice_ids)

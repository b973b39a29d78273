"""Drafts: planned, moved, called off, attempted; knows no Stripe and no mail."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.billing.operations import allocating, books
from portal.domain.payments import declines, models, rules
from portal.domain.payments.states import DraftKind, DraftState
from portal.kernel import actor, db, ids


def plan(
    session: orm.Session,
    *,
    key: str,
    kind: DraftKind,
    customer_id: int,
    method_id: int,
    invoice_ids: Sequence[int],
    amount_cents: int,
    draft_on: datetime.date,
    now: datetime.datetime,
    who: actor.Actor,
    rng: ids.Bits,
    autopay_id: int | None = None,
    arrangement_id: int | None = None,
    payer_id: int | None = None,
    backup_method_id: int | None = None,
) -> models.Draft:
    """Write a draft down: at most `amount_cents` for the bills, on `draft_on`.

    `key` names the fact that asks for it: the same key gives the draft that is there. The caller
    has locked the customer.
    """
    known = by_key(session, key=key)
    if known is not None:
        return known
    draft = models.Draft(
        number=ids.new(ids.Prefix.DRAFT, rng),
        key=key,
        kind=kind,
        customer_id=customer_id,
        autopay_id=autopay_id,
        arrangement_id=arrangement_id,
        payer_id=payer_id,
        method_id=method_id,
        backup_method_id=backup_method_id,
        amount_cents=amount_cents,
        draft_on=draft_on,
        state=DraftState.PLANNED,
        due_on=draft_on,
        announced_at=now,
        changed_at=now,
    )
    session.add(draft)
    session.flush()
    session.add_all(models.DraftBill(draft_id=draft.id, invoice_id=i) for i in sorted(invoice_ids))
    session.flush()
    _audit(session, draft, who=who, now=now)
    return draft


def by_key(session: orm.Session, *, key: str) -> models.Draft | None:
    """The draft that this fact made, or None."""
    return session.scalar(sa.select(models.Draft).where(models.Draft.key == key))


def lock(session: orm.Session, *, number: str, customer_id: int) -> models.Draft | None:
    """The customer's draft of this number, the customer locked first; None: not theirs."""
    books.lock_customer(session, customer_id=customer_id)
    return session.scalar(
        sa.select(models.Draft)
        .where(models.Draft.number == number, models.Draft.customer_id == customer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def move_day(
    session: orm.Session,
    *,
    draft: models.Draft,
    draft_on: datetime.date,
    now: datetime.datetime,
    who: actor.Actor,
) -> bool:
    """Take the (locked) draft to another day; False when it waits for its first day no more."""
    if draft.state is not DraftState.PLANNED:
        return False
    draft.draft_on = draft.due_on = draft_on
    draft.changed_at = now
    session.flush()
    _audit(session, draft, who=who, now=now, action="payments.draft_moved")
    return True


def cancel(
    session: orm.Session,
    *,
    draft: models.Draft,
    now: datetime.datetime,
    who: actor.Actor,
    reason: str = "",
) -> bool:
    """Call the (locked) draft off; False when an attempt of it runs, or it is over."""
    if draft.state not in declines.WAITING:
        return False
    step(session, draft=draft, event=declines.DraftEvent.CANCEL, outcome=reason, now=now, who=who)
    return True


def step(
    session: orm.Session,
    *,
    draft: models.Draft,
    event: declines.DraftEvent,
    now: datetime.datetime,
    who: actor.Actor,
    due_on: datetime.date | None = None,
    outcome: str = "",
) -> bool:
    """Take the (locked) draft along `event`; False for an older word, which changes nothing.

    `due_on` is the next day of a draft that waits; `outcome` replaces the last refusal.
    """
    if not declines.DRAFTS.allows(draft.state, event):
        return False
    before = draft.state
    draft.state = declines.DRAFTS.next(before, event)
    draft.due_on = due_on
    draft.outcome = outcome or draft.outcome
    draft.changed_at = now
    draft.ended_at = now if draft.state in declines.ENDED else None
    session.flush()
    if draft.state is not before:
        _audit(session, draft, who=who, now=now)
    return True


def due(
    session: orm.Session,
    *,
    on: datetime.date,
    after: int = 0,
    limit: int = 500,
    part: rules.Part = rules.WHOLE,
) -> list[int]:
    """Drafts of a part that wait for a day up to `on`, in order of id after `after`.

    Of those that ask their payer the last day is over: it was the payer's until its end.
    """
    return list(
        session.scalars(
            sa.select(models.Draft.id)
            .where(
                models.Draft.state.in_(sorted(declines.WAITING)),
                models.Draft.due_on <= on,
                sa.or_(models.Draft.state != DraftState.ASKING, models.Draft.due_on < on),
                models.Draft.id > after,
                models.Draft.customer_id % part.of == part.index,
            )
            .order_by(models.Draft.id)
            .limit(limit)
        )
    )


_OWNER = books.Owner(
    sa.select(models.Draft.customer_id).where(models.Draft.id == sa.bindparam("draft_id"))
)
_LOCK_BILLS = allocating.locking(
    sa.select(models.DraftBill.invoice_id).where(
        models.DraftBill.draft_id == sa.bindparam("draft_id")
    )
)


def lock_due(session: orm.Session, *, draft_id: int, on: datetime.date) -> models.Draft | None:
    """The draft, customer and draft locked, if it still waits for a day up to `on`."""
    _OWNER.lock(session, draft_id=draft_id)
    draft = db.lock_row(session, models.Draft, draft_id)
    if draft.state not in declines.WAITING:
        return None
    is_payers = draft.state is DraftState.ASKING and draft.due_on == on
    return draft if draft.due_on <= on and not is_payers else None


def lock_bills(session: orm.Session, *, draft_id: int) -> Sequence[sa.Row]:
    """Lock the bills of a (locked) draft: id, number and open cents of each, in order of id."""
    return session.execute(_LOCK_BILLS, {"draft_id": draft_id}).all()


def take_method(draft: models.Draft) -> int:
    """The method of the next attempt of a (locked) draft: the backup once, after a refusal.

    A method that took the place of a refused one has not been refused: it comes first.
    """
    if draft.outcome and draft.backup_method_id is not None:
        method_id, draft.backup_method_id = draft.backup_method_id, None
        return method_id
    draft.attempts += 1
    return draft.method_id


def _audit(
    session: orm.Session,
    draft: models.Draft,
    *,
    who: actor.Actor,
    now: datetime.datetime,
    action: str = "",
) -> None:
    audit.record(
        session,
        who=who,
        action=action or f"payments.draft_{draft.state}",
        subject=draft.number,
        now=now,
        customer_id=draft.customer_id,
        amount_cents=draft.amount_cents,
        draft_on=draft.draft_on.isoformat(),
        outcome=draft.outcome,
    )

"""Changes of a policy inside its term: its rates, its end, its return; and the trail they leave."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.policies import models
from portal.kernel import actor, db, errors, ids, msgids


class NoTermNow(errors.DomainError):
    """No term of the policy covers the day."""

    code = "no_term_now"
    message = msgids.N_("This policy has no cover on that day.")


class NotCancelled(errors.DomainError):
    """Only a cancelled policy is reinstated."""

    code = "not_cancelled"
    message = msgids.N_("This policy is not cancelled.")


Rate = tuple[datetime.date, datetime.date, int]


def term_on(
    session: orm.Session, *, policy_id: int, day: datetime.date, is_end: bool = False
) -> models.Term:
    """The term that covers `day` (its last day included), locked. Raises NoTermNow.

    Where one term follows another on that day it is the one that begins, or with `is_end` the one
    that ends.
    """
    begins = models.Term.effective_on
    term = session.scalar(
        sa.select(models.Term)
        .where(
            models.Term.policy_id == policy_id,
            models.Term.effective_on <= day,
            models.Term.expires_on >= day,
        )
        .order_by(begins if is_end else begins.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if term is None:
        raise NoTermNow()
    return term


def ended_term(session: orm.Session, *, policy_id: int) -> models.Term:
    """The term in which the policy was cancelled last, locked. Raises NotCancelled."""
    last = newest(session, policy_id=policy_id, kind=models.EventKind.CANCELLED)
    if last is None:
        raise NotCancelled()
    return db.lock_row(session, models.Term, last.term_id)


def term_of(session: orm.Session, *, policy_id: int, day: datetime.date) -> models.Term:
    """The term whose days hold `day` (its end is not one of them), else the last that was before
    it, else the first to come; locked. Raises NoTermNow without any.
    """
    began = models.Term.effective_on <= day
    term = session.scalar(
        sa.select(models.Term)
        .where(models.Term.policy_id == policy_id)
        .order_by(
            began.desc(),
            sa.case((began, models.Term.effective_on)).desc(),
            models.Term.effective_on,
        )
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if term is None:
        raise NoTermNow()
    return term


def by_number(session: orm.Session, *, policy_no: str) -> models.Policy:
    """The policy with this number; there must be one."""
    return session.scalars(sa.select(models.Policy).where(models.Policy.number == policy_no)).one()


def newest(
    session: orm.Session, *, policy_id: int, kind: models.EventKind
) -> models.PolicyEvent | None:
    """The newest event of a kind in any term of the policy."""
    return session.scalar(
        sa.select(models.PolicyEvent)
        .where(models.PolicyEvent.policy_id == policy_id, models.PolicyEvent.kind == kind)
        .order_by(models.PolicyEvent.id.desc())
        .limit(1)
    )


def last_term(session: orm.Session, *, policy_id: int) -> models.Term | None:
    """The term that ends last, locked; None without any."""
    return session.scalar(
        sa.select(models.Term)
        .where(models.Term.policy_id == policy_id)
        .order_by(models.Term.effective_on.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def terms_after(session: orm.Session, *, term: models.Term) -> Sequence[models.Term]:
    """The terms of the same policy that follow `term`, in order, locked."""
    return session.scalars(
        sa.select(models.Term)
        .where(
            models.Term.policy_id == term.policy_id,
            models.Term.effective_on > term.effective_on,
        )
        .order_by(models.Term.effective_on)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def segments(session: orm.Session, *, term_id: int) -> tuple[Rate, ...]:
    """The rates of a term in order: first day, day after the last, cents of a whole term."""
    rows = session.execute(
        sa.select(models.Segment.starts_on, models.Segment.ends_on, models.Segment.premium_cents)
        .where(models.Segment.term_id == term_id)
        .order_by(models.Segment.starts_on)
    )
    return tuple((row.starts_on, row.ends_on, row.premium_cents) for row in rows)


def set_rates(session: orm.Session, *, term_id: int, rates: Sequence[Rate]) -> None:
    """Write the rates of a term in the place of what they were."""
    session.execute(sa.delete(models.Segment).where(models.Segment.term_id == term_id))
    session.execute(
        sa.insert(models.Segment),
        [
            {"term_id": term_id, "starts_on": start, "ends_on": end, "premium_cents": cents}
            for start, end, cents in rates
        ],
    )


def cancel(
    session: orm.Session,
    *,
    policy: models.Policy,
    term: models.Term,
    on: datetime.date,
    kept_cents: int,
) -> None:
    """End the (locked) policy and its term on `on`, itself not covered; so much of it is kept."""
    policy.state, policy.cancelled_on = models.PolicyState.CANCELLED, on
    term.ended_on, term.kept_cents = on, kept_cents
    session.flush()


def reinstate(session: orm.Session, *, policy: models.Policy, term: models.Term) -> None:
    """Have the (locked) policy go on as if it had never ended. Raises NotCancelled."""
    if policy.state is not models.PolicyState.CANCELLED or term.ended_on is None:
        raise NotCancelled()
    policy.state, policy.cancelled_on = models.PolicyState.ACTIVE, None
    term.ended_on = term.kept_cents = None
    session.flush()


def by_once_key(
    session: orm.Session, *, policy_id: int, once_key: str
) -> models.PolicyEvent | None:
    """What a form sent before has already done to the policy."""
    return session.scalar(
        sa.select(models.PolicyEvent).where(
            models.PolicyEvent.policy_id == policy_id, models.PolicyEvent.once_key == once_key
        )
    )


def newest_id(session: orm.Session, *, policy_id: int) -> int | None:
    """The newest event of the policy."""
    return session.scalar(
        sa.select(sa.func.max(models.PolicyEvent.id)).where(
            models.PolicyEvent.policy_id == policy_id
        )
    )


def last_event(
    session: orm.Session, *, term_id: int, kind: models.EventKind
) -> models.PolicyEvent | None:
    """The newest event of a kind in a term."""
    return session.scalar(
        sa.select(models.PolicyEvent)
        .where(models.PolicyEvent.term_id == term_id, models.PolicyEvent.kind == kind)
        .order_by(models.PolicyEvent.id.desc())
        .limit(1)
    )


def record(
    session: orm.Session,
    *,
    policy: models.Policy,
    term: models.Term,
    kind: models.EventKind,
    number: str,
    once_key: str,
    effective_on: datetime.date,
    reason: str,
    facts: Mapping[str, Any],
    letter: Mapping[str, Any] | None = None,
    now: datetime.datetime,
    who: actor.Actor,
) -> None:
    """Write the event down, readable for ever, and in the audit log. `facts` are plain values.

    `letter` is whom its letter went to; that is personal and stands in no log.
    """
    if not ids.is_valid(number, ids.Prefix.CHANGE):
        raise ValueError(f"{number} is no number of a change")
    session.add(
        models.PolicyEvent(
            number=number,
            once_key=once_key,
            policy_id=policy.id,
            term_id=term.id,
            kind=kind,
            effective_on=effective_on,
            at=now,
            by=who.label,
            by_kind=who.kind,
            reason=reason,
            facts=dict(facts) | ({} if letter is None else {"letter": dict(letter)}),
        )
    )
    session.flush()
    audit.record(
        session,
        who=who,
        action=f"policies.{kind}",
        subject=policy.number,
        customer_id=policy.customer_id,
        now=now,
        change=number,
        effective_on=effective_on.isoformat(),
        **facts,
    )

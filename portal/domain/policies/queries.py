"""Policies as pages and other rooms see them: the pet, the cover, the term that counts today."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.policies import models


@dataclasses.dataclass(frozen=True, kw_only=True)
class TermView:
    """One period of a policy, half-open; amounts in cents for the whole term."""

    id: int
    number: int
    effective_on: datetime.date
    expires_on: datetime.date
    premium_cents: int
    tax_cents: int
    policy_fee_cents: int
    installment_fee_cents: int
    payment_plan: str
    installments: int
    down_payment_cents: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyView:
    """A policy, its pet, and the term that covers the day asked for.

    Where none does it is the next term to come, else the last that was; None without any.
    """

    id: int
    number: str
    customer_id: int
    us_state: str
    state: str
    cancelled_on: datetime.date | None
    received_on: datetime.date | None
    claim_filed_on: datetime.date | None
    next_payment_plan: str | None  # from the renewal on, where the owner chose one
    pet_name: str
    species: str
    breed: str
    born_on: datetime.date | None
    term: TermView | None


_TERM_FIELDS = tuple(field.name for field in dataclasses.fields(TermView))
_POLICY = (
    models.Policy.id,
    models.Policy.number,
    models.Policy.customer_id,
    models.Policy.us_state,
    models.Policy.state,
    models.Policy.cancelled_on,
    models.Policy.received_on,
    models.Policy.claim_filed_on,
    models.Policy.next_payment_plan,
    models.Pet.name.label("pet_name"),
    models.Pet.species,
    models.Pet.breed,
    models.Pet.born_on,
)


def of_customer(
    session: orm.Session, *, customer_id: int, today: datetime.date
) -> tuple[PolicyView, ...]:
    """The customer's policies, those in force first, then by the pet's name."""
    found = _select(today).where(models.Policy.customer_id == customer_id)
    rows = session.execute(found.order_by(models.Policy.state, models.Pet.name, models.Policy.id))
    return tuple(map(_view, rows))


def by_number(
    session: orm.Session, *, policy_no: str, today: datetime.date, customer_id: int | None = None
) -> PolicyView | None:
    """The policy with this number, of this customer when one is given; else None."""
    found = _select(today).where(models.Policy.number == policy_no)
    if customer_id is not None:
        found = found.where(models.Policy.customer_id == customer_id)
    row = session.execute(found).one_or_none()
    return None if row is None else _view(row)


def by_id(session: orm.Session, *, policy_id: int, today: datetime.date) -> PolicyView:
    """The policy with this row id; there must be one."""
    return _view(session.execute(_select(today).where(models.Policy.id == policy_id)).one())


def pet_names(session: orm.Session, *, policy_ids: Sequence[int]) -> dict[int, str]:
    """The pet of each policy by the policy's row id."""
    rows = session.execute(
        sa.select(models.Policy.id, models.Pet.name)
        .join(models.Pet, models.Pet.id == models.Policy.pet_id)
        .where(models.Policy.id.in_(policy_ids))
    )
    return dict(rows.all())


def holder(session: orm.Session, *, policy_no: str) -> int | None:
    """The row id of the customer who holds the policy with this number, or None."""
    return session.scalar(
        sa.select(models.Policy.customer_id).where(models.Policy.number == policy_no)
    )


def terms(session: orm.Session, *, policy_id: int) -> tuple[TermView, ...]:
    """Every term of the policy, newest first."""
    rows = session.execute(
        sa.select(*(getattr(models.Term, name) for name in _TERM_FIELDS))
        .where(models.Term.policy_id == policy_id)
        .order_by(models.Term.effective_on.desc())
    )
    return tuple(_term(row._mapping) for row in rows)


def next_term(session: orm.Session, *, policy_id: int, today: datetime.date) -> TermView | None:
    """The term that is written and has not begun; None where it has, or is dropped."""
    row = session.execute(
        sa.select(*(getattr(models.Term, name) for name in _TERM_FIELDS))
        .where(
            models.Term.policy_id == policy_id,
            models.Term.effective_on > today,
            models.Term.number > 1,
            models.Term.ended_on.is_(None),
        )
        .order_by(models.Term.effective_on)
        .limit(1)
    ).one_or_none()
    return None if row is None else _term(row._mapping)


def _select(today: datetime.date) -> sa.Select:
    covers = sa.and_(models.Term.effective_on <= today, models.Term.expires_on > today)
    to_come = models.Term.effective_on > today
    counting = (
        sa.select(*(getattr(models.Term, name) for name in _TERM_FIELDS))
        .where(models.Term.policy_id == models.Policy.id)
        .order_by(
            covers.desc(),
            to_come.desc(),
            sa.case((to_come, models.Term.effective_on)),
            models.Term.expires_on.desc(),
        )
        .limit(1)
        .lateral("counting")
    )
    columns = (counting.c[name].label(f"term_{name}") for name in _TERM_FIELDS)
    return (
        sa.select(*_POLICY, *columns)
        .join(models.Pet, models.Pet.id == models.Policy.pet_id)
        .outerjoin(counting, sa.true())
    )


def _view(row: sa.Row) -> PolicyView:
    values = dict(row._mapping)
    term = {name: values.pop(f"term_{name}") for name in _TERM_FIELDS}
    values["state"], values["species"] = str(values["state"]), str(values["species"])
    return PolicyView(**values, term=None if term["id"] is None else _term(term))


def _term(values) -> TermView:
    return TermView(**{**values, "payment_plan": str(values["payment_plan"])})


@dataclasses.dataclass(frozen=True, kw_only=True)
class EventView:
    """One change of a policy, as it was worked out then."""

    number: str
    kind: str
    effective_on: datetime.date
    at: datetime.datetime
    by: str
    by_kind: str
    reason: str
    facts: dict[str, Any]


_EVENT_FIELDS = tuple(field.name for field in dataclasses.fields(EventView))


_EVENT = sa.select(*(getattr(models.PolicyEvent, name) for name in _EVENT_FIELDS))


# The last time that the policy passed to another customer; what was before is not the owner's.
_handed = models.PolicyEvent.__table__.alias("handed")
_HANDED_OVER = (
    sa.select(sa.func.coalesce(sa.func.max(_handed.c.id), 0))
    .where(
        _handed.c.policy_id == models.PolicyEvent.policy_id,
        _handed.c.kind == models.EventKind.OWNER_CHANGED,
    )
    .scalar_subquery()
)


def events(
    session: orm.Session, *, policy_id: int, for_owner: bool = False
) -> tuple[EventView, ...]:
    """What happened to the policy, newest first; for its owner since it is theirs."""
    found = _EVENT.where(models.PolicyEvent.policy_id == policy_id)
    if for_owner:
        found = found.where(models.PolicyEvent.id > _HANDED_OVER)
    rows = session.execute(found.order_by(models.PolicyEvent.id.desc()))
    return tuple(map(_event, rows))


def event(
    session: orm.Session, *, policy_no: str, number: str, customer_id: int | None = None
) -> EventView | None:
    """One change of the policy, of this customer's when one is given; else None."""
    found = _EVENT.join(models.Policy, models.Policy.id == models.PolicyEvent.policy_id).where(
        models.Policy.number == policy_no, models.PolicyEvent.number == number
    )
    if customer_id is not None:
        found = found.where(
            models.Policy.customer_id == customer_id, models.PolicyEvent.id > _HANDED_OVER
        )
    row = session.execute(found).one_or_none()
    return None if row is None else _event(row)


def _event(row: sa.Row) -> EventView:
    return EventView(**{**row._mapping, "kind": str(row.kind), "by_kind": str(row.by_kind)})

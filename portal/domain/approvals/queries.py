"""What waits for a second person, and what was decided about a subject; names no person.

Requesters and approvers are given by id: whoever shows them asks identity for their names.
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.approvals import models
from portal.kernel import paging


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalView:
    """One request; amount in cents, `state` as text."""

    id: int
    number: str
    kind: str
    subject: str
    customer_id: int | None
    amount_cents: int
    facts: dict[str, Any]
    facts_version: str
    reason: str
    state: str
    requester_id: int
    requested_at: datetime.datetime
    approver_id: int | None
    decided_at: datetime.datetime | None
    answer: str


_COLUMNS = tuple(getattr(models.Approval, f.name) for f in dataclasses.fields(ApprovalView))


def pending_page(
    session: orm.Session, *, cursor: str = "", size: int = 25
) -> paging.Page[ApprovalView]:
    """The waiting requests, oldest first, by key."""
    table = models.Approval
    chosen = (
        sa.select(*_COLUMNS)
        .where(table.state == models.ApprovalState.PENDING)
        .order_by(table.requested_at, table.id)
        .limit(size + 1)
    )
    after = paging.decode(cursor, (str, int))
    at = paging.moment(after[0]) if after else None
    if after and at:
        chosen = chosen.where(sa.tuple_(table.requested_at, table.id) > sa.tuple_(at, after[1]))
    return paging.page(
        [ApprovalView(**row._mapping) for row in session.execute(chosen)],
        size=size,
        key=lambda view: (view.requested_at.isoformat(), view.id),
    )


def by_number(session: orm.Session, *, number: str) -> ApprovalView | None:
    """The request with this number, or None."""
    row = session.execute(
        sa.select(*_COLUMNS).where(models.Approval.number == number)
    ).one_or_none()
    return None if row is None else ApprovalView(**row._mapping)


def waiting(session: orm.Session, *, kind: str, subject: str) -> str:
    """The number of the request about `subject` that waits for a second person, or ""."""
    found = session.scalar(
        sa.select(models.Approval.number).where(
            models.Approval.kind == kind,
            models.Approval.subject == subject,
            models.Approval.state == models.ApprovalState.PENDING,
        )
    )
    return found or ""


def first_waiting(session: orm.Session, *, kind: str, subjects: sa.Select[tuple[str]]) -> str:
    """The first of `subjects` about which a request waits for a second person, or ""."""
    found = session.scalar(
        sa.select(models.Approval.subject)
        .where(
            models.Approval.kind == kind,
            models.Approval.subject.in_(subjects),
            models.Approval.state == models.ApprovalState.PENDING,
        )
        .order_by(models.Approval.id)
        .limit(1)
    )
    return found or ""


def of_subject(session: orm.Session, *, subject: str) -> tuple[ApprovalView, ...]:
    """Every request about a public number, newest first."""
    rows = session.execute(
        sa.select(*_COLUMNS)
        .where(models.Approval.subject == subject)
        .order_by(models.Approval.id.desc())
        .limit(20)
    )
    return tuple(ApprovalView(**row._mapping) for row in rows)

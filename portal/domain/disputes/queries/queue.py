"""The desk's queue: views, filters, search, and who has how much in hand."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import re

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.disputes import categories, models, rules
from portal.domain.identity import models as identity
from portal.domain.payments import models as payments
from portal.kernel import ids, paging

SIZE = 30
WORD = re.compile(r"[^\W_]+(?:\.[^\W_]+)*")
MOST_WORDS = 6


class View(enum.StrEnum):
    """The views that every specialist has."""

    ALL = "all"
    MINE = "mine"
    NOBODYS = "nobodys"
    LATE = "late"
    WAITING = "waiting"


@dataclasses.dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One case in the queue; amounts in cents, moments in UTC.

    `runs` says whether our clock runs; `replied` whether a person has answered.
    """

    id: int
    number: str
    priority: str
    category: str
    bank: str  # what a bank says of it: chargeback, inquiry, warning, or ""
    state: str
    customer_name: str
    customer_last_name: str
    customer_no: str
    pet_name: str
    invoice_no: str | None
    payment_no: str | None
    disputed_cents: int
    owner_id: int | None
    owner_name: str
    raised_at: datetime.datetime
    due_at: datetime.datetime
    first_reply_due_at: datetime.datetime
    resolve_due_at: datetime.datetime
    runs: bool
    replied: bool
    closed_at: datetime.datetime | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class StaffLoad:
    """A member of staff who works cases, and what they have in hand."""

    id: int
    name: str
    role: str
    running: int
    waiting: int


def bank_of(case_no: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """Whether a bank is behind the case: "chargeback", "inquiry", "warning", or ""."""
    claim, warning = payments.Chargeback, payments.FraudWarning
    claimed = (
        sa.select(sa.case((sa.func.bool_and(claim.is_inquiry), "inquiry"), else_="chargeback"))
        .where(claim.case_no == case_no)
        .having(sa.func.count() > 0)
        .scalar_subquery()
    )
    warned = sa.select(sa.literal("warning")).where(warning.case_no == case_no).limit(1)
    return sa.func.coalesce(claimed, warned.scalar_subquery(), "")


_case = models.Dispute
_ROWS = (
    sa.select(
        _case.id,
        _case.number,
        _case.priority,
        _case.category,
        bank_of(_case.number).label("bank"),
        _case.state,
        (identity.Customer.first_name + " " + identity.Customer.last_name).label("customer_name"),
        identity.Customer.last_name.label("customer_last_name"),
        identity.Customer.number.label("customer_no"),
        _case.pet_name,
        _case.invoice_no,
        _case.payment_no,
        _case.disputed_cents,
        _case.owner_id,
        sa.func.coalesce(identity.Staff.name, "").label("owner_name"),
        _case.raised_at,
        _case.due_at,
        _case.first_reply_due_at,
        _case.resolve_due_at,
        _case.clock_started_at.is_not(None).label("runs"),
        _case.first_replied_at.is_not(None).label("replied"),
        _case.closed_at,
    )
    .join(identity.Customer, identity.Customer.id == _case.customer_id)
    .outerjoin(identity.Staff, identity.Staff.id == _case.owner_id)
    .order_by(_case.priority, _case.due_at, _case.id)
)


def queue_page(
    session: orm.Session,
    *,
    view: View = View.ALL,
    staff_id: int,
    category: categories.Category | None = None,
    priority: categories.Priority | None = None,
    search: str = "",
    cursor: str = "",
    now: datetime.datetime,
    size: int = SIZE,
) -> paging.Page[QueueRow]:
    """Cases of a view, most urgent first, by key.

    `search` takes any public number, or the beginnings of names and mail addresses. In the view
    of all cases it also finds closed ones. One statement, two where a number is searched.
    """
    chosen = _ROWS.limit(size + 1)
    if not (search.strip() and view is View.ALL):
        chosen = chosen.where(_case.closed_at.is_(None))
    for condition in _in_view(view, staff_id=staff_id, now=now):
        chosen = chosen.where(condition)
    if category is not None:
        chosen = chosen.where(_case.category == category)
    if priority is not None:
        chosen = chosen.where(_case.priority == priority)
    if search.strip():
        chosen = chosen.where(_found(session, search))
    after = paging.decode(cursor, (str, str, int))
    due_at = paging.moment(after[1]) if after else None
    if after and due_at:
        chosen = chosen.where(
            sa.tuple_(_case.priority, _case.due_at, _case.id)
            > sa.tuple_(sa.literal(after[0], sa.Text), due_at, after[2])
        )
    rows = [QueueRow(**row._mapping) for row in session.execute(chosen)]
    return paging.page(
        rows, size=size, key=lambda row: (row.priority, row.due_at.isoformat(), row.id)
    )


def new_since(session: orm.Session, *, since: datetime.datetime) -> int:
    """How many open cases were raised after `since`; for the bar that announces them."""
    return session.scalar(
        sa.select(sa.func.count())
        .select_from(_case)
        .where(_case.closed_at.is_(None), _case.raised_at > since)
    )


def staff_with_load(session: orm.Session) -> tuple[StaffLoad, ...]:
    """Everybody who works cases, by name, with what they have in hand; one statement."""
    running = sa.func.count(_case.id).filter(_case.state != rules.CaseState.WAITING_CUSTOMER)
    waiting = sa.func.count(_case.id).filter(_case.state == rules.CaseState.WAITING_CUSTOMER)
    rows = session.execute(
        sa.select(
            identity.Staff.id,
            identity.Staff.name,
            identity.Staff.role,
            running.label("running"),
            waiting.label("waiting"),
        )
        .outerjoin(_case, sa.and_(_case.owner_id == identity.Staff.id, _case.closed_at.is_(None)))
        .where(
            identity.Staff.is_active,
            identity.Staff.role.in_([identity.Role.SPECIALIST, identity.Role.SUPERVISOR]),
        )
        .group_by(identity.Staff.id)
        .order_by(identity.Staff.name, identity.Staff.id)
    )
    return tuple(StaffLoad(**row._mapping) for row in rows)


def _in_view(
    view: View, *, staff_id: int, now: datetime.datetime
) -> tuple[sa.ColumnElement[bool], ...]:
    return {
        View.ALL: (),
        View.MINE: (_case.owner_id == staff_id,),
        View.NOBODYS: (_case.owner_id.is_(None),),
        View.LATE: (_case.due_at < now,),
        View.WAITING: (_case.state == rules.CaseState.WAITING_CUSTOMER,),
    }[view]


def _found(session: orm.Session, search: str) -> sa.ColumnElement[bool]:
    number = ids.normalise(search)
    if number[:3] in set(ids.Prefix) and ids.is_valid(number, ids.Prefix(number[:3])):
        return _with_number(session, number)
    words = [word.lower() for word in WORD.findall(search.replace("\x00", ""))][:MOST_WORDS]
    if not words:
        return sa.false()
    query = " & ".join(f"'{word}':*" for word in words)
    return _case.customer_id.in_(
        sa.select(identity.Customer.id).where(
            identity.Customer.search.bool_op("@@")(sa.func.to_tsquery("simple", query))
        )
    )


def _with_number(session: orm.Session, number: str) -> sa.ColumnElement[bool]:
    prefix = number[:3]
    if prefix == ids.Prefix.CUSTOMER:
        return _case.customer_id.in_(
            sa.select(identity.Customer.id).where(identity.Customer.number == number)
        )
    behind = {
        ids.Prefix.CHARGEBACK: sa.select(payments.Chargeback.case_no).where(
            payments.Chargeback.number == number
        ),
        ids.Prefix.REFUND: sa.select(payments.Refund.subject).where(
            payments.Refund.number == number
        ),
        ids.Prefix.CREDIT: sa.select(billing.Credit.subject).where(billing.Credit.number == number),
        ids.Prefix.APPROVAL: sa.select(models.Dispute.number)
        .join(models.Resolution, models.Resolution.dispute_id == models.Dispute.id)
        .where(models.Resolution.approval_no == number),
    }
    if prefix in behind:
        return _case.number == (session.scalar(behind[prefix].limit(1)) or "")
    return sa.or_(
        _case.number == number,
        _case.invoice_no == number,
        _case.payment_no == number,
        _case.policy_no == number,
    )

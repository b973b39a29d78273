"""What a statement is made of: an owner's lines in the books, up to a day; changes nothing.

Only what was booked by then is read, so a past period stays as it was told.
"""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.rules import statement
from portal.domain.ledger import models as ledger
from portal.domain.ledger.chart import RECEIVABLES, AccountCode
from portal.domain.payments import models
from portal.domain.payments.queries import shown_method
from portal.domain.policies import models as policies
from portal.kernel import answers, paging, types

SIZE = 36  # months on a page
FIRST = datetime.date.max.isoformat()
ACCOUNTS = sorted(RECEIVABLES | {AccountCode.UNAPPLIED_CASH})


class Month(NamedTuple):
    """A month in which something moved, in cents; `balance_cents` is how it ended."""

    starts_on: datetime.date
    charged_cents: int
    paid_cents: int
    balance_cents: int


class BillFacts(NamedTuple):
    """A bill that a statement names; `kind` is that of all its lines, "" where they differ."""

    id: int
    number: str
    due_on: datetime.date
    pet_id: int
    pet_name: str
    kind: str


class PaidWith(NamedTuple):
    """The payment behind a movement: its number and method, or who else paid it."""

    number: str
    label: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Account:
    """An account in a period; `since` is the day of its first movement of all.

    `bills` has each bill that was open or moved, by its id; `paid` what is known of a payment,
    by the number that a movement is about.
    """

    since: datetime.date
    found: statement.Statement
    bills: Mapping[int, BillFacts]
    paid: Mapping[str, PaidWith]


_entry = ledger.Entry.__table__
_line = ledger.Line.__table__
_invoice = billing.Invoice.__table__
_charge = billing.InvoiceLine.__table__
_policy = policies.Policy.__table__
_pet = policies.Pet.__table__
_payment = models.Payment.__table__
_refund = models.Refund.__table__
_chargeback = models.Chargeback.__table__


def _cents(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.sum(column), sa.BigInteger)


def _months() -> sa.Select:
    """The customer's months before a day, newest first, one more than a page holds."""
    starts_on = sa.cast(
        sa.func.date_trunc(sa.literal_column("'month'"), _entry.c.booked_on), sa.Date
    )
    is_charge = _entry.c.event.in_([types.constant(event) for event in sorted(statement.CHARGES)])
    moved = sa.func.sum(_line.c.amount_cents)
    each = (
        sa.select(
            starts_on.label("starts_on"),
            sa.func.coalesce(moved.filter(is_charge), 0).label("charged"),
            (-sa.func.coalesce(moved.filter(~is_charge), 0)).label("paid"),
            sa.func.sum(moved).over(order_by=starts_on).label("balance"),
        )
        .select_from(_line.join(_entry, _entry.c.id == _line.c.entry_id))
        .where(
            _line.c.customer_id == sa.bindparam("customer_id"),
            _line.c.account.in_(ACCOUNTS),
            _entry.c.booked_on <= sa.bindparam("today", type_=sa.Date),
        )
        .group_by(starts_on)
        .subquery()
    )
    return (
        sa.select(
            each.c.starts_on,
            *(sa.cast(each.c[name], sa.BigInteger) for name in ("charged", "paid", "balance")),
        )
        .where(each.c.starts_on < sa.bindparam("before", type_=sa.Date))
        .order_by(each.c.starts_on.desc())
        .limit(types.constant(SIZE + 1))
    )


def _account() -> sa.Select:
    """First day, opening, movements, bills, payments: each as JSON rows of one answer."""
    starts_on = sa.bindparam("starts_on", type_=sa.Date)
    own = (
        sa.select(
            _entry.c.id,
            _entry.c.booked_on,
            _entry.c.event,
            _entry.c.subject,
            (_line.c.account == AccountCode.UNAPPLIED_CASH.value).label("is_unapplied"),
            _line.c.invoice_id,
            _line.c.amount_cents,
        )
        .select_from(_line.join(_entry, _entry.c.id == _line.c.entry_id))
        .where(
            _line.c.customer_id == sa.bindparam("customer_id"),
            _line.c.account.in_(ACCOUNTS),
            _entry.c.booked_on < sa.bindparam("ends_on", type_=sa.Date),
        )
        .cte("own")
    )
    opening = (
        sa.select(own.c.is_unapplied, own.c.invoice_id, _cents(own.c.amount_cents).label("cents"))
        .where(own.c.booked_on < starts_on)
        .group_by(own.c.is_unapplied, own.c.invoice_id)
        .having(sa.func.sum(own.c.amount_cents) != 0)
        .cte("opening")
    )
    side = (own.c.booked_on, own.c.id, own.c.event, own.c.subject, own.c.is_unapplied)
    moves = (
        sa.select(*side, own.c.invoice_id, _cents(own.c.amount_cents).label("cents"))
        .where(own.c.booked_on >= starts_on)
        .group_by(*side, own.c.invoice_id)
        .cte("moves")
    )
    ordered = sa.select(moves).order_by(moves.c.booked_on, moves.c.id, moves.c.invoice_id)
    named = sa.union(sa.select(opening.c.invoice_id), sa.select(moves.c.invoice_id)).subquery()
    return sa.select(
        sa.select(sa.func.min(own.c.booked_on)).scalar_subquery(),
        answers.rows(sa.select(opening).order_by(opening.c.invoice_id)),
        answers.rows(ordered),
        answers.rows(_facts().where(_invoice.c.id.in_(sa.select(named.c.invoice_id)))),
        answers.rows(_paid(sa.select(moves.c.subject))),
    )


def _facts() -> sa.Select:
    kind = (
        sa.select(sa.func.min(_charge.c.kind))
        .where(_charge.c.invoice_id == _invoice.c.id)
        .having(sa.func.count(sa.distinct(_charge.c.kind)) == 1)
        .scalar_subquery()
    )
    return (
        sa.select(
            _invoice.c.id,
            _invoice.c.number,
            _invoice.c.due_on,
            _pet.c.id.label("pet_id"),
            _pet.c.name,
            sa.func.coalesce(sa.type_coerce(kind, sa.Text), types.constant("")).label("kind"),
        )
        .join(_policy, _policy.c.id == _invoice.c.policy_id)
        .join(_pet, _pet.c.id == _policy.c.pet_id)
    )


def _paid(subjects: sa.Select) -> sa.CompoundSelect:
    """The payments behind the numbers: of themselves, of their refunds and chargebacks."""
    behind = {_refund: _refund.c.payment_id, _chargeback: _chargeback.c.payment_id}
    label = shown_method.LABEL.label("label")
    return sa.union_all(
        sa.select(_payment.c.number.label("subject"), _payment.c.number, label).where(
            _payment.c.number.in_(subjects)
        ),
        *(
            sa.select(table.c.number.label("subject"), _payment.c.number, label)
            .join(_payment, _payment.c.id == payment_id)
            .where(table.c.number.in_(subjects))
            for table, payment_id in behind.items()
        ),
    )


_MONTHS = _months()
_ACCOUNT = _account()


def months(
    session: orm.Session, *, customer_id: int, today: datetime.date, cursor: str = ""
) -> paging.Page[Month]:
    """The months in which something moved, newest first, after `cursor`; one statement.

    A cursor that is not one of ours means the first page.
    """
    (before,) = paging.decode(cursor, (str,)) or (FIRST,)
    try:
        day = datetime.date.fromisoformat(before)
    except ValueError:
        day = datetime.date.max
    values = {"customer_id": customer_id, "today": today, "before": day}
    rows = [Month._make(row) for row in session.connection().execute(_MONTHS, values)]
    return paging.page(rows, size=SIZE, key=lambda row: (row.starts_on.isoformat(),))


def account(
    session: orm.Session,
    *,
    customer_id: int,
    starts_on: datetime.date,
    ends_on: datetime.date,
) -> Account | None:
    """The account from the first day to before the last; None before anything moved.

    One statement.
    """
    values = {"customer_id": customer_id, "starts_on": starts_on, "ends_on": ends_on}
    since, opening, moves, bills, paid = session.connection().execute(_ACCOUNT, values).one()
    if since is None:
        return None
    found = statement.statement(_standing(opening), _movements(moves))
    facts = (BillFacts._make(row)._replace(due_on=answers.day(row[2])) for row in bills)
    return Account(
        since=since,
        found=found,
        bills={one.id: one for one in facts},
        paid={subject: PaidWith(number, label) for subject, number, label in paid},
    )


def _standing(rows: list[list]) -> statement.Standing:
    return statement.Standing(
        bills={bill: cents for is_unapplied, bill, cents in rows if not is_unapplied},
        unapplied_cents=-sum(cents for is_unapplied, _, cents in rows if is_unapplied),
    )


def _movements(rows: list[list]) -> list[statement.Movement]:
    """The lines of each entry as one movement."""
    found = []
    for (day, entry_id, event, subject), sides in itertools.groupby(rows, lambda row: row[:4]):
        moved = _standing([side[4:] for side in sides])
        found.append(
            statement.Movement(
                id=entry_id,
                booked_on=datetime.date.fromisoformat(day),
                event=event,
                subject=subject,
                bills=moved.bills,
                unapplied_cents=moved.unapplied_cents,
            )
        )
    return found

"""Whether each pet of a customer is covered, and to which day; knows no payment under way."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.billing import models
from portal.domain.billing.queries import held, segments
from portal.domain.billing.rules import coverage, equity
from portal.domain.billing.rules.charges import ChargeKind
from portal.domain.policies import models as policies
from portal.kernel import answers, types


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cover:
    """One policy with its coverage line.

    The term is the one running today, else the next one, else the last one.
    """

    policy_no: str
    pet_name: str
    line: coverage.CoverageLine
    paid_to: datetime.date  # the equity date, whatever the line says
    starts_on: datetime.date  # of the term
    expires_on: datetime.date
    died_on: datetime.date | None  # of the pet: nothing is asked for any more

    def has_begun(self, today: datetime.date) -> bool:
        """Whether cover has begun at all."""
        return self.starts_on <= today


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyCover(Cover):
    """A policy with its term as installments, too; amounts in cents.

    Of its installments `paid` are paid, `due` are billed and open, the rest is not billed yet;
    `next_on` and `next_cents` are the first of the rest.
    """

    species: str
    paid: int
    due: int
    installments: int
    next_on: datetime.date | None
    next_cents: int


class _Row(NamedTuple):
    """As the database answers: days are texts."""

    policy_no: str
    cancelled_on: str | None
    pet_name: str
    starts_on: str
    expires_on: str
    premium_cents: int
    segments: list[list]
    paid_premium_cents: int
    past_due_cents: int
    past_due_on: str | None
    died_on: str | None


class _Plan(NamedTuple):
    """What stands after a `_Row` where the installments are asked for."""

    species: str
    installments: int
    paid: int
    due: int
    next_on: str | None
    next_cents: int | None


_policy = policies.Policy.__table__
_pet = policies.Pet.__table__
_term = policies.Term.__table__
_installment = models.Installment.__table__
_invoice = models.Invoice.__table__
_line = models.InvoiceLine.__table__
_today = sa.bindparam("today", type_=sa.Date)

_now = (
    sa.select(_term)
    .where(_term.c.policy_id == _policy.c.id)
    .order_by(
        sa.and_(_term.c.effective_on <= _today, _term.c.expires_on > _today).desc(),
        (_term.c.effective_on > _today).desc(),
        sa.func.abs(_term.c.effective_on - _today),
    )
    .limit(types.constant(1))
    .lateral("now")
)
_paid_premium = sa.func.sum(
    _line.c.amount_cents - _line.c.open_cents - _line.c.closed_cents - _line.c.returned_cents
)
_paid = (
    sa.select(sa.cast(sa.func.coalesce(_paid_premium, types.constant(0)), sa.BigInteger))
    .select_from(
        _installment.join(_invoice, _invoice.c.id == _installment.c.invoice_id).join(
            _line,
            sa.and_(
                _line.c.invoice_id == _invoice.c.id,
                _line.c.installment_id == _installment.c.id,
            ),
        )
    )
    .where(
        _installment.c.term_id == _now.c.id,
        _line.c.kind == types.constant(ChargeKind.PREMIUM),
        _invoice.c.state != types.constant(models.InvoiceState.VOIDED),
    )
    .correlate(_now)
    .scalar_subquery()
)
_part = (
    sa.select(
        _installment.c.sequence,
        _installment.c.due_on,
        (
            _installment.c.premium_cents
            + _installment.c.tax_cents
            + _installment.c.policy_fee_cents
            + _installment.c.installment_fee_cents
        ).label("cents"),
        _installment.c.invoice_id.is_(None).label("is_ahead"),
        sa.type_coerce(_invoice.c.state, sa.Text).label("state"),
    )
    .select_from(_installment.outerjoin(_invoice, _invoice.c.id == _installment.c.invoice_id))
    .where(_installment.c.term_id == _now.c.id)
    .correlate(_now)
    .subquery("part")
)


def _how_many(state: models.InvoiceState) -> sa.ColumnElement[int]:
    return sa.func.count().filter(_part.c.state == types.constant(state))


def _first_ahead(column: sa.ColumnElement) -> sa.ColumnElement:
    """Of the installments not billed yet the first one's column, null for none."""
    every = postgresql.array_agg(postgresql.aggregate_order_by(column, _part.c.sequence))
    return sa.type_coerce(every.filter(_part.c.is_ahead), sa.ARRAY(column.type))[1]


_parts = (
    sa.select(
        sa.func.count().label("installments"),
        _how_many(models.InvoiceState.PAID).label("paid"),
        _how_many(models.InvoiceState.ISSUED).label("due"),
        _first_ahead(_part.c.due_on).label("next_on"),
        _first_ahead(_part.c.cents).label("next_cents"),
    )
    .select_from(_part)
    .lateral("parts")
)
# the offset keeps PostgreSQL from working out twice what is held
_overdue = (
    sa.select(_invoice.c.due_on, (_invoice.c.open_cents - held.cents_on_invoice()).label("cents"))
    .where(
        _invoice.c.policy_id == _policy.c.id,
        _invoice.c.state == types.constant(models.InvoiceState.ISSUED),
        _invoice.c.due_on < _today,
        ~held.is_whole(models.HoldKind.OVERDUE),
    )
    .offset(types.constant(0))
    .correlate(_policy)
    .subquery("overdue")
)
_past_due = (
    sa.select(
        sa.cast(
            sa.func.coalesce(sa.func.sum(_overdue.c.cents), types.constant(0)), sa.BigInteger
        ).label("cents"),
        sa.func.min(_overdue.c.due_on).label("due_on"),
    )
    .where(_overdue.c.cents > types.constant(0))
    .lateral("past_due")
)
_FROM = (
    _policy.join(_pet, _pet.c.id == _policy.c.pet_id)
    .join(_now, sa.true())
    .join(_past_due, sa.true())
)
_COVER = (
    sa.select(
        _policy.c.number,
        _policy.c.cancelled_on,
        _pet.c.name,
        _now.c.effective_on,
        _now.c.expires_on,
        _now.c.premium_cents,
        segments.of(_now.c.id),
        _paid.label("paid_premium_cents"),
        _past_due.c.cents.label("past_due_cents"),
        _past_due.c.due_on.label("past_due_on"),
        _pet.c.died_on,
    )
    .select_from(_FROM)
    .where(_policy.c.customer_id == sa.bindparam("customer_id"))
    .order_by(_policy.c.cancelled_on.is_not(None), _policy.c.id)
)
_WITH_PLAN = _COVER.add_columns(sa.type_coerce(_pet.c.species, sa.Text), *_parts.c).select_from(
    _FROM.join(_parts, sa.true())
)
_IS_ONE = _policy.c.number == sa.bindparam("policy_no")
# for a statement with the parameters `customer_id` and `today`; the second one has the invoice
ALL = answers.rows(_COVER)
OF_BILL = answers.rows(_COVER.where(_policy.c.id == _invoice.c.policy_id).correlate(_invoice))
_BESIDE_ALL = answers.Written(sa.select(ALL))
_BESIDE_ONE = answers.Written(sa.select(answers.rows(_COVER.where(_IS_ONE))))
_ALL = answers.Written(sa.select(answers.rows(_WITH_PLAN)))
_ONE = answers.Written(sa.select(answers.rows(_WITH_PLAN.where(_IS_ONE))))


def covers(
    session: orm.Session, *, customer_id: int, today: datetime.date
) -> tuple[PolicyCover, ...]:
    """Every policy of the customer as of `today`, those in force first; one statement."""
    given = {"customer_id": customer_id, "today": today}
    return tuple(_with_plan(row, today) for row in _ALL.value(session, given))


def cover(
    session: orm.Session, *, customer_id: int, policy_no: str, today: datetime.date
) -> PolicyCover | None:
    """One policy of the customer as of `today`; None where it is not theirs. One statement."""
    given = {"customer_id": customer_id, "policy_no": policy_no, "today": today}
    found = _ONE.value(session, given)
    return _with_plan(found[0], today) if found else None


def beside(
    session: orm.Session, *, customer_id: int, today: datetime.date, policy_no: str = ""
) -> tuple[Cover, ...]:
    """As `covers`, without the installments; of one policy alone where it is named."""
    given = {"customer_id": customer_id, "policy_no": policy_no, "today": today}
    asked = _BESIDE_ONE if policy_no else _BESIDE_ALL
    return of_rows(asked.value(session, given), today)


def of_rows(rows: Sequence[Sequence], today: datetime.date) -> tuple[Cover, ...]:
    """What `ALL` or `OF_BILL` gave, as of `today`."""
    return tuple(Cover(**_cover(_Row._make(row), today)) for row in rows)


def _with_plan(row: Sequence, today: datetime.date) -> PolicyCover:
    width = len(_Row._fields)
    first, plan = _Row._make(row[:width]), _Plan._make(row[width:])
    ends_on = answers.day(first.cancelled_on)
    no_more = first.died_on is not None or (ends_on is not None and ends_on <= today)
    return PolicyCover(
        **_cover(first, today),
        species=plan.species,
        paid=plan.paid,
        due=plan.due,
        installments=plan.installments,
        next_on=None if no_more else answers.day(plan.next_on),
        next_cents=0 if no_more else plan.next_cents or 0,
    )


def _cover(row: _Row, today: datetime.date) -> dict[str, Any]:
    past_due, past_due_on = None, answers.day(row.past_due_on)
    if past_due_on is not None:
        past_due = coverage.PastDue(amount_cents=row.past_due_cents, due_on=past_due_on)
    expires_on = answers.day(row.expires_on)
    paid_to = equity.equity_on_by_segments(
        segments.read(row.segments, charged_cents=row.premium_cents),
        paid_cents=row.paid_premium_cents,
    )
    line = coverage.line(
        today=today,
        equity_on=paid_to,
        past_due=past_due,
        ended_on=answers.day(row.cancelled_on) or expires_on,
    )
    return {
        "policy_no": row.policy_no,
        "pet_name": row.pet_name,
        "line": line,
        "paid_to": paid_to,
        "starts_on": answers.day(row.starts_on),
        "expires_on": expires_on,
        "died_on": answers.day(row.died_on),
    }

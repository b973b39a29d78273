"""Whether each pet of a customer is covered, and to which day; knows no payment under way."""

from __future__ import annotations

import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.billing.queries import held, segments
from portal.domain.billing.rules import coverage, equity
from portal.domain.billing.rules.charges import ChargeKind
from portal.domain.policies import models as policies


class PolicyCover(NamedTuple):
    """One policy with its coverage line and its term as installments; amounts in cents.

    The term is the one running today, else the next one, else the last one. Of its installments
    `paid` are paid, `due` are billed and open, the rest is not billed yet; `next_on` and
    `next_cents` are the first of the rest.
    """

    policy_no: str
    pet_name: str
    species: str
    line: coverage.CoverageLine
    paid_to: datetime.date  # the equity date, whatever the line says
    starts_on: datetime.date  # of the term
    expires_on: datetime.date
    paid: int
    due: int
    installments: int
    next_on: datetime.date | None
    next_cents: int
    died_on: datetime.date | None  # of the pet: nothing is asked for any more

    def has_begun(self, today: datetime.date) -> bool:
        """Whether cover has begun at all."""
        return self.starts_on <= today


class _Row(NamedTuple):
    policy_no: str
    cancelled_on: datetime.date | None
    pet_name: str
    species: str
    starts_on: datetime.date
    expires_on: datetime.date
    premium_cents: int
    segments: list[list]
    paid_premium_cents: int
    paid: int
    due: int
    installments: int
    next_on: datetime.date | None
    next_cents: int
    past_due_cents: int
    past_due_on: datetime.date | None
    died_on: datetime.date | None


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
    .limit(1)
    .lateral("now")
)
_counts = (
    sa.select(
        sa.func.count().label("installments"),
        sa.func.count().filter(_invoice.c.state == models.InvoiceState.PAID).label("paid"),
        sa.func.count().filter(_invoice.c.state == models.InvoiceState.ISSUED).label("due"),
    )
    .select_from(_installment.outerjoin(_invoice, _invoice.c.id == _installment.c.invoice_id))
    .where(_installment.c.term_id == _now.c.id)
    .lateral("counts")
)
_premium = (
    sa.select(
        sa.cast(
            sa.func.coalesce(
                sa.func.sum(
                    _line.c.amount_cents
                    - _line.c.open_cents
                    - _line.c.closed_cents
                    - _line.c.returned_cents
                ),
                0,
            ),
            sa.BigInteger,
        ).label("cents")
    )
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
        _line.c.kind == ChargeKind.PREMIUM,
        _invoice.c.state != models.InvoiceState.VOIDED,
    )
    .lateral("premium")
)
_next = (
    sa.select(
        _installment.c.due_on,
        (
            _installment.c.premium_cents
            + _installment.c.tax_cents
            + _installment.c.policy_fee_cents
            + _installment.c.installment_fee_cents
        ).label("cents"),
    )
    .where(_installment.c.term_id == _now.c.id, _installment.c.invoice_id.is_(None))
    .order_by(_installment.c.sequence)
    .limit(1)
    .lateral("next")
)
_asked = _invoice.c.open_cents - held.of_invoice()
_past_due = (
    sa.select(
        sa.cast(sa.func.coalesce(sa.func.sum(_asked), 0), sa.BigInteger).label("cents"),
        sa.func.min(_invoice.c.due_on).label("due_on"),
    )
    .where(
        _invoice.c.policy_id == _policy.c.id,
        _invoice.c.state == models.InvoiceState.ISSUED,
        _invoice.c.due_on < _today,
        _asked > 0,
    )
    .lateral("past_due")
)
_COVER = (
    sa.select(
        _policy.c.number,
        _policy.c.cancelled_on,
        _pet.c.name,
        sa.type_coerce(_pet.c.species, sa.Text),
        _now.c.effective_on,
        _now.c.expires_on,
        _now.c.premium_cents,
        segments.of(_now.c.id),
        _premium.c.cents.label("paid_premium_cents"),
        _counts.c.paid,
        _counts.c.due,
        _counts.c.installments,
        _next.c.due_on.label("next_on"),
        sa.func.coalesce(_next.c.cents, 0).label("next_cents"),
        _past_due.c.cents.label("past_due_cents"),
        _past_due.c.due_on.label("past_due_on"),
        _pet.c.died_on,
    )
    .select_from(
        _policy.join(_pet, _pet.c.id == _policy.c.pet_id)
        .join(_now, sa.true())
        .join(_counts, sa.true())
        .join(_premium, sa.true())
        .join(_past_due, sa.true())
        .outerjoin(_next, sa.true())
    )
    .where(_policy.c.customer_id == sa.bindparam("customer_id"))
    .order_by(_policy.c.cancelled_on.is_not(None), _policy.c.id)
)
_ONE = _COVER.where(_policy.c.number == sa.bindparam("policy_no"))


def covers(
    session: orm.Session, *, customer_id: int, today: datetime.date
) -> tuple[PolicyCover, ...]:
    """Every policy of the customer as of `today`, those in force first; one statement."""
    rows = session.execute(_COVER, {"customer_id": customer_id, "today": today})
    return tuple(_cover(_Row._make(row), today) for row in rows)


def cover(
    session: orm.Session, *, customer_id: int, policy_no: str, today: datetime.date
) -> PolicyCover | None:
    """One policy of the customer as of `today`; None where it is not theirs. One statement."""
    given = {"customer_id": customer_id, "policy_no": policy_no, "today": today}
    row = session.execute(_ONE, given).one_or_none()
    return None if row is None else _cover(_Row._make(row), today)


def _cover(row: _Row, today: datetime.date) -> PolicyCover:
    past_due = None
    if row.past_due_on is not None:
        past_due = coverage.PastDue(amount_cents=row.past_due_cents, due_on=row.past_due_on)
    cancelled = row.cancelled_on is not None and row.cancelled_on <= today
    no_more = cancelled or row.died_on is not None
    paid_to = equity.equity_on_by_segments(
        segments.read(row.segments, charged_cents=row.premium_cents),
        paid_cents=row.paid_premium_cents,
    )
    line = coverage.line(
        today=today,
        equity_on=paid_to,
        past_due=past_due,
        ended_on=row.cancelled_on or row.expires_on,
    )
    return PolicyCover(
        policy_no=row.policy_no,
        pet_name=row.pet_name,
        species=row.species,
        line=line,
        paid_to=paid_to,
        starts_on=row.starts_on,
        expires_on=row.expires_on,
        paid=row.paid,
        due=row.due,
        installments=row.installments,
        next_on=None if no_more else row.next_on,
        next_cents=0 if no_more else row.next_cents,
        died_on=row.died_on,
    )

"""A bill and the one before it of its policy, with what happened since; changes nothing.

Both are asked for by columns of another statement that has the invoice, so that a page which
explains itself asks the database no more often than one that does not.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portal.domain.billing import models
from portal.domain.billing.queries import segments
from portal.domain.billing.rules import difference
from portal.domain.billing.rules.charges import ChargeKind
from portal.domain.policies import models as policies
from portal.kernel import answers, types


@dataclasses.dataclass(frozen=True, kw_only=True)
class Beside:
    """A bill that a plan made, the one before it if there is one, and the policy's history."""

    this: difference.Side
    before: difference.Side | None
    history: difference.History

    @property
    def causes(self) -> tuple[difference.Cause, ...]:
        """Why it is not as the one before; nothing where there is none."""
        if self.before is None:
            return ()
        return difference.causes(self.before, self.this, self.history)


_invoice = models.Invoice.__table__
_bill = _invoice.alias("bill")
_line = models.InvoiceLine.__table__
_part = models.Installment.__table__.alias("part")
_later = models.Installment.__table__.alias("later")
_beside = models.Installment.__table__.alias("beside")
_term = policies.Term.__table__
_event = policies.PolicyEvent.__table__

_by_kind = (
    sa.select(
        sa.type_coerce(_line.c.kind, sa.Text).label("kind"),
        sa.func.sum(_line.c.amount_cents).label("cents"),
    )
    .where(_line.c.invoice_id == _bill.c.id)
    .group_by(_line.c.kind)
    .correlate(_bill)
    .subquery("by_kind")
)
_LINES = sa.select(sa.func.json_object_agg(_by_kind.c.kind, _by_kind.c.cents)).scalar_subquery()
_LEFT = (
    sa.select(sa.func.count())
    .where(_later.c.term_id == _part.c.term_id, _later.c.sequence >= _part.c.sequence)
    .correlate(_part)
    .scalar_subquery()
)
_ON_BILL = (
    sa.select(sa.func.count())
    .where(_beside.c.invoice_id == _bill.c.id)
    .correlate(_bill)
    .scalar_subquery()
)
# the bill of the enclosing statement and the one due before it; bills that no plan made, and
# those that were withdrawn, are compared with nothing
_TWO = (
    sa.select(
        _bill.c.number,
        _bill.c.created_at,
        _bill.c.due_on,
        _LINES.label("lines"),
        _term.c.number.label("term"),
        _part.c.sequence,
        _term.c.installments,
        _term.c.down_payment_cents,
        _LEFT.label("bills_left"),
        segments.of(_term.c.id).label("segments"),
        _term.c.tax_ppm,
        _ON_BILL.label("on_bill"),
    )
    .select_from(
        _bill.join(_part, _part.c.invoice_id == _bill.c.id).join(
            _term, _term.c.id == _part.c.term_id
        )
    )
    .where(
        _bill.c.policy_id == _invoice.c.policy_id,
        _bill.c.customer_id == _invoice.c.customer_id,
        sa.tuple_(_bill.c.due_on, _bill.c.id) <= sa.tuple_(_invoice.c.due_on, _invoice.c.id),
        (_bill.c.state != types.constant(models.InvoiceState.VOIDED))
        | (_bill.c.id == _invoice.c.id),
        ~sa.exists().where(  # of several installments on one bill the first speaks for it
            _beside.c.invoice_id == _bill.c.id,
            sa.tuple_(_beside.c.due_on, _beside.c.id) < sa.tuple_(_part.c.due_on, _part.c.id),
        ),
    )
    .order_by(_bill.c.due_on.desc(), _bill.c.id.desc())
    .limit(types.constant(2))
    .correlate(_invoice)
)
_EVENTS = (
    sa.select(
        sa.type_coerce(_event.c.kind, sa.Text),
        _event.c.at,
        _event.c.effective_on,
        _term.c.number,
        _event.c.facts,
    )
    .select_from(_event.join(_term, _term.c.id == _event.c.term_id))
    .where(_event.c.policy_id == _invoice.c.policy_id)
    .order_by(_event.c.id)
    .correlate(_invoice)
)
COLUMNS = (answers.rows(_TWO).label("two"), answers.rows(_EVENTS).label("changes"))


@dataclasses.dataclass(frozen=True)
class _Event:
    """One change of the policy as it was written down."""

    kind: str
    at: datetime.datetime
    on: datetime.date
    term: int
    facts: Mapping[str, Any]


def read(two: Sequence[Sequence], changes: Sequence[Sequence], *, number: str) -> Beside | None:
    """What `COLUMNS` gave for the bill `number`; None where no plan made it."""
    if not two or two[0][0] != number:
        return None
    events = [
        _Event(kind, answers.moment(at), datetime.date.fromisoformat(on), term, facts)
        for kind, at, on, term, facts in changes
    ]
    history = _history(events)
    this, *before = (_side(row, events, history) for row in two)
    return Beside(this=this, before=before[0] if before else None, history=history)


def _history(events: Sequence[_Event]) -> difference.History:
    kinds = policies.EventKind
    return difference.History(
        premiums=[_premium(e) for e in events if e.kind == kinds.PREMIUM_CHANGED],
        moves=[_move(e) for e in events if e.kind == kinds.DAY_MOVED],
        returns=[
            difference.Return(at=e.at, term=e.term) for e in events if e.kind == kinds.REINSTATED
        ],
    )


def _premium(event: _Event) -> difference.PremiumChange:
    names = ("before_cents", "after_cents", "change_cents", "days_left", "term_days")
    return difference.PremiumChange(
        at=event.at,
        term=event.term,
        effective_on=event.on,
        **{name: event.facts[name] for name in names},
    )


def _move(event: _Event) -> difference.DayMove:
    return difference.DayMove(
        at=event.at,
        term=event.term,
        due_on=event.on,
        day=event.facts["to_day"],
        days=event.facts["bridge_days"],
        cents=event.facts["bridge_cents"],
    )


def _side(row: Sequence, events: Sequence[_Event], history: difference.History) -> difference.Side:
    number, made, due_on, lines, term, sequence, parts, down_cents, left, rates, *rest = row
    tax_ppm, on_bill = rest
    made_at = answers.moment(made)
    cents = {ChargeKind(kind): amount for kind, amount in lines.items()}
    return difference.Side(
        number=number,
        made_at=made_at,
        due_on=datetime.date.fromisoformat(due_on),
        cents=cents,
        term=term,
        sort=_sort(
            [e for e in events if e.term == term],
            number=number,
            made_at=made_at,
            total_cents=sum(cents.values()),
            is_down_payment=down_cents > 0 and sequence == 1,
            is_several=on_bill > 1,
        ),
        sequence=sequence,
        parts=parts,
        has_down_payment=down_cents > 0,
        bills_left=left,
        rate_cents=history.rate(term=term, at=made_at, now_cents=rates[-1][2] if rates else 0),
        tax_ppm=tax_ppm,
    )


def _sort(
    events: Sequence[_Event],
    *,
    number: str,
    made_at: datetime.datetime,
    total_cents: int,
    is_down_payment: bool,
    is_several: bool,
) -> difference.Sort:
    if is_several:
        return difference.Sort.CATCH_UP
    if any(event.facts.get("invoice_no") == number for event in events):
        return difference.Sort.ALL_THE_REST
    if any(e.at == made_at and e.facts.get("billed_now_cents") == total_cents for e in events):
        return difference.Sort.EXTRA
    return difference.Sort.DOWN_PAYMENT if is_down_payment else difference.Sort.PART

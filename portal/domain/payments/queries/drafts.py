"""Drafts as pages show them: what will be taken, when, from what."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.billing import models as billing
from portal.domain.billing.queries import held
from portal.domain.payments import declines, models
from portal.domain.policies import models as policies
from portal.domain.wallet import models as wallet
from portal.domain.wallet import queries as wallet_queries
from portal.kernel import types


class DraftBill(NamedTuple):
    """A bill that a draft is for."""

    invoice_no: str
    pet_name: str
    policy_no: str
    due_on: datetime.date
    payable_cents: int  # open now, and not held by a dispute


@dataclasses.dataclass(frozen=True, kw_only=True)
class DraftView:
    """A draft; `amount_cents` is the most it takes. The method of another payer has no label."""

    id: int
    number: str
    kind: str
    state: str
    amount_cents: int
    draft_on: datetime.date
    due_on: datetime.date | None
    attempts: int
    outcome: str
    method_no: str
    method_label: str
    payer_id: int | None
    announced_at: datetime.datetime
    ended_at: datetime.datetime | None
    payment_nos: tuple[str, ...]  # its attempts, oldest first
    bills: tuple[DraftBill, ...]  # oldest due first

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to be tried."""
        return self.state in declines.WAITING

    @property
    def takes_cents(self) -> int:
        """What it would take as things stand: less than announced where less is open."""
        return min(self.amount_cents, sum(bill.payable_cents for bill in self.bills))

    @property
    def pets(self) -> tuple[str, ...]:
        """The pets whose bills it is for, each once."""
        return tuple(dict.fromkeys(bill.pet_name for bill in self.bills))


_draft = models.Draft.__table__
_bill = models.DraftBill.__table__
_payment = models.Payment.__table__
_method = wallet.PaymentMethod.__table__
_invoice = billing.Invoice.__table__
_policy = policies.Policy.__table__
_pet = policies.Pet.__table__
_autopay = models.Autopay.__table__

_attempts = (
    sa.select(postgresql.array_agg(postgresql.aggregate_order_by(_payment.c.number, _payment.c.id)))
    .where(_payment.c.draft_id == _draft.c.id)
    .scalar_subquery()
)
_DRAFTS = (
    sa.select(
        _draft.c.id,
        _draft.c.number,
        _draft.c.kind,
        _draft.c.state,
        _draft.c.amount_cents,
        _draft.c.draft_on,
        _draft.c.due_on,
        _draft.c.attempts,
        _draft.c.outcome,
        _method.c.number.label("method_no"),
        sa.case(
            (_draft.c.payer_id.is_not(None), types.constant("")),
            else_=wallet_queries.label(_method),
        ).label("method_label"),
        _draft.c.payer_id,
        _draft.c.announced_at,
        _draft.c.ended_at,
        sa.func.coalesce(_attempts, sa.literal_column("'{}'::varchar[]")).label("payment_nos"),
        _invoice.c.number.label("invoice_no"),
        _pet.c.name.label("pet_name"),
        _policy.c.number.label("policy_no"),
        _invoice.c.due_on.label("bill_due_on"),
        sa.cast(
            _invoice.c.open_cents - sa.func.least(held.of_invoice(), _invoice.c.open_cents),
            sa.BigInteger,
        ).label("payable_cents"),
    )
    .join(_method, _method.c.id == _draft.c.method_id)
    .outerjoin(_bill, _bill.c.draft_id == _draft.c.id)
    .outerjoin(_invoice, _invoice.c.id == _bill.c.invoice_id)
    .outerjoin(_policy, _policy.c.id == _invoice.c.policy_id)
    .outerjoin(_pet, _pet.c.id == _policy.c.pet_id)
    .where(_draft.c.customer_id == sa.bindparam("customer_id"))
)
_NOT_OVER = _draft.c.ended_at.is_(None)
_BY_DAY = (_draft.c.due_on.asc().nulls_first(), _draft.c.id, _invoice.c.due_on, _invoice.c.id)
_LATEST = (_draft.c.id.desc(), _invoice.c.due_on, _invoice.c.id)
OF_NOW = sa.select(_draft.c.id).where(
    _draft.c.customer_id == sa.bindparam("customer_id"), _NOT_OVER
)
# Made once: every page of bills asks for what is planned.
_STANDING = _DRAFTS.where(_NOT_OVER).order_by(*_BY_DAY)
_ONE = _DRAFTS.where(_draft.c.number == sa.bindparam("number")).order_by(*_LATEST)


def not_over(session: orm.Session, *, customer_id: int) -> tuple[DraftView, ...]:
    """Drafts of the customer that may still take money, what is next first; one statement."""
    return _views(session, _STANDING, customer_id=customer_id)


def one(session: orm.Session, *, customer_id: int, number: str) -> DraftView | None:
    """One draft of the customer, or None."""
    found = _views(session, _ONE, customer_id=customer_id, number=number)
    return found[0] if found else None


def of_policy(
    session: orm.Session, *, customer_id: int, policy_no: str, limit: int = 24
) -> tuple[DraftView, ...]:
    """Drafts by autopay of one policy, newest first."""
    mine = (
        sa.select(_draft.c.id)
        .join(_autopay, _autopay.c.id == _draft.c.autopay_id)
        .join(_policy, _policy.c.id == _autopay.c.policy_id)
    )
    newest = mine.where(_policy.c.number == policy_no).order_by(_draft.c.id.desc()).limit(limit)
    statement = _DRAFTS.where(_draft.c.id.in_(newest)).order_by(*_LATEST)
    return _views(session, statement, customer_id=customer_id)


def by_invoice(drafts: Sequence[DraftView]) -> dict[str, tuple[DraftView, ...]]:
    """The drafts by the number of each bill they are for."""
    found: dict[str, tuple[DraftView, ...]] = {}
    for draft in drafts:
        for bill in draft.bills:
            found[bill.invoice_no] = (*found.get(bill.invoice_no, ()), draft)
    return found


def _views(session: orm.Session, statement: sa.Select, **asked: int | str) -> tuple[DraftView, ...]:
    rows = session.connection().execute(statement, asked).all()
    found: dict[int, DraftView] = {}
    bills: dict[int, list[DraftBill]] = {}
    for row in rows:
        values = row._asdict()
        bill = DraftBill(
            invoice_no=values.pop("invoice_no"),
            pet_name=values.pop("pet_name"),
            policy_no=values.pop("policy_no"),
            due_on=values.pop("bill_due_on"),
            payable_cents=values.pop("payable_cents"),
        )
        bills.setdefault(row.id, [])
        if bill.invoice_no is not None:
            bills[row.id].append(bill)
        values |= {
            "kind": str(row.kind),
            "state": str(row.state),
            "payment_nos": tuple(row.payment_nos),
            "bills": (),
        }
        found.setdefault(row.id, DraftView(**values))
    return tuple(
        dataclasses.replace(view, bills=tuple(bills[draft_id])) for draft_id, view in found.items()
    )

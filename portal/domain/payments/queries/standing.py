"""Autopay of a customer's policies: which method, which day, what comes next; changes nothing."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.queries import held
from portal.domain.payments import declines, models
from portal.domain.payments.states import AutopayEnd, DraftState
from portal.domain.policies import models as policies
from portal.domain.wallet import models as wallet
from portal.domain.wallet import queries as wallet_queries
from portal.kernel import types


class Standing(NamedTuple):
    """One policy and its autopay; everything after `died_on` is empty where it is off.

    The method of somebody else who pays has no label: that is theirs. `next_*` is the draft that
    comes first: its most in cents, what of its bill could be taken now, the day on which it is
    taken or tried again. `ended` is why the last autopay of this policy ended, where none runs
    now; `gave_up` that it runs and was refused for good on a bill that is still open.
    """

    policy_id: int
    policy_no: str
    pet_name: str
    species: str
    cancelled_on: datetime.date | None
    died_on: datetime.date | None
    autopay_id: int | None
    method_no: str
    method_label: str
    backup_no: str
    backup_label: str
    days_before: int
    joined_at: datetime.datetime | None
    payer_id: int | None
    payer_name: str
    next_state: str
    next_cents: int
    next_left_cents: int
    next_on: datetime.date | None
    ended: str
    gave_up: bool

    @property
    def is_on(self) -> bool:
        """Whether autopay runs."""
        return self.autopay_id is not None

    @property
    def needs_method(self) -> bool:
        """Whether it waits for another card or account: it stopped for want of one, or failed."""
        if self.payer_id is not None:
            return False
        return self.gave_up or self.next_state in TROUBLE or self.ended in LOST

    def can_join(self, today: datetime.date) -> bool:
        """Whether the policy still makes bills that autopay could take."""
        if self.is_on or self.died_on is not None:
            return False
        return self.cancelled_on is None or self.cancelled_on > today


TROUBLE = (DraftState.RETRYING.value, DraftState.ASKING.value)
LOST = (
    AutopayEnd.METHOD_GONE.value,
    AutopayEnd.MANDATE_REVOKED.value,
    AutopayEnd.REFUSED.value,
)  # it ended for want of a card or account

_policy = policies.Policy.__table__
_pet = policies.Pet.__table__
_autopay = models.Autopay.__table__
_past = _autopay.alias("past")
_payer = models.Payer.__table__
_draft = models.Draft.__table__
_bill = models.DraftBill.__table__
_invoice = billing.Invoice.__table__
_method = wallet.PaymentMethod.__table__
_backup = _method.alias("backup")
_none = types.constant("")


def _label(table: sa.FromClause) -> sa.ColumnElement[str]:
    return sa.case((_autopay.c.payer_id.is_(None), wallet_queries.label(table)), else_=_none)


_left = (
    sa.select(
        sa.cast(
            sa.func.sum(_invoice.c.open_cents - held.of_invoice(billing.HoldKind.AUTOPAY)),
            sa.BigInteger,
        )
    )
    .join_from(_bill, _invoice, _invoice.c.id == _bill.c.invoice_id)
    .where(
        _bill.c.draft_id == _draft.c.id,
        _invoice.c.state == types.constant(billing.InvoiceState.ISSUED),
    )
    .correlate(_draft)
    .scalar_subquery()
)
_next = (
    sa.select(
        _left.label("left_cents"),
        _draft.c.state,
        _draft.c.amount_cents,
        _draft.c.due_on,
    )
    .where(
        _draft.c.autopay_id == _autopay.c.id,
        _draft.c.state.in_([types.constant(state) for state in sorted(declines.WAITING)]),
    )
    .order_by(_draft.c.due_on, _draft.c.id)
    .limit(1)
    .lateral("next")
)
_ended = (
    sa.select(sa.type_coerce(_past.c.end_reason, sa.Text).label("reason"))
    .where(_past.c.policy_id == _policy.c.id, _past.c.ended_at.is_not(None))
    .order_by(_past.c.id.desc())
    .limit(1)
    .lateral("ended")
)
_gave_up = sa.exists(
    sa.select(_draft.c.id)
    .join(_bill, _bill.c.draft_id == _draft.c.id)
    .join(_invoice, _invoice.c.id == _bill.c.invoice_id)
    .where(
        _draft.c.autopay_id == _autopay.c.id,
        _draft.c.state == types.constant(DraftState.FAILED),
        _invoice.c.state == types.constant(billing.InvoiceState.ISSUED),
    )
)
_STANDING = (
    sa.select(
        _policy.c.id,
        _policy.c.number,
        _pet.c.name,
        sa.type_coerce(_pet.c.species, sa.Text),
        _policy.c.cancelled_on,
        _pet.c.died_on,
        _autopay.c.id,
        sa.func.coalesce(_method.c.number, _none),
        _label(_method),
        sa.func.coalesce(_backup.c.number, _none),
        _label(_backup),
        sa.func.coalesce(_autopay.c.days_before, types.constant(0)),
        _autopay.c.joined_at,
        _autopay.c.payer_id,
        sa.func.coalesce(_payer.c.name, _none),
        sa.func.coalesce(sa.type_coerce(_next.c.state, sa.Text), _none),
        sa.func.coalesce(_next.c.amount_cents, types.constant(0)),
        sa.func.coalesce(_next.c.left_cents, types.constant(0)),
        _next.c.due_on,
        sa.func.coalesce(sa.case((_autopay.c.id.is_(None), _ended.c.reason), else_=_none), _none),
        _gave_up,
    )
    .select_from(
        _policy.join(_pet, _pet.c.id == _policy.c.pet_id)
        .outerjoin(
            _autopay,
            sa.and_(_autopay.c.policy_id == _policy.c.id, _autopay.c.ended_at.is_(None)),
        )
        .outerjoin(_method, _method.c.id == _autopay.c.method_id)
        .outerjoin(_backup, _backup.c.id == _autopay.c.backup_method_id)
        .outerjoin(_payer, _payer.c.id == _autopay.c.payer_id)
        .outerjoin(_next, sa.true())
        .outerjoin(_ended, sa.true())
    )
    .where(_policy.c.customer_id == sa.bindparam("customer_id"))
    .order_by(_policy.c.cancelled_on.is_not(None), _policy.c.id)
)


def running(session: orm.Session, *, policy_ids: Sequence[int]) -> frozenset[int]:
    """Those of the policies that autopay pays for, whoever's it is."""
    return frozenset(
        session.scalars(
            sa.select(models.Autopay.policy_id).where(
                models.Autopay.policy_id.in_(policy_ids), models.Autopay.ended_at.is_(None)
            )
        )
    )


def of_customer(session: orm.Session, *, customer_id: int) -> tuple[Standing, ...]:
    """Every policy of the customer, those in force first; one statement."""
    rows = session.connection().execute(_STANDING, {"customer_id": customer_id})
    return tuple(Standing._make(row) for row in rows)


def of_policy(session: orm.Session, *, customer_id: int, policy_no: str) -> Standing | None:
    """One policy of the customer, or None: also when it is another's."""
    row = (
        session.connection()
        .execute(
            _STANDING.where(_policy.c.number == sa.bindparam("policy_no")),
            {"customer_id": customer_id, "policy_no": policy_no},
        )
        .one_or_none()
    )
    return None if row is None else Standing._make(row)

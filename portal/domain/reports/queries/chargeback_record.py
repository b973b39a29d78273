"""Chargebacks and fraud warnings as the desk sees them; refuses to change any."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.identity import models as identity
from portal.domain.payments import models as payments
from portal.domain.payments import rules

SOON = datetime.timedelta(days=3)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChargebackRecord:
    """One chargeback with its payment and customer; amounts in cents."""

    number: str
    stripe_ref: str
    state: str
    reason: str
    is_inquiry: bool
    amount_cents: int
    fee_cents: int
    owed_cents: int
    taken_cents: int
    absorbed_cents: int
    if_lost: str
    outcome: str
    case_no: str
    opened_at: datetime.datetime
    evidence_due_at: datetime.datetime | None
    evidence: dict[str, str]
    evidence_by: str
    evidence_asked_at: datetime.datetime | None
    evidence_submitted_at: datetime.datetime | None
    evidence_error: str
    closed_at: datetime.datetime | None
    payment_no: str
    method_label: str
    customer_id: int
    customer_no: str
    customer_name: str

    @property
    def waits_for_us(self) -> bool:
        """Whether the bank waits for evidence that nobody has released."""
        return (
            self.state in set(map(str, rules.ANSWERABLE))
            and self.evidence_asked_at is None
            and self.evidence_submitted_at is None
        )

    def may_answer(self, now: datetime.datetime) -> bool:
        """Whether it can still be answered at `now`."""
        return self.waits_for_us and (self.evidence_due_at is None or now <= self.evidence_due_at)


@dataclasses.dataclass(frozen=True, kw_only=True)
class WarningRecord:
    """A bank's early warning."""

    fraud_type: str
    warned_at: datetime.datetime
    case_no: str


_B, _P, _C, _W = (
    payments.Chargeback,
    payments.Payment,
    identity.Customer,
    payments.FraudWarning,
)
_OWN = tuple(
    getattr(_B, f.name)
    for f in dataclasses.fields(ChargebackRecord)
    if f.name not in ("payment_no", "method_label", "customer_no", "customer_name")
)
_RECORDS = (
    sa.select(
        *_OWN,
        _P.number.label("payment_no"),
        _P.method_label,
        _C.number.label("customer_no"),
        (_C.first_name + " " + _C.last_name).label("customer_name"),
    )
    .join(_P, _P.id == _B.payment_id)
    .join(_C, _C.id == _B.customer_id)
)
_waiting = sa.and_(
    _B.closed_at.is_(None),
    _B.state.in_(sorted(rules.ANSWERABLE)),
    _B.evidence_asked_at.is_(None),
    _B.evidence_submitted_at.is_(None),
)


def chargeback(session: orm.Session, *, number: str) -> ChargebackRecord | None:
    """The chargeback with this number, or None; one statement."""
    row = session.execute(_RECORDS.where(_B.number == number)).one_or_none()
    return None if row is None else ChargebackRecord(**row._mapping)


def of_payment(session: orm.Session, *, payment_id: int) -> tuple[ChargebackRecord, ...]:
    """The payment's chargebacks, newest first; one statement."""
    return _many(session, _B.payment_id == payment_id)


def of_case(session: orm.Session, *, case_no: str) -> tuple[ChargebackRecord, ...]:
    """The chargebacks that a case is about, newest first; one statement."""
    return _many(session, _B.case_no == case_no)


def warnings_of_payment(session: orm.Session, *, payment_id: int) -> tuple[WarningRecord, ...]:
    """What banks warned of about the payment, newest first; one statement."""
    return _warnings(session, _W.payment_id == payment_id)


def warnings_of_case(session: orm.Session, *, case_no: str) -> tuple[WarningRecord, ...]:
    """The warnings that a case is about, newest first; one statement."""
    return _warnings(session, _W.case_no == case_no)


def waiting(session: orm.Session, *, limit: int = 50) -> tuple[ChargebackRecord, ...]:
    """Chargebacks whose bank waits for evidence, the nearest deadline first."""
    rows = session.execute(
        _RECORDS.where(_waiting).order_by(_B.evidence_due_at.nulls_last(), _B.id).limit(limit)
    )
    return tuple(ChargebackRecord(**row._mapping) for row in rows)


def waits(now: datetime.datetime) -> sa.ColumnElement[bool]:
    """What is counted as near its deadline at `now`: three days or less, and not answered."""
    return sa.and_(_waiting, _B.evidence_due_at <= now + SOON)


def _many(session: orm.Session, *where: sa.ColumnElement[bool]) -> tuple[ChargebackRecord, ...]:
    rows = session.execute(_RECORDS.where(*where).order_by(_B.id.desc()))
    return tuple(ChargebackRecord(**row._mapping) for row in rows)


def _warnings(session: orm.Session, *where: sa.ColumnElement[bool]) -> tuple[WarningRecord, ...]:
    rows = session.execute(
        sa.select(_W.fraud_type, _W.warned_at, _W.case_no).where(*where).order_by(_W.id.desc())
    )
    return tuple(WarningRecord(**row._mapping) for row in rows)

"""What a bank should know of a charged-back payment: bills, receipt, sign-ins, the thread."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.disputes import models as disputes
from portal.domain.identity import models as identity
from portal.domain.notifications import models as notifications
from portal.domain.payments import models as payments
from portal.domain.payments import rules
from portal.domain.payments.queries import agreed_to
from portal.domain.policies import models as policies

SIGN_INS = 10
MESSAGES = 20


@dataclasses.dataclass(frozen=True)
class Bill:
    """A bill that the payment paid: what for, which days (half-open), cents of the payment."""

    number: str
    pet_name: str
    species: str
    policy_no: str
    starts_on: datetime.date
    ends_on: datetime.date
    cents: int


@dataclasses.dataclass(frozen=True)
class SignIn:
    """A browser that was signed in before the payment, or still was during it."""

    at: datetime.datetime
    last_seen_at: datetime.datetime
    device: str
    address: str
    during: bool


@dataclasses.dataclass(frozen=True)
class Words:
    """A message of the case's thread."""

    at: datetime.datetime
    author_kind: str
    author: str
    body: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that a draft is made of; amounts in cents."""

    number: str
    reason: str
    payment_no: str
    amount_cents: int
    method_label: str
    method_kind: str  # "us_bank_account", else a card
    begun_at: datetime.datetime
    settled_at: datetime.datetime
    refunded_cents: int
    customer_no: str
    customer_name: str
    email: str
    customer_since: datetime.datetime
    payer_name: str  # somebody else who paid, by a link that was mailed to them; "" for none
    payer_email: str
    receipt_to: str
    receipt_at: datetime.datetime | None
    earlier_payments: int  # by the same card, received and never charged back
    bills: tuple[Bill, ...]
    sign_ins: tuple[SignIn, ...]  # none where nothing proves that the payer was signed in
    words: tuple[Words, ...]
    planned_on: datetime.date | None  # the announced day of a draft; None: paid at once
    planned_cents: int  # the most that was announced
    agreed: tuple[agreed_to.Agreed, ...]  # oldest first
    notices: tuple[agreed_to.Notice, ...]  # mails that announced it, oldest first


_B, _P, _C, _M = payments.Chargeback, payments.Payment, identity.Customer, notifications.Mail
_A, _D = payments.Payer, payments.Draft


def of(session: orm.Session, *, number: str) -> Facts:
    """The facts about this chargeback's payment; six statements. Raises NoSuchChargeback."""
    row = session.execute(_HEAD, {"number": number}).one_or_none()
    if row is None:
        raise rules.NoSuchChargeback(number=number)
    values = row._asdict()
    customer_id, case_no = values.pop("customer_id"), values.pop("case_no")
    payer_known = values.pop("payer_known")
    return Facts(
        **values,
        bills=_bills(session, row.payment_no),
        sign_ins=_sign_ins(session, customer_id, row.begun_at) if payer_known else (),
        words=_words(session, case_no),
        agreed=agreed_to.of_payment(session, number=row.payment_no),
        notices=agreed_to.notices(session, number=row.payment_no) if row.planned_on else (),
    )


_earlier = orm.aliased(payments.Payment)
_claimed = sa.select(_B.id).where(_B.payment_id == _earlier.id).exists()
# Only a signed-in owner uses a saved card or pays by a new one, unless nobody was present, another
# pays, or the bank's question came by a mailed link. A guest's new card is told apart since
# payments say `by_guest`; since then each of those also has `agreed`, if only a JSON null. Older
# rows have none there: they may be a guest's, and nothing is said about them.
_owner_paid = sa.and_(
    _P.payer_id.is_(None),
    ~_P.is_off_session,
    _P.draft_id.is_(None),
    sa.or_(_P.method_id.is_not(None), sa.and_(_P.agreed.is_not(None), ~_P.by_guest)),
)
_HEAD = (
    sa.select(
        _B.number,
        _B.reason,
        _B.customer_id,
        _B.case_no,
        _P.number.label("payment_no"),
        _P.amount_cents,
        _P.method_label,
        _P.method_kind,
        _P.created_at.label("begun_at"),
        _P.settled_at,
        _owner_paid.label("payer_known"),
        _P.refunded_cents,
        _D.draft_on.label("planned_on"),
        sa.func.coalesce(_D.amount_cents, 0).label("planned_cents"),
        _C.number.label("customer_no"),
        (_C.first_name + " " + _C.last_name).label("customer_name"),
        _C.email,
        _C.created_at.label("customer_since"),
        sa.func.coalesce(_A.name, "").label("payer_name"),
        sa.func.coalesce(_A.email, "").label("payer_email"),
        sa.func.coalesce(_M.recipient, "").label("receipt_to"),
        _M.sent_at.label("receipt_at"),
        sa.select(sa.func.count())
        .select_from(_earlier)
        .where(
            _earlier.customer_id == _P.customer_id,
            _earlier.payer_id.is_not_distinct_from(_P.payer_id),
            _earlier.method_label == _P.method_label,
            _earlier.settled_at < _P.settled_at,
            ~_claimed,
        )
        .correlate(_P)
        .scalar_subquery()
        .label("earlier_payments"),
    )
    .join(_P, _P.id == _B.payment_id)
    .join(_C, _C.id == _B.customer_id)
    .outerjoin(_A, _A.id == _P.payer_id)
    .outerjoin(_D, _D.id == _P.draft_id)
    .outerjoin(
        _M, sa.and_(_M.subject_no == _P.number, _M.template.in_(("receipt", "payer_receipt")))
    )
    .where(_B.number == sa.bindparam("number"))
)


def _bills(session: orm.Session, payment_no: str) -> tuple[Bill, ...]:
    """What the payment was applied to first, also where that was taken back since."""
    invoice, line, allocation = billing.Invoice, billing.InvoiceLine, billing.Allocation
    rows = session.execute(
        sa.select(
            invoice.number,
            policies.Pet.name,
            policies.Pet.species,
            policies.Policy.number,
            invoice.period_start_on,
            invoice.period_end_on,
            sa.cast(sa.func.sum(allocation.cents), sa.BigInteger),
        )
        .join(line, line.invoice_id == invoice.id)
        .join(allocation, allocation.line_id == line.id)
        .join(policies.Policy, policies.Policy.id == invoice.policy_id)
        .join(policies.Pet, policies.Pet.id == policies.Policy.pet_id)
        .where(allocation.source == payment_no, allocation.cents > 0)
        .group_by(invoice.id, policies.Pet.id, policies.Policy.id)
        .order_by(invoice.due_on, invoice.id)
    )
    return tuple(Bill(*row) for row in rows)


def _sign_ins(
    session: orm.Session, customer_id: int, begun_at: datetime.datetime
) -> tuple[SignIn, ...]:
    """The newest sign-ins up to the payment, newest first."""
    table = identity.Session
    rows = session.execute(
        sa.select(
            table.created_at,
            table.last_seen_at,
            table.device,
            table.address,
            sa.func.coalesce(table.ended_at, table.expires_at) >= begun_at,
        )
        .where(table.customer_id == customer_id, table.created_at <= begun_at)
        .order_by(table.created_at.desc())
        .limit(SIGN_INS)
    )
    return tuple(SignIn(*row) for row in rows)


def _words(session: orm.Session, case_no: str) -> tuple[Words, ...]:
    """The thread of the case, oldest first; what the customer never sees is left out."""
    table = disputes.Message
    rows = session.execute(
        sa.select(table.at, sa.cast(table.author_kind, sa.Text), table.author_name, table.body)
        .join(disputes.Dispute, disputes.Dispute.id == table.dispute_id)
        .where(disputes.Dispute.number == case_no, table.author_kind != "system")
        .order_by(table.id)
        .limit(MESSAGES)
    )
    return tuple(Words(*row) for row in rows)

"""What was agreed to about a payment, word for word, and the mails that announced it."""

from __future__ import annotations

import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.notifications import models as notifications
from portal.domain.payments import models
from portal.domain.wallet import models as wallet


class Agreed(NamedTuple):
    """A consent as it was kept; `payer_id` is somebody else who pays, None for the owner."""

    kind: str
    version: str
    language: str
    text: str
    method_label: str
    at: datetime.datetime
    address: str
    device: str
    payer_id: int | None


class Notice(NamedTuple):
    """A mail that went out and said when what would be taken."""

    recipient: str
    sent_at: datetime.datetime


_consent = wallet.Consent.__table__
_method = wallet.PaymentMethod.__table__
_payment = models.Payment.__table__
_draft = models.Draft.__table__
_autopay = models.Autopay.__table__
_sibling = _autopay.alias("sibling")
_arrangement = billing.Arrangement.__table__
_mail = notifications.Mail.__table__

_COLUMNS = (
    sa.type_coerce(_consent.c.kind, sa.Text),
    _consent.c.text_version,
    _consent.c.language,
    _consent.c.text,
    _consent.c.method_label,
    _consent.c.given_at,
    _consent.c.ip,
    _consent.c.device,
    _consent.c.payer_id,
)
_planned = (
    _payment.outerjoin(_draft, _draft.c.id == _payment.c.draft_id)
    .outerjoin(_autopay, _autopay.c.id == _draft.c.autopay_id)
    .outerjoin(_arrangement, _arrangement.c.id == _draft.c.arrangement_id)
)
_OF_PAYMENT = (
    sa.select(*_COLUMNS)
    .select_from(
        _planned.outerjoin(_method, _method.c.id == _payment.c.method_id).join(
            _consent, _consent.c.customer_id == _payment.c.customer_id
        )
    )
    .where(
        _payment.c.number == sa.bindparam("number"),
        sa.or_(
            _consent.c.subject.in_(
                [_payment.c.number, _method.c.agreed_in, _draft.c.number, _arrangement.c.number]
            ),
            _consent.c.id == _autopay.c.consent_id,
        ),
    )
    .order_by(_consent.c.id)
)
_OF_AUTOPAY = (
    sa.select(*_COLUMNS)
    .join(_autopay, _autopay.c.consent_id == _consent.c.id)
    .where(_autopay.c.id == sa.bindparam("autopay_id"))
)
_told = sa.and_(
    _payment.c.number == sa.bindparam("number"),
    _mail.c.sent_at.is_not(None),
    _mail.c.queued_at <= _payment.c.created_at,
)
_about_it = (
    sa.select(_mail.c.id, _mail.c.recipient, _mail.c.sent_at)
    .select_from(
        _planned.join(_mail, _mail.c.subject_no.in_([_draft.c.number, _arrangement.c.number]))
    )
    .where(
        _told,
        _mail.c.template.in_(
            ["autopay_notice", "payment_scheduled", "payment_day_changed", "arrangement_agreed"]
        ),
    )
)
# Who joins or changes autopay is told of every draft there is at that moment in one mail; where
# the second method took over since, by the same consent, that mail is the earlier autopay's.
_on_joining = (
    sa.select(_mail.c.id, _mail.c.recipient, _mail.c.sent_at)
    .select_from(
        _planned.join(_sibling, _sibling.c.consent_id == _autopay.c.consent_id).join(
            _mail,
            _mail.c.key == sa.literal("autopay_joined:").concat(sa.cast(_sibling.c.id, sa.Text)),
        )
    )
    .where(_told, _mail.c.template == "autopay_joined", _mail.c.queued_at >= _draft.c.announced_at)
)
_notice = sa.union_all(_about_it, _on_joining).subquery("notice")
_NOTICES = sa.select(_notice.c.recipient, _notice.c.sent_at).order_by(_notice.c.id)


def of_payment(session: orm.Session, *, number: str) -> tuple[Agreed, ...]:
    """All that was agreed to about the payment, oldest first; one statement.

    With the payment itself, when its saved method was kept, and for the draft that it is an
    attempt of: joining autopay, the chosen day and its changes, the arrangement.
    """
    rows = session.connection().execute(_OF_PAYMENT, {"number": number})
    return tuple(Agreed._make(row) for row in rows)


def of_autopay(session: orm.Session, *, autopay_id: int) -> Agreed:
    """What was agreed to when this autopay was joined or changed last; one statement."""
    row = session.connection().execute(_OF_AUTOPAY, {"autopay_id": autopay_id}).one()
    return Agreed._make(row)


def notices(session: orm.Session, *, number: str) -> tuple[Notice, ...]:
    """The mails that announced the draft which this payment is an attempt of, oldest first."""
    rows = session.connection().execute(_NOTICES, {"number": number})
    return tuple(Notice._make(row) for row in rows)

"""How much waits for the desk, by kind; one statement each."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.approvals import models as approvals
from portal.domain.billing import models as billing
from portal.domain.disputes import categories, rules
from portal.domain.disputes import models as disputes
from portal.domain.inbox import models as inbox_models
from portal.domain.inbox import queries as inbox
from portal.domain.notifications import models as notifications
from portal.domain.payments import models as payments
from portal.domain.payments.queries import failed_refunds
from portal.domain.payments.states import PaymentState
from portal.domain.reports.queries import chargeback_record


@dataclasses.dataclass(frozen=True, kw_only=True)
class CaseCounts:
    """Open cases of the whole desk, and of one member of staff; requests that wait."""

    approvals: int
    all_open: int
    p1: int
    p2: int
    p3: int
    late: int
    mine: int
    nobodys: int
    waiting: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class MoneyCounts:
    """What went wrong, or may have, with bills, money and mail; arrangements that wait."""

    arrangements: int
    set_aside: int
    unknown_payments: int
    failed_refunds: int
    chargebacks_near: int
    failed_mails: int
    unhandled_events: int


_CASE = disputes.Dispute
_PENDING = (
    sa.select(sa.func.count())
    .select_from(approvals.Approval)
    .where(approvals.Approval.state == approvals.ApprovalState.PENDING)
    .scalar_subquery()
)


def cases(session: orm.Session, *, staff_id: int, now: datetime.datetime) -> CaseCounts:
    """Open cases by priority and by view; late is beyond the nearest deadline at `now`.

    It holds what the frame tells as well, so that a page needs one statement for both.
    """

    def where(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.count().filter(*conditions)

    row = session.execute(
        sa.select(
            _PENDING.label("approvals"),
            sa.func.count().label("all_open"),
            where(_CASE.priority == categories.Priority.P1).label("p1"),
            where(_CASE.priority == categories.Priority.P2).label("p2"),
            where(_CASE.priority == categories.Priority.P3).label("p3"),
            where(_CASE.due_at < now).label("late"),
            where(_CASE.owner_id == staff_id).label("mine"),
            where(_CASE.owner_id.is_(None)).label("nobodys"),
            where(_CASE.state == rules.CaseState.WAITING_CUSTOMER).label("waiting"),
        ).where(_CASE.closed_at.is_(None))
    ).one()
    return CaseCounts(**row._mapping)


def money(session: orm.Session, *, now: datetime.datetime) -> MoneyCounts:
    """What stands on the page of troubles at `now`, by kind."""
    counted = {
        "arrangements": sa.select(sa.func.count())
        .select_from(billing.Arrangement)
        .where(billing.Arrangement.state == billing.ArrangementState.PROPOSED),
        "set_aside": sa.select(sa.func.count())
        .select_from(billing.Installment)
        .where(billing.Installment.set_aside != "", billing.Installment.invoice_id.is_(None)),
        "unknown_payments": sa.select(sa.func.count())
        .select_from(payments.Payment)
        .where(payments.Payment.state == PaymentState.UNKNOWN),
        "failed_refunds": sa.select(sa.func.count())
        .select_from(payments.Refund)
        .where(failed_refunds.OWED),
        "chargebacks_near": sa.select(sa.func.count())
        .select_from(payments.Chargeback)
        .where(chargeback_record.waits(now)),
        "failed_mails": sa.select(sa.func.count())
        .select_from(notifications.Mail)
        .where(notifications.Mail.state == notifications.MailState.FAILED),
        "unhandled_events": sa.select(sa.func.count())
        .select_from(inbox_models.InboxEvent)
        .where(inbox.waits(now)),
    }
    row = session.execute(
        sa.select(*(query.scalar_subquery().label(name) for name, query in counted.items()))
    ).one()
    return MoneyCounts(**row._mapping)

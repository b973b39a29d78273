"""Credits and refunds of a decision: carried out in the caller's transaction, or only tried.

A plan is the real thing done inside a savepoint that is rolled back, so that what is shown is
to the cent what will be posted.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import random

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import books
from portal.domain.disputes.rules import MoneyAction
from portal.domain.payments import models as payments
from portal.domain.payments.states import RefundState
from portal.journeys import context, money_actions, trying
from portal.kernel import actor

WINDOW = datetime.timedelta(days=30)


@dataclasses.dataclass(frozen=True, kw_only=True)
class MoneyPlan(money_actions.Ask):
    """What an action would do. `version` changes whenever anything of it does."""

    method_label: str
    figures: tuple[trying.Figure, ...]
    entries: tuple[trying.PlannedEntry, ...]

    @property
    def version(self) -> str:
        """A hash of all that is shown."""
        raw = json.dumps(dataclasses.asdict(self), sort_keys=True, default=str)
        return hashlib.sha256(raw.encode()).hexdigest()


def plan(
    session: orm.Session,
    *,
    customer_id: int,
    action: MoneyAction,
    amount_cents: int,
    payment_no: str | None,
    invoice_no: str | None,
    line_numbers: tuple[int, ...],
    freed_by: str,
    today: datetime.date,
    subject: str = "trial",
) -> MoneyPlan:
    """Try the action and take it back; `session` must be a unit of work, which stays unchanged.

    `subject` is the case that decides: it may use what it has set aside itself, no other may.
    Raises NoSuchPayment, NoSuchInvoice, NotFreed, spreading.DoesNotFit, RefundTooLarge,
    RefundLocked, NothingToCredit when it is impossible.
    """
    empty = MoneyPlan(
        action=action,
        amount_cents=amount_cents,
        customer_id=customer_id,
        payment_no=payment_no,
        invoice_no=invoice_no,
        line_numbers=line_numbers,
        freed_by=freed_by,
        method_label=_label(session, payment_no, customer_id),
        figures=(),
        entries=(),
    )
    seen = trying.tried(
        session,
        customer_id=customer_id,
        today=today,
        do=lambda: money_actions.perform(session, empty, _trial(today, subject)),
    )
    return dataclasses.replace(empty, figures=seen.figures, entries=seen.entries)


def carry_out(
    session: orm.Session,
    ctx: context.Context,
    *,
    plan: MoneyPlan,
    key: str,
    subject: str,
    reason: str,
    who: actor.Actor,
    now: datetime.datetime,
    today: datetime.date,
) -> str:
    """Do what the plan says, inside the caller's transaction; the refund's or credit's number.

    `key` is unique per decision: doing it twice is refused by the database.
    """
    books.lock_customer(session, customer_id=plan.customer_id)
    terms = money_actions.Terms(
        key=key, subject=subject, reason=reason, who=who, now=now, today=today, rng=ctx.rng
    )
    return money_actions.perform(session, plan, terms)


def moved_30_days(
    session: orm.Session, *, customer_id: int, subject: str, now: datetime.datetime
) -> tuple[int, int]:
    """Cents credited and refunded in 30 days: for the case `subject`, and for the customer.

    A refund freed by a credit counts once: the credit under it carries the refund's own key. So
    does one that failed and was sent again, or paid by check: from that day on.
    """
    since = now - WINDOW
    case = customer = 0
    alive = payments.Refund.state != RefundState.SENT_AGAIN
    by_check = payments.Refund.state == RefundState.PAID_OTHERWISE
    moved_at = sa.case((by_check, payments.Refund.ended_at), else_=payments.Refund.created_at)
    for table, counted in (
        (billing.Credit, billing.Credit.created_at > since),
        (payments.Refund, sa.and_(alive, moved_at > since)),
    ):
        rows = session.execute(
            sa.select(table.subject, sa.func.sum(table.amount_cents))
            .where(
                table.customer_id == customer_id,
                table.key.not_like("%:freed"),
                counted,
            )
            .group_by(table.subject)
        )
        for about, cents in rows:
            customer += int(cents)
            case += int(cents) if about == subject else 0
    return case, customer


def _trial(today: datetime.date, subject: str) -> money_actions.Terms:
    """The terms of a trial, which leaves nothing behind."""
    return money_actions.Terms(
        key="trial",
        subject=subject,
        reason="trial",
        who=actor.system("trial"),
        now=datetime.datetime.combine(today, datetime.time(12), tzinfo=datetime.UTC),
        today=today,
        rng=random.SystemRandom(),
    )


def _label(session: orm.Session, payment_no: str | None, customer_id: int) -> str:
    if payment_no is None:
        return ""
    return (
        session.scalar(
            sa.select(payments.Payment.method_label).where(
                payments.Payment.number == payment_no,
                payments.Payment.customer_id == customer_id,
            )
        )
        or ""
    )

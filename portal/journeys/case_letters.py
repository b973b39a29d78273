"""The mails of a dispute: received, answered, asked, decided, taken back; decides nothing."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.disputes import categories, models, rules
from portal.domain.disputes.operations import deciding
from portal.domain.payments import models as payments
from portal.domain.payments.queries import shown_method
from portal.journeys import context, foreseeing, telling


def received(
    session: orm.Session,
    ctx: context.Context,
    *,
    number: str,
    customer_id: int,
    seen: foreseeing.Foresight,
    by_us: bool = False,
) -> None:
    """Acknowledge a new case: what is paused, what stays due, by when a person answers."""
    telling.tell_customer(
        session,
        ctx,
        template="dispute_received",
        key=f"dispute-received:{number}",
        subject_no=number,
        customer_id=customer_id,
        by_us=by_us,
        what=categories.describe(seen.about.category).words,
        pet_name=seen.about.pet_name,
        paused_cents=seen.paused_cents,
        set_aside_cents=seen.set_aside_cents,
        rest_due_cents=seen.rest_due_cents,
        rest_due_on=seen.rest_due_on,
        answer_by=seen.answer_by,
    )


def reopened(session: orm.Session, ctx: context.Context, *, case: models.Dispute) -> None:
    """Acknowledge a case that was opened again."""
    telling.tell_customer(
        session,
        ctx,
        template="dispute_reopened",
        key=f"dispute-reopened:{case.number}:{case.reopened}",
        subject_no=case.number,
        customer_id=case.customer_id,
        answer_by=case.first_reply_due_at,
    )


def answered(
    session: orm.Session,
    ctx: context.Context,
    *,
    case: models.Dispute,
    once_key: str,
    words: str,
    from_name: str,
    asks: bool,
) -> None:
    """Send a reply of staff, or their question."""
    if case.category is categories.Category.BEREAVEMENT:
        _gently(session, ctx, case, key=f"dispute-reply:{once_key}", words=words)
        return
    telling.tell_customer(
        session,
        ctx,
        template="dispute_reply",
        key=f"dispute-reply:{once_key}",
        subject_no=case.number,
        customer_id=case.customer_id,
        words=words,
        from_name=from_name,
        asks=asks,
    )


def resolved(
    session: orm.Session,
    ctx: context.Context,
    *,
    case: models.Dispute,
    decision: deciding.Decision,
    moved_no: str,
) -> None:
    """Tell the decision: the answer, the money, and the day to expect it."""
    if case.category is categories.Category.BEREAVEMENT:
        key = f"dispute-resolved:{case.number}:{case.reopened}"
        _gently(session, ctx, case, key=key, words=decision.answer)
        return
    refund_to, expected_on = _refund(session, decision, moved_no)
    telling.tell_customer(
        session,
        ctx,
        template="dispute_resolved",
        key=f"dispute-resolved:{case.number}:{case.reopened}",
        subject_no=case.number,
        customer_id=case.customer_id,
        outcome=str(decision.outcome),
        answer=decision.answer,
        action=str(decision.action),
        amount_cents=decision.amount_cents,
        refund_to=refund_to,
        expected_on=expected_on,
        reopen_days=rules.REOPEN_DAYS,
    )


def withdrawn(session: orm.Session, ctx: context.Context, *, case: models.Dispute) -> None:
    """Confirm that the customer took the dispute back."""
    telling.tell_customer(
        session,
        ctx,
        template="dispute_withdrawn",
        key=f"dispute-withdrawn:{case.number}:{case.reopened}",
        subject_no=case.number,
        customer_id=case.customer_id,
        reopen_days=rules.REOPEN_DAYS,
    )


def _gently(
    session: orm.Session, ctx: context.Context, case: models.Dispute, *, key: str, words: str
) -> None:
    """Our words about a pet that has died, and nothing of a dispute around them."""
    telling.tell_customer(
        session,
        ctx,
        template="bereavement_word",
        key=key,
        subject_no=case.number,
        customer_id=case.customer_id,
        pet_name=case.pet_name,
        words=words,
    )


def _refund(
    session: orm.Session, decision: deciding.Decision, moved_no: str
) -> tuple[str, datetime.date | None]:
    if decision.action is not rules.MoneyAction.REFUND:
        return "", None
    row = session.execute(
        sa.select(payments.Refund.expected_on, shown_method.LABEL.label("method_label"))
        .join(payments.Payment, payments.Payment.id == payments.Refund.payment_id)
        .where(payments.Refund.number == moved_no)
    ).one()
    return row.method_label, row.expected_on

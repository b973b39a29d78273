"""A draft follows its payment: paid, tried again on a later day, asked about, or given up.

Runs inside the transaction that moves the payment; knows no Stripe.
"""

from __future__ import annotations

import datetime

from sqlalchemy import orm

from portal.domain.payments import declines, models, returns
from portal.domain.payments.operations import drafting, settling
from portal.domain.payments.queries import drafts, silenced
from portal.domain.payments.states import AutopayEnd, DraftState, PaymentState
from portal.domain.wallet import models as wallet
from portal.journeys import arrange, confirm_link, context, draft_mails, end_autopay, payer_news
from portal.kernel import actor, db, labels

_NOT_TAKEN = frozenset({PaymentState.FAILED, PaymentState.CANCELLED})


def follow(
    session: orm.Session,
    ctx: context.Context,
    *,
    payment: models.Payment,
    moved: settling.Moved,
    who: actor.Actor,
) -> None:
    """Take the payment's draft along; a payment that no draft asked for, or that did not move: no.

    The customer and the payment are locked.
    """
    if moved.before is moved.after:
        return
    if moved.after is PaymentState.SETTLED:
        arrange.follow_paid(session, ctx, customer_id=payment.customer_id)
    if payment.draft_id is None:
        return
    draft = db.lock_row(session, models.Draft, payment.draft_id)
    if moved.after is PaymentState.SETTLED:
        step(session, ctx, draft=draft, event=declines.DraftEvent.PAY, who=who)
    elif moved.after in _NOT_TAKEN and draft.state is DraftState.ATTEMPTING:
        _refused(session, ctx, draft=draft, payment=payment, moved=moved, who=who)


def step(
    session: orm.Session,
    ctx: context.Context,
    *,
    draft: models.Draft,
    event: declines.DraftEvent,
    who: actor.Actor,
    due_on: datetime.date | None = None,
    outcome: str = "",
) -> None:
    """Take the (locked) draft along `event`, and the arrangement that it is a part of."""
    moved = drafting.step(
        session,
        draft=draft,
        event=event,
        due_on=due_on,
        outcome=outcome,
        now=ctx.clock.now(),
        who=who,
    )
    if moved and draft.arrangement_id is not None and draft.ended_at is not None:
        arrange.follow(session, ctx, arrangement_id=draft.arrangement_id)


def miss(
    session: orm.Session,
    ctx: context.Context,
    *,
    draft: models.Draft,
    amount_cents: int,
    is_gone: bool,
    who: actor.Actor,
) -> None:
    """The (locked) draft ends without an attempt, and who pays is told, for nobody else does.

    `is_gone`: its card or account can be charged no more; else its payer did not confirm in time.
    """
    outcome = declines.METHOD_GONE if is_gone else ""
    step(session, ctx, draft=draft, event=declines.DraftEvent.FAIL, outcome=outcome, who=who)
    _tell_owner(session, ctx, draft=draft, amount_cents=amount_cents)
    view = drafts.one(session, customer_id=draft.customer_id, number=draft.number)
    method = session.get_one(wallet.PaymentMethod, draft.method_id)
    draft_mails.tell(
        session,
        ctx,
        customer_id=draft.customer_id,
        payer_id=draft.payer_id,
        policy_no=view.bills[0].policy_no,
        template="draft_missed",
        key=f"draft_missed:{draft.number}",
        subject_no=draft.number,
        amount_cents=amount_cents,
        pets=view.pets,
        method_label=labels.of_method(method),
        is_gone=is_gone,
    )


def _refused(
    session: orm.Session,
    ctx: context.Context,
    *,
    draft: models.Draft,
    payment: models.Payment,
    moved: settling.Moved,
    who: actor.Actor,
) -> None:
    today = ctx.clock.today()
    code = payment.failure_code if moved.after is PaymentState.FAILED else ""
    found = _next(session, draft=draft, payment=payment, code=code, today=today)
    is_main = payment.method_id == draft.method_id
    step(
        session,
        ctx,
        draft=draft,
        event=found.event,
        due_on=found.due_on,
        outcome=code if is_main else draft.outcome,
        who=who,
    )
    ends = _stop_autopay(session, ctx, draft=draft, payment=payment, code=code, who=who)
    if silenced.draft(session, draft_id=draft.id):
        return
    if draft.state is DraftState.FAILED:
        _tell_owner(session, ctx, draft=draft, amount_cents=payment.amount_cents)
    if code:
        view = drafts.one(session, customer_id=draft.customer_id, number=draft.number)
        _tell(session, ctx, draft=draft, view=view, payment=payment, code=code, ends_autopay=ends)


def _stop_autopay(
    session: orm.Session,
    ctx: context.Context,
    *,
    draft: models.Draft,
    payment: models.Payment,
    code: str,
    who: actor.Actor,
) -> bool:
    """Where the method is refused for good, autopay by it goes on with the backup, or ends.

    Whether that of this draft has ended.
    """
    if payment.method_id is None or not _meaning(session, payment.method_id, code).ends_method:
        return False
    end_autopay.stop_for(
        session, ctx, method_id=payment.method_id, reason=AutopayEnd.REFUSED, who=who
    )
    return _was_left(session, draft)


def _next(
    session: orm.Session,
    *,
    draft: models.Draft,
    payment: models.Payment,
    code: str,
    today: datetime.date,
) -> declines.Step:
    """What follows from an attempt that took nothing."""
    first_on = draft.first_tried_on or today
    if not payment.is_off_session:  # the payer confirmed, and was refused or gave up
        until = first_on + datetime.timedelta(days=declines.CONFIRM_DAYS)
        return declines.Step(event=declines.DraftEvent.ASK, due_on=max(until, today))
    if _was_left(session, draft):
        return declines.Step(event=declines.DraftEvent.FAIL)
    if not code:  # called off at Stripe, by another attempt: what is open then is looked at
        return declines.Step(event=declines.DraftEvent.WAIT, due_on=today)
    is_main = payment.method_id == draft.method_id
    if not is_main and not draft.outcome:  # another method took its place, and was not tried yet
        return declines.Step(
            event=declines.DraftEvent.WAIT, due_on=today + datetime.timedelta(days=1)
        )
    main_code = code if is_main else draft.outcome
    is_bank = _is_bank(session, draft.method_id)
    return declines.after_refusal(
        _meaning(session, draft.method_id, main_code),
        first_on=first_on,
        attempts=draft.attempts,
        today=today,
        has_backup=is_main and draft.backup_method_id is not None,
        most_attempts=1 + (returns.RETRIES_MOST if is_bank else len(declines.RETRY_DAYS)),
    )


def _was_left(session: orm.Session, draft: models.Draft) -> bool:
    """Whether the autopay or arrangement behind the draft ended while the attempt ran, or all its
    bills are held.
    """
    if silenced.draft(session, draft_id=draft.id):
        return True
    if draft.arrangement_id is not None:
        return not arrange.runs(session, arrangement_id=draft.arrangement_id)
    if draft.autopay_id is None:
        return False
    return session.get_one(models.Autopay, draft.autopay_id).ended_at is not None


def _is_bank(session: orm.Session, method_id: int) -> bool:
    return session.get_one(wallet.PaymentMethod, method_id).kind is wallet.MethodKind.BANK


def _meaning(session: orm.Session, method_id: int, code: str) -> declines.Refusal:
    if code in (declines.METHOD_GONE, declines.NOT_MADE) or not _is_bank(session, method_id):
        return declines.of_card(code)
    found = returns.meaning(code)
    return declines.Refusal(
        may_retry=found.may_retry, ends_method=found.ends_method or found.revokes_mandate
    )


def _tell_owner(
    session: orm.Session, ctx: context.Context, *, draft: models.Draft, amount_cents: int
) -> None:
    """Where somebody else should have paid: nothing more comes of it."""
    payer_news.tell(
        session,
        ctx,
        payer_id=draft.payer_id,
        what=payer_news.NOT_RECEIVED,
        fact=draft.id,
        amount_cents=amount_cents,
    )


def _tell(
    session: orm.Session,
    ctx: context.Context,
    *,
    draft: models.Draft,
    view: drafts.DraftView,
    payment: models.Payment,
    code: str,
    ends_autopay: bool,
) -> None:
    """Write to whoever pays why nothing was taken, and what comes next."""
    if draft.state is DraftState.ASKING:
        template, more = "confirm_needed", _question(ctx, draft)
    else:
        template, more = "draft_refused", _refusal(ctx, draft, view, code, ends_autopay)
    draft_mails.tell(
        session,
        ctx,
        customer_id=draft.customer_id,
        payer_id=draft.payer_id,
        policy_no=view.bills[0].policy_no,
        template=template,
        key=f"{template}:{payment.number}",
        subject_no=draft.number,
        amount_cents=payment.amount_cents,
        pets=view.pets,
        method_label=payment.method_label,
        **more,
    )


def _question(ctx: context.Context, draft: models.Draft) -> dict[str, object]:
    link = confirm_link.link(ctx, draft_no=draft.number, until_on=draft.due_on)
    return {"link": link, "until_on": draft.due_on, "secret": True}


def _refusal(
    ctx: context.Context,
    draft: models.Draft,
    view: drafts.DraftView,
    code: str,
    ends_autopay: bool,
) -> dict[str, object]:
    today = ctx.clock.today()
    return {
        "code": code,
        "again_on": draft.due_on if draft.due_on and draft.due_on > today else None,
        "tries_backup": draft.state is DraftState.RETRYING and draft.due_on == today,
        "ends_autopay": ends_autopay,
        "bill_nos": tuple(bill.invoice_no for bill in view.bills),
    }

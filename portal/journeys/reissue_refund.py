"""Staff see to a refund that failed: send it again, or pay it by check; alone or by two people."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.approvals import operations as approvals
from portal.domain.approvals import queries as approval_queries
from portal.domain.approvals import rules as approval_rules
from portal.domain.disputes import rules
from portal.domain.disputes.operations import stepping, writing
from portal.domain.payments import models
from portal.domain.payments import rules as payment_rules
from portal.domain.payments.operations import reissuing
from portal.domain.payments.queries import shown_method
from portal.gateways import ports
from portal.journeys import context, moving_money, refund_mails, second_person
from portal.kernel import actor, errors, msgids

N_ = msgids.N_
DONE = {
    "again": N_("The refund was sent again, as a new one."),
    "check": N_("The refund was paid by check."),
}


class How(enum.StrEnum):
    """In which way a failed refund is paid after all."""

    AGAIN = "again"
    CHECK = "check"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ask:
    """What is asked for; a check has its number and the day written on it."""

    how: How
    reason: str
    check_no: str = ""
    check_on: datetime.date | None = None

    @property
    def by_stripe(self) -> bool:
        """Whether Stripe should send it."""
        return self.how is How.AGAIN


@dataclasses.dataclass(frozen=True, kw_only=True)
class Done:
    """What came of it: the number of the new refund, of the request that waits, or neither."""

    new_no: str = ""
    approval_no: str = ""


class NotKnownDead(errors.DomainError):
    """Stripe did not say that the failed refund is dead; it must not be paid twice."""

    code = "refund_not_known_dead"
    message = N_(
        "Stripe could not confirm that this refund failed, so that nothing was done. "
        "Try again in a few minutes."
    )


class AskedAlready(errors.DomainError):
    """A second person is being asked about this refund."""

    code = "refund_asked_already"
    message = N_("This refund waits for a second person already.")


def reissue(ctx: context.Context, *, number: str, ask: Ask, who: actor.Actor) -> Done:
    """Do what is asked for, or keep it for a second person where the amount asks for one.

    Raises NoSuchRefund, NotOwed, RefundLocked, OnlyByCheck, AskedAlready, NotKnownDead,
    ReasonMissing, ReasonTooLong, CheckNumberWrong, CheckDayWrong; nothing is changed then.
    """
    kept = _clean(ctx, ask)
    _check_dead(ctx, number)
    with ctx.database.unit_of_work() as session:
        refund = reissuing.lock(session, number=number)
        reissuing.check_owed(session, refund=refund, by_stripe=kept.by_stripe)
        if waiting(session, number=number):
            raise AskedAlready(number=number)
        facts = facts_of(session, ctx, refund, kept)
        if not _needs_second(facts):
            return Done(new_no=_carry_out(session, ctx, refund, kept, who=who))
        asked_no = second_person.ask(
            session,
            ctx,
            _matter(refund),
            amount_cents=refund.amount_cents,
            facts=facts,
            reason=kept.reason,
            who=who,
        )
        return Done(approval_no=asked_no)


def approve(ctx: context.Context, *, approval_no: str, facts_version: str, who: actor.Actor) -> str:
    """Agree to exactly what was shown and carry it out; the number of the refund.

    When the figures changed, the request gets the new ones and StaleFacts is raised. Raises also
    NoSuchApproval, DecidedAlready, NotAnApprover, NotYours, and what `reissue` raises.
    """
    number = second_person.asked(ctx, approval_rules.FAILED_REFUND, approval_no).subject
    _check_dead(ctx, number)
    with second_person.deciding(
        ctx, approval_no=approval_no, facts_version=facts_version, who=who
    ) as deciding:
        session = deciding.session
        refund = reissuing.lock(session, number=number)
        asked = deciding.request()
        ask = ask_of(asked.facts)
        reissuing.check_owed(session, refund=refund, by_stripe=ask.by_stripe)
        fresh = facts_of(session, ctx, refund, ask)
        deciding.agree(fresh)
        second_person.log(session, ctx, _matter(refund), "approved", approval_no, who=who)
        _carry_out(session, ctx, refund, ask, who=who)
    return number


def send_back(ctx: context.Context, *, approval_no: str, reason: str, who: actor.Actor) -> str:
    """Send a request back with a reason; the number of its refund, which is owed as before.

    Raises NoSuchApproval, DecidedAlready, NotAnApprover, NotYours, ReasonMissing, ReasonTooLong.
    """
    number = second_person.asked(ctx, approval_rules.FAILED_REFUND, approval_no).subject
    with ctx.database.unit_of_work() as session:
        refund = reissuing.lock(session, number=number)
        approvals.return_(session, number=approval_no, reason=reason, who=who, now=ctx.clock.now())
        kept = approval_rules.clean_reason(reason)
        second_person.log(
            session, ctx, _matter(refund), "returned", approval_no, who=who, reason=kept
        )
    return number


def waiting(session: orm.Session, *, number: str) -> str:
    """The request about the refund that waits for a second person, or ""."""
    return approval_queries.waiting(session, kind=approval_rules.FAILED_REFUND, subject=number)


def facts_of(
    session: orm.Session, ctx: context.Context, refund: models.Refund, ask: Ask
) -> dict[str, Any]:
    """What the second person is shown, as plain JSON values; cents, days as ISO texts.

    The sums of 30 days leave this refund out: it was counted when it was decided.
    """
    payment = session.get_one(models.Payment, refund.payment_id)
    now = ctx.clock.now()
    case_cents, customer_cents = moving_money.moved_30_days(
        session, customer_id=refund.customer_id, subject=refund.subject, now=now
    )
    own = refund.amount_cents if refund.created_at > now - moving_money.WINDOW else 0
    return {
        "how": str(ask.how),
        "reason": ask.reason,
        "check_no": ask.check_no,
        "check_on": ask.check_on.isoformat() if ask.check_on else "",
        "refund_no": refund.number,
        "payment_no": payment.number,
        "amount_cents": refund.amount_cents,
        "method_label": shown_method.of_payment(session, payment=payment),
        "case_30d_cents": case_cents - own,
        "customer_30d_cents": customer_cents - own,
    }


def preview(ctx: context.Context, *, number: str, facts: dict[str, Any]) -> dict[str, Any]:
    """What a request with these facts would do now.

    Raises NoSuchRefund, NotOwed, RefundLocked, OnlyByCheck.
    """
    with ctx.database.reading() as session:
        refund = session.scalar(sa.select(models.Refund).where(models.Refund.number == number))
        if refund is None:
            raise reissuing.NoSuchRefund(number=number)
        ask = ask_of(facts)
        reissuing.check_owed(session, refund=refund, by_stripe=ask.by_stripe)
        return facts_of(session, ctx, refund, ask)


def ask_of(facts: dict[str, Any]) -> Ask:
    """What was asked for, from the facts of its request."""
    day = facts["check_on"]
    return Ask(
        how=How(facts["how"]),
        reason=facts["reason"],
        check_no=facts["check_no"],
        check_on=datetime.date.fromisoformat(day) if day else None,
    )


def _needs_second(facts: dict[str, Any]) -> bool:
    return rules.needs_second_person(
        facts["amount_cents"], facts["case_30d_cents"], facts["customer_30d_cents"]
    )


def _clean(ctx: context.Context, ask: Ask) -> Ask:
    reason = approval_rules.clean_reason(ask.reason)
    if ask.how is How.AGAIN:
        return Ask(how=ask.how, reason=reason)
    check_no = reissuing.clean_check(ask.check_no, ask.check_on, today=ctx.clock.today())
    return dataclasses.replace(ask, reason=reason, check_no=check_no)


def _check_dead(ctx: context.Context, number: str) -> None:
    """Ask Stripe what became of the failed refund, before its money goes another way."""
    with ctx.database.reading() as session:
        row = session.execute(
            sa.select(models.Refund.stripe_ref, models.Payment.stripe_ref.label("intent_ref"))
            .join(models.Payment, models.Payment.id == models.Refund.payment_id)
            .where(models.Refund.number == number)
        ).one_or_none()
    if row is None:
        raise reissuing.NoSuchRefund(number=number)
    if not (row.stripe_ref or row.intent_ref):
        return  # nothing of it was ever at Stripe
    try:
        if row.stripe_ref:
            view = ctx.payments.read_refund(row.stripe_ref)
        else:
            view = ctx.payments.find_refund(intent_ref=row.intent_ref, refund_no=number)
    except ports.GatewayRefused as refused:
        if refused.code == ports.NOT_THERE:
            return  # Stripe knows neither the refund nor its payment
        raise NotKnownDead(number=number) from refused
    except ports.GatewayUnknown as unknown:
        raise NotKnownDead(number=number) from unknown
    is_dead = view is None or (
        payment_rules.refund_event(view.status) is payment_rules.RefundEvent.FAIL
    )
    if not is_dead:
        raise NotKnownDead(number=number)


def _carry_out(
    session: orm.Session,
    ctx: context.Context,
    refund: models.Refund,
    ask: Ask,
    *,
    who: actor.Actor,
) -> str:
    """Pay it in the way that was asked for, write it into the case, tell; the new refund's no."""
    terms = {"now": ctx.clock.now(), "today": ctx.clock.today(), "who": who}
    new_no = ""
    if ask.how is How.AGAIN:
        another = reissuing.send_again(
            session, refund=refund, reason=ask.reason, rng=ctx.rng, **terms
        )
        new_no = another.number
        refund_mails.sent_again(session, ctx, refund=another)
    elif ask.check_on is not None:
        reissuing.pay_by_check(
            session, refund=refund, check_no=ask.check_no, check_on=ask.check_on, **terms
        )
        refund_mails.paid_by_check(session, ctx, refund=refund)
    case_no = refund.case_no
    if case_no:
        stepping.lock(session, number=case_no)
        writing.add_note(
            session,
            number=case_no,
            body=DONE[ask.how],
            once_key=f"reissued:{refund.number}",
            who=who,
            hours=ctx.hours,
            now=ctx.clock.now(),
        )
    return new_no


def _matter(refund: models.Refund) -> second_person.Matter:
    return second_person.Matter(
        kind=approval_rules.FAILED_REFUND,
        subject=refund.number,
        customer_id=refund.customer_id,
        data={"refund": refund.number, "amount_cents": refund.amount_cents},
    )

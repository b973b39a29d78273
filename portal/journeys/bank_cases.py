"""Cases that a bank raises: a chargeback, an inquiry, a warning; one case a payment, P1."""

from __future__ import annotations

import dataclasses
import datetime

from sqlalchemy import orm

from portal.domain.disputes import categories, rules
from portal.domain.disputes.operations import writing
from portal.domain.payments import rules as payment_rules
from portal.domain.payments.operations import charging_back
from portal.journeys import case_opening, context, foreseeing, pausing
from portal.kernel import actor, msgids

N_ = msgids.N_
Category = categories.Category


@dataclasses.dataclass(frozen=True, kw_only=True)
class Why:
    """Why a bank's case is opened: what its thread begins with, what staff should do, how urgent.

    The customer reads `words`, never `advice`.
    """

    words: str
    advice: str
    urgency: rules.Urgency


CHARGEBACK = Why(
    words=N_(
        "The bank of this card took the payment back. We are looking into it together with the "
        "bank. Your bills stay as they are until it has decided."
    ),
    advice=N_(
        "The bank took this payment back. Answer with evidence before the deadline, once. "
        "Refunds of the payment are locked meanwhile."
    ),
    urgency=rules.Urgency(chargeback=True),
)
LATE_RETURN = Why(
    words=N_(
        "The bank of this account took the payment back for good. The bills that it paid are open "
        "again, with the days on which they were due. We are looking into it."
    ),
    advice=N_(
        "The bank took this debit back for good; there is nothing to answer. The bills that it "
        "paid are open again. Where the bank says that nobody allowed it, the account is not "
        "debited any more: find out with the customer."
    ),
    urgency=rules.Urgency(chargeback=True),
)
RETURNED = Why(
    words=N_("The bank sent this payment back. We are looking into why."),
    advice=N_(
        "The bank sent this debit back, and it is not tried again. Look at the reason and ask the "
        "customer. Before another debit they have to add the account again."
    ),
    urgency=rules.Urgency(),
)
INQUIRY = Why(
    words=N_("The bank of this card asked about the payment. We are looking into it."),
    advice=N_(
        "The bank asks about this payment and has taken nothing yet. Refund it, or answer with "
        "evidence before the deadline; otherwise it may become a chargeback."
    ),
    urgency=rules.Urgency(chargeback=True),
)
FRAUD_WARNING = Why(
    words=N_("The bank of this card asked about the payment. We are looking into it."),
    advice=N_(
        "The bank warns that this payment may be fraud. Refund it in full before it becomes a "
        "chargeback with a fee, unless you know that the customer made it."
    ),
    urgency=rules.Urgency(fraud=True),
)
# Stripe's reason → what the case is about; anything else is about something else.
CATEGORIES = {
    "duplicate": Category.CHARGED_TWICE,
    "credit_not_processed": Category.REFUND_NOT_RECEIVED,
    "subscription_canceled": Category.CHARGED_AFTER_CANCELLATION,
    "debit_not_authorized": Category.AUTOPAY_NOT_RECOGNISED,
}
_STEPS = {
    "warning_under_review": N_("The evidence is with the bank, which goes on asking."),
    "warning_closed": N_("The bank's inquiry is over. It claims nothing."),
    "needs_response": N_("The bank claims the payment now. Answer with evidence, once."),
    "under_review": N_("The evidence is with the bank. It decides."),
    "won": N_("The bank decided for us. The money is back."),
    "lost": N_("The bank decided against us. The chargeback says what became of the money."),
    "prevented": N_("The bank kept the money without a chargeback being counted."),
    "appeal_needs_response": N_("The bank does not accept the decision and asks once more."),
    "appeal_under_review": N_("The card network decides now."),
}


def open_or_join(
    session: orm.Session,
    ctx: context.Context,
    *,
    payment_no: str,
    customer_id: int,
    why: Why,
    reason: str = "",
    once_key: str,
    now: datetime.datetime,
) -> str:
    """The open case about the payment, which becomes P1, or a new one; its number.

    The caller has locked the customer's account. The unapplied part of the payment is set aside.
    The acknowledgement of a dispute is not mailed: nobody raised one here.
    """
    seen = foreseeing.foresee(
        session,
        customer_id=customer_id,
        category=CATEGORIES.get(reason, Category.SOMETHING_ELSE),
        payment_no=payment_no,
        hours=ctx.hours,
        now=now,
    )
    if seen.joins:
        number = seen.joins
        case_opening.make_urgent(
            session, ctx, case_no=number, least=categories.Priority.P1, now=now
        )
    else:
        number = case_opening.begin(
            session,
            ctx,
            customer_id=customer_id,
            about=seen.about,
            urgency=why.urgency,
            words=why.words,
            once_key=once_key,
            who=actor.system(ctx.brand),
            now=now,
        )
        pausing.set_aside(
            session,
            case_no=number,
            customer_id=customer_id,
            payment_no=payment_no,
            cents=seen.set_aside_cents,
            now=now,
        )
    _note(session, ctx, case_no=number, body=why.advice, once_key=f"{once_key}:advice", now=now)
    return number


def note(
    session: orm.Session,
    ctx: context.Context,
    *,
    case_no: str,
    change: charging_back.Change,
    key: str,
    now: datetime.datetime,
) -> None:
    """Write each step of a chargeback after its first into the case, for staff only."""
    is_first = change.before is None and change.after not in payment_rules.CHARGEBACK_ENDS
    body = _STEPS.get(str(change.after))
    if body is not None and not is_first:
        once_key = f"{key}:{change.after}"
        _note(session, ctx, case_no=case_no, body=body, once_key=once_key, now=now)


def _note(
    session: orm.Session,
    ctx: context.Context,
    *,
    case_no: str,
    body: str,
    once_key: str,
    now: datetime.datetime,
) -> None:
    writing.add_note(
        session,
        number=case_no,
        body=body,
        once_key=once_key,
        who=actor.system(ctx.brand),
        hours=ctx.hours,
        now=now,
    )

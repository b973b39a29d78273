"""The cases with a story of their own: Maria's, Lee's, and money for a bill that was taken off."""

from __future__ import annotations

import datetime

import sqlalchemy as sa

from portal.domain.disputes import models as disputes
from portal.domain.disputes.categories import Category
from portal.domain.disputes.operations import deciding
from portal.domain.disputes.rules import MoneyAction, Outcome
from portal.domain.payments import models as payments
from portal.journeys import answer_dispute, work_dispute
from portal.journeys.demo import cases, casting, payers, script, words
from portal.journeys.demo.script import Fate
from portal.journeys.demo.stage import Scene, Stage
from portal.kernel import actor

LEES_WORDS = "Thank you, Grace. This is what my card statement says, in case it helps."
LATE_WORDS = (
    "The page let me pay a bill that you told me is gone. Please send the money back or tell me "
    "where it went."
)


def maria(stage: Stage, company: casting.Company, desk: cases.Desk) -> Scene:
    """Maria was right once: a part of a payment came back. Grace worked it."""
    line = script.Line(Category.WRONG_AMOUNT, Fate.REFUNDED, 0)
    cast = casting.payment(stage, company, line.category, part="maria")
    if cast is None:
        return
    case = cases.Case(stage, cast, line, desk.specialists[0])
    case.raise_it()
    yield stage.in_hours(2)
    case.take()
    case.reply()
    yield stage.in_hours(5)
    case.decide()


def lee(stage: Stage, company: casting.Company, desk: cases.Desk) -> Scene:
    """Lee disputes the bill that is open, Grace has answered, and Lee sent a picture."""
    line = script.Line(Category.WRONG_AMOUNT, Fate.ANSWERED, 0)
    cast = casting.bill(stage, company, line.category, part="lee")
    if cast is None:
        return
    case = cases.Case(stage, cast, line, desk.specialists[0])
    case.raise_it()
    yield stage.in_hours(2)
    case.take()
    yield stage.in_hours(1)
    case.reply()
    yield stage.now + datetime.timedelta(hours=5)
    case.customer_back(LEES_WORDS)


def paid_meanwhile(
    stage: Stage, company: casting.Company, desk: cases.Desk, *, is_resolved: bool, turn: int
) -> Scene:
    """A pay page stands open while the bill is credited; the money comes for nothing open."""
    line = script.Line(Category.WRONG_PET_OR_POLICY, Fate.CREDITED, 0)
    cast = casting.bill(stage, company, line.category)
    if cast is None:
        return
    worker = desk.specialists[turn % len(desk.specialists)]
    begun = payers.begin(stage, cast.player, cast.due_on)
    if begun is None:
        return
    key = cast.player.last_key
    case = cases.Case(stage, cast, line, worker)
    case.raise_it()
    yield stage.now + datetime.timedelta(minutes=12)
    case.take()
    case.decide(_take_off(cast))
    yield stage.now + datetime.timedelta(minutes=7)
    _, household = company.players[cast.player.customer_id]
    payers.confirm(stage, cast.player, begun, once_key=key, card=household.card)
    yield stage.in_hours(2)
    own = _about_payment(stage, cast, begun.number, worker)
    if own is None or not is_resolved:
        return
    yield stage.in_hours(4)
    own.decide(_send_back(stage, begun.number))


def _about_payment(
    stage: Stage, cast: casting.Cast, payment_no: str, worker: actor.Actor
) -> cases.Case | None:
    """The case that opened by itself for the payment: the owner adds words, somebody takes it."""
    with stage.ctx.database.reading() as session:
        number = session.scalar(
            sa.select(disputes.Dispute.number).where(disputes.Dispute.payment_no == payment_no)
        )
    if number is None:
        return None
    answer_dispute.customer_wrote(
        stage.ctx,
        number=number,
        customer_id=cast.player.customer_id,
        words=LATE_WORDS,
        once_key=cast.player.once_key(),
        who=cast.player.who,
    )
    work_dispute.take(stage.ctx, number=number, version=None, who=worker)
    line = script.Line(Category.PAYMENT_NOT_CREDITED, Fate.REFUNDED, 0)
    own = cases.Case(stage, cast, line, worker)
    own.number = number
    return own


def _take_off(cast: casting.Cast) -> deciding.Decision:
    return deciding.Decision(
        outcome=Outcome.UPHELD,
        action=MoneyAction.CREDIT,
        amount_cents=cast.cents,
        answer=words.CREDITED[cast.language][0],
        reason=words.CREDITED_REASON,
    )


def _send_back(stage: Stage, payment_no: str) -> deciding.Decision:
    with stage.ctx.database.reading() as session:
        cents = session.scalars(
            sa.select(payments.Payment.unapplied_cents).where(payments.Payment.number == payment_no)
        ).one()
    return deciding.Decision(
        outcome=Outcome.UPHELD,
        action=MoneyAction.REFUND,
        amount_cents=cents,
        payment_no=payment_no,
        answer=words.PAID_MEANWHILE["en"][0],
        reason=words.PAID_MEANWHILE_REASON,
    )

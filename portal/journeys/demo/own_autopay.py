"""Autopay of those whom the demo introduces: Maria's works, Sam's fails, Lee's takes an account."""

from __future__ import annotations

import datetime

from portal.domain.payments.queries import drafts, standing
from portal.journeys import autopay, keep_method, recheck_payments
from portal.journeys.demo import casting, payers, roster
from portal.journeys.demo.stage import Player, Scene, Stage

ACCOUNT = "000123456789"
BANKS_TAKE = datetime.timedelta(days=8)  # until a debit has arrived, weekends and all
AGO = {"maria": 60, "lee": 45, "sam": 34}  # days before today on which each of them joins


def play(stage: Stage, company: casting.Company, part: str) -> Scene:
    """One of them joins autopay for the first pet, in their own way."""
    player = next(
        (one for one, household in company.players.values() if household.part == part), None
    )
    if player is None:
        return
    if part == "lee":
        method = payers.save_account(stage, player, ACCOUNT)
    elif part == "sam":
        method = payers.save_card(stage, player, roster.DECLINES_WHEN_CHARGED)
        keep_method.make_default(
            stage.ctx, customer_id=player.customer_id, number=method, who=player.who
        )
    else:
        method = payers.first_method(stage, player) or payers.save_card(stage, player, roster.VISA)
    yield stage.now + datetime.timedelta(minutes=4)
    _join(stage, player, method)
    if part == "lee":
        yield from _until_the_bank_has_paid(stage, player)


def _join(stage: Stage, player: Player, method_no: str) -> None:
    with stage.ctx.database.reading() as session:
        pets = standing.of_customer(session, customer_id=player.customer_id)
    first = min(pets, key=lambda one: one.policy_id)
    autopay.join(
        stage.ctx,
        customer_id=player.customer_id,
        policy_no=first.policy_no,
        method_no=method_no,
        backup_no="",
        days_before=0,
        shown=autopay.shown(stage.ctx, pet_name=first.pet_name, language="en"),
        who=player.who,
    )
    player.has_autopay = stage.has_autopay = True


def _until_the_bank_has_paid(stage: Stage, player: Player) -> Scene:
    """No event reaches the history, so the first debit is read again when it has arrived."""
    yield stage.now + datetime.timedelta(days=10)
    with stage.ctx.database.reading() as session:
        waiting = drafts.not_over(session, customer_id=player.customer_id)
    if not waiting:
        return
    yield stage.at(waiting[0].draft_on, 12) + BANKS_TAKE
    stage.at_stripe()
    recheck_payments.run(stage.ctx)
    stage.fees_wait = True

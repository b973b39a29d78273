"""What happened to some policies: a dearer premium, another billing day, a year at once, an end."""

from __future__ import annotations

import datetime

from portal.domain.billing.queries import coverage
from portal.journeys import end_policy, term_changes
from portal.journeys.demo import casting, roster
from portal.journeys.demo.stage import Player, Scene, Stage
from portal.kernel import actor

DAY = datetime.timedelta(days=1)
DEARER_AGO = 33  # days before today
AGO = {"moved": 74, "at_once": 58, "ended": 21}
DEARER = 108  # per cent of what it was
PAYDAY = 15


def maria(stage: Stage, company: casting.Company, desk: actor.Actor) -> Scene:
    """Biscuit's cover gets better and dearer inside the term: her next bill says why it changed."""
    yield stage.now
    found = [one for one, household in company.players.values() if household.part == "maria"]
    for player in found:
        first = _covers(stage, player)[0]
        term_changes.change_premium(
            stage.ctx,
            ask=_ask(stage, player, first.policy_no, desk, "Wellness cover added"),
            effective_on=stage.today,
            premium_cents=74_929 * DEARER // 100,
        )


def somebody(stage: Stage, company: casting.Company, what: str) -> Scene:
    """A customer who pays as billed moves the day, pays the year at once, or ends the policy."""
    yield stage.now
    for customer_id in company.free():
        player, household = company.players[customer_id]
        covers = [
            one
            for one in _covers(stage, player)
            if one.next_on and one.next_on.day != PAYDAY and one.due == 0
        ]
        if household.habit is not roster.Habit.SAVED or not covers or player.has_autopay:
            continue
        company.taken.add(customer_id)
        ask = _ask(stage, player, covers[0].policy_no, player.who, "")
        if what == "moved":
            term_changes.move_day(stage.ctx, ask=ask, day=PAYDAY)
        elif what == "at_once":
            term_changes.pay_in_full(stage.ctx, ask=ask)
        else:
            end_policy.by_customer(stage.ctx, ask=ask, on=stage.today)
            company.ended.add(covers[0].policy_no)
        return


def _covers(stage: Stage, player: Player) -> tuple[coverage.PolicyCover, ...]:
    with stage.ctx.database.reading() as session:
        return coverage.covers(session, customer_id=player.customer_id, today=stage.today)


def _ask(
    stage: Stage, player: Player, policy_no: str, who: actor.Actor, reason: str
) -> term_changes.Ask:
    return term_changes.Ask(policy_no=policy_no, once_key=player.once_key(), who=who, reason=reason)


def put_on(stage: Stage, company: casting.Company, desk: actor.Actor) -> None:
    """Put all of it on the calendar."""
    at = stage.at(stage.last_day - DEARER_AGO * DAY, 11, 20)
    stage.enter(at, maria(stage, company, desk))
    for what, days in AGO.items():
        stage.enter(stage.at(stage.last_day - days * DAY, 18, 5), somebody(stage, company, what))

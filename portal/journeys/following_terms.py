"""Terms written already that do not begin because the policy ends before; and their return."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from portal.domain.billing.operations import earning, replan
from portal.domain.billing.rules import replanning
from portal.domain.billing.rules.charges import ChargeKind
from portal.domain.policies import changing, models
from portal.journeys import term_scene
from portal.kernel import ids

Kind = term_scene.Kind
Sums = Mapping[str, int]


def drop(scene: term_scene.Scene) -> Sums:
    """Take back every term after the one of the scene, its fees too: none of its days is covered.

    Each leaves an event of its own. What went back, as `Scene.charge` tells it.
    """
    came_to: dict[str, int] = {}
    for term in _after(scene):
        later = dataclasses.replace(
            scene,
            term=term,
            number=ids.new(ids.Prefix.CHANGE, scene.ctx.rng),
            parts=replan.take(scene.session, term_id=term.id),
        )
        facts = {
            "premium_before_cents": term.premium_cents,
            "tax_before_cents": term.tax_cents,
            "dropped": [written(part) for part in later.parts],
            "fees_back": fees_back(later),
        }
        later.parts = ()
        kept = term.corrected_cents  # was given back before: charged no more than that
        done = later.charge(kept, later.tax_on(kept), fees_too=True)
        term.ended_on, term.kept_cents = term.effective_on, kept
        changing.record(
            scene.session,
            policy=scene.policy,
            term=term,
            kind=Kind.TERM_DROPPED,
            number=later.number,
            once_key=f"{scene.number}:{term.number}",
            effective_on=term.effective_on,
            reason="",
            facts=facts | done,
            now=scene.ctx.clock.now(),
            who=scene.ask.who,
        )
        came_to = added(came_to, done)
    return came_to


def restore(scene: term_scene.Scene) -> Sums:
    """Have the terms that were dropped begin after all; what is billed at once for them."""
    came_to: dict[str, int] = {}
    for term in _after(scene):
        last = changing.last_event(scene.session, term_id=term.id, kind=Kind.TERM_DROPPED)
        if last is None or term.ended_on is None:
            continue
        term.ended_on = term.kept_cents = None
        free = replan.take(scene.session, term_id=term.id)
        came_to = added(
            came_to, plan_again(dataclasses.replace(scene, term=term, parts=free), last)
        )
    return came_to


def fees_back(scene: term_scene.Scene) -> dict[str, int]:
    """What goes back of the fees that the term's plan had on its bills, by name of a part's."""
    kinds = (ChargeKind.POLICY_FEE, ChargeKind.INSTALLMENT_FEE)
    lines = replan.billed(scene.session, term_id=scene.term.id, kinds=kinds)
    return {
        f"{kind}_cents": sum(line.room_cents for line in lines if line.kind is kind)
        for kind in kinds
    }


def plan_again(scene: term_scene.Scene, ended: models.PolicyEvent) -> Sums:
    """Have the term cost what it did before it ended, fees too; what is billed at once."""
    facts, from_on = ended.facts, scene.today
    scene.parts += planned(facts["dropped"], from_on=from_on)
    return scene.charge(
        facts["premium_before_cents"],
        facts["tax_before_cents"],
        owed=_owed(facts, from_on=from_on),
    )


def _owed(facts: Mapping[str, Any], *, from_on: datetime.date) -> replanning.Fees:
    """The fees that went back, and the policy fee of a part that was due before `from_on`."""
    back = replanning.Fees(**facts.get("fees_back", {}))
    past = sum(
        part["policy_fee_cents"]
        for part in facts["dropped"]
        if datetime.date.fromisoformat(part["due_on"]) < from_on
    )
    return dataclasses.replace(back, policy_fee_cents=back.policy_fee_cents + past)


def _after(scene: term_scene.Scene) -> Sequence[models.Term]:
    """The terms that follow, what they had earned kept before they change."""
    terms = changing.terms_after(scene.session, term=scene.term)
    earning.before_change(scene.session, term_ids=[term.id for term in terms])
    return terms


def added(one: Sums, other: Sums) -> dict[str, int]:
    """Both, name by name."""
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


def written(part: replanning.Part) -> dict[str, Any]:
    """A part as plain values, for the trail."""
    values = dataclasses.asdict(part)
    return {k: v.isoformat() if isinstance(v, datetime.date) else v for k, v in values.items()}


def planned(
    listed: list[Mapping[str, Any]], *, from_on: datetime.date
) -> tuple[replanning.Part, ...]:
    """The parts that `written` wrote, those due from a day on."""
    parts = (
        replanning.Part(
            **{
                k: datetime.date.fromisoformat(v) if k.endswith("_on") else v
                for k, v in values.items()
            }
        )
        for values in listed
    )
    return tuple(part for part in parts if part.due_on >= from_on)

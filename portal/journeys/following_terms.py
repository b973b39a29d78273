"""Terms written already that do not begin because the policy ends before; and their return."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from portal.domain.billing.operations import earning, replan
from portal.domain.billing.rules import replanning
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
        later = dataclasses.replace(
            scene, term=term, parts=planned(last.facts["dropped"], from_on=scene.today)
        )
        replan.put(scene.session, term_id=term.id, parts=later.parts)
        done = later.charge(last.facts["premium_before_cents"], last.facts["tax_before_cents"])
        came_to = added(came_to, done)
    return came_to


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

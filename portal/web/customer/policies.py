"""The pets' policies of an owner; one with its cover, its bills to come and what happened to it."""

from __future__ import annotations

from collections.abc import Sequence

import flask
import flask_login
import werkzeug.exceptions

from portal.domain.billing.queries import ahead, coverage, joint
from portal.domain.policies import queries
from portal.journeys import bill_together
from portal.web.customer import cover_view
from portal.web.shared import change_words, letters, rows, site

bp = flask.Blueprint("policies", __name__, url_prefix="/policies")


@bp.get("")
def index() -> str:
    """Every policy, those in force first."""
    today = site.ctx().clock.today()
    write = rows.Writer(today)
    me = flask_login.current_user.id
    covers = coverage.covers(site.reader(), customer_id=me, today=today)
    setting = joint.running(site.reader(), customer_id=me)
    return flask.render_template(
        "customer/policies.html",
        policies=[
            (cover, cover_view.line(cover, write), cover_view.is_over(cover)) for cover in covers
        ],
        setting=setting,
        off=rows.names([c.pet_name for c in bill_together.off_the_day(covers, setting)]),
        may_join=sum(c.next_on is not None for c in covers) >= bill_together.LEAST_PETS,
    )


@bp.get("/<number>")
def show(number: str) -> str:
    """One policy: six statements with the look-up of the person."""
    me, reader, today = flask_login.current_user.id, site.reader(), site.ctx().clock.today()
    write = rows.Writer(today)
    policy = queries.by_number(reader, policy_no=number, today=today, customer_id=me)
    if policy is None or policy.term is None:
        raise werkzeug.exceptions.NotFound
    cover = coverage.cover(reader, customer_id=me, policy_no=policy.number, today=today)
    if cover is None:
        raise werkzeug.exceptions.NotFound
    coming = ahead.of_policy(reader, policy_id=policy.id) if cover.died_on is None else ()
    following = queries.next_term(reader, policy_id=policy.id, today=today)
    if following is not None and following.id == policy.term.id:
        following = None  # no other runs before it
    begins = following.effective_on if following else None
    events = queries.events(reader, policy_id=policy.id, for_owner=True)
    return flask.render_template(
        "customer/policy.html",
        policy=policy,
        cover=cover,
        line=cover_view.line(cover, write),
        is_over=cover_view.is_over(cover),
        died_on=cover.died_on,
        coming=[one for one in coming if begins is None or one.due_on < begins],
        following=following,
        following_bills=[one for one in coming if begins is not None and one.due_on >= begins],
        before_cents=_before(events, following, policy.term),
        letters=letters.listed(events, site.ctx(), write, at=f"/policies/{number}"),
        events=[
            (
                event,
                change_words.title(event.kind),
                change_words.sentences(event.kind, event.effective_on, event.facts, write),
            )
            for event in events
        ],
    )


@bp.get("/<number>/letters/<change>.pdf")
def letter(number: str, change: str) -> flask.Response:
    """A letter of the policy as a PDF: two statements."""
    found = queries.event(
        site.reader(), policy_no=number, number=change, customer_id=flask_login.current_user.id
    )
    return letters.paper(found, site.ctx(), policy_no=number)


def _before(
    events: Sequence[queries.EventView],
    following: queries.TermView | None,
    now: queries.TermView,
) -> int:
    """What a whole term cost before the next one: as its trail says, else what this one costs."""
    begun = (
        event.facts["before_cents"]
        for event in events
        if following is not None and event.facts.get("term_no") == following.number
    )
    return next((cents for cents in begun if cents is not None), now.premium_cents)

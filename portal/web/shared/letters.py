"""Letters of a policy, listed and as PDF; for its owner and the desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import flask
import flask_babel
import werkzeug.exceptions

from portal.documents.pdf import letter
from portal.domain.identity import rules
from portal.domain.policies import queries
from portal.journeys import context
from portal.kernel import msgids
from portal.web.shared import looks, rows

N_ = msgids.N_
_ = flask_babel.gettext
TITLES = {
    "term_begun": N_("Letter about the next term"),
    "renewed": N_("Renewal letter"),
    "premium_changed": N_("Letter about the changed premium"),
}


class Listed(NamedTuple):
    """A letter in a list: what it is about, when it was written, where its paper is."""

    title: str
    on: str
    href: str


def listed(
    events: Sequence[queries.EventView], ctx: context.Context, write: rows.Writer, *, at: str
) -> list[Listed]:
    """The letters among what happened; `at` is the address of the policy's page."""
    return [
        Listed(
            _(TITLES[event.kind]),
            write.day(event.at.astimezone(ctx.clock.zone).date(), "year"),
            f"{at}/letters/{event.number}.pdf",
        )
        for event in events
        if is_letter(event)
    ]


def is_letter(event: queries.EventView) -> bool:
    """Whether a letter went out with it."""
    return event.kind in letter.KINDS and "letter" in event.facts


def paper(
    event: queries.EventView | None, ctx: context.Context, *, policy_no: str
) -> flask.Response:
    """The letter in the language of this request; 404 where there is none."""
    if event is None or not is_letter(event):
        raise werkzeug.exceptions.NotFound
    printed = letter.render(
        letter.LetterPaper(
            kind=event.kind,
            number=event.number,
            policy_no=policy_no,
            written_on=event.at.astimezone(ctx.clock.zone).date(),
            effective_on=event.effective_on,
            facts=event.facts,
            state=rules.US_STATES[event.facts["letter"]["us_state"]],
            page=f"{ctx.base_url}/policies/{policy_no}",
        ),
        language=looks.page_lang(),
        brand=ctx.brand,
        phone=ctx.phone,
    )
    response = flask.Response(printed, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{event.number}.pdf"'
    response.headers["Cache-Control"] = "private, no-store"
    return response

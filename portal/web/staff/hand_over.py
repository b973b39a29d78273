"""Handing a case to a colleague, and sorting it: its category and its priority."""

from __future__ import annotations

import flask
import flask_babel
import werkzeug.exceptions

from portal.domain.disputes import categories
from portal.domain.disputes.operations import stepping
from portal.domain.disputes.queries import case as cases
from portal.domain.disputes.queries import queue
from portal.journeys import work_dispute
from portal.kernel import errors, ids
from portal.web.shared import numbers, sentences, site
from portal.web.staff import frame, queue_list, words

bp = flask.Blueprint("desk_hand_over", __name__)
CONFLICT = 409


@bp.get("/desk/disputes/<number>/hand-over")
def show(number: str) -> str:
    """Who could take the case, with what they have in hand; and how it is sorted."""
    return _page(numbers.wanted(number, ids.Prefix.DISPUTE))


@bp.post("/desk/disputes/<number>/hand-over")
def assign(number: str) -> flask.typing.ResponseReturnValue:
    """Give the case to a colleague."""
    to = flask.request.form.get("to", "")
    try:
        work_dispute.assign(
            site.ctx(),
            number=number,
            version=frame.version(),
            to_staff_id=frame.whole(to),
            who=site.who(),
        )
    except stepping.NoSuchCase:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as error:
        return _page(number, to=to, to_error=sentences.said(error)), CONFLICT
    flask.flash(flask_babel.gettext("The case has changed hands."), "good")
    return flask.redirect(f"/desk/disputes/{number}")


@bp.post("/desk/disputes/<number>/sort")
def sort(number: str) -> flask.typing.ResponseReturnValue:
    """Correct category and priority; the time used is kept."""
    category, priority = (flask.request.form.get(n, "") for n in ("category", "priority"))
    if category not in set(categories.Category) or priority not in set(categories.Priority):
        raise werkzeug.exceptions.BadRequest
    try:
        work_dispute.sort(
            site.ctx(),
            number=number,
            version=frame.version(),
            category=categories.Category(category),
            priority=categories.Priority(priority),
            who=site.who(),
        )
    except stepping.NoSuchCase:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as error:
        return _page(number, sorting=(category, priority), sort_error=sentences.said(error)), (
            CONFLICT
        )
    return flask.redirect(f"/desk/disputes/{number}")


def _page(
    number: str,
    *,
    to: str = "",
    to_error: str = "",
    sorting: tuple[str, str] = ("", ""),
    sort_error: str = "",
) -> str:
    head = frame.found(cases.head(site.reader(), number=number))
    return frame.page(
        "hand_over.html",
        head=head,
        title=queue_list.subject(head.category, head.pet_name),
        team=[s for s in queue.staff_with_load(site.reader()) if s.id != head.owner_id],
        to=to,
        to_error=to_error,
        category=sorting[0] or head.category,
        priority=sorting[1] or head.priority,
        sort_error=sort_error,
        categories=_choices(head.category),
        priorities=[(str(p), str(p)) for p in categories.Priority],
    )


def _choices(now: str) -> list[tuple[str, str]]:
    """What the case can be sorted into: a death stays one, and nothing else becomes one."""
    if not categories.can_be_chosen(now):
        return [(now, words.word("category", now))]
    return [(str(d.category), words.word("category", d.category)) for d in categories.OFFERED]

"""One case on one screen, and the words written on it: take, reply, ask, note, files."""

from __future__ import annotations

import dataclasses
import datetime

import flask
import flask_babel
import werkzeug.exceptions

from portal.domain.disputes.operations import raising, stepping
from portal.domain.disputes.queries import thread
from portal.journeys import answer_dispute, work_dispute
from portal.kernel import errors, ids, paging
from portal.web.shared import numbers, once, sentences, served, site
from portal.web.staff import case_view, frame, queue_list

bp = flask.Blueprint("desk_case", __name__)
CONFLICT = 409
UNPROCESSABLE = 422


@dataclasses.dataclass(kw_only=True)
class Draft:
    """What was typed and could not be kept: it comes back with the reason beside it.

    `seen_at` is when the page was made that the words were written on; `stale` says that the
    case changed since.
    """

    reply: str = ""
    asks: bool = False
    note: str = ""
    reply_error: str = ""
    note_error: str = ""
    once_key: str = ""
    seen_at: datetime.datetime | None = None
    stale: bool = False


@bp.get("/desk/disputes/<number>")
def show(number: str) -> str:
    """The case; opening it is written into the audit log. A number that is nobody's is 404."""
    return _page(numbers.wanted(number, ids.Prefix.DISPUTE), Draft())


@bp.post("/desk/disputes/<number>/take")
def take(number: str) -> flask.typing.ResponseReturnValue:
    """Make the case one's own."""
    try:
        work_dispute.take(site.ctx(), number=number, version=frame.version(), who=site.who())
    except stepping.NoSuchCase:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as error:
        flask.flash(sentences.said(error), "wait")
    return _back(number)


@bp.post("/desk/disputes/<number>/reply")
def reply(number: str) -> flask.typing.ResponseReturnValue:
    """Answer the customer by mail; with "asks" our clock pauses until the answer comes."""
    form = flask.request.form
    draft = Draft(
        reply=form.get("reply", ""),
        asks=form.get("asks") == "1",
        once_key=once.given_key(),
        seen_at=paging.moment(form.get("seen_at", "")),
    )
    write = answer_dispute.ask if draft.asks else answer_dispute.reply
    try:
        write(
            site.ctx(),
            number=number,
            version=frame.version(),
            words=draft.reply,
            once_key=draft.once_key,
            who=site.who(),
        )
    except stepping.NoSuchCase:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as error:
        draft.reply_error = sentences.said(error)
        return _refused(number, draft, error)
    flask.flash(
        flask_babel.gettext("Your question is on its way. The clock waits for the answer.")
        if draft.asks
        else flask_babel.gettext("Your reply is on its way."),
        "good",
    )
    return _back(number)


@bp.post("/desk/disputes/<number>/note")
def note(number: str) -> flask.typing.ResponseReturnValue:
    """Keep an internal note; it is never sent and makes nobody's page stale."""
    form = flask.request.form
    draft = Draft(note=form.get("note", ""), once_key=once.given_key())
    try:
        answer_dispute.note(
            site.ctx(), number=number, words=draft.note, once_key=draft.once_key, who=site.who()
        )
    except stepping.NoSuchCase:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as error:
        draft.note_error = sentences.said(error)
        return _refused(number, draft, error)
    return _back(number)


@bp.get("/desk/disputes/<number>/files/<attachment>")
def file(number: str, attachment: str) -> flask.typing.ResponseReturnValue:
    """A file of the thread: images are shown, a PDF is only ever downloaded."""
    found = frame.found(
        thread.file_of(
            site.reader(),
            number=numbers.wanted(number, ids.Prefix.DISPUTE),
            attachment_no=numbers.wanted(attachment, ids.Prefix.ATTACHMENT),
        )
    )
    return served.file(found)


def _page(number: str, draft: Draft) -> str:
    screen = frame.found(case_view.screen(number))
    frame.opened(number, customer_id=screen.head.customer_id)
    now = site.ctx().clock.now()
    changed: tuple[case_view.Line, ...] = ()
    if draft.stale and draft.seen_at is not None:
        since = draft.seen_at
        changed = tuple(line for line in screen.timeline if line.at > since)
    return frame.page(
        "case.html",
        list=queue_list.listing(open_number=number),
        case=screen,
        draft=draft,
        changed=changed,
        once_key=draft.once_key or once.new_key(),
        seen_at=now.isoformat(),
        today=site.ctx().clock.today(),
        paid_to=case_view.paid_to,
        address=f"/desk/disputes/{number}",
        inline=served.SHOWN,
    )


def _refused(
    number: str, draft: Draft, error: errors.DomainError
) -> flask.typing.ResponseReturnValue:
    """The page again with what was typed, the reason, and what changed meanwhile."""
    words_only = isinstance(error, raising.WordsMissing | raising.WordsTooLong)
    draft.stale = not words_only
    return _page(number, draft), UNPROCESSABLE if words_only else CONFLICT


def _back(number: str) -> flask.typing.ResponseReturnValue:
    return flask.redirect(f"/desk/disputes/{number}")

"""One dispute of an owner: where it is, what is paused, the thread; taking it back, reopening."""

from __future__ import annotations

import dataclasses

import flask
import flask_login
import werkzeug.exceptions
from flask_babel import gettext as _

from portal.domain.disputes import categories
from portal.domain.disputes.operations import stepping
from portal.domain.disputes.queries import expected, owner, thread
from portal.journeys import answer_dispute, taking_files, work_dispute
from portal.kernel import errors, ids
from portal.web.customer import cover_view, dispute_draft, dispute_view
from portal.web.shared import chosen_files, numbers, once, sentences, served, site

bp = flask.Blueprint("dispute", __name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Typed:
    """What was written and could not be taken: the words, and what is wrong beside each field."""

    words: str = ""
    words_error: str = ""
    files_error: str = ""
    above: str = ""
    reopens: bool = False


@bp.get("/disputes/<number>")
def show(number: str) -> str:
    """The dispute as it stands."""
    return _page(number, Typed())


@bp.post("/disputes/<number>/messages")
def write(number: str) -> flask.typing.ResponseReturnValue:
    """Add a message with files; a second press adds nothing."""
    words = flask.request.form.get("words", "")[: dispute_draft.WORDS_KEPT]
    typed = Typed(words=words)
    try:
        answer_dispute.customer_wrote(
            site.ctx(),
            number=numbers.wanted(number, ids.Prefix.DISPUTE),
            customer_id=flask_login.current_user.id,
            words=words,
            files=chosen_files.read(),
            once_key=once.given_key(),
            who=site.who(),
        )
    except stepping.NoSuchCase:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as refused:
        return _page(number, _beside(typed, refused)), 422
    flask.flash(_("Your message is with us."), "good")
    return flask.redirect(flask.url_for(".show", number=number), 303)


@bp.get("/disputes/<number>/withdraw")
def leave(number: str) -> flask.typing.ResponseReturnValue:
    """Ask once more before a dispute is taken back."""
    case = _own(number)
    if case.closed_at is not None:
        return flask.redirect(flask.url_for(".show", number=number))
    return flask.render_template(
        "customer/dispute_withdraw.html",
        case=case,
        title=dispute_view.title(case),
        out=flask.url_for(".show", number=number),
    )


@bp.post("/disputes/<number>/withdraw")
def withdraw(number: str) -> flask.typing.ResponseReturnValue:
    """Take the dispute back; doing it twice changes nothing more."""
    try:
        work_dispute.withdraw(
            site.ctx(),
            number=numbers.wanted(number, ids.Prefix.DISPUTE),
            customer_id=flask_login.current_user.id,
            who=site.who(),
        )
    except stepping.NoSuchCase:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as refused:
        flask.flash(sentences.said(refused), "wait")
    else:
        flask.flash(_("You took the dispute back. Nothing of it is paused any more."), "good")
    return flask.redirect(flask.url_for(".show", number=number), 303)


@bp.post("/disputes/<number>/reopen")
def reopen(number: str) -> flask.typing.ResponseReturnValue:
    """Open a closed dispute again, saying why."""
    words = flask.request.form.get("words", "")[: dispute_draft.WORDS_KEPT]
    typed = Typed(words=words, reopens=True)
    try:
        work_dispute.reopen(
            site.ctx(),
            number=numbers.wanted(number, ids.Prefix.DISPUTE),
            customer_id=flask_login.current_user.id,
            words=words,
            once_key=once.given_key(),
            who=site.who(),
        )
    except stepping.NoSuchCase:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as refused:
        return _page(number, _beside(typed, refused)), 422
    flask.flash(_("Your dispute is open again."), "good")
    return flask.redirect(flask.url_for(".show", number=number), 303)


@bp.get("/disputes/<number>/files/<attachment>")
def file(number: str, attachment: str) -> flask.Response:
    """A file of the owner's own thread."""
    found = thread.file_of(
        site.reader(),
        number=numbers.wanted(number, ids.Prefix.DISPUTE),
        attachment_no=numbers.wanted(attachment, ids.Prefix.ATTACHMENT),
        customer_id=flask_login.current_user.id,
    )
    if found is None:
        raise werkzeug.exceptions.NotFound
    return served.file(found)


def _page(number: str, typed: Typed) -> str:
    case = _own(number)
    median = None
    if case.closed_at is None:
        median = expected.median_days(site.reader(), category=categories.Category(case.category))
    return flask.render_template(
        "customer/dispute.html",
        covers=_covers(case),
        view=dispute_view.view(case, median=median),
        case=case,
        typed=typed,
        once_key=once.new_key(),
    )


def _covers(case: owner.OwnCase) -> tuple[cover_view.CoverLine, ...]:
    """What money means for cover; beside a pet that has died no other pet is late."""
    is_death = case.category == categories.Category.BEREAVEMENT
    return cover_view.beside_money(case.policy_no or "" if is_death else "")


def _own(number: str) -> owner.OwnCase:
    case = owner.own_case(
        site.reader(),
        customer_id=flask_login.current_user.id,
        number=numbers.wanted(number, ids.Prefix.DISPUTE),
    )
    if case is None:
        raise werkzeug.exceptions.NotFound
    return case


def _beside(typed: Typed, refused: errors.DomainError) -> Typed:
    said = sentences.said(refused)
    if isinstance(refused, taking_files.FileRefused):
        return dataclasses.replace(typed, files_error=said)
    if refused.code.startswith("dispute_words"):
        return dataclasses.replace(typed, words_error=said)
    return dataclasses.replace(typed, above=said)

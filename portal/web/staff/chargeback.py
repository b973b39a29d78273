"""One chargeback on the desk: what the bank claims, the evidence, and who bears a loss."""

from __future__ import annotations

import flask
import flask_babel
import werkzeug.exceptions

from portal.domain.ledger import queries as ledger
from portal.domain.payments import rules
from portal.domain.payments.states import IfLost
from portal.domain.reports.queries import chargeback_record, evidence_facts
from portal.journeys import answer_chargeback, draft_evidence
from portal.kernel import errors, ids
from portal.web.shared import numbers, sentences, site
from portal.web.staff import chargeback_view, frame

bp = flask.Blueprint("desk_chargeback", __name__)
UNPROCESSABLE = 422
CONFLICT = 409
_ABOUT_WORDS = (rules.EvidenceMissing, rules.EvidenceTooLong)


@bp.get("/desk/chargebacks/<number>")
def show(number: str) -> str:
    """The chargeback; opening it is written into the audit log. A number of nobody's is 404."""
    return _page(number)


@bp.post("/desk/chargebacks/<number>/evidence")
def submit(number: str) -> flask.typing.ResponseReturnValue:
    """Send the evidence, once; what could not be sent comes back with the reason."""
    words = flask.request.form.get("words", "")
    try:
        answer_chargeback.release(
            site.ctx(),
            number=numbers.wanted(number, ids.Prefix.CHARGEBACK),
            words=words,
            who=site.who(),
        )
    except rules.NoSuchChargeback:
        raise werkzeug.exceptions.NotFound from None
    except errors.DomainError as error:
        page = _page(number, typed=words, refused=sentences.said(error))
        return page, UNPROCESSABLE if isinstance(error, _ABOUT_WORDS) else CONFLICT
    flask.flash(flask_babel.gettext("The evidence is on its way to the bank."), "good")
    return flask.redirect(f"/desk/chargebacks/{number}")


@bp.post("/desk/chargebacks/<number>/if-lost")
def choose(number: str) -> flask.typing.ResponseReturnValue:
    """Decide what becomes of the money if the bank keeps it."""
    wanted = flask.request.form.get("if_lost", "")
    if wanted not in set(map(str, IfLost)):
        raise werkzeug.exceptions.BadRequest
    try:
        answer_chargeback.choose_if_lost(
            site.ctx(),
            number=numbers.wanted(number, ids.Prefix.CHARGEBACK),
            if_lost=IfLost(wanted),
            who=site.who(),
        )
    except rules.NoSuchChargeback:
        raise werkzeug.exceptions.NotFound from None
    except rules.ChargebackOver as error:
        flask.flash(sentences.said(error), "wait")
    else:
        flask.flash(flask_babel.gettext("Kept."), "good")
    return flask.redirect(f"/desk/chargebacks/{number}")


def _page(number: str, *, typed: str = "", refused: str = "") -> str:
    reader = site.reader()
    wanted = numbers.wanted(number, ids.Prefix.CHARGEBACK)
    record = frame.found(chargeback_record.chargeback(reader, number=wanted))
    frame.opened(wanted, customer_id=record.customer_id)
    facts = evidence_facts.of(reader, number=wanted)
    zone = site.ctx().clock.zone
    return frame.page(
        "chargeback.html",
        chargeback=chargeback_view.panel(record),
        words=typed
        or record.evidence.get("uncategorized_text", "")
        or draft_evidence.text(facts, zone=zone),
        sent=_sent(record.evidence) or draft_evidence.fields(facts, zone=zone),
        refused=refused,
        most=rules.EVIDENCE_MOST,
        entries=ledger.entries_about(reader, [wanted]),
        address=f"/desk/chargebacks/{wanted}",
    )


def _sent(evidence: dict[str, str]) -> dict[str, str]:
    """What went beside the words."""
    return {name: text for name, text in evidence.items() if name != "uncategorized_text"}

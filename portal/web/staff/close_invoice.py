"""Void, void and reissue, write off, write back: the form, a preview of all it does, the deed."""

from __future__ import annotations

import dataclasses
import datetime

import flask
import flask_babel
import werkzeug.exceptions

from portal.domain.approvals import rules as approval_rules
from portal.domain.disputes import rules
from portal.domain.reports.queries import invoice_record
from portal.journeys import close_invoice, reissue_invoice
from portal.kernel import errors, ids
from portal.web.shared import numbers, sentences, site
from portal.web.staff import closing_view, frame, links

bp = flask.Blueprint("desk_close_invoice", __name__)
_ = flask_babel.gettext
UNPROCESSABLE = 422
CONFLICT = 409
Action = close_invoice.Action


@dataclasses.dataclass(kw_only=True)
class Typed:
    """The form as it was typed, with the errors beside its fields (`""` stands above)."""

    action: Action
    reason: str = ""
    due_on: str = ""
    leaves_unapplied: bool = False
    errors: dict[str, str] = dataclasses.field(default_factory=dict)


@bp.get("/desk/invoices/<number>/close")
def show(number: str) -> str:
    """The form for what `do` names, to void where nothing is named."""
    typed = Typed(action=_action(flask.request.args.get("do", Action.VOID)))
    invoice = _invoice(number)
    typed.due_on = invoice.due_on.isoformat()
    return _form(invoice, typed)


@bp.post("/desk/invoices/<number>/close")
def send(number: str) -> flask.typing.ResponseReturnValue:
    """Preview it, go back to its form, or (step "do") carry it out."""
    form = flask.request.form
    typed = Typed(
        action=_action(form.get("do", "")),
        reason=form.get("reason", ""),
        due_on=form.get("due_on", ""),
        leaves_unapplied=form.get("leaves_unapplied", "") == "1",
    )
    invoice, step = _invoice(number), form.get("step", "preview")
    ask = _ask(typed)
    if step == "edit":
        return _form(invoice, typed)
    if ask is None:
        return _form(invoice, typed), UNPROCESSABLE
    if step == "do":
        return _do(invoice, typed, ask)
    return _preview(invoice, typed, ask)


def _preview(
    invoice: invoice_record.InvoiceRecord,
    typed: Typed,
    ask: close_invoice.Ask,
    *,
    refused: str = "",
) -> flask.typing.ResponseReturnValue:
    try:
        facts = close_invoice.preview(site.ctx(), number=invoice.number, ask=ask)
    except errors.DomainError as error:
        field = _FIELDS.get(type(error), "")
        typed.errors[field] = sentences.said(error)
        return _form(invoice, typed), UNPROCESSABLE if field else CONFLICT
    page = frame.page(
        "close_preview.html",
        invoice=invoice,
        typed=typed,
        facts=facts,
        closing=closing_view.of(facts),
        facts_version=approval_rules.facts_version(facts),
        limit_cents=rules.SECOND_PERSON_ABOVE_CENTS,
        refused=refused,
        address=_address(invoice.number),
    )
    return page, CONFLICT if refused else 200


def _do(
    invoice: invoice_record.InvoiceRecord, typed: Typed, ask: close_invoice.Ask
) -> flask.typing.ResponseReturnValue:
    try:
        done = close_invoice.close(
            site.ctx(),
            number=invoice.number,
            ask=ask,
            facts_version=flask.request.form.get("facts_version", ""),
            who=site.who(),
        )
    except errors.DomainError as error:
        return _preview(invoice, typed, ask, refused=sentences.said(error))
    if done.approval_no:
        flask.flash(_("Asked. It waits for a second person now."), "wait")
        return flask.redirect(links.href(done.approval_no))
    flask.flash(closing_view.done(typed.action), "good")
    return flask.redirect(links.href(done.new_no or invoice.number))


def _form(invoice: invoice_record.InvoiceRecord, typed: Typed) -> str:
    return frame.page(
        "close_form.html",
        invoice=invoice,
        typed=typed,
        name=closing_view.name(typed.action),
        about=closing_view.about(typed.action),
        address=_address(invoice.number),
    )


def _invoice(number: str) -> invoice_record.InvoiceRecord:
    wanted = numbers.wanted(number, ids.Prefix.INVOICE)
    return frame.found(invoice_record.invoice(site.reader(), number=wanted))


def _address(number: str) -> str:
    return f"/desk/invoices/{number}/close"


def _action(name: str) -> Action:
    try:
        return Action(name)
    except ValueError:
        raise werkzeug.exceptions.NotFound from None


def _ask(typed: Typed) -> close_invoice.Ask | None:
    """What was typed, or None with the error beside its field."""
    due_on = None
    if typed.action is Action.REISSUE and typed.due_on.strip():
        try:
            due_on = datetime.date.fromisoformat(typed.due_on.strip())
        except ValueError:
            typed.errors["due_on"] = _("Enter a day, like 2026-12-24.")
            return None
    return close_invoice.Ask(
        action=typed.action,
        reason=typed.reason,
        due_on=due_on,
        leaves_unapplied=typed.leaves_unapplied,
    )


_FIELDS: dict[type[errors.DomainError], str] = {
    approval_rules.ReasonMissing: "reason",
    approval_rules.ReasonTooLong: "reason",
    reissue_invoice.DueDayWrong: "due_on",
}

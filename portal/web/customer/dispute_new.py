"""Raising a dispute in three steps: what went wrong, which part of it, a photo and send."""

from __future__ import annotations

import flask
import flask_login
import werkzeug.exceptions
from flask_babel import gettext as _

from portal.domain.disputes import categories
from portal.domain.disputes.operations import raising
from portal.domain.disputes.queries import owner, subjects
from portal.domain.identity import rules as identity
from portal.journeys import foreseeing, open_dispute, taking_files
from portal.kernel import errors
from portal.web.customer import dispute_draft, dispute_words
from portal.web.shared import chosen_files, rows, sentences, site

bp = flask.Blueprint("dispute_new", __name__)
PAYMENTS_FIRST = frozenset(
    {
        categories.Category.CHARGED_TWICE,
        categories.Category.PAYMENT_NOT_CREDITED,
        categories.Category.AUTOPAY_NOT_RECOGNISED,
        categories.Category.REFUND_NOT_RECEIVED,
    }
)


@bp.get("/disputes/new")
def show() -> flask.typing.ResponseReturnValue:
    """The first step, or the second once a category is chosen."""
    args = flask.request.args
    draft = dispute_draft.read(args, customer_id=flask_login.current_user.id)
    if args.get("step") != "which":
        return _what(draft)
    if not draft.has_category:
        return _what(draft, error=_("Choose what comes closest.")), 422
    if not draft.has_subject:
        asked = bool(args.get("asked"))
        page = _about(draft, error=_("Choose a bill or a payment.") if asked else "")
        return page, 422 if asked else 200
    return _which(draft)


@bp.post("/disputes/new")
def check() -> flask.typing.ResponseReturnValue:
    """From the second step to the third, or back from it; nothing is changed."""
    form = flask.request.form
    me = flask_login.current_user.id
    if form.get("do") == "back":
        kept = dispute_draft.unsign(form.get("draft", ""), customer_id=me)
        return _which(kept) if kept else flask.redirect(flask.url_for(".show"), 303)
    draft = dispute_draft.read(form, customer_id=me)
    if not draft.has_category or not draft.has_subject:
        return flask.redirect(flask.url_for(".show"), 303)
    wrong: dict[str, str] = {}
    if draft.invoice and not draft.lines:
        wrong["lines"] = _("Choose at least one line.")
    try:
        raising.clean_words(draft.words)
    except errors.DomainError as refused:
        wrong["words"] = sentences.said(refused)
    if wrong:
        return _which(draft, wrong=wrong), 422
    try:
        return _send(draft)
    except foreseeing.LineNotOnBill as refused:
        return _which(draft, wrong={"lines": sentences.said(refused)}), 422


@bp.post("/disputes/new/send")
def send() -> flask.typing.ResponseReturnValue:
    """Raise the dispute; a second press leads to the same one."""
    form = flask.request.form
    me = flask_login.current_user.id
    draft = dispute_draft.unsign(form.get("draft", ""), customer_id=me)
    if draft is None:
        flask.flash(_("This page was too old. Please start again."), "wait")
        return flask.redirect(flask.url_for(".show"), 303)
    try:
        number = open_dispute.raise_dispute(
            site.ctx(),
            customer_id=me,
            category=draft.kind,
            invoice_no=draft.invoice or None,
            payment_no=draft.payment or None,
            line_numbers=draft.lines,
            words=draft.words,
            files=chosen_files.read(),
            once_key=draft.once_key,
            who=site.who(),
        )
    except taking_files.FileRefused as refused:
        return _send(draft, error=sentences.said(refused)), 422
    except foreseeing.NoSuchSubject:
        raise werkzeug.exceptions.NotFound from None
    _say_what_happened(number, draft)
    if form.get("then") == "pay" and draft.invoice:
        return flask.redirect(f"/pay?invoice={draft.invoice}", 303)
    return flask.redirect(f"/disputes/{number}", 303)


def _what(draft: dispute_draft.Draft, error: str = "") -> str:
    bill, payment = _subject(draft)
    return flask.render_template(
        "customer/dispute_what.html",
        draft=draft,
        error=error,
        choices_=[(str(c.category), _(c.words), _hint(c)) for c in categories.OFFERED],
        lead=dispute_words.subject(bill, payment, _writer()),
        out=_out(draft),
    )


def _about(draft: dispute_draft.Draft, error: str = "") -> str:
    mine = {"customer_id": draft.customer_id}
    write, session = _writer(), site.reader()
    bills = [
        (bill.number, write.bill(bill.pet_name, bill.due_on), dispute_words.due(bill, write))
        for bill in subjects.recent_bills(session, **mine)
    ]
    payments = [
        (payment.number, *dispute_words.payment(payment, write))
        for payment in subjects.recent_payments(session, **mine)
    ]
    return flask.render_template(
        "customer/dispute_about.html",
        draft=draft,
        error=error,
        bills=bills,
        payments=payments,
        payments_first=draft.kind in PAYMENTS_FIRST,
        out=_out(draft),
    )


def _which(draft: dispute_draft.Draft, wrong: dict[str, str] | None = None) -> str:
    bill, payment = _subject(draft)
    lines = []
    if bill:
        state = identity.US_STATES.get(bill.us_state, bill.us_state)
        lines = [
            (line, dispute_words.charge(line.kind, state), dispute_words.line_note(line))
            for line in bill.lines
        ]
    return flask.render_template(
        "customer/dispute_which.html",
        draft=draft,
        wrong=wrong or {},
        lead=dispute_words.subject(bill, payment, _writer()),
        what=_(categories.describe(draft.kind).words),
        lines=lines,
        back=_address(draft),
        out=_out(draft),
    )


def _send(draft: dispute_draft.Draft, error: str = "") -> str:
    """The last step, with exactly what sending would do now."""
    bill, payment = _subject(draft)
    ctx = site.ctx()
    seen = foreseeing.foresee(
        site.reader(),
        customer_id=draft.customer_id,
        category=draft.kind,
        invoice_no=draft.invoice or None,
        payment_no=draft.payment or None,
        line_numbers=draft.lines,
        hours=ctx.hours,
        now=ctx.clock.now(),
    )
    return flask.render_template(
        "customer/dispute_send.html",
        draft=draft,
        signed=dispute_draft.sign(draft),
        error=error,
        lead=dispute_words.subject(bill, payment, _writer()),
        seen=seen,
        lines=dispute_words.line_names(bill, seen),
        is_past_due=bool(seen.rest_due_on and seen.rest_due_on < ctx.clock.today()),
        out=_out(draft),
    )


def _subject(
    draft: dispute_draft.Draft,
) -> tuple[subjects.BillSubject | None, subjects.PaymentSubject | None]:
    """The bill or payment, which must be the customer's own: else 404."""
    session, mine = site.reader(), {"customer_id": draft.customer_id}
    bill = subjects.bill(session, number=draft.invoice, **mine) if draft.invoice else None
    payment = subjects.payment(session, number=draft.payment, **mine) if draft.payment else None
    if (draft.invoice and bill is None) or (draft.payment and payment is None):
        raise werkzeug.exceptions.NotFound
    return bill, payment


def _say_what_happened(number: str, draft: dispute_draft.Draft) -> None:
    key = open_dispute.once_key_of(customer_id=draft.customer_id, once_key=draft.once_key)
    opened = owner.raised_with(site.reader(), customer_id=draft.customer_id, once_key=key)
    if opened:
        text = _("We have your dispute, number %(number)s. A mail is on its way.", number=number)
    else:
        text = _("You told us about this before. We added it to dispute %(number)s.", number=number)
    flask.flash(text, "good")


def _address(draft: dispute_draft.Draft) -> str:
    chosen = {"invoice": draft.invoice, "payment": draft.payment, "category": draft.category}
    kept = {name: value for name, value in chosen.items() if value}
    return flask.url_for(".show", line=list(draft.lines), **kept)


def _out(draft: dispute_draft.Draft) -> str:
    if draft.invoice:
        return f"/invoices/{draft.invoice}"
    return f"/payments/{draft.payment}" if draft.payment else "/disputes"


def _hint(description: categories.Description) -> str:
    return _(description.hint) if description.hint else ""


def _writer() -> rows.Writer:
    return rows.Writer(site.ctx().clock.today())

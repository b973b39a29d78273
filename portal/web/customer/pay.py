"""Paying: choose bills, how much and a method, see what it does, press once."""

from __future__ import annotations

from collections.abc import Mapping

import flask
import flask_login
from flask_babel import gettext as _

from portal.documents import formats
from portal.domain.wallet import queries as wallet
from portal.journeys import pay_invoices
from portal.kernel import errors, money, msgids
from portal.web.customer import pay_later, pay_page
from portal.web.shared import entry, headers, once, sentences, site

bp = flask.Blueprint("pay", __name__)


@bp.get("/pay")
def show() -> flask.typing.ResponseReturnValue:
    """Choose; bills and a method named in the address are ticked, else what is due first."""
    asked = flask.request.args
    when = pay_page.LATER if asked.get("when") == pay_page.LATER else pay_page.NOW
    numbers = tuple(asked.getlist("invoice"))
    return _render(_page(pay_page.Typed(numbers=numbers, method=_named(asked), when=when)))


def _named(asked: Mapping[str, str]) -> str:
    """The saved method that the address names; "" for none of theirs."""
    number = asked.get("with", "")
    me = flask_login.current_user.id
    known = number and wallet.method(site.reader(), customer_id=me, number=number)
    return number if known else ""


@bp.post("/pay")
def send() -> flask.typing.ResponseReturnValue:
    """Begin the payment, or only show what it would do.

    A script is answered in JSON, a form by the next page.
    """
    form = flask.request.form
    typed = pay_page.Typed.of(form, form.getlist("bill"))
    if form.get("look"):
        return _look(typed)
    try:
        if typed.when == pay_page.LATER:
            return _plan(typed)
        started = _start(typed)
    except errors.DomainError as refused:
        return _refused(refused, typed)
    if not started.number:
        flask.flash(_("Your credit paid it. Nothing else was charged."), "good")
        next_url = flask.url_for("invoices.index")
    else:
        next_url = flask.url_for("pay_result.show", number=started.number)
        _tell_of_credit(entry.cents(form.get("expected_credit_cents", "0")))
    if entry.is_script():
        return entry.begun(started, next_url)
    # A bank that asks is met from a link on the next page: no form may lead to another site.
    return flask.redirect(next_url, 303)


class NothingChosen(errors.DomainError):
    """No bill is ticked."""

    code = "no_bill_chosen"
    message = msgids.N_("Choose at least one bill.")


class NoMethodChosen(errors.DomainError):
    """No way to pay is chosen."""

    code = "no_method_chosen"
    message = msgids.N_("Choose how you want to pay.")


def _start(typed: pay_page.Typed) -> pay_invoices.Started:
    form = flask.request.form
    expected = entry.cents(form.get("expected_cents", ""))
    if not typed.numbers:
        raise NothingChosen()
    if not typed.method and expected:
        raise NoMethodChosen()
    is_new = typed.method == pay_page.NEW and expected > 0
    if is_new and not entry.is_script():
        raise entry.CardNeedsScript()
    return pay_invoices.start(
        site.ctx(),
        customer_id=flask_login.current_user.id,
        order=pay_invoices.Order(
            invoice_nos=typed.numbers,
            expected_cents=expected,
            expected_credit_cents=entry.cents(form.get("expected_credit_cents", "0")),
            wish=typed.wish(),
        ),
        once_key=once.given_key(),
        method_no=None if typed.method == pay_page.NEW else typed.method,
        save_method=typed.keep,
        agreed=entry.agreed(keeps=typed.keep) if is_new else (),
        who=site.who(),
    )


def _plan(typed: pay_page.Typed) -> flask.typing.ResponseReturnValue:
    """Plan it for the chosen day, and show what is planned."""
    if not typed.numbers:
        raise NothingChosen()
    number = pay_later.send(
        numbers=typed.numbers,
        method=typed.method,
        day=typed.day,
        cents=typed.cents(),
        expected_cents=entry.cents(flask.request.form.get("expected_later_cents", "")),
    )
    flask.flash(_("It is planned. Nothing was taken today."), "good")
    return flask.redirect(flask.url_for("scheduled.show", number=number), 303)


def _tell_of_credit(used_cents: int) -> None:
    """Say it on the next page, whatever became of the card: the credit is on the bills."""
    if used_cents > 0:
        used = formats.money(used_cents)
        flask.flash(_("%(sum)s of your credit is on your bills now.", sum=used), "good")


def _look(typed: pay_page.Typed) -> flask.typing.ResponseReturnValue:
    """What the choice would do; nothing is begun."""
    page = _page(typed)
    if not entry.is_script():
        return _render(page)
    if not typed.numbers or not page.choices:
        return {"error": sentences.said(NothingChosen()), "html": ""}
    return {
        "error": sentences.said(page.wrong) if page.wrong else "",
        "field": page.wrong_field,
        "html": flask.render_template(
            "customer/pay_effect.html",
            page=page,
            wrong=sentences.said(page.wrong) if page.wrong else "",
        ),
    }


def _refused(
    refused: errors.DomainError, typed: pay_page.Typed
) -> flask.typing.ResponseReturnValue:
    """Say why, keep what was chosen; nothing was taken."""
    if entry.is_script():
        return entry.refused(refused), 409
    page = _page(typed)
    is_beside = isinstance(refused, money.MoneyError) or page.wrong is not None
    return _render(page, error="" if is_beside else sentences.said(refused)), 422


def _page(typed: pay_page.Typed) -> pay_page.PayPage:
    return pay_page.page(
        site.reader(),
        customer_id=flask_login.current_user.id,
        typed=typed,
        today=site.ctx().clock.today(),
    )


def _render(page: pay_page.PayPage, error: str = "") -> str:
    headers.for_payment()
    return flask.render_template(
        "customer/pay.html",
        page=page,
        error=error,
        wrong=sentences.said(page.wrong) if page.wrong else "",
        is_sent=flask.request.method == "POST",
        stripe=entry.to_pay(),
    )

"""The sheet in which a card or account is entered: what its script is told, sends, is answered."""

from __future__ import annotations

from collections.abc import Callable

import flask
from flask_babel import gettext as _

from portal.domain.payments import rules
from portal.domain.wallet import consents
from portal.gateways import ports
from portal.journeys import agreeing, keep_method, pay_invoices
from portal.kernel import errors, msgids
from portal.web.shared import looks, once, sentences, site

BANK = "us_bank_account"
# After these the page shows what is not so any more: it has to be loaded anew.
RELOAD = (rules.AmountChanged, rules.NothingToPay, agreeing.AgreementChanged)


class CardNeedsScript(errors.DomainError):
    """A new card is entered in Stripe's frame, which a script loads."""

    code = "card_needs_script"
    message = msgids.N_(
        "A new card or account can be entered only with JavaScript. Nothing was taken. Choose one "
        "that is saved, or call us."
    )


def is_script() -> bool:
    """Whether the card form's script asks, which wants JSON."""
    return flask.request.headers.get("Accept", "").startswith("application/json")


def cents(text: str) -> int:
    """The cents in a hidden field; -1, which no bill asks for, when it was changed."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else -1


def to_pay() -> dict[str, str]:
    """What the sheet for a new card or account is told, on a page that pays."""
    return _sheet(_("The connection was lost. Nothing was taken by this page; look at your bills."))


def to_keep() -> dict[str, str]:
    """The same on a page that only keeps it."""
    return _sheet(_("The connection was lost. Nothing was saved; please try again."))


def _sheet(lost: str) -> dict[str, str]:
    """What the script and the sheet are told; `lost` is said when the connection is lost."""
    ctx, language = site.ctx(), looks.page_lang()
    return {
        "key": ctx.payments.publishable_key,
        "script": ctx.payments.script_url,
        "lang": language,
        "failed": _("The form could not be loaded. Check your connection and try again."),
        "lost": lost,
        **agreeing.texts(ctx, language=language),
        "agreement": agreeing.stamp(language),
    }


def agreed(*, keeps: bool) -> tuple[consents.Shown, ...]:
    """What was agreed to with the form that was sent. Raises AgreementChanged."""
    form = flask.request.form
    return agreeing.agreed(
        site.ctx(),
        stamped=form.get("agreement", ""),
        keeps=keeps,
        is_bank=form.get("entered") == BANK,
    )


def begun(started: pay_invoices.Started, next_url: str) -> dict[str, str]:
    """What the script is answered once a payment has begun; `next_url` tells what becomes of it."""
    return {
        "number": started.number,
        "client_secret": started.client_secret,
        "return_url": site.ctx().base_url + next_url,
        "next_key": once.new_key(),
    }


def refused(wrong: errors.DomainError) -> dict[str, str | bool]:
    """What the script is answered where nothing was begun, and why.

    Where the page is loaded anew, it says why as well: nobody reads what stands before that.
    """
    said, reloads = sentences.said(wrong), isinstance(wrong, RELOAD)
    if reloads:
        flask.flash(said, "wait")
    return {"error": said, "next_key": once.new_key(), "reload": reloads}


def keeping(
    begin: Callable[[], keep_method.SetupStarted], next_url: str
) -> flask.typing.ResponseReturnValue:
    """What the script is answered that wants to keep a card or account; `next_url` tells of it."""
    try:
        begun_ = begin()
    except agreeing.AgreementChanged as changed:
        return refused(changed), 409
    except (ports.GatewayUnknown, ports.GatewayRefused):
        return {"error": _("We could not reach our payment partner. Nothing was saved.")}, 503
    return {
        "client_secret": begun_.client_secret,
        "return_url": site.ctx().base_url + next_url,
    }


def over(ended: errors.DomainError, page: str) -> flask.typing.ResponseReturnValue:
    """The answer to a mailed link that does not work any more, whatever the reason."""
    if is_script():
        return refused(ended), 404
    return flask.render_template(page), 404

"""The sheet in which a card or account is entered: what its script is told, sends, is answered."""

from __future__ import annotations

import flask
from flask_babel import gettext as _

from portal.domain.payments import rules
from portal.domain.wallet import consents
from portal.journeys import agreeing, pay_invoices
from portal.kernel import errors
from portal.web.shared import looks, once, sentences, site

BANK = "us_bank_account"
# After these the page shows what is not so any more: it has to be loaded anew.
RELOAD = (rules.AmountChanged, rules.NothingToPay, agreeing.AgreementChanged)


def sheet(lost: str) -> dict[str, str]:
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
    """What the script is answered where nothing was begun, and why."""
    return {
        "error": sentences.said(wrong),
        "next_key": once.new_key(),
        "reload": isinstance(wrong, RELOAD),
    }

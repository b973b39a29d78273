"""The sheet in which a new card or account is entered: what its script is told, what it sends."""

from __future__ import annotations

import flask
from flask_babel import gettext as _

from portal.domain.wallet import consents
from portal.journeys import agreeing
from portal.web.shared import looks, site

BANK = "us_bank_account"


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

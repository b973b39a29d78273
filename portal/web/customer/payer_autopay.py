"""Autopay of somebody else who pays for one pet: joined, changed and left behind their link."""

from __future__ import annotations

import dataclasses

import flask
from flask_babel import gettext as _

from portal.domain.payments.operations import standing as operations
from portal.domain.payments.queries import drafts, payers, standing, undrafted
from portal.domain.wallet import consents
from portal.domain.wallet import queries as wallet
from portal.journeys import autopay, payer_links, scoped_pay
from portal.kernel import errors
from portal.web.customer import autopay_view, payer_page
from portal.web.shared import looks, rows, sentences, site

bp = flask.Blueprint("payer_autopay", __name__)
bp.register_error_handler(payer_links.LinkOver, payer_page.over)
UNPROCESSABLE, CONFLICT = 422, 409


@dataclasses.dataclass(frozen=True, kw_only=True)
class Here:
    """Whose page it is, and how autopay of the pet stands; `is_mine`: they pay by it."""

    token: str
    payer: payers.PayerView
    standing: standing.Standing
    methods: tuple[wallet.MethodView, ...]

    @property
    def is_mine(self) -> bool:
        """Whether autopay runs, and it is theirs."""
        return self.standing.is_on and self.standing.payer_id == self.payer.id


@bp.get("/payer/<token>/autopay")
def show(token: str) -> flask.typing.ResponseReturnValue:
    """Join, or change what stands."""
    here = _here(token)
    return _page(here)


@bp.post("/payer/<token>/autopay")
def send(token: str) -> flask.typing.ResponseReturnValue:
    """Join, or change what stands."""
    here = _here(token)
    form = flask.request.form
    typed = autopay_view.Typed.of(form)
    if not typed.agreed:
        return _page(here, typed, autopay_view.not_agreed()), UNPROCESSABLE
    was_on = form.get("was") == "on"
    try:
        done = scoped_pay.automate(
            site.ctx(),
            token=token,
            changes=was_on,
            method_no=typed.method,
            backup_no=typed.backup,
            days_before=typed.days,
            shown=_shown(here.payer),
            who=site.who(),
        )
    except errors.DomainError as wrong:
        field = autopay_view.field_of(wrong)
        status = UNPROCESSABLE if field else CONFLICT
        return _page(_here(token), typed, {field: sentences.said(wrong)}), status
    flask.flash(autopay_view.agreed_text(here.payer.pet_name, was_on=was_on), "good")
    if done.late:
        flask.flash(_("What is due before autopay may take it stays to be paid in time."), "wait")
    return flask.redirect(flask.url_for("payer_page.show", token=token), 303)


@bp.post("/payer/<token>/autopay/leave")
def leave(token: str) -> flask.typing.ResponseReturnValue:
    """Turn their autopay off."""
    try:
        left = scoped_pay.stop_automatic(site.ctx(), token=token, who=site.who())
    except operations.AutopayOff as off:
        flask.flash(sentences.said(off), "wait")
    else:
        flask.flash(_("Autopay is off. Nothing more is taken by itself."), "good")
        if left.running_cents:
            flask.flash(
                _("One payment is being taken right now and could not be stopped any more."),
                "wait",
            )
    return flask.redirect(flask.url_for("payer_page.show", token=token), 303)


def _here(token: str) -> Here:
    """Raises LinkOver."""
    page = scoped_pay.look(site.ctx(), token=token)
    found = standing.of_policy(
        site.reader(), customer_id=page.payer.customer_id, policy_no=page.payer.policy_no
    )
    if found is None:
        raise payer_links.LinkOver()
    return Here(token=token, payer=page.payer, standing=found, methods=page.methods)


def _page(
    here: Here,
    typed: autopay_view.Typed | None = None,
    wrong: dict[str, str] | None = None,
) -> str:
    reader, today = site.reader(), site.ctx().clock.today()
    write = rows.Writer(today)
    payer = here.payer
    open_ = undrafted.of_policy(reader, policy_id=payer.policy_id)
    taken = drafts.of_policy(reader, customer_id=payer.customer_id, policy_no=payer.policy_no)
    planned = [d for d in taken if d.ended_at is None and d.payer_id == payer.id]
    return flask.render_template(
        "customer/payer_autopay.html",
        payer=payer,
        is_mine=here.is_mine,
        is_on=here.standing.is_on,
        can_join=here.standing.can_join(today),
        next=autopay_view.next_text(here.standing, write) if here.is_mine else "",
        typed=typed or _default(here),
        wrong=wrong or {},
        methods=here.methods,
        days=autopay_view.choices(open_, planned, write),
        early=autopay_view.early(open_, write),
        consent=_shown(payer).text,
        address=flask.url_for("payer_page.show", token=here.token),
    )


def _default(here: Here) -> autopay_view.Typed:
    """What stands, where it is theirs; else the first of their methods."""
    if here.is_mine:
        return autopay_view.default(here.standing, here.methods, "")
    return autopay_view.Typed(method=here.methods[0].number if here.methods else "")


def _shown(payer: payers.PayerView) -> consents.Shown:
    return autopay.shown(site.ctx(), pet_name=payer.pet_name, language=looks.page_lang())

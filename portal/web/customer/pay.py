"""Paying: choose bills and a method, see what it does, press once."""

from __future__ import annotations

import dataclasses
import datetime

import flask
import flask_login
from flask_babel import gettext as _

from portal.domain.billing.queries import after_paying
from portal.domain.payments import rules
from portal.domain.payments.queries import bills
from portal.domain.wallet import queries as wallet
from portal.journeys import pay_invoices
from portal.kernel import errors, msgids
from portal.web.shared import headers, looks, once, sentences, site

bp = flask.Blueprint("pay", __name__)
NEW = "new"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Choice:
    """A bill that can be paid now."""

    number: str
    pet_name: str
    due_on: datetime.date
    cents: int
    is_late: bool
    paused_cents: int
    paid_to: datetime.date | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class PayPage:
    """What the page shows; amounts in cents."""

    choices: tuple[Choice, ...]
    chosen: tuple[str, ...]
    methods: tuple[wallet.MethodView, ...]
    method: str
    keep: bool
    once_key: str
    under_way_cents: int
    today: datetime.date
    error: str = ""

    @property
    def total_cents(self) -> int:
        """What the chosen bills ask for."""
        return sum(c.cents for c in self.choices if c.number in self.chosen)


@bp.get("/pay")
def show() -> flask.typing.ResponseReturnValue:
    """Choose; bills named in the address are ticked, else what is due first."""
    page = _page(wanted=tuple(flask.request.args.getlist("invoice")))
    return _render(page)


@bp.post("/pay")
def send() -> flask.typing.ResponseReturnValue:
    """Begin the payment; a script is answered in JSON, a form by the next page."""
    form = flask.request.form
    numbers = tuple(dict.fromkeys(form.getlist("bill")))
    method = form.get("with", "")
    keep = bool(form.get("keep"))
    try:
        if not numbers:
            raise NothingChosen()
        if not method:
            raise NoMethodChosen()
        started = pay_invoices.start(
            site.ctx(),
            customer_id=flask_login.current_user.id,
            order=pay_invoices.Order(
                invoice_nos=numbers, expected_cents=_cents(form.get("expected_cents", ""))
            ),
            once_key=_key(form.get("once_key", "")),
            method_no=None if method == NEW else method,
            save_method=keep,
            who=site.who(),
        )
    except errors.DomainError as refused:
        return _refused(refused, numbers=numbers, method=method, keep=keep)
    result = flask.url_for("pay_result.show", number=started.number)
    if _is_script():
        return {
            "number": started.number,
            "client_secret": started.client_secret,
            "return_url": site.ctx().base_url + result,
            "next_key": once.new_key(),
        }
    if started.client_secret:  # a new card needs the script; without it nothing was taken
        return flask.redirect(flask.url_for(".show", invoice=list(numbers)), 303)
    return flask.redirect(started.next_url or result, 303)


class NothingChosen(errors.DomainError):
    """No bill is ticked."""

    code = "no_bill_chosen"
    message = msgids.N_("Choose at least one bill.")


class NoMethodChosen(errors.DomainError):
    """No way to pay is chosen."""

    code = "no_method_chosen"
    message = msgids.N_("Choose how you want to pay.")


def _refused(
    refused: errors.DomainError, *, numbers: tuple[str, ...], method: str, keep: bool
) -> flask.typing.ResponseReturnValue:
    """Say why, keep what was chosen; nothing was taken."""
    said = sentences.said(refused)
    if _is_script():
        reload_ = isinstance(refused, rules.AmountChanged | rules.NothingToPay)
        return {"error": said, "next_key": once.new_key(), "reload": reload_}, 409
    page = _page(wanted=numbers, method=method, keep=keep)
    return _render(dataclasses.replace(page, error=said)), 422


def _page(*, wanted: tuple[str, ...] = (), method: str = "", keep: bool = False) -> PayPage:
    customer_id = flask_login.current_user.id
    session, today = site.reader(), site.ctx().clock.today()
    found = bills.open_bills(session, customer_id=customer_id)
    days = after_paying.paid_to(session, customer_id=customer_id)
    saved = tuple(
        m for m in wallet.methods(session, customer_id=customer_id) if not m.has_expired(today)
    )
    choices = tuple(
        Choice(
            number=bill.number,
            pet_name=bill.pet_name,
            due_on=bill.due_on,
            cents=bill.to_pay_cents,
            is_late=bill.is_past_due(today),
            paused_cents=bill.disputed_cents,
            paid_to=days.get(bill.number),
        )
        for bill in found.bills
        if bill.to_pay_cents > 0
    )
    known = {choice.number for choice in choices}
    chosen = tuple(n for n in wanted if n in known) or _first(choices)
    return PayPage(
        choices=choices,
        chosen=chosen,
        methods=saved,
        method=method or (saved[0].number if saved else NEW),
        keep=keep,
        once_key=once.new_key(),
        under_way_cents=found.under_way_cents,
        today=today,
    )


def _first(choices: tuple[Choice, ...]) -> tuple[str, ...]:
    """All that is late, else the bill that is due first."""
    late = tuple(c.number for c in choices if c.is_late)
    return late or tuple(c.number for c in choices[:1])


def _render(page: PayPage) -> str:
    headers.for_payment()
    payments = site.ctx().payments
    return flask.render_template(
        "customer/pay.html",
        page=page,
        stripe={
            "key": payments.publishable_key,
            "script": payments.script_url,
            "amount": page.total_cents,
            "lang": looks.page_lang(),
            "failed": _("The card form could not be loaded. Check your connection and try again."),
            "lost": _(
                "The connection was lost. Nothing was taken by this page; look at your bills."
            ),
        },
    )


def _is_script() -> bool:
    return flask.request.headers.get("Accept", "").startswith("application/json")


def _cents(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 12 else -1


def _key(text: str) -> str:
    """The form's key; one that is not ours would let another form's payment answer."""
    return text if 16 <= len(text) <= once.LONGEST else once.new_key()

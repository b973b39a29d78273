"""Proposing to pay a debt in parts: what is chosen, what it comes to, one button."""

from __future__ import annotations

import dataclasses
import datetime

import flask
import flask_babel
import flask_login

from portal.domain.billing.queries import payable
from portal.domain.billing.rules import arranging, chosen_day
from portal.domain.payments import rules
from portal.domain.payments.queries import methods as payment_methods
from portal.domain.wallet import queries as wallet
from portal.domain.wallet import rules as wallet_rules
from portal.journeys import arrange, planned, propose_arrangement
from portal.kernel import errors, msgids
from portal.web.customer import cover_view, pay_later
from portal.web.shared import entry, looks, once, sentences, site

bp = flask.Blueprint("arrangement_new", __name__, url_prefix="/arrangement/new")
_ = flask_babel.gettext
UNPROCESSABLE = 422
PARTS, DAYS_AHEAD = 3, 7  # what is offered first


class ChooseMethod(errors.DomainError):
    """No saved method is chosen, or there is none."""

    code = "arrangement_no_method"
    message = msgids.N_("Choose the card or account that the parts are taken from.")


FIELDS: dict[type[errors.DomainError], str] = {
    arranging.PartsOutOfRange: "count",
    arranging.PartTooSmall: "count",
    arranging.FirstDayOutOfRange: "first",
    arranging.LastDayTooLate: "every",
    chosen_day.DayUnreadable: "first",
    propose_arrangement.NoDebt: "bills",
    propose_arrangement.TooSmall: "bills",
    arrange.PlannedToo: "bills",
    planned.BeingTaken: "bills",
    rules.PaymentUnderWay: "bills",
    rules.MethodGone: "with",
    wallet_rules.MandateOver: "with",
    planned.MethodExpires: "with",
    planned.MethodRefused: "with",
    ChooseMethod: "with",
    propose_arrangement.RunningAlready: "",
    pay_later.NotSeen: "",
    rules.AmountChanged: "",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Typed:
    """What was chosen and typed, as it was sent."""

    numbers: tuple[str, ...]
    count: str
    every: str
    first: str
    method: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class NewPage:
    """What the page shows; `seen` is None while something is wrong with the choice."""

    typed: Typed
    bills: tuple[payable.PayableInvoice, ...]
    methods: tuple[wallet.MethodView, ...]
    once_key: str
    today: datetime.date
    seen: propose_arrangement.Preview | None
    wrong: errors.DomainError | None

    @property
    def field(self) -> str:
        """The field that the error is about, "" for none of them."""
        return FIELDS[type(self.wrong)] if self.wrong else ""

    @property
    def mark(self) -> str:
        """What is shown, for the form to bring back."""
        return _mark(self.typed)


@bp.get("")
def show() -> str:
    """What is overdue, or all that can be paid in parts, in three parts a month apart."""
    return _render(_page(None))


@bp.post("")
def send() -> flask.typing.ResponseReturnValue:
    """Propose it, or only show what it comes to."""
    form = flask.request.form
    typed = Typed(
        numbers=tuple(dict.fromkeys(form.getlist("bill"))),
        count=form.get("count", "")[:10],
        every=form.get("every", "")[:20],
        first=form.get("first", "")[:40],
        method=form.get("with", ""),
    )
    if form.get("look"):
        page = _page(typed)
        return _render(page), UNPROCESSABLE if page.wrong else 200
    try:
        if form.get("seen", "") != _mark(typed):
            raise pay_later.NotSeen()
        done = propose_arrangement.propose(
            site.ctx(),
            customer_id=flask_login.current_user.id,
            proposal=_proposal(typed),
            expected_cents=entry.cents(form.get("expected_cents", "")),
            once_key=once.given_key(),
            language=looks.page_lang(),
            who=site.who(),
        )
    except tuple(FIELDS) as wrong:
        page = _page(typed)
        return _render(page, refused="" if page.wrong else sentences.said(wrong)), UNPROCESSABLE
    if done.state == "active":
        flask.flash(_("It is agreed. We take each part on its day."), "good")
    else:
        flask.flash(_("We have your proposal. A person looks at it and writes to you."), "wait")
    return flask.redirect(flask.url_for("arrangement.show"), 303)


def _proposal(typed: Typed) -> propose_arrangement.Proposal:
    """Raises DayUnreadable, PartsOutOfRange, ChooseMethod."""
    today = site.ctx().clock.today()
    if not typed.method:
        raise ChooseMethod()
    is_known = typed.every in set(arranging.Every)
    return propose_arrangement.Proposal(
        invoice_nos=typed.numbers,
        count=int(typed.count) if typed.count.isascii() and typed.count.isdecimal() else 0,
        first_on=chosen_day.read(typed.first, example=arranging.first_days(today)[0]),
        every=arranging.Every(typed.every) if is_known else arranging.Every.MONTH,
        method_no=typed.method,
    )


def _page(typed: Typed | None) -> NewPage:
    reader, me, today = site.reader(), flask_login.current_user.id, site.ctx().clock.today()
    bills = propose_arrangement.debt(reader, customer_id=me, today=today)
    methods = payment_methods.offered(reader, customer_id=me, today=today)
    typed = typed or _first(bills, methods, today)
    seen, wrong = None, None
    if bills and methods:
        try:
            seen = propose_arrangement.preview(
                reader,
                site.ctx(),
                customer_id=me,
                proposal=_proposal(typed),
                language=looks.page_lang(),
            )
        except tuple(FIELDS) as error:
            wrong = error
    return NewPage(
        typed=typed,
        bills=bills,
        methods=methods,
        once_key=once.new_key(),
        today=today,
        seen=seen,
        wrong=wrong,
    )


def _first(
    bills: tuple[payable.PayableInvoice, ...],
    methods: tuple[wallet.MethodView, ...],
    today: datetime.date,
) -> Typed:
    late = [bill for bill in bills if bill.is_past_due(today)]
    chosen = late or bills
    most = arranging.most_parts(sum(bill.payable_cents for bill in chosen))
    return Typed(
        numbers=tuple(bill.number for bill in chosen),
        count=str(max(min(PARTS, most), arranging.LEAST_PARTS)),
        every=str(arranging.Every.MONTH),
        first=(today + datetime.timedelta(days=DAYS_AHEAD)).isoformat(),
        method=methods[0].number if methods else "",
    )


def _mark(typed: Typed) -> str:
    return " ".join((typed.count, typed.every, typed.first, typed.method, *typed.numbers))


def _render(page: NewPage, refused: str = "") -> str:
    limits = arranging.first_days(page.today)
    return flask.render_template(
        "customer/arrangement_new.html",
        covers=cover_view.beside_money(),
        page=page,
        wrong=sentences.said(page.wrong) if page.wrong else "",
        refused=refused,
        is_sent=flask.request.method == "POST",
        first_days=limits,
        counts=[(n, n) for n in range(arranging.LEAST_PARTS, arranging.MOST_PARTS + 1)],
        everies=[
            ("week", _("A week")),
            ("two_weeks", _("Two weeks")),
            ("month", _("A month")),
        ],
        least_cents=arranging.LEAST_PART_CENTS,
    )

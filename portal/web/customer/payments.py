"""The payments of an owner: all of them, one with its bills and refunds, its receipt."""

from __future__ import annotations

import flask
import flask_login
import werkzeug.exceptions

from portal.documents import wording
from portal.domain.payments.queries import agreed_to, drafts, history, payment
from portal.web.customer import cover_view, papers, payment_view, upcoming
from portal.web.shared import rows, site

bp = flask.Blueprint("payments", __name__)


@bp.get("/payments")
def index() -> str:
    """All payments, on top what is planned: three statements with the look-up of the person."""
    cursor = flask.request.args.get("after", "")
    me = flask_login.current_user.id
    write = rows.Writer(site.ctx().clock.today())
    page = history.payments_page(site.reader(), customer_id=me, cursor=cursor)
    clock = site.ctx().clock
    return flask.render_template(
        "customer/payments.html",
        covers=cover_view.beside_money(),
        planned=upcoming.listed(drafts.not_over(site.reader(), customer_id=me), write)
        if not cursor
        else [],
        rows=rows.payment_rows(page.rows, write, clock.zone),
        next_href=f"?after={page.next}" if page.next else "",
        first_href="/payments" if cursor else "",
    )


@bp.get("/payments/<number>")
def show(number: str) -> str:
    """One payment: four statements with the look-up of the person, five for a debit."""
    found = _mine(number)
    head = found.head
    write = rows.Writer(site.ctx().clock.today())
    kind, heading, meaning = payment_view.told(head, write)
    return flask.render_template(
        "customer/payment.html",
        covers=cover_view.beside_money(),
        payment=found,
        head=head,
        kind=kind,
        heading=heading,
        meaning=meaning,
        method=wording.method(head.method_label),
        payer=wording.payer(head.method_label),
        at=head.settled_at or head.checked_at or head.created_at,
        mandates=_mandates(head),
        bills=payment_view.bills(found, write),
        parts=payment_view.parts(found, write),
        refunds=[
            (refund, payment_view.refund_text(head, refund, write)) for refund in found.refunds
        ],
    )


@bp.get("/payments/<number>.pdf")
def paper(number: str) -> flask.Response:
    """The receipt as a PDF; there is one for money that was received, and only then."""
    found = _mine(number)
    if found.head.state != "settled":
        raise werkzeug.exceptions.NotFound
    return papers.of_payment(found, site.ctx())


def _mandates(head: payment.PaymentHead) -> list[agreed_to.Agreed]:
    """What the owner agreed to for a debit of their account; what others agreed to is theirs."""
    if head.expected_on is None or head.by_other:
        return []
    found = agreed_to.of_payment(site.reader(), number=head.number)
    return [one for one in found if one.kind == "debit" and one.payer_id is None]


def _mine(number: str) -> payment.Payment:
    found = payment.payment(site.reader(), customer_id=flask_login.current_user.id, number=number)
    if found is None:
        raise werkzeug.exceptions.NotFound
    return found

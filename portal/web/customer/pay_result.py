"""What became of a payment: received, processing, not received, or not known yet."""

from __future__ import annotations

import dataclasses

import flask
import flask_login
import werkzeug.exceptions
from flask_babel import gettext as _

from portal.documents import wording
from portal.domain.payments import rules
from portal.domain.payments.queries import bills, payment
from portal.domain.payments.states import PaymentState
from portal.journeys import settle_payment
from portal.web.customer import cover_view
from portal.web.shared import site

bp = flask.Blueprint("pay_result", __name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ResultPage:
    """A payment and what comes next."""

    found: payment.Payment
    reason: str
    method: str
    continue_url: str
    next_bill: bills.OpenBill | None
    to_pay_cents: int
    again_url: str
    ahead_cents: int  # what was paid for later bills and still waits for them


@bp.get("/pay/<number>")
def show(number: str) -> flask.typing.ResponseReturnValue:
    """Read the payment again at Stripe where it is open, then say what is so.

    The one GET that may settle a payment: the payer comes back here from Stripe.
    """
    person = flask_login.current_user
    found = payment.payment(site.reader(), customer_id=person.id, number=number)
    if found is None or found.head.by_other:
        raise werkzeug.exceptions.NotFound
    continue_url = ""
    if PaymentState(found.head.state) in rules.OPEN_STATES:
        view = settle_payment.look(site.ctx(), payment_id=found.head.id, who=site.who())
        continue_url = view.next_url if view else ""
        again = payment.payment(site.reader(), customer_id=person.id, number=number)
        found = again or found
    state = PaymentState(found.head.state)
    left = bills.open_bills(site.reader(), customer_id=person.id)
    today = site.ctx().clock.today()
    page = ResultPage(
        found=found,
        reason=(
            wording.decline(found.head.failure_code, say=_) if state is PaymentState.FAILED else ""
        ),
        method=wording.method(found.head.method_label),
        continue_url=continue_url if state is PaymentState.REQUIRES_ACTION else "",
        next_bill=(left.past_due(today) or (left.next_due(today),))[0],
        to_pay_cents=left.to_pay_cents,
        ahead_cents=min(
            found.head.unapplied_cents,
            found.head.amount_cents - sum(bill.planned_cents for bill in found.bills),
        ),
        again_url=flask.url_for("pay.show", invoice=[bill.number for bill in found.bills]),
    )
    return flask.render_template(
        "customer/pay_result.html",
        covers=cover_view.beside_money(),
        page=page,
        title=_title(found.head),
        state=str(state),
    )


def _title(head: payment.PaymentHead) -> str:
    if head.verify_url:
        return _("Your account has to be verified first")
    if head.expected_on and head.state == PaymentState.PROCESSING:
        return _("Your payment is on its way from your bank")
    titles = {
        PaymentState.PROCESSING: _("Your payment is processing"),
        PaymentState.UNKNOWN: _("We do not know yet"),
        PaymentState.REQUIRES_ACTION: _("Your bank asks you to confirm"),
        PaymentState.INITIATED: _("Nothing was taken yet"),
        PaymentState.CANCELLED: _("This payment was cancelled"),
        PaymentState.FAILED: _("We did not receive this payment"),
    }
    return titles.get(PaymentState(head.state), "")

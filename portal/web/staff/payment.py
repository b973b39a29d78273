"""One payment on the desk: what Stripe says, where it went, what was agreed, books, history."""

from __future__ import annotations

import flask
from flask_babel import gettext

from portal.documents import wording
from portal.domain.audit import queries as audit
from portal.domain.ledger import queries as ledger
from portal.domain.payments.queries import agreed_to
from portal.domain.reports.queries import chargeback_record, invoice_record, payment_record
from portal.kernel import ids
from portal.web.shared import devices, numbers, site
from portal.web.staff import chargeback_view, frame

bp = flask.Blueprint("desk_payment", __name__)


@bp.get("/desk/payments/<number>")
def show(number: str) -> str:
    """The payment; a number that is nobody's is 404."""
    reader = site.reader()
    wanted = numbers.wanted(number, ids.Prefix.PAYMENT)
    payment = frame.found(payment_record.payment(reader, number=wanted))
    refunds = payment_record.refunds_of_payment(reader, payment_id=payment.id)
    claims = chargeback_record.of_payment(reader, payment_id=payment.id)
    about = [payment.number, *(r.number for r in refunds), *(c.number for c in claims)]
    return frame.page(
        "payment.html",
        payment=payment,
        why=wording.decline(payment.failure_code, say=gettext) if payment.failure_code else "",
        refunds=refunds,
        chargebacks=chargeback_view.panels(claims),
        warnings=chargeback_record.warnings_of_payment(reader, payment_id=payment.id),
        applied=invoice_record.allocations_of(reader, sources=[payment.number]),
        holds=invoice_record.holds_on(reader, subject=payment.number),
        cases=invoice_record.cases_about(reader, payment_no=payment.number),
        agreed=[
            (one, devices.name(one.device))
            for one in agreed_to.of_payment(reader, number=payment.number)
        ],
        entries=ledger.entries_about(reader, about),
        events=audit.history(reader, subjects=about),
    )

"""Everything about one customer on one page; opening it is written into the audit log."""

from __future__ import annotations

import flask
import flask_babel

from portal.documents import formats
from portal.domain.audit import queries as audit
from portal.domain.billing.queries import arranged, payable
from portal.domain.billing.rules import aging
from portal.domain.identity import queries as identity
from portal.domain.notifications import queries as notifications
from portal.domain.policies import queries as policies
from portal.domain.reports.queries import customer_account, invoice_record, payment_record
from portal.domain.wallet import queries as wallet
from portal.kernel import ids
from portal.web.shared import numbers, site
from portal.web.staff import cover, frame

bp = flask.Blueprint("desk_customer", __name__)
_ = flask_babel.gettext


@bp.get("/desk/customers/<number>")
def show(number: str) -> str:
    """The customer; a number that is nobody's is 404."""
    reader, today = site.reader(), site.ctx().clock.today()
    wanted = numbers.wanted(number, ids.Prefix.CUSTOMER)
    who = frame.found(identity.customer_by_number(reader, number=wanted))
    frame.opened(who.number, customer_id=who.id)
    owed = payable.open_invoices(reader, customer_id=who.id)
    return frame.page(
        "customer.html",
        who=who,
        today=today,
        phone_text=formats.phone(who.phone),
        balance=customer_account.balance(reader, customer_id=who.id),
        past_due_cents=sum(i.payable_cents for i in owed if i.is_past_due(today)),
        disputed_cents=sum(i.disputed_cents for i in owed),
        aging=aging.totals([(i.due_on, i.open_cents) for i in owed], as_of=today),
        cover={one.cover.policy_no: one for one in cover.of_customer(who.id)},
        policies=policies.of_customer(reader, customer_id=who.id, today=today),
        invoices=customer_account.invoices(reader, customer_id=who.id),
        payments=payment_record.payments_of(reader, customer_id=who.id),
        refunds=payment_record.refunds_of(reader, customer_id=who.id),
        arrangements=arranged.of_customer(reader, customer_id=who.id),
        methods=wallet.methods(reader, customer_id=who.id),
        holds=invoice_record.active_holds(reader, customer_id=who.id),
        cases=invoice_record.cases_about(reader, customer_id=who.id),
        mails=notifications.of_customer(reader, customer_id=who.id, limit=25),
        events=audit.of_customer(reader, customer_id=who.id, limit=50),
    )

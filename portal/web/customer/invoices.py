"""The bills of an owner: what is due first, then what is paid; one bill; its paper."""

from __future__ import annotations

import flask
import flask_login
import werkzeug.exceptions

from portal.domain.billing.rules import arranging
from portal.domain.payments.queries import all_bills, bill, drafts
from portal.web.customer import bill_view, cover_view, owed_view, papers
from portal.web.shared import rows, site

bp = flask.Blueprint("invoices", __name__)


@bp.get("/invoices")
def index() -> str:
    """All bills: two statements with the look-up of the person, three where drafts stand."""
    me = flask_login.current_user.id
    reader, today = site.reader(), site.ctx().clock.today()
    cursor = flask.request.args.get("after", "")
    write = rows.Writer(today)
    found = all_bills.all_bills(reader, customer_id=me, today=today, cursor=cursor)
    owed, paid = found.owed, found.settled
    asks = owed.bills and found.has_drafts
    planned = drafts.by_invoice(drafts.not_over(reader, customer_id=me)) if asks else {}
    due = owed_view.view(owed, planned, write)
    return flask.render_template(
        "customer/invoices.html",
        covers=cover_view.in_force(found.covers),
        owed=owed,
        due=due,
        open_rows=owed_view.rows_together(owed, due.together, write, planned),
        paid_rows=rows.settled_rows(paid.rows, write),
        next_href=f"?after={paid.next}" if paid.next else "",
        first_href="/invoices" if cursor else "",
    )


@bp.get("/invoices/<number>")
def show(number: str) -> str:
    """One bill: two statements with the look-up of the person, three where something is open."""
    found = _mine(number)
    planned = ()
    if found.head.open_cents:
        every = drafts.not_over(site.reader(), customer_id=flask_login.current_user.id)
        planned = drafts.by_invoice(every).get(number, ())
    today = site.ctx().clock.today()
    return flask.render_template(
        "customer/invoice.html",
        covers=cover_view.of_one(found.cover),
        view=bill_view.view(found, site.ctx(), planned),
        planned=bill_view.planned(planned, site.ctx()),
        may_part=arranging.is_debt(found.head.due_on, today=today),
    )


@bp.get("/invoices/<number>.pdf")
def paper(number: str) -> flask.Response:
    """The bill as a PDF."""
    return papers.of_bill(_mine(number), site.ctx())


def _mine(number: str) -> bill.Bill:
    me, today = flask_login.current_user.id, site.ctx().clock.today()
    found = bill.bill(site.reader(), customer_id=me, number=number, today=today)
    if found is None:
        raise werkzeug.exceptions.NotFound
    return found

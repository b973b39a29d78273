"""One invoice on the desk: lines, what was applied, holds, cases, books, history."""

from __future__ import annotations

import functools

import flask

from portal.domain.audit import queries as audit
from portal.domain.ledger import queries as ledger
from portal.domain.reports.queries import invoice_record
from portal.kernel import ids
from portal.web.shared import numbers, rows, site, why
from portal.web.staff import closing_view, frame, words

bp = flask.Blueprint("desk_invoice", __name__)


@bp.get("/desk/invoices/<number>")
def show(number: str) -> str:
    """The invoice; a number that is nobody's is 404."""
    reader = site.reader()
    wanted = numbers.wanted(number, ids.Prefix.INVOICE)
    invoice = frame.found(invoice_record.invoice(reader, number=wanted))
    applied = invoice_record.allocations_on(reader, invoice_id=invoice.id)
    sources = sorted({a.source for a in applied})
    holds = invoice_record.holds_on(reader, subject=invoice.number)
    today = site.ctx().clock.today()
    return frame.page(
        "invoice.html",
        invoice=invoice,
        standing=standing(invoice, today),
        offered=closing_view.offered(invoice.state),
        held_cents=sum(
            h.amount_cents for h in holds if h.kind == "overdue" and h.lifted_at is None
        ),
        why=why.view(
            invoice.beside, rows.Writer(today), name=functools.partial(words.word, "charge")
        ),
        lines=invoice_record.lines(reader, invoice_id=invoice.id),
        applied=applied,
        holds=holds,
        cases=invoice_record.cases_about(reader, invoice_no=invoice.number),
        entries=ledger.entries_about(reader, [invoice.number, *sources]),
        events=audit.history(reader, subjects=[invoice.number]),
    )


def standing(invoice: invoice_record.InvoiceRecord, today) -> str:
    """How an invoice stands, as a kind of `status()`: due, overdue, paid, void."""
    if invoice.state == "paid":
        return "paid"
    if invoice.state != "issued":
        return "void"
    return "overdue" if invoice.due_on < today else "due"

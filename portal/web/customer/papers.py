"""A bill, payment or statement as a PDF for its owner; private and kept nowhere on the way."""

from __future__ import annotations

from collections.abc import Sequence

import flask
import flask_babel
import flask_login

from portal.documents import formats, wording
from portal.documents.pdf import bills, invoice, receipt, statement
from portal.domain.identity import queries
from portal.domain.payments.queries import bill, payment
from portal.journeys import context, guest_pay
from portal.web.customer import bill_view, payment_view, statement_view
from portal.web.shared import looks, rows

_ = flask_babel.gettext
ASKS = ("due", "overdue")  # what anybody may pay


def of_bill(found: bill.Bill, ctx: context.Context) -> flask.Response:
    """The bill on paper, in the language of this request."""
    printed = invoice.render(
        _bill(found, ctx),
        language=looks.page_lang(),
        brand=ctx.brand,
        phone=ctx.phone,
        base_url=ctx.base_url,
    )
    return _answer(printed, f"{found.head.number}.pdf")


def of_bills(found: Sequence[bill.Bill], ctx: context.Context) -> flask.Response:
    """Bills of several pets due on one day on one paper, in the language of this request."""
    printed = bills.render(
        [_bill(one, ctx) for one in found],
        language=looks.page_lang(),
        brand=ctx.brand,
        phone=ctx.phone,
        base_url=ctx.base_url,
    )
    return _answer(printed, f"bills-{found[0].head.due_on}.pdf")


def _bill(found: bill.Bill, ctx: context.Context) -> invoice.InvoicePaper:
    head = found.head
    view = bill_view.view(found, ctx)
    state = "processing" if view.under_way else view.state
    name = f"{head.first_name} {head.last_name}"
    return invoice.InvoicePaper(
        number=head.number,
        policy_no=head.policy_no,
        pet_name=head.pet_name,
        issued_on=head.issued_on,
        due_on=head.due_on,
        period_start_on=head.period_start_on,
        period_end_on=head.period_end_on,
        address=_address(name, head.street, head.city, head.state_code, head.zip),
        shown_cents=view.shown_cents,
        state=state,
        state_on=(head.paid_on or head.due_on) if head.state == "paid" else head.due_on,
        lines=tuple((line.what, line.note, line.cents) for line in view.lines),
        total_cents=head.total_cents,
        settled=view.settled,
        left_cents=view.left_cents,
        pay_link=guest_pay.link(ctx, invoice_no=head.number) if state in ASKS else "",
        replaces_no=head.replaces_no or "",
    )


def of_payment(found: payment.Payment, ctx: context.Context) -> flask.Response:
    """The receipt on paper, in the language of this request."""
    head, write = found.head, rows.Writer(ctx.clock.today())
    paper = receipt.ReceiptPaper(
        number=head.number,
        payer=wording.payer(head.method_label) or flask_login.current_user.name,
        amount_cents=head.amount_cents,
        method="" if wording.payer(head.method_label) else wording.method(head.method_label),
        settled_at=head.settled_at,
        parts=tuple(part[:3] for part in payment_view.parts(found, write)),
        refunds=tuple(
            (
                _("Refund of %(sum)s", sum=formats.money(refund.amount_cents)),
                f"{refund.number}. {payment_view.refund_text(head, refund, write)}",
            )
            for refund in found.refunds
        ),
    )
    printed = receipt.render(
        paper, language=looks.page_lang(), zone=ctx.clock.zone, brand=ctx.brand, phone=ctx.phone
    )
    return _answer(printed, f"{head.number}.pdf")


def of_statement(
    view: statement_view.StatementView, owner: queries.CustomerView, ctx: context.Context
) -> flask.Response:
    """The statement on paper, in the language of this request."""
    paper = statement.StatementPaper(
        heading=view.heading,
        customer_no=owner.number,
        address=_address(owner.name, owner.street, owner.city, owner.state, owner.zip),
        starts_on=view.period.starts_on,
        last_on=view.last_on,
        is_over=view.is_over,
        opening_cents=view.opening_cents,
        charged_cents=view.charged_cents,
        paid_cents=view.paid_cents,
        closing_cents=view.closing_cents,
        open_cents=view.open_cents,
        unapplied_cents=view.unapplied_cents,
        goes_below=view.goes_below,
        rows=tuple(
            (
                row.on,
                row.what,
                "; ".join(part for part in (row.note, row.number) if part),
                row.charged_cents,
                row.paid_cents,
                row.balance_cents,
            )
            for row in view.rows
        ),
        aging=view.aging,
        totals=view.totals,
    )
    printed = statement.render(paper, language=looks.page_lang(), brand=ctx.brand, phone=ctx.phone)
    return _answer(printed, f"statement-{view.period.name}.pdf")


def _address(name: str, street: str, city: str, state: str, code: str) -> tuple[str, ...]:
    """Where a letter goes, without the lines that are empty."""
    region = " ".join(part for part in (state, code) if part)
    place = ", ".join(part for part in (city, region) if part)
    return tuple(part for part in (name, street, place) if part)


def _answer(printed: bytes, name: str) -> flask.Response:
    """Shown by the browser under its own name; private and never stored on the way."""
    response = flask.Response(printed, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response

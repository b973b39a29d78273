"""The payments of an owner: all of them, one with its bills and refunds, its receipt."""

from __future__ import annotations

import flask
import flask_babel
import flask_login
import werkzeug.exceptions

from portal.documents import formats, wording
from portal.domain.payments.queries import history, payment
from portal.kernel import msgids
from portal.web.customer import papers
from portal.web.shared import rows, site

bp = flask.Blueprint("payments", __name__)
N_ = msgids.N_

# state → (icon kind, heading, what it means)
STATES = {
    "settled": ("good", N_("We received %(sum)s"), ""),
    "processing": (
        "wait",
        N_("%(sum)s is on its way"),
        N_(
            "Your bank has not confirmed it yet. We write to you when it is here; until then the "
            "bill stays open, and you need not pay it again."
        ),
    ),
    "unknown": (
        "wait",
        N_("We do not know yet whether %(sum)s arrived"),
        N_("We ask until we know, and then write to you. Please do not pay again meanwhile."),
    ),
    "failed": ("late", N_("We did not receive %(sum)s"), N_("Nothing was taken.")),
    "cancelled": (
        "late",
        N_("This payment of %(sum)s was not made"),
        N_("It was left before it was finished. Nothing was taken."),
    ),
}
UNFINISHED = (
    "late",
    N_("This payment of %(sum)s is not finished"),
    N_("Nothing was taken so far. You can start again from the bill."),
)
REFUNDS = {
    "approved": N_("On its way to you, expected by %(day)s"),
    "sent": N_("On its way to you, expected by %(day)s"),
    "succeeded": N_("Arrived at your bank"),
    "failed": N_("It could not be sent back. We take care of it and will write to you."),
}


@bp.get("/payments")
def index() -> str:
    """All payments: two statements with the look-up of the person."""
    cursor = flask.request.args.get("after", "")
    page = history.payments_page(
        site.reader(), customer_id=flask_login.current_user.id, cursor=cursor
    )
    clock = site.ctx().clock
    return flask.render_template(
        "customer/payments.html",
        rows=rows.payment_rows(page.rows, rows.Writer(clock.today()), clock.zone),
        next_href=f"?after={page.next}" if page.next else "",
        first_href="/payments" if cursor else "",
    )


@bp.get("/payments/<number>")
def show(number: str) -> str:
    """One payment: four statements with the look-up of the person."""
    found = _mine(number)
    head, say = found.head, flask_babel.gettext
    kind, heading, meaning = STATES.get(head.state, UNFINISHED)
    why = ""
    if head.state == "failed":
        why = wording.decline(head.failure_code, say=say)
    write = rows.Writer(site.ctx().clock.today())
    return flask.render_template(
        "customer/payment.html",
        payment=found,
        head=head,
        kind=kind,
        heading=say(heading, sum=formats.money(head.amount_cents)),
        meaning=" ".join(part for part in (why, say(meaning) if meaning else "") if part),
        method=wording.method(head.method_label),
        at=head.settled_at or head.checked_at or head.created_at,
        bills=_bills(found, write),
        parts=_parts(found, write),
        refunds=[
            (refund, say(REFUNDS[refund.state], day=write.day(refund.expected_on, "long")))
            for refund in found.refunds
        ],
    )


@bp.get("/payments/<number>.pdf")
def paper(number: str) -> flask.Response:
    """The receipt as a PDF; there is one for money that was received, and only then."""
    found = _mine(number)
    if found.head.state != "settled":
        raise werkzeug.exceptions.NotFound
    return papers.of_payment(found, site.ctx())


def _mine(number: str) -> payment.Payment:
    found = payment.payment(site.reader(), customer_id=flask_login.current_user.id, number=number)
    if found is None:
        raise werkzeug.exceptions.NotFound
    return found


def _bills(found: payment.Payment, write: rows.Writer) -> list[rows.Row]:
    """The bills it was meant for, or is on."""
    settled = found.head.state == "settled"
    return [
        rows.Row(
            href=f"/invoices/{part.number}",
            title=write.bill(part.pet_name, part.due_on),
            note=part.number,
            end=formats.money(part.applied_cents if settled else part.planned_cents),
        )
        for part in found.bills
    ]


def _parts(found: payment.Payment, write: rows.Writer) -> list[tuple[str, str, int]]:
    """Where the money is now, as a ledger that adds up to the payment."""
    say, head = flask_babel.gettext, found.head
    if head.state != "settled":
        return []
    parts = [
        (write.bill(part.pet_name, part.due_on), part.number, part.applied_cents)
        for part in found.bills
        if part.applied_cents
    ]
    if head.refunded_cents:
        parts.append((say("Refunded to you"), "", head.refunded_cents))
    if head.held_cents:
        parts.append((say("Set aside while we look into it"), head.dispute_no, head.held_cents))
    waiting = head.unapplied_cents - head.held_cents
    if waiting > 0:
        parts.append((say("Waits on your account"), say("For your next bill"), waiting))
    return parts

"""One payment made ready for its page and its receipt: sentences and parts; asks no database."""

from __future__ import annotations

import flask_babel

from portal.documents import formats, wording
from portal.domain.payments.queries import payment
from portal.kernel import msgids
from portal.web.shared import rows

N_ = msgids.N_
_ = flask_babel.gettext

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
BY_BANK = (
    "wait",
    N_("%(sum)s is on its way from your bank"),
    N_(
        "It usually arrives by %(day)s, and counts as paid then. Until then the bill stays open, "
        "and you need not pay it again. We write to you when it is here."
    ),
)
VERIFYING = (
    "wait",
    N_("%(sum)s waits for you"),
    N_(
        "Two small deposits arrive on your account within 2 business days. Tell us the amounts; "
        "only then do we ask your bank for the money. Nothing was taken so far, and the bill "
        "stays due."
    ),
)
UNFINISHED = (
    "late",
    N_("This payment of %(sum)s is not finished"),
    N_("Nothing was taken so far. You can start again from the bill."),
)
CLAIMED = {
    "open": (
        "wait",
        N_("Your bank took %(sum)s back"),
        N_("The bank has not decided yet. Your bills stay as they are until then."),
    ),
    "kept": (
        "late",
        N_("Your bank took %(sum)s back"),
        N_("What it had paid is open again, with the days on which it was due."),
    ),
}
REFUNDS = {
    "by_bank": N_("Your bank gave it back to you"),
    "approved": N_("On its way to you, expected by %(day)s"),
    "sent": N_("On its way to you, expected by %(day)s"),
    "succeeded": N_("Arrived at your bank"),
    "failed": N_("It could not be sent back. We take care of it and will write to you."),
    "sent_again": N_("It did not arrive. We sent it once more, as another refund."),
    "paid_otherwise": N_("It did not arrive. We paid it by check %(check)s of %(on)s instead."),
}


# the same, where somebody else paid: their bank and their money are not the reader's
OF_ANOTHER = {
    STATES["processing"][2]: N_(
        "Their bank has not confirmed it yet. Until then the bill stays open, and nobody need pay "
        "it again."
    ),
    BY_BANK[1]: N_("%(sum)s is on its way from their bank"),
    BY_BANK[2]: N_(
        "It usually arrives by %(day)s, and counts as paid then. Until then the bill stays open, "
        "and nobody need pay it again."
    ),
    CLAIMED["open"][1]: N_("A bank took %(sum)s back"),
    REFUNDS["by_bank"]: N_("Their bank gave it back to them"),
    REFUNDS["sent"]: N_("On its way to them, expected by %(day)s"),
    REFUNDS["succeeded"]: N_("Arrived at their bank"),
}


def _about(head: payment.PaymentHead, message: str) -> str:
    """The sentence for the owner of a payment that they made, or that somebody else made."""
    return OF_ANOTHER.get(message, message) if wording.payer(head.method_label) else message


def told(head: payment.PaymentHead, write: rows.Writer) -> tuple[str, str, str]:
    """What became of it: the kind of result (good, wait, late), a heading, what it means."""
    kind, heading, meaning = STATES.get(head.state, UNFINISHED)
    if head.state == "processing" and head.expected_on:
        kind, heading, meaning = BY_BANK
    elif head.verify_url and not head.by_other:
        kind, heading, meaning = VERIFYING
    if head.claim == "open" or (head.claim and head.taken_cents):
        kind, heading, meaning = CLAIMED[head.claim]
    why = wording.decline(head.failure_code, say=_) if head.state == "failed" else ""
    day = write.day(head.expected_on, "long") if head.expected_on else ""
    sentences = (why, _(_about(head, meaning), day=day) if meaning else "")
    return (
        kind,
        _(_about(head, heading), sum=formats.money(head.amount_cents)),
        " ".join(part for part in sentences if part),
    )


def refund_text(
    head: payment.PaymentHead, refund: payment.PaymentRefund, write: rows.Writer
) -> str:
    """Where a refund is, and when it is expected."""
    return _(
        _about(head, REFUNDS[refund.state]),
        day=write.day(refund.expected_on, "long"),
        check=refund.check_no,
        on=write.day(refund.check_on, "long") if refund.check_on else "",
    )


def bills(found: payment.Payment, write: rows.Writer) -> list[rows.Row]:
    """The bills it was meant for, while it is not received; after that `parts` tells more."""
    if found.head.state == "settled":
        return []
    return [
        rows.Row(
            href=f"/invoices/{part.number}",
            title=write.bill(part.pet_name, part.due_on),
            note=part.number,
            end=formats.money(part.planned_cents),
        )
        for part in found.bills
    ]


def parts(found: payment.Payment, write: rows.Writer) -> list[tuple[str, str, int, str]]:
    """Where the money is now (what, note, cents, href); it adds up to the payment."""
    head = found.head
    if head.state != "settled":
        return []
    went = [
        (
            write.bill(part.pet_name, part.due_on),
            part.number,
            part.applied_cents,
            f"/invoices/{part.number}",
        )
        for part in found.bills
        if part.applied_cents
    ]
    if head.refunded_cents:
        is_mine = not wording.payer(head.method_label)
        what = _("Refunded to you") if is_mine else _("Refunded to them")
        went.append((what, "", head.refunded_cents, ""))
    if head.taken_cents:
        is_mine = not wording.payer(head.method_label)
        what = _("Taken back by your bank") if is_mine else _("Taken back by their bank")
        went.append((what, "", head.taken_cents, ""))
    if head.held_cents:
        case = f"/disputes/{head.dispute_no}"
        what = _("Set aside while we look into it")
        went.append((what, head.dispute_no, head.held_cents, case))
    waiting = head.unapplied_cents - head.held_cents
    if waiting > 0:
        went.append((_("Waits on your account"), _("For your next bill"), waiting, ""))
    return went

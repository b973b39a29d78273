"""Writes the first draft of what a bank reads, in English: the facts, in order; sends nothing."""

from __future__ import annotations

import datetime

from portal.documents import formats, wording
from portal.domain.payments import rules
from portal.domain.reports.queries import evidence_facts

_SIGNED_IN = "The payment was made from our customer's account, by a browser that was signed in."
_COVER = "The payment is for insurance cover, listed here with the days that were billed."
_OPENINGS = {
    "product_not_received": _COVER,
    "product_unacceptable": _COVER,
    "subscription_canceled": _COVER,
    "duplicate": "The payment is for the bills listed here.",
}
_KINDS = {
    "store": "Keeping the payment method",
    "debit": "Mandate for debits of the account",
    "autopay": "Autopay",
    "scheduled": "Payment on a chosen day",
    "arrangement": "Payment in parts",
}
_BY_IT = "The bills listed here were paid by this {thing}."
_OTHERWISE = "The payment is for insurance bills of our customer, as listed here."


def text(facts: evidence_facts.Facts, *, zone: datetime.tzinfo) -> str:
    """The draft: what was paid, for what, by whom, from where, and what was said about it."""
    parts = [
        _opening(facts),
        _payment(facts, zone),
        _bills(facts),
        _person(facts, zone),
        _agreed(facts, zone),
        _announced(facts, zone),
        access_log(facts, zone=zone),
        _thread(facts, zone),
    ]
    return "\n\n".join(part for part in parts if part)[: rules.EVIDENCE_MOST]


def fields(facts: evidence_facts.Facts, *, zone: datetime.tzinfo) -> dict[str, str]:
    """The facts that Stripe has fields of their own for; empty ones are left out."""
    during = next((s.address for s in facts.sign_ins if s.during), "")
    first = min((bill.starts_on for bill in facts.bills), default=None)
    given = {
        "customer_name": facts.payer_name or facts.customer_name,
        "customer_email_address": facts.payer_email or facts.email,
        "customer_purchase_ip": during,
        "access_activity_log": access_log(facts, zone=zone),
        "product_description": "; ".join(_bill(bill) for bill in facts.bills),
        "service_date": formats.day(first, "year") if first else "",
    }
    return {name: value[: rules.EVIDENCE_MOST] for name, value in given.items() if value}


def access_log(facts: evidence_facts.Facts, *, zone: datetime.tzinfo) -> str:
    """Sign-ins up to the payment, newest first: when, device, address."""
    if not facts.sign_ins:
        return ""
    lines = [
        f"- {_at(s.at, zone)}: {s.device or 'unknown device'}, address {s.address or 'unknown'}"
        + (" (still signed in when the payment was made)" if s.during else "")
        for s in facts.sign_ins
    ]
    return "\n".join(["Sign-ins of the customer's account up to the payment:", *lines])


def _opening(facts: evidence_facts.Facts) -> str:
    """The one sentence that answers the bank's reason, as far as we know it to be true."""
    if facts.reason in ("fraudulent", "unrecognized"):
        return (
            _SIGNED_IN
            if any(s.during for s in facts.sign_ins)
            else _BY_IT.format(thing=_thing(facts))
        )
    return _OPENINGS.get(facts.reason, _OTHERWISE)


def _payment(facts: evidence_facts.Facts, zone: datetime.tzinfo) -> str:
    lines = [
        f"Payment {facts.payment_no}: {formats.money(facts.amount_cents)} by "
        f"{wording.method(facts.method_label)}, begun {_at(facts.begun_at, zone)}, "
        f"received {_at(facts.settled_at, zone)}.",
    ]
    if facts.receipt_to:
        sent = f" on {_at(facts.receipt_at, zone)}" if facts.receipt_at else ""
        lines.append(f"A receipt was mailed to {facts.receipt_to}{sent}.")
    if facts.refunded_cents:
        lines.append(f"Refunded of it: {formats.money(facts.refunded_cents)}.")
    if facts.earlier_payments:
        lines.append(
            f"Earlier payments by the same {_thing(facts)} that were never charged back: "
            f"{facts.earlier_payments}."
        )
    return "\n".join(lines)


def _bills(facts: evidence_facts.Facts) -> str:
    if not facts.bills:
        return ""
    lines = [f"- {formats.money(bill.cents)}: {_bill(bill)}" for bill in facts.bills]
    return "\n".join(["It paid for:", *lines])


def _bill(bill: evidence_facts.Bill) -> str:
    last = bill.ends_on - datetime.timedelta(days=1)
    days = f"{formats.day(bill.starts_on, 'year')} to {formats.day(last, 'year')}"
    return (
        f"Pet insurance for {bill.pet_name} ({bill.species}), policy {bill.policy_no}, "
        f"{days}, bill {bill.number}"
    )


def _person(facts: evidence_facts.Facts, zone: datetime.tzinfo) -> str:
    customer = (
        f"Customer: {facts.customer_name}, {facts.email}, number {facts.customer_no}, "
        f"customer since {formats.day(facts.customer_since.astimezone(zone).date(), 'year')}."
    )
    if not facts.payer_name:
        return customer
    return (
        f"{customer}\nPaid by: {facts.payer_name}, {facts.payer_email}, whom our customer asked to "
        f"pay for this pet, through a private link that we mailed to that address."
    )


def _agreed(facts: evidence_facts.Facts, zone: datetime.tzinfo) -> str:
    """The mandate and the other permissions, word for word."""
    if not facts.agreed:
        return ""
    lines = [
        f"- {_KINDS[a.kind]}, {_at(a.at, zone)}, {wording.method(a.method_label)}, "
        f"address {a.address or 'unknown'}, {a.device or 'unknown device'}, "
        f'text version {a.version}: "{a.text}"'
        for a in facts.agreed
    ]
    return "\n".join(["What was agreed to about it:", *lines])


def _announced(facts: evidence_facts.Facts, zone: datetime.tzinfo) -> str:
    """The day and the sum that were announced, and which mails said so."""
    if facts.planned_on is None:
        return ""
    head = (
        f"It was planned for {formats.day(facts.planned_on, 'year')}, "
        f"{formats.money(facts.planned_cents)} at most."
    )
    lines = [f"- {_at(n.sent_at, zone)}, to {n.recipient}" for n in facts.notices]
    return "\n".join([f"{head} This was announced by mail:", *lines] if lines else [head])


def _thing(facts: evidence_facts.Facts) -> str:
    return "account" if facts.method_kind == "us_bank_account" else "card"


def _thread(facts: evidence_facts.Facts, zone: datetime.tzinfo) -> str:
    if not facts.words:
        return ""
    lines = [
        f"- {_at(w.at, zone)}, {'the customer' if w.author_kind == 'customer' else 'we'}: {w.body}"
        for w in facts.words
    ]
    return "\n".join(["What was written about it:", *lines])


def _at(moment: datetime.datetime, zone: datetime.tzinfo) -> str:
    return formats.moment(moment, "year", zone=zone)

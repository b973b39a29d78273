"""What must hold whenever the story is quiet: the books, and both sides telling the same.

Each proof gives sentences about what contradicts it; none of them changes anything.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator

import sqlalchemy as sa

from bench.simulation import life
from portal.journeys import check_books

_UNSTEADY = """
    SELECT number || ' is ' || state FROM payment
    WHERE state IN ('unknown', 'initiated', 'requires_action')
       OR state = 'processing' AND method_kind <> 'us_bank_account'
"""
_SECOND_MAIL = """
    SELECT template || ' ' || subject_no || ' times ' || count(*) FROM mail
    WHERE template IN ('receipt', 'bill', 'payment_not_received', 'refund_succeeded',
                       'refund_failed', 'refund_again', 'refund_check',
                       'dispute_received', 'arrangement_agreed', 'arrangement_received',
                       'arrangement_declined', 'arrangement_ended')
    GROUP BY template, subject_no HAVING count(*) > 1
"""
_NO_RECEIPT = """
    SELECT number || ' has no receipt' FROM payment p WHERE state = 'settled'
    AND NOT EXISTS (SELECT FROM mail m WHERE m.template = 'receipt' AND m.subject_no = p.number)
"""
_OVERPAID = """
    SELECT i.number || ' of ' || i.total_cents || ' has ' || coalesce(sum(a.cents), 0)
    FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id
    LEFT JOIN allocation a ON a.line_id = l.id
    WHERE i.state <> 'voided'
    GROUP BY i.id HAVING i.open_cents < 0 OR coalesce(sum(a.cents), 0) > i.total_cents
"""
# What settled for something that was not open any more lies unapplied, and somebody was asked.
_NO_CASE = """
    SELECT p.number || ' left ' || l.cents || ' and has no case' FROM payment p
    JOIN (SELECT e.subject, -sum(l.amount_cents) AS cents FROM ledger_entry e
          JOIN ledger_line l ON l.entry_id = e.id
          WHERE e.event = 'payment_settled' AND l.account = '2210' GROUP BY e.subject) l
      ON l.subject = p.number
    WHERE l.cents > p.amount_cents
            - (SELECT coalesce(sum((part ->> 1)::bigint), 0)
               FROM jsonb_array_elements(p.planned) part)
      AND NOT EXISTS (SELECT FROM dispute d WHERE d.payment_no = p.number)
"""
# A draft is charged once, and goes on only while a payment of it may still take money.
_DRAFTS = """
    SELECT 'draft ' || d.number || ' is ' || d.state || ' with ' || count(p.id) || ' settled'
    FROM draft d LEFT JOIN payment p ON p.draft_id = d.id AND p.state = 'settled'
    GROUP BY d.id
    HAVING count(p.id) > 1 OR count(p.id) = 1 AND d.state <> 'paid'
    UNION ALL
    SELECT 'draft ' || d.number || ' is attempting, and no payment of it is under way'
    FROM draft d WHERE d.state = 'attempting' AND NOT EXISTS (
        SELECT FROM payment p WHERE p.draft_id = d.id AND p.state = 'processing')
"""
# What runs has its parts planned as agreed and one still to come; what does not run takes nothing.
_PARTS = """
    SELECT a.number || ' is active, and its parts are not those agreed' FROM arrangement a
    WHERE a.state = 'active' AND a.parts <> coalesce(
        (SELECT jsonb_agg(jsonb_build_array(d.draft_on, d.amount_cents) ORDER BY d.id)
         FROM draft d WHERE d.arrangement_id = a.id), '[]')
    UNION ALL
    SELECT a.number || ' is active, and no part is left' FROM arrangement a
    WHERE a.state = 'active'
      AND NOT EXISTS (SELECT FROM draft d WHERE d.arrangement_id = a.id AND d.ended_at IS NULL)
    UNION ALL
    SELECT a.number || ' is ' || a.state || ', and part ' || d.number || ' ' || d.state
    FROM arrangement a JOIN draft d ON d.arrangement_id = a.id
    WHERE a.state IN ('proposed', 'declined') OR a.state <> 'active' AND d.due_on IS NOT NULL
    UNION ALL
    SELECT a.number || ' took more than its debt' FROM arrangement a
    JOIN draft d ON d.arrangement_id = a.id
    JOIN payment p ON p.draft_id = d.id AND p.state = 'settled'
    GROUP BY a.id HAVING sum(p.amount_cents) > a.total_cents
    UNION ALL
    SELECT a.number || ' and draft ' || d.number || ' take the same bill' FROM arrangement a
    JOIN arrangement_bill b ON b.arrangement_id = a.id
    JOIN draft_bill db ON db.invoice_id = b.invoice_id
    JOIN draft d ON d.id = db.draft_id AND d.arrangement_id IS DISTINCT FROM a.id
    WHERE a.state = 'active' AND d.ended_at IS NULL
"""
_UNHANDLED = """
    SELECT type || ' ' || object_id || ': ' || error FROM inbox_event WHERE handled_at IS NULL
"""
_NOT_SENT = (
    "SELECT template || ' ' || subject_no || ' is ' || state FROM mail WHERE state <> 'sent'"
)
_OURS = "SELECT number, state, amount_cents, stripe_ref FROM payment"
_REFUNDS = """
    SELECT r.number, r.state, r.amount_cents, r.failure_code, n.number AS next_no
    FROM refund r LEFT JOIN refund n ON n.key = 'again:' || r.number ORDER BY r.id
"""
_CHECKS = """
    SELECT e.subject, l.amount_cents FROM ledger_entry e JOIN ledger_line l ON l.entry_id = e.id
    WHERE e.event = 'refund_paid_otherwise' AND l.account = '2300'
"""
_CLAIMS = "SELECT stripe_ref, state FROM chargeback"
_PAID_OUT = """
    SELECT subject, event, count(*) AS times FROM ledger_entry
    WHERE event IN ('payout', 'payout_returned') GROUP BY subject, event
"""
_CARDS = "SELECT stripe_ref FROM payment_method WHERE removed_at IS NULL"

ALWAYS = (_UNSTEADY, _SECOND_MAIL, _NO_RECEIPT, _OVERPAID, _NO_CASE, _DRAFTS, _PARTS, _UNHANDLED)


def find(one: life.Life, *, told: bool, mailed: bool) -> list[str]:
    """What is wrong; `told`: every event of Stripe has arrived; `mailed`: every mail went out."""
    wrong = [
        f"books: {proof.name}: {', '.join(proof.examples)}"
        for proof in check_books.run(one.ctx, with_stripe=told)
        if not proof.holds
    ]
    for statement in ALWAYS:
        wrong += [row[0] for row in one.rows(statement)]
    if mailed:
        wrong += [row[0] for row in one.rows(_NOT_SENT)]
    wrong += one.stage.queue.failures
    wrong += _queue(one)
    wrong += _mails(one)
    wrong += _payments(one)
    wrong += _refunds(one, told=told)
    if told:
        wrong += _claims(one)
        wrong += _cards(one)
        wrong += _payouts(one)
    return wrong


def _queue(one: life.Life) -> Iterator[str]:
    held = one.stage.queue.count("doing")
    if held:
        yield f"{held} jobs are held by nobody"


def _mails(one: life.Life) -> Iterator[str]:
    """A second copy goes out only where a worker died between sending and writing it down."""
    again = sum(times - 1 for times in one.stage.outbox.sent.values())
    if again > one.stage.queue.died["deliver_mail"]:
        yield f"{again} mails went out twice"


def _payments(one: life.Life) -> Iterator[str]:
    """Stripe's money and ours are the same payments, each charged once."""
    ours = {row.number: row for row in one.rows(_OURS)}
    charged: collections.Counter[str] = collections.Counter()
    for intent in one.stage.held("payment_intent"):
        number = intent["metadata"].get("payment_no", "")
        payment = ours.get(number)
        if payment is None:
            yield f"{intent['id']} is of nobody"
        elif intent["status"] == "succeeded":
            charged[number] += 1
            if payment.state != "settled":
                yield f"{number} was charged and is {payment.state}"
            if payment.amount_cents != intent["amount_received"]:
                yield f"{number} of {payment.amount_cents} received {intent['amount_received']}"
        elif intent["status"] == "processing":
            if payment.state != "processing":
                yield f"{number} is processing and here {payment.state}"
        elif payment.state == "processing":
            yield f"{number} is processing, at Stripe {intent['status']}"
    for number, times in charged.items():
        if times > 1:
            yield f"{number} was charged {times} times"
    for number, payment in ours.items():
        if payment.state == "settled" and not charged[number]:
            yield f"{number} is settled and nobody was charged"
    charges: collections.Counter[str] = collections.Counter(
        charge["payment_intent"]
        for charge in one.stage.held("charge")
        if charge["status"] == "succeeded"
    )
    for intent_ref, times in charges.items():
        if times > 1:
            yield f"{intent_ref} has {times} charges"


def _refunds(one: life.Life, *, told: bool) -> Iterator[str]:
    """Refunds are the same on both sides; what was paid in another way has failed at Stripe."""
    ours = {row.number: row for row in one.rows(_REFUNDS)}
    states = {"pending": "sent", "requires_action": "sent", "canceled": "failed"}
    left = {"sent_again": "failed", "paid_otherwise": "failed"}
    seen: collections.Counter[str] = collections.Counter()
    arrived: collections.Counter[str] = collections.Counter()
    for refund in one.stage.held("refund"):
        number = refund["metadata"].get("refund_no", "")
        row = ours.get(number)
        seen[number] += 1
        if row is None:
            yield f"{refund['id']} is of nobody"
            continue
        state = states.get(refund["status"], refund["status"])
        arrived[number] += state != "failed"
        if not told and (row.state, state) == ("succeeded", "failed"):
            continue  # given back late, which only an event tells
        if (left.get(row.state, row.state), row.amount_cents) != (state, refund["amount"]):
            yield f"{number} of {row.amount_cents} is {row.state}, at Stripe {state}"
    for number, times in seen.items():
        if times > 1:
            yield f"{number} was refunded {times} times"
    for number, row in ours.items():
        if row.state in ("sent", "succeeded") and not seen[number]:
            yield f"{number} is {row.state} and nobody got it"
    yield from _paid_once(one, ours, arrived)


def _paid_once(
    one: life.Life, ours: dict[str, sa.Row], arrived: collections.Counter[str]
) -> Iterator[str]:
    """However often a refund is sent again, its money goes out once: by Stripe, check or bank."""
    checks = collections.Counter((row.subject, row.amount_cents) for row in one.rows(_CHECKS))
    for number, row in ours.items():
        if checks.pop((number, row.amount_cents), 0) != (row.state == "paid_otherwise"):
            yield f"{number} is {row.state}, and its check is posted otherwise"
        if (row.state == "sent_again") != bool(row.next_no):
            yield f"{number} is {row.state}, and after it comes {row.next_no}"
    for number, cents in checks:
        yield f"a check of {cents} is posted for {number}"
    first: dict[str, str] = {}
    out: collections.Counter[str] = collections.Counter()
    for number, row in ours.items():  # each stands before the one that takes its place
        root = first.setdefault(number, number)
        if row.next_no:
            first[row.next_no] = root
        by_others = row.state == "paid_otherwise" or row.failure_code == "charged_back"
        out[root] += arrived[number] + by_others
    for root, times in out.items():
        if times > 1:
            yield f"the money of {root} went out {times} times"


def _claims(one: life.Life) -> Iterator[str]:
    ours = {row.stripe_ref: row.state for row in one.rows(_CLAIMS)}
    for claim in one.stage.held("dispute"):
        if ours.get(claim["id"]) != claim["status"]:
            yield f"chargeback {claim['id']} is {claim['status']}, here {ours.get(claim['id'])}"


def _cards(one: life.Life) -> Iterator[str]:
    ours = {row.stripe_ref for row in one.rows(_CARDS)}
    there = {m["id"] for m in one.stage.held("payment_method") if m["customer"]}
    for ref in sorted(ours ^ there):
        yield f"{ref} is {'saved here only' if ref in ours else 'attached at Stripe only'}"


def _payouts(one: life.Life) -> Iterator[str]:
    """What went to the insurer's bank is posted once, and once back when it failed."""
    ours = {(row.subject, row.event): row.times for row in one.rows(_PAID_OUT)}
    for payout in one.stage.held("payout"):
        for event, times in (("payout", 1), ("payout_returned", payout["status"] == "failed")):
            if (posted := ours.get((payout["id"], event), 0)) != times:
                yield f"{event} of {payout['id']}, {payout['status']}, is posted {posted} times"

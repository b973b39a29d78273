"""Proves the books: each proof is one query that must find nothing; changes nothing."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping

import sqlalchemy as sa
import structlog
from sqlalchemy import orm

from portal.domain.billing.queries import earned
from portal.gateways import ports
from portal.journeys import context

log = structlog.get_logger("portal.books")
SHOWN = 5  # findings named per proof
MONEY_WITHIN = datetime.timedelta(days=1)  # of a payment, Stripe lists its money so soon


@dataclasses.dataclass(frozen=True, kw_only=True)
class Proof:
    """One proof: how many findings contradict it, the first of them in words."""

    name: str
    findings: int
    examples: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing contradicts it."""
        return self.findings == 0


# name -> SQL that selects what contradicts the proof, as one column of words
PROOFS: Mapping[str, str] = {
    "every entry sums to zero and has two sides": """
        SELECT e.key FROM ledger_entry e LEFT JOIN ledger_line l ON l.entry_id = e.id
        GROUP BY e.id HAVING count(l.id) < 2 OR sum(l.amount_cents) <> 0
    """,
    "invoice balances equal the ledger": """
        SELECT i.number || ': ' || i.open_cents || ' open, ledger ' || coalesce(l.cents, 0)
        FROM invoice i LEFT JOIN (
            SELECT invoice_id, sum(amount_cents) AS cents FROM ledger_line
            WHERE account IN ('1100', '1110') GROUP BY invoice_id
        ) l ON l.invoice_id = i.id
        WHERE i.open_cents <> coalesce(l.cents, 0)
    """,
    "customer balances equal the ledger": """
        SELECT 'customer ' || coalesce(b.customer_id, l.customer_id) || ': '
            || coalesce(b.receivable_cents, 0) || '/' || coalesce(b.unapplied_cents, 0)
            || ', ledger ' || coalesce(l.receivable, 0) || '/' || coalesce(l.unapplied, 0)
        FROM account_balance b FULL JOIN (
            SELECT customer_id,
                sum(amount_cents) FILTER (WHERE account IN ('1100', '1110')) AS receivable,
                -sum(amount_cents) FILTER (WHERE account = '2210') AS unapplied
            FROM ledger_line WHERE customer_id IS NOT NULL GROUP BY customer_id
        ) l ON l.customer_id = b.customer_id
        WHERE coalesce(b.receivable_cents, 0) <> coalesce(l.receivable, 0)
           OR coalesce(b.unapplied_cents, 0) <> coalesce(l.unapplied, 0)
    """,
    "receivables and unapplied cash name their customer": """
        SELECT 'line ' || id FROM ledger_line
        WHERE (account IN ('1100', '1110') AND (customer_id IS NULL OR invoice_id IS NULL))
           OR (account = '2210' AND customer_id IS NULL)
    """,
    "invoices equal the sum of their lines": """
        SELECT i.number FROM invoice i LEFT JOIN (
            SELECT invoice_id, sum(amount_cents) AS total, sum(open_cents) AS open
            FROM invoice_line GROUP BY invoice_id
        ) l ON l.invoice_id = i.id
        WHERE i.total_cents <> coalesce(l.total, 0)
           OR i.open_cents <> coalesce(l.open, 0)
    """,
    "lines equal what was applied to them": """
        SELECT 'line ' || l.id FROM invoice_line l LEFT JOIN (
            SELECT line_id, sum(cents) AS cents FROM allocation GROUP BY line_id
        ) a ON a.line_id = l.id
        WHERE l.amount_cents - l.open_cents - l.closed_cents <> coalesce(a.cents, 0)
    """,
    "every settled payment has exactly one entry, and only those": """
        SELECT coalesce(p.number, e.subject) FROM (
            SELECT number FROM payment WHERE state = 'settled'
        ) p FULL JOIN (
            SELECT subject, count(*) AS entries FROM ledger_entry
            WHERE event = 'payment_settled' GROUP BY subject
        ) e ON e.subject = p.number
        WHERE p.number IS NULL OR e.entries IS DISTINCT FROM 1
    """,
    "payments are applied, unapplied, refunded or charged back to the cent": """
        SELECT p.number FROM payment p LEFT JOIN (
            SELECT source, sum(cents) AS cents FROM allocation GROUP BY source
        ) a ON a.source = p.number LEFT JOIN (
            SELECT payment_id, sum(taken_cents) AS cents FROM chargeback GROUP BY payment_id
        ) c ON c.payment_id = p.id
        WHERE CASE WHEN p.state = 'settled' THEN p.amount_cents ELSE 0 END
            <> coalesce(a.cents, 0) + p.unapplied_cents + p.refunded_cents + coalesce(c.cents, 0)
    """,
    "chargebacks in dispute equal the open chargebacks": """
        SELECT 'chargebacks ' || held.cents || ', ledger ' || posted.cents
        FROM (SELECT coalesce(sum(held_cents), 0) AS cents FROM chargeback) held,
             (SELECT coalesce(sum(amount_cents), 0) AS cents FROM ledger_line
              WHERE account = '1030') posted
        WHERE held.cents <> posted.cents
        UNION ALL
        SELECT number FROM chargeback
        WHERE held_cents <> 0 AND (closed_at IS NOT NULL AND state <> 'won' OR held_cents < 0)
    """,
    "credits are applied or unapplied to the cent": """
        SELECT c.number FROM credit c LEFT JOIN (
            SELECT source, sum(cents) AS cents FROM allocation GROUP BY source
        ) a ON a.source = c.number
        WHERE c.amount_cents <> coalesce(a.cents, 0) + c.unapplied_cents
    """,
    "unapplied cash equals that of payments and credits": """
        SELECT 'customer ' || b.customer_id FROM account_balance b
        LEFT JOIN (SELECT customer_id, sum(unapplied_cents) AS cents FROM payment GROUP BY 1) p
            ON p.customer_id = b.customer_id
        LEFT JOIN (SELECT customer_id, sum(unapplied_cents) AS cents FROM credit GROUP BY 1) c
            ON c.customer_id = b.customer_id
        WHERE b.unapplied_cents <> coalesce(p.cents, 0) + coalesce(c.cents, 0)
    """,
    "holds equal open disputed amounts": """
        SELECT h.subject || '/' || h.line_number || ' ' || h.kind FROM hold h
        JOIN invoice i ON i.number = h.subject
        JOIN invoice_line l ON l.invoice_id = i.id AND l.number = h.line_number
        JOIN dispute d ON d.number = h.owner
        LEFT JOIN dispute_line dl ON dl.dispute_id = d.id
            AND dl.invoice_no = h.subject AND dl.line_number = h.line_number
        WHERE h.lifted_at IS NULL AND h.kind IN ('autopay', 'overdue', 'late_fee')
          AND (d.closed_at IS NOT NULL OR dl.id IS NULL
               OR h.amount_cents <> least(dl.cents, l.open_cents))
    """,
    "money set aside is still unapplied, for an open case": """
        SELECT h.subject || ' ' || h.amount_cents FROM hold h
        LEFT JOIN payment p ON p.number = h.subject
        LEFT JOIN dispute d ON d.number = h.owner
        WHERE h.lifted_at IS NULL AND h.kind = 'allocation'
          AND (p.id IS NULL OR h.amount_cents > p.unapplied_cents
               OR d.id IS NULL OR d.closed_at IS NOT NULL)
    """,
    "nothing is taken for a policy whose pet has died": """
        SELECT 'policy ' || d.number FROM (
            SELECT DISTINCT ON (e.policy_id) p.id, p.number, e.kind FROM policy_event e
            JOIN policy p ON p.id = e.policy_id
            WHERE e.kind IN ('pet_died', 'death_taken_back', 'reinstated')
            ORDER BY e.policy_id, e.id DESC
        ) d WHERE d.kind = 'pet_died' AND (
            4 > (SELECT count(*) FROM hold h WHERE h.subject = d.number AND h.lifted_at IS NULL
                 AND h.kind IN ('autopay', 'overdue', 'late_fee', 'invoicing'))
            OR EXISTS (SELECT FROM autopay a WHERE a.policy_id = d.id AND a.ended_at IS NULL)
            OR EXISTS (
                SELECT FROM draft f JOIN draft_bill b ON b.draft_id = f.id
                JOIN invoice i ON i.id = b.invoice_id
                WHERE f.state IN ('planned', 'retrying', 'asking')
                GROUP BY f.id HAVING bool_and(i.policy_id = d.id)
            ))
    """,
    "what a payment gave back equals its refunds": """
        SELECT p.number FROM payment p LEFT JOIN (
            SELECT payment_id, sum(amount_cents) AS cents FROM refund
            WHERE state <> 'sent_again' GROUP BY payment_id
        ) r ON r.payment_id = p.id
        WHERE p.refunded_cents <> coalesce(r.cents, 0)
    """,
    "a refund that was sent again has one of its sum in its place": """
        SELECT r.number FROM refund r LEFT JOIN refund n ON n.key = 'again:' || r.number
        WHERE (r.state = 'sent_again') <> (n.id IS NOT NULL)
           OR n.amount_cents <> r.amount_cents OR n.payment_id <> r.payment_id
    """,
    "taxes payable are what is billed less credited": """
        SELECT 'taxes payable ' || l.cents || ', lines ' || (b.cents - c.cents)
        FROM (SELECT coalesce(-sum(amount_cents), 0) AS cents FROM ledger_line
              WHERE account = '2400') l,
             (SELECT coalesce(sum(il.amount_cents), 0) AS cents FROM invoice_line il
              JOIN invoice i ON i.id = il.invoice_id
              WHERE il.kind = 'tax' AND i.state <> 'voided') b,
             (SELECT coalesce(sum(a.cents), 0) AS cents FROM allocation a
              JOIN invoice_line il ON il.id = a.line_id
              JOIN invoice i ON i.id = il.invoice_id
              WHERE il.kind = 'tax' AND (a.rule = 'correction'
                  OR a.rule = 'return_premium' AND i.state <> 'voided')) c
        WHERE l.cents <> b.cents - c.cents
    """,
    "no invoice is reserved by a payment that is over": """
        SELECT p.number FROM payment_reservation r JOIN payment p ON p.id = r.payment_id
        WHERE r.released_at IS NULL AND p.state IN ('settled', 'failed', 'cancelled')
    """,
    "a draft is as far as its payments": """
        SELECT d.number FROM draft d WHERE d.state = 'attempting' AND NOT EXISTS (
            SELECT FROM payment p WHERE p.draft_id = d.id
              AND p.state IN ('initiated', 'requires_action', 'processing', 'unknown'))
        UNION ALL
        SELECT p.number FROM payment p JOIN draft d ON d.id = p.draft_id
        WHERE p.state = 'settled' AND d.state <> 'paid'
           OR p.is_off_session AND d.state <> 'attempting'
              AND p.state IN ('initiated', 'requires_action', 'processing', 'unknown')
    """,
    "a draft is paid once, and takes no more than was announced": """
        SELECT d.number FROM draft d JOIN payment p ON p.draft_id = d.id
        WHERE p.state = 'settled'
        GROUP BY d.id HAVING count(*) > 1 OR sum(p.amount_cents) > d.amount_cents
    """,
    "refunds payable equals refunds not sent or failed": """
        SELECT 'refunds payable ' || owed.cents || ', ledger ' || posted.cents
        FROM (SELECT coalesce(sum(amount_cents) FILTER (WHERE state IN ('approved', 'failed')
                  AND failure_code <> 'charged_back'), 0) AS cents FROM refund) owed,
             (SELECT coalesce(-sum(amount_cents), 0) AS cents FROM ledger_line
              WHERE account = '2300') posted
        WHERE owed.cents <> posted.cents
    """,
    "what a claim paid of refunds is those refunds": """
        SELECT c.number FROM chargeback c LEFT JOIN (
            SELECT paid_by_id, sum(amount_cents) AS cents FROM refund GROUP BY paid_by_id
        ) r ON r.paid_by_id = c.id
        WHERE c.owed_cents <> coalesce(r.cents, 0)
    """,
    "what a term costs is planned or billed, less what went back": """
        SELECT p.number || ', term ' || t.number || ' of ' || t.premium_cents || '/'
            || t.tax_cents || ' has ' || i.premium || '/' || i.tax
        FROM term t JOIN policy p ON p.id = t.policy_id JOIN (
            SELECT i.term_id, sum(i.premium_cents) - coalesce(sum(r.premium), 0) AS premium,
                sum(i.tax_cents) - coalesce(sum(r.tax), 0) AS tax
            FROM installment i LEFT JOIN (
                SELECT installment_id,
                    sum(returned_cents) FILTER (WHERE kind = 'premium') AS premium,
                    sum(returned_cents) FILTER (WHERE kind = 'tax') AS tax
                FROM invoice_line WHERE returned_cents > 0 GROUP BY installment_id
            ) r ON r.installment_id = i.id
            GROUP BY i.term_id HAVING bool_and(i.set_aside = '')
        ) i ON i.term_id = t.id
        WHERE t.premium_cents <> i.premium OR t.tax_cents <> i.tax
    """,
    "the rates of a term follow each other without a gap": """
        SELECT p.number || ', term ' || t.number
        FROM term t JOIN policy p ON p.id = t.policy_id LEFT JOIN (
            SELECT term_id, min(starts_on) AS first, max(ends_on) AS last,
                sum(ends_on - starts_on) AS days
            FROM term_segment GROUP BY term_id
        ) s ON s.term_id = t.id
        WHERE s.first IS DISTINCT FROM t.effective_on OR s.last <> t.expires_on
           OR s.days <> t.expires_on - t.effective_on
    """,
    "unearned premium is what is billed less corrected, returned and earned": """
        SELECT 'unearned premium ' || l.cents || ', terms '
            || (b.cents - c.cents - r.cents - e.cents)
        FROM (SELECT coalesce(-sum(amount_cents), 0) AS cents FROM ledger_line
              WHERE account = '2100') l,
             (SELECT coalesce(sum(il.amount_cents), 0) AS cents FROM invoice_line il
              JOIN invoice i ON i.id = il.invoice_id
              WHERE il.kind = 'premium' AND i.state <> 'voided') b,
             (SELECT coalesce(sum(corrected_cents), 0) AS cents FROM term) c,
             (SELECT coalesce(sum(il.returned_cents), 0) AS cents FROM invoice_line il
              JOIN invoice i ON i.id = il.invoice_id
              WHERE il.kind = 'premium' AND i.state <> 'voided') r,
             (SELECT coalesce(-sum(amount_cents), 0) AS cents FROM ledger_line
              WHERE account = '4000') e
        WHERE l.cents <> b.cents - c.cents - r.cents - e.cents
    """,
}

EARNED = "earned premium is what the terms had earned at the last earning run"


def run(ctx: context.Context, *, with_stripe: bool = True) -> tuple[Proof, ...]:
    """Try every proof in one snapshot; with Stripe's clearing last. A finding is logged.

    `with_stripe` False leaves out the one proof that asks Stripe.
    """
    with ctx.database.unit_of_work() as session:
        session.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        proofs = [_prove(session, name, query) for name, query in PROOFS.items()]
        proofs.append(_earned(session))
    if with_stripe:
        proofs.append(_clearing(ctx))
    for proof in proofs:
        if not proof.holds:
            log.error("books_broken", proof=proof.name, findings=proof.findings)
    return tuple(proofs)


def _prove(session: orm.Session, name: str, query: str) -> Proof:
    rows = session.scalars(sa.text(query)).all()
    return Proof(name=name, findings=len(rows), examples=tuple(map(str, rows[:SHOWN])))


def _earned(session: orm.Session) -> Proof:
    """4000 = what the terms, as they stood at the last earning run, had earned through its day.

    With the proof of 2100 this ties unearned premium to the terms, to the cent.
    """
    posted, terms = earned.posted(session), earned.as_of_last_run(session)
    examples = () if posted == terms else (f"ledger {posted}, terms {terms}",)
    return Proof(name=EARNED, findings=len(examples), examples=examples)


def _clearing(ctx: context.Context) -> Proof:
    """1010 = the net of all balance transactions, less what our ledger has not been told yet.

    A debit on its way, and one that was sent back with its reversal, are no money of ours.
    A fee and a refund that Stripe has booked and we have not yet are told by their events; they
    are the only difference that may stand, and only until they are handled.
    """
    name = "Stripe clearing equals the balance transactions at Stripe"
    try:
        there = list(ctx.payments.money_moved())
    except (ports.GatewayUnknown, ports.GatewayRefused) as trouble:
        return Proof(name=name, findings=1, examples=(f"Stripe: {type(trouble).__name__}",))
    with ctx.database.reading() as session:
        ours = int(session.scalar(sa.text(_CLEARING)) or 0)
        waiting = _waiting(session, since=ctx.clock.now() - MONEY_WITHIN)
    net = sum(row.net_cents for row in there if not row.is_open)
    if ours == net + waiting(there):
        return Proof(name=name, findings=0)
    return Proof(name=name, findings=1, examples=(f"ledger {ours}, Stripe {net}",))


_CLEARING = "SELECT coalesce(sum(amount_cents), 0) FROM ledger_line WHERE account = '1010'"
_NO_MONEY_YET = """
    SELECT charge_ref, amount_cents FROM payment
    WHERE state = 'settled' AND fee_cents IS NULL AND settled_at > :since
"""


def _waiting(
    session: orm.Session, *, since: datetime.datetime
) -> Callable[[list[ports.MoneyMoved]], int]:
    """How far the ledger may be ahead of Stripe's list: settled, no balance transaction yet."""
    rows = session.execute(sa.text(_NO_MONEY_YET), {"since": since}).all()
    pending = {ref: int(cents) for ref, cents in rows}

    def ahead(there: list[ports.MoneyMoved]) -> int:
        listed = {row.source_ref: row.fee_cents for row in there}
        return sum(listed.get(ref, cents) for ref, cents in pending.items())

    return ahead

"""The statements of a billing batch; what they mean stands in `issuing`."""

from __future__ import annotations

import sqlalchemy as sa

from portal.domain.ledger import rules as ledger
from portal.domain.ledger.chart import CHARGES, PLANNED

# each planned kind with its accounts: the table of charges, handed over as it stands there
RECIPE: dict[str, object] = {
    "kinds": [str(kind) for kind in PLANNED],
    "receivables": [str(CHARGES[kind].receivable) for kind in PLANNED],
    "credited": [str(CHARGES[kind].credited) for kind in PLANNED],
    "event": str(ledger.Event.INVOICE_ISSUED),
}
_AMOUNTS = [f"{kind}_cents" for kind in PLANNED]


def by_kind(statement: str) -> str:
    """A statement with the amounts of an installment `i` (of a bill `b`) in their places."""
    columns = [f"i.{name}" for name in _AMOUNTS]
    values = [f"({place}, b.{name})" for place, name in enumerate(_AMOUNTS, start=1)]
    for mark, parts in (("{columns}", columns), ("{amounts}", values)):
        statement = statement.replace(mark, ", ".join(parts))
    return statement.replace("{sum}", " + ".join(columns))


# Whether the day of an installment `i` passed while a hold `h` stood that is over: such are not
# billed each by itself but caught up on one bill (`catching_up`).
PASSED_MEANWHILE = """h.lifted_at IS NOT NULL
        AND i.issue_on >= CAST(h.placed_at AT TIME ZONE 'UTC' AS date)
        AND i.issue_on <= CAST(h.lifted_at AT TIME ZONE 'UTC' AS date)"""
_DUE = """
    FROM installment i
    JOIN term t ON t.id = i.term_id
    JOIN policy p ON p.id = t.policy_id
    LEFT JOIN account_balance a ON a.customer_id = p.customer_id
    WHERE i.invoice_id IS NULL AND i.set_aside = '' AND i.issue_on <= :on
    AND (p.cancelled_on IS NULL OR p.cancelled_on > i.period_start_on)
    AND NOT EXISTS (
        SELECT FROM hold h
        WHERE h.kind = 'invoicing' AND h.subject = p.number
        AND (h.lifted_at IS NULL OR {passed})
    )
"""
_DUE = _DUE.replace("{passed}", PASSED_MEANWHILE)


def _about_due(statement: str) -> sa.TextClause:
    """A statement about the installments that are due, which `{due}` stands for."""
    return sa.text(statement.replace("{due}", _DUE))


_PARTS = by_kind("""
    SELECT i.id, {columns},
        i.period_start_on, i.period_end_on, t.effective_on, t.expires_on
    {due}
""")
_IN_ORDER = " ORDER BY i.issue_on, i.id "
_ACCOUNTS = "SELECT i.id, a.customer_id {due} AND a.customer_id IS NOT NULL" + _IN_ORDER
FORESEE = _about_due(_PARTS)
# Accounts come before their installments, as with everybody who changes a plan. TAKE waits for
# nothing; it takes installments too so that it passes over those billed since it began.
TAKE = _about_due(_ACCOUNTS + "LIMIT :limit FOR UPDATE OF a, i SKIP LOCKED")
WAIT = _about_due(_ACCOUNTS + "LIMIT 1 FOR UPDATE OF a")
# An installment may be billed, planned otherwise or of another owner since it was found.
STILL_DUE = _about_due(
    _PARTS.replace("SELECT i.id,", "SELECT i.id, p.customer_id,")
    + " AND i.id = ANY(CAST(:installments AS bigint[]))"
    + _IN_ORDER
    + "FOR UPDATE OF i"
)
ANY_LEFT = _about_due("SELECT EXISTS (SELECT {due})")
WAITING = _about_due("SELECT count(*) {due}")
OPEN_ACCOUNTS = _about_due(
    """
    INSERT INTO account_balance (customer_id)
    SELECT DISTINCT p.customer_id {due} AND a.customer_id IS NULL
    ORDER BY p.customer_id LIMIT :limit
    ON CONFLICT DO NOTHING
    """
)
SET_ASIDE = sa.text("UPDATE installment SET set_aside = :reason WHERE id = :id")
COUNT = sa.text(
    "UPDATE billing_run SET issued = issued + :issued, set_aside = set_aside + :set_aside"
    " WHERE id = :run_id"
)

# One statement, so that nothing is sent to and fro: the bills get their ids and those of their
# entries first, and every other row is made from them.
_ISSUE = """
    WITH bill AS MATERIALIZED (
        SELECT i.*, p.customer_id, p.id AS policy_id, n.number,
            {sum} AS total,
            nextval(pg_get_serial_sequence('invoice', 'id')) AS new_id,
            nextval(pg_get_serial_sequence('ledger_entry', 'id')) AS entry_id
        FROM unnest(CAST(:installments AS bigint[]), CAST(:numbers AS text[])) AS n(id, number)
        JOIN installment i ON i.id = n.id
        JOIN term t ON t.id = i.term_id
        JOIN policy p ON p.id = t.policy_id
    ), recipe AS (
        SELECT * FROM unnest(
            CAST(:kinds AS text[]), CAST(:receivables AS text[]), CAST(:credited AS text[])
        ) WITH ORDINALITY AS r(kind, receivable, credited, place)
    ), charge AS MATERIALIZED (
        SELECT b.new_id, b.entry_id, b.customer_id, b.id, b.sequence, c.cents,
            r.kind, r.receivable, r.credited,
            row_number() OVER (PARTITION BY b.new_id ORDER BY c.place) AS number
        FROM bill b
        CROSS JOIN LATERAL (VALUES
            {amounts}
        ) AS c(place, cents)
        JOIN recipe r ON r.place = c.place
        WHERE c.cents > 0
    ), invoices AS (
        INSERT INTO invoice (id, number, customer_id, policy_id, run_id, state, issued_on, due_on,
            period_start_on, period_end_on, total_cents, open_cents, created_at)
        SELECT new_id, number, customer_id, policy_id, CAST(:run_id AS bigint), 'issued', :on,
            due_on, period_start_on, period_end_on, total, total, :now
        FROM bill
    ), lines AS (
        INSERT INTO invoice_line
            (invoice_id, number, kind, amount_cents, open_cents, rule, installment_id)
        SELECT new_id, number, kind, cents, cents, 'installment-' || sequence, id FROM charge
    ), billed AS (
        UPDATE installment SET invoice_id = bill.new_id FROM bill WHERE installment.id = bill.id
    ), entries AS (
        INSERT INTO ledger_entry (id, key, event, booked_on, posted_at, subject, actor)
        SELECT entry_id, 'issued:' || number, :event, :on, :now, number, :actor FROM bill
    ), sides AS (
        SELECT entry_id, receivable AS account, cents, customer_id, new_id AS invoice_id
        FROM charge
        UNION ALL SELECT entry_id, credited, -cents, NULL, NULL FROM charge
    ), postings AS (
        INSERT INTO ledger_line (entry_id, account, amount_cents, customer_id, invoice_id)
        SELECT entry_id, account, sum(cents), customer_id, invoice_id FROM sides
        GROUP BY entry_id, account, customer_id, invoice_id
        ORDER BY entry_id, sum(cents) DESC
    ), balances AS (
        INSERT INTO account_balance (customer_id, receivable_cents)
        SELECT customer_id, sum(total) FROM bill GROUP BY customer_id
        ON CONFLICT (customer_id) DO UPDATE
        SET receivable_cents = account_balance.receivable_cents + excluded.receivable_cents
    ), events AS (
        INSERT INTO audit_event (at, actor_kind, actor_label, action, subject, customer_id, data,
            personal, request_id)
        SELECT :now, :actor_kind, :actor, 'billing.issued', number, customer_id,
            jsonb_build_object('total_cents', total, 'due_on', due_on,
                'run', CAST(:run_id AS bigint)), '{}', ''
        FROM bill
    )
    SELECT new_id FROM bill ORDER BY new_id
"""
ISSUE = sa.text(by_kind(_ISSUE)).columns(new_id=sa.BigInteger)

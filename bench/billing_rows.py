"""The rows of a billing bench: a book with one bill due a policy, and the rows that come of it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import psycopg
import sqlalchemy as sa
from psycopg import sql

# Numbers that look like ours, so that indexes are as scattered as they really are.
_NO = "upper(substr(md5('%s' || n), 1, 11))"
_FILL = (
    "INSERT INTO customer (number, first_name, last_name, email, street, city, state, zip,"
    f" created_at) SELECT 'CUS-' || {_NO % 'c'}, 'Maria', 'Alvarez', 'c' || n || '@bench.test',"
    " '12 Elm Street', 'Salem', 'OR', '97301', now() FROM generate_series(1, :policies) n",
    "INSERT INTO pet (customer_id, name, species) SELECT id, 'Biscuit', 'dog' FROM customer",
    "INSERT INTO policy (number, customer_id, pet_id, us_state, created_at)"
    " SELECT 'POL-' || upper(substr(md5('p' || id), 1, 11)), customer_id, id, 'OR', now() FROM pet",
    "INSERT INTO term (policy_id, number, effective_on, expires_on, premium_cents, tax_cents,"
    " policy_fee_cents, installment_fee_cents, payment_plan, installments, created_at)"
    " SELECT id, 1, CAST(:on AS date) + 20, CAST(:on AS date) + 385, 74929, 749, 1000, 300,"
    " 'monthly', 12, now() FROM policy",
    "INSERT INTO term_segment (term_id, starts_on, ends_on, premium_cents)"
    " SELECT id, effective_on, expires_on, premium_cents FROM term",
    "INSERT INTO installment (term_id, sequence, period_start_on, period_end_on, issue_on, due_on,"
    " premium_cents, tax_cents, policy_fee_cents, installment_fee_cents)"
    " SELECT id, s, effective_on + 30 * (s - 1), effective_on + 30 * s,"
    " effective_on - 20 + 30 * (s - 1), effective_on + 30 * (s - 1),"
    " CASE s WHEN 1 THEN 6245 ELSE 68684 END, CASE s WHEN 1 THEN 62 ELSE 687 END,"
    " CASE s WHEN 1 THEN 1000 ELSE 0 END, 300"
    " FROM term CROSS JOIN generate_series(1, 2) s ORDER BY id, s",
    "INSERT INTO account_balance (customer_id) SELECT id FROM customer",
)
# table -> the columns of it that a run fills, in the order in which keys allow it
_MADE = {
    "billing_run": "id, on_date, started_at, finished_at, found, issued, set_aside",
    "invoice": "id, number, customer_id, policy_id, run_id, state, issued_on, due_on,"
    " period_start_on, period_end_on, total_cents, open_cents, created_at",
    "invoice_line": "id, invoice_id, number, kind, amount_cents, open_cents, rule, installment_id",
    "ledger_entry": "id, key, event, booked_on, posted_at, subject, actor",
    "ledger_line": "id, entry_id, account, amount_cents, customer_id, invoice_id",
    "audit_event": "id, at, actor_kind, actor_label, action, subject, customer_id, data, personal,"
    " request_id",
}
_DIGEST = (
    "SELECT count(*), count(DISTINCT l.installment_id), sum(i.total_cents), sum(i.open_cents)"
    " FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id AND l.number = 1",
    "SELECT kind, number, count(*), sum(amount_cents), sum(installment_id) FROM invoice_line"
    " GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT account, count(*), sum(amount_cents), sum(customer_id) FROM ledger_line"
    " GROUP BY 1 ORDER BY 1",
    "SELECT count(*), sum(receivable_cents), min(receivable_cents), max(receivable_cents)"
    " FROM account_balance",
    "SELECT action, count(*), sum(customer_id) FROM audit_event GROUP BY 1",
)


def fill(connection: sa.Connection, *, policies: int, on: datetime.date) -> None:
    """Make up so many policies, each with one bill due on `on` and the rest planned for later."""
    for statement in _FILL:
        connection.execute(sa.text(statement), {"policies": policies, "on": on})


def stage(source: psycopg.Connection, target: psycopg.Connection) -> None:
    """Copy the rows of a run beside the tables of `target`, as plain tables without an index."""
    for table, columns in _MADE.items():
        names = {"table": sql.SQL(table), "columns": sql.SQL(columns)}
        target.execute(
            sql.SQL(
                "CREATE UNLOGGED TABLE made_{table} AS SELECT {columns} FROM {table} WITH NO DATA"
            ).format(**names)
        )
        take = sql.SQL("COPY (SELECT {columns} FROM {table}) TO STDOUT").format(**names)
        give = sql.SQL("COPY made_{table} FROM STDIN").format(**names)
        with source.cursor().copy(take) as out, target.cursor().copy(give) as into:
            for block in out:
                into.write(block)
        target.execute(sql.SQL("ANALYZE made_{table}").format(**names))


def insert(target: psycopg.Connection) -> None:
    """PostgreSQL's own way: each table filled from the rows beside it."""
    for table, columns in _MADE.items():
        names = {"table": sql.SQL(table), "columns": sql.SQL(columns)}
        target.execute(
            sql.SQL("INSERT INTO {table} ({columns}) SELECT {columns} FROM made_{table}").format(
                **names
            )
        )


def digest(connection: psycopg.Connection) -> Sequence[object]:
    """What the books came to, whatever numbers the bills were given."""
    return [connection.execute(statement).fetchall() for statement in _DIGEST]

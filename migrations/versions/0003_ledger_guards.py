"""The chart of accounts, and triggers that keep the books balanced and append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CHART = (
    ("1000", "Bank", "asset"),
    ("1010", "Stripe clearing", "asset"),
    ("1030", "Chargebacks in dispute", "asset"),
    ("1100", "Premium receivable", "asset"),
    ("1110", "Fees receivable", "asset"),
    ("2000", "Suspense", "liability"),
    ("2100", "Unearned premium", "liability"),
    ("2210", "Unapplied cash", "liability"),
    ("2300", "Refunds payable", "liability"),
    ("2310", "Claims payable", "liability"),
    ("2400", "Taxes payable", "liability"),
    ("4000", "Earned premium", "income"),
    ("4100", "Policy and installment fees", "income"),
    ("4110", "Late and NSF fees", "income"),
    ("5100", "Processing fees", "expense"),
    ("5200", "Chargeback losses", "expense"),
    ("5300", "Write-offs", "expense"),
    ("5310", "Goodwill credits", "expense"),
)
TABLES = ("ledger_entry", "ledger_line")


def upgrade() -> None:
    """A correction is a new entry: UPDATE, DELETE and TRUNCATE are refused for everybody."""
    accounts = sa.table("ledger_account", sa.column("code"), sa.column("name"), sa.column("kind"))
    op.bulk_insert(
        accounts, [dict(zip(("code", "name", "kind"), row, strict=True)) for row in CHART]
    )
    op.execute(
        """
        CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the ledger is append-only: % on % refused', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM portal_site")
    op.execute("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_account FROM portal_site")
    op.execute(
        """
        CREATE FUNCTION ledger_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE total bigint; sides bigint;
        BEGIN
            SELECT coalesce(sum(amount_cents), 0), count(*) INTO total, sides
                FROM ledger_line WHERE entry_id = NEW.id;
            IF total <> 0 OR sides < 2 THEN
                RAISE EXCEPTION 'ledger entry % does not balance: % sides, sum %',
                    NEW.key, sides, total USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER ledger_entry_balances AFTER INSERT ON ledger_entry "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_entry_balances()"
    )
    op.execute(
        """
        CREATE FUNCTION ledger_line_joins_new_entry() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT 1 FROM added JOIN ledger_entry e ON e.id = added.entry_id
                WHERE e.txid <> pg_current_xact_id()::text::bigint
            ) THEN
                RAISE EXCEPTION 'a ledger line may not join an entry that is posted already'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER ledger_line_joins_new_entry AFTER INSERT ON ledger_line "
        "REFERENCING NEW TABLE AS added FOR EACH STATEMENT "
        "EXECUTE FUNCTION ledger_line_joins_new_entry()"
    )
    op.execute(
        """
        CREATE FUNCTION ledger_entry_is_ours() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM added WHERE txid <> pg_current_xact_id()::text::bigint) THEN
                RAISE EXCEPTION 'txid of a ledger entry is the transaction that posts it'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER ledger_entry_is_ours AFTER INSERT ON ledger_entry "
        "REFERENCING NEW TABLE AS added FOR EACH STATEMENT "
        "EXECUTE FUNCTION ledger_entry_is_ours()"
    )


def downgrade() -> None:
    """Drop the guards; the grants go back to what every table has."""
    op.execute("DROP TRIGGER ledger_entry_is_ours ON ledger_entry")
    op.execute("DROP TRIGGER ledger_line_joins_new_entry ON ledger_line")
    op.execute("DROP TRIGGER ledger_entry_balances ON ledger_entry")
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
        op.execute(f"GRANT UPDATE, DELETE ON {table} TO portal_site")
    op.execute("GRANT INSERT, UPDATE, DELETE ON ledger_account TO portal_site")
    for function in (
        "ledger_entry_is_ours",
        "ledger_line_joins_new_entry",
        "ledger_entry_balances",
        "ledger_refuse_change",
    ):
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("DELETE FROM ledger_account")

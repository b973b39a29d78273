"""The books: chart of accounts, entries, lines."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_account",
        sa.Column("code", sa.String(length=4), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('asset','liability','income','expense')",
            name=op.f("ck_ledger_account_kind_known"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_ledger_account")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("memo", sa.String(), server_default="", nullable=False),
        sa.Column(
            "txid",
            sa.BigInteger(),
            server_default=sa.text("pg_current_xact_id()::text::bigint"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_entry_key")),
    )
    op.create_index(
        op.f("ix_ledger_entry_booked_on_id"), "ledger_entry", ["booked_on", "id"], unique=False
    )
    op.create_index(
        op.f("ix_ledger_entry_subject_id"), "ledger_entry", ["subject", "id"], unique=False
    )
    op.create_table(
        "ledger_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=4), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("invoice_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_cents <> 0", name=op.f("ck_ledger_line_amount_not_zero")),
        sa.ForeignKeyConstraint(
            ["account"], ["ledger_account.code"], name=op.f("fk_ledger_line_account")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_line_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_line")),
    )
    op.create_index(
        op.f("ix_ledger_line_account_id"), "ledger_line", ["account", "id"], unique=False
    )
    op.create_index(
        op.f("ix_ledger_line_customer_id_account"),
        "ledger_line",
        ["customer_id", "account"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_ledger_line_entry_id"), "ledger_line", ["entry_id"], unique=False)
    op.create_index(
        op.f("ix_ledger_line_invoice_id"),
        "ledger_line",
        ["invoice_id"],
        unique=False,
        postgresql_where=sa.text("invoice_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        op.f("ix_ledger_line_invoice_id"),
        table_name="ledger_line",
        postgresql_where=sa.text("invoice_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_ledger_line_entry_id"), table_name="ledger_line")
    op.drop_index(
        op.f("ix_ledger_line_customer_id_account"),
        table_name="ledger_line",
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_ledger_line_account_id"), table_name="ledger_line")
    op.drop_table("ledger_line")
    op.drop_index(op.f("ix_ledger_entry_subject_id"), table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_booked_on_id"), table_name="ledger_entry")
    op.drop_table("ledger_entry")
    op.drop_table("ledger_account")

"""Debits of bank accounts: what was agreed to, what is awaited, when money usually arrives."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MISSING = "ix_payment_return_fee_missing"


def upgrade() -> None:
    op.add_column(
        "payment_method", sa.Column("agreed_in", sa.String(), server_default="", nullable=False)
    )
    op.add_column("wallet_setup", sa.Column("agreed", postgresql.JSONB(), nullable=True))
    op.add_column(
        "payment", sa.Column("method_kind", sa.String(), server_default="", nullable=False)
    )
    op.add_column(
        "payment", sa.Column("by_guest", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("payment", sa.Column("agreed", postgresql.JSONB(), nullable=True))
    op.add_column(
        "payment", sa.Column("verify_url", sa.String(), server_default="", nullable=False)
    )
    op.add_column("payment", sa.Column("expected_on", sa.Date(), nullable=True))
    op.create_index(
        MISSING,
        "payment",
        ["checked_at"],
        postgresql_where=sa.text(
            "state = 'failed' AND expected_on IS NOT NULL AND fee_cents IS NULL"
        ),
    )


def downgrade() -> None:
    op.drop_index(MISSING, table_name="payment")
    for name in ("expected_on", "verify_url", "agreed", "by_guest", "method_kind"):
        op.drop_column("payment", name)
    op.drop_column("wallet_setup", "agreed")
    op.drop_column("payment_method", "agreed_in")

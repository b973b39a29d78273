"""Consent to a chosen day and to parts; what a declined arrangement was answered."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KINDS = "ck_wallet_consent_kind_known"


def upgrade() -> None:
    op.drop_constraint(op.f(KINDS), "wallet_consent", type_="check")
    op.create_check_constraint(
        op.f(KINDS),
        "wallet_consent",
        "kind IN ('store', 'debit', 'autopay', 'scheduled', 'arrangement')",
    )
    op.add_column(
        "arrangement", sa.Column("answer", sa.String(), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("arrangement", "answer")
    op.drop_constraint(op.f(KINDS), "wallet_consent", type_="check")
    op.create_check_constraint(
        op.f(KINDS), "wallet_consent", "kind IN ('store', 'debit', 'autopay')"
    )

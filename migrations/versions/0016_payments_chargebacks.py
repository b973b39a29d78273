"""Chargebacks, and what banks warn of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chargeback",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("stripe_ref", sa.String(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("is_inquiry", sa.Boolean(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("fee_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("held_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("owed_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("taken_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("absorbed_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("if_lost", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(), server_default="", nullable=False),
        sa.Column("case_no", sa.String(), server_default="", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "evidence",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("evidence_by", sa.String(), server_default="", nullable=False),
        sa.Column("evidence_attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("evidence_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence_submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence_error", sa.String(), server_default="", nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('warning_needs_response', 'warning_under_review', 'warning_closed', 'needs_response', 'under_review', 'won', 'lost', 'prevented', 'appeal_needs_response', 'appeal_under_review')",
            name=op.f("ck_chargeback_state_known"),
        ),
        sa.CheckConstraint(
            "if_lost IN ('due_again', 'absorbed')", name=op.f("ck_chargeback_if_lost_known")
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_chargeback_amount_above_zero")),
        sa.CheckConstraint(
            "taken_cents >= 0 AND owed_cents >= 0 AND absorbed_cents >= 0",
            name=op.f("ck_chargeback_split_in_range"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_chargeback_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_chargeback_payment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chargeback")),
        sa.UniqueConstraint("number", name=op.f("uq_chargeback_number")),
        sa.UniqueConstraint("stripe_ref", name=op.f("uq_chargeback_stripe_ref")),
    )
    op.create_index(op.f("ix_chargeback_payment_id"), "chargeback", ["payment_id"])
    op.create_index(op.f("ix_chargeback_case_no"), "chargeback", ["case_no"])
    op.create_index(
        "ix_chargeback_open",
        "chargeback",
        ["evidence_due_at"],
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "fraud_warning",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("stripe_ref", sa.String(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("fraud_type", sa.String(), nullable=False),
        sa.Column("case_no", sa.String(), server_default="", nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_fraud_warning_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_fraud_warning_payment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fraud_warning")),
        sa.UniqueConstraint("stripe_ref", name=op.f("uq_fraud_warning_stripe_ref")),
    )
    op.create_index(op.f("ix_fraud_warning_payment_id"), "fraud_warning", ["payment_id"])
    op.create_index(op.f("ix_fraud_warning_case_no"), "fraud_warning", ["case_no"])


def downgrade() -> None:
    op.drop_index(op.f("ix_fraud_warning_case_no"), table_name="fraud_warning")
    op.drop_index(op.f("ix_fraud_warning_payment_id"), table_name="fraud_warning")
    op.drop_table("fraud_warning")
    op.drop_index(
        "ix_chargeback_open",
        table_name="chargeback",
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.drop_index(op.f("ix_chargeback_case_no"), table_name="chargeback")
    op.drop_index(op.f("ix_chargeback_payment_id"), table_name="chargeback")
    op.drop_table("chargeback")

"""Payments, reservations, refunds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("planned", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("once_key", sa.String(), nullable=False),
        sa.Column("method_id", sa.BigInteger(), nullable=True),
        sa.Column("save_method", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("method_label", sa.String(), server_default="", nullable=False),
        sa.Column("stripe_ref", sa.String(), nullable=True),
        sa.Column("charge_ref", sa.String(), nullable=True),
        sa.Column("failure_code", sa.String(), server_default="", nullable=False),
        sa.Column("fee_cents", sa.BigInteger(), nullable=True),
        sa.Column("unapplied_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunded_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'settled') = (settled_at IS NOT NULL)", name=op.f("ck_payment_settled_at_set")
        ),
        sa.CheckConstraint(
            "state IN ('initiated', 'requires_action', 'processing', 'unknown', 'settled', 'failed', 'cancelled')",
            name=op.f("ck_payment_state_known"),
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payment_amount_above_zero")),
        sa.CheckConstraint(
            "refunded_cents BETWEEN 0 AND amount_cents", name=op.f("ck_payment_refunded_in_range")
        ),
        sa.CheckConstraint(
            "unapplied_cents BETWEEN 0 AND amount_cents", name=op.f("ck_payment_unapplied_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_payment_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["method_id"], ["payment_method.id"], name=op.f("fk_payment_method_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("charge_ref", name=op.f("uq_payment_charge_ref")),
        sa.UniqueConstraint("number", name=op.f("uq_payment_number")),
        sa.UniqueConstraint("once_key", name=op.f("uq_payment_once_key")),
        sa.UniqueConstraint("stripe_ref", name=op.f("uq_payment_stripe_ref")),
    )
    op.create_index(
        op.f("ix_payment_customer_id_created_at_id"),
        "payment",
        ["customer_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_payment_fee_missing",
        "payment",
        ["settled_at"],
        unique=False,
        postgresql_where=sa.text("state = 'settled' AND fee_cents IS NULL"),
    )
    op.create_index(
        "ix_payment_open",
        "payment",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('initiated','requires_action','processing','unknown')"),
    )
    op.create_table(
        "refund",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("stripe_ref", sa.String(), nullable=True),
        sa.Column("failure_code", sa.String(), server_default="", nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('approved', 'sent', 'succeeded', 'failed')",
            name=op.f("ck_refund_state_known"),
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_refund_amount_above_zero")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_refund_customer_id")
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_refund_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("key", name=op.f("uq_refund_key")),
        sa.UniqueConstraint("number", name=op.f("uq_refund_number")),
        sa.UniqueConstraint("stripe_ref", name=op.f("uq_refund_stripe_ref")),
    )
    op.create_index(
        op.f("ix_refund_customer_id_created_at"),
        "refund",
        ["customer_id", "created_at"],
        unique=False,
    )
    op.create_index(
        "ix_refund_open",
        "refund",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('approved','sent')"),
    )
    op.create_index(op.f("ix_refund_payment_id"), "refund", ["payment_id"], unique=False)
    op.create_table(
        "payment_reservation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("cents > 0", name=op.f("ck_payment_reservation_cents_above_zero")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_payment_reservation_invoice_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_payment_reservation_payment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_reservation")),
        sa.UniqueConstraint(
            "payment_id", "invoice_id", name=op.f("uq_payment_reservation_payment_id_invoice_id")
        ),
    )
    op.create_index(
        "uq_payment_reservation_open",
        "payment_reservation",
        ["invoice_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_payment_reservation_open",
        table_name="payment_reservation",
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.drop_table("payment_reservation")
    op.drop_index(op.f("ix_refund_payment_id"), table_name="refund")
    op.drop_index(
        "ix_refund_open",
        table_name="refund",
        postgresql_where=sa.text("state IN ('approved','sent')"),
    )
    op.drop_index(op.f("ix_refund_customer_id_created_at"), table_name="refund")
    op.drop_table("refund")
    op.drop_index(
        "ix_payment_open",
        table_name="payment",
        postgresql_where=sa.text("state IN ('initiated','requires_action','processing','unknown')"),
    )
    op.drop_index(
        "ix_payment_fee_missing",
        table_name="payment",
        postgresql_where=sa.text("state = 'settled' AND fee_cents IS NULL"),
    )
    op.drop_index(op.f("ix_payment_customer_id_created_at_id"), table_name="payment")
    op.drop_table("payment")

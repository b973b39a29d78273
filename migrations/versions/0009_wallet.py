"""Payment methods."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment_method",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("stripe_ref", sa.String(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("last4", sa.String(), nullable=False),
        sa.Column("exp_month", sa.Integer(), nullable=True),
        sa.Column("exp_year", sa.Integer(), nullable=True),
        sa.Column("fingerprint", sa.String(), server_default="", nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('card', 'us_bank_account')", name=op.f("ck_payment_method_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_payment_method_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_method")),
        sa.UniqueConstraint("number", name=op.f("uq_payment_method_number")),
        sa.UniqueConstraint("stripe_ref", name=op.f("uq_payment_method_stripe_ref")),
    )
    op.create_index(
        op.f("ix_payment_method_customer_id_id"),
        "payment_method",
        ["customer_id", "id"],
        unique=False,
    )
    op.create_index(
        "uq_payment_method_default",
        "payment_method",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("is_default AND removed_at IS NULL"),
    )
    op.create_table(
        "wallet_customer",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("stripe_ref", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_wallet_customer_customer_id")
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_wallet_customer")),
        sa.UniqueConstraint("stripe_ref", name=op.f("uq_wallet_customer_stripe_ref")),
    )
    op.create_table(
        "wallet_setup",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("stripe_ref", sa.String(), nullable=True),
        sa.Column("state", sa.Text(), server_default="started", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('started', 'succeeded', 'failed')", name=op.f("ck_wallet_setup_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_wallet_setup_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_setup")),
        sa.UniqueConstraint("stripe_ref", name=op.f("uq_wallet_setup_stripe_ref")),
    )
    op.create_index(
        op.f("ix_wallet_setup_customer_id"), "wallet_setup", ["customer_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_wallet_setup_customer_id"), table_name="wallet_setup")
    op.drop_table("wallet_setup")
    op.drop_table("wallet_customer")
    op.drop_index(
        "uq_payment_method_default",
        table_name="payment_method",
        postgresql_where=sa.text("is_default AND removed_at IS NULL"),
    )
    op.drop_index(op.f("ix_payment_method_customer_id_id"), table_name="payment_method")
    op.drop_table("payment_method")

"""Pets, policies, terms."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pet",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("species", sa.Text(), nullable=False),
        sa.Column("breed", sa.String(), server_default="", nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "species IN ('dog', 'cat', 'rabbit', 'bird', 'other')",
            name=op.f("ck_pet_species_known"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_pet_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pet")),
    )
    op.create_index(op.f("ix_pet_customer_id"), "pet", ["customer_id"], unique=False)
    op.create_table(
        "policy",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("pet_id", sa.BigInteger(), nullable=False),
        sa.Column("us_state", sa.String(), nullable=False),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('active', 'cancelled')", name=op.f("ck_policy_state_known")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_policy_customer_id")
        ),
        sa.ForeignKeyConstraint(["pet_id"], ["pet.id"], name=op.f("fk_policy_pet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("number", name=op.f("uq_policy_number")),
    )
    op.create_index(op.f("ix_policy_customer_id"), "policy", ["customer_id"], unique=False)
    op.create_index(op.f("ix_policy_pet_id"), "policy", ["pet_id"], unique=False)
    op.create_table(
        "term",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("premium_cents", sa.BigInteger(), nullable=False),
        sa.Column("corrected_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tax_cents", sa.BigInteger(), nullable=False),
        sa.Column("policy_fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("installment_fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("payment_plan", sa.Text(), nullable=False),
        sa.Column("installments", sa.Integer(), nullable=False),
        sa.Column("down_payment_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "payment_plan IN ('in_full', 'quarterly', 'monthly', 'down_payment')",
            name=op.f("ck_term_payment_plan_known"),
        ),
        sa.CheckConstraint(
            "corrected_cents BETWEEN 0 AND premium_cents", name=op.f("ck_term_corrected_in_range")
        ),
        sa.CheckConstraint("effective_on < expires_on", name=op.f("ck_term_not_empty")),
        sa.CheckConstraint(
            "installments BETWEEN 1 AND 12", name=op.f("ck_term_installments_range")
        ),
        sa.CheckConstraint(
            "premium_cents > 0 AND tax_cents >= 0 AND policy_fee_cents >= 0 AND installment_fee_cents >= 0",
            name=op.f("ck_term_amounts_not_negative"),
        ),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_term_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term")),
        sa.UniqueConstraint("policy_id", "number", name=op.f("uq_term_policy_id_number")),
    )
    op.create_index(
        op.f("ix_term_effective_on_expires_on"),
        "term",
        ["effective_on", "expires_on"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_term_effective_on_expires_on"), table_name="term")
    op.drop_table("term")
    op.drop_index(op.f("ix_policy_pet_id"), table_name="policy")
    op.drop_index(op.f("ix_policy_customer_id"), table_name="policy")
    op.drop_table("policy")
    op.drop_index(op.f("ix_pet_customer_id"), table_name="pet")
    op.drop_table("pet")

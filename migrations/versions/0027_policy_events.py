"""What happened to a policy, readable for ever; premium that goes back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

KINDS = (
    "premium_changed",
    "day_moved",
    "paid_in_full",
    "cancelled",
    "reinstated",
)


def upgrade() -> None:
    listed = ", ".join(f"'{kind}'" for kind in KINDS)
    op.create_table(
        "policy_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("once_key", sa.String(), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("by_kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(f"kind IN ({listed})", name=op.f("ck_policy_event_kind_known")),
        sa.CheckConstraint(
            "by_kind IN ('customer', 'staff', 'system')",
            name=op.f("ck_policy_event_by_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["policy.id"], name=op.f("fk_policy_event_policy_id")
        ),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_policy_event_term_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_event")),
        sa.UniqueConstraint("number", name=op.f("uq_policy_event_number")),
        sa.UniqueConstraint("once_key", name=op.f("uq_policy_event_once_key")),
    )
    op.create_index(op.f("ix_policy_event_policy_id_id"), "policy_event", ["policy_id", "id"])
    op.add_column(
        "invoice_line",
        sa.Column("returned_cents", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_invoice_line_returned_in_range"),
        "invoice_line",
        "returned_cents BETWEEN 0 AND amount_cents",
    )
    op.drop_constraint(op.f("ck_credit_kind_known"), "credit", type_="check")
    op.create_check_constraint(
        op.f("ck_credit_kind_known"),
        "credit",
        "kind IN ('goodwill', 'correction', 'shortfall', 'return_premium')",
    )
    _amounts("premium_cents >= 0")


def _amounts(premium: str) -> None:
    """A term whose premium went back altogether costs nothing."""
    op.drop_constraint(op.f("ck_term_amounts_not_negative"), "term", type_="check")
    op.create_check_constraint(
        op.f("ck_term_amounts_not_negative"),
        "term",
        f"{premium} AND tax_cents >= 0 AND policy_fee_cents >= 0 AND installment_fee_cents >= 0",
    )


def downgrade() -> None:
    _amounts("premium_cents > 0")
    op.drop_constraint(op.f("ck_credit_kind_known"), "credit", type_="check")
    op.create_check_constraint(
        op.f("ck_credit_kind_known"), "credit", "kind IN ('goodwill', 'correction', 'shortfall')"
    )
    op.drop_constraint(op.f("ck_invoice_line_returned_in_range"), "invoice_line", type_="check")
    op.drop_column("invoice_line", "returned_cents")
    op.drop_table("policy_event")

"""Installments, invoices, allocations, credits, holds."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "billing_plan",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("tolerance_cents", sa.BigInteger(), nullable=False),
        sa.Column("allocation_rule", sa.String(), nullable=False),
        sa.Column("installment_fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("policy_fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("tax_ppm", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "allocation_rule IN ('A', 'B')", name=op.f("ck_billing_plan_allocation_rule_known")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_billing_plan")),
    )
    op.create_table(
        "billing_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_run")),
    )
    op.create_table(
        "account_balance",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("receivable_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unapplied_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_account_balance_customer_id")
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_account_balance")),
    )
    op.create_table(
        "credit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("unapplied_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('goodwill', 'correction', 'shortfall')", name=op.f("ck_credit_kind_known")
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_credit_amount_above_zero")),
        sa.CheckConstraint(
            "unapplied_cents BETWEEN 0 AND amount_cents", name=op.f("ck_credit_unapplied_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_credit_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit")),
        sa.UniqueConstraint("key", name=op.f("uq_credit_key")),
        sa.UniqueConstraint("number", name=op.f("uq_credit_number")),
    )
    op.create_index(op.f("ix_credit_customer_id_id"), "credit", ["customer_id", "id"], unique=False)
    op.create_table(
        "hold",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('autopay', 'overdue', 'late_fee', 'invoicing', 'refund', 'allocation')",
            name=op.f("ck_hold_kind_known"),
        ),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_hold_amount_not_negative")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_hold_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_index(
        "ix_hold_customer_active",
        "hold",
        ["customer_id"],
        unique=False,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_index(op.f("ix_hold_owner"), "hold", ["owner"], unique=False)
    op.create_index(
        "uq_hold_active",
        "hold",
        ["kind", "subject", "line_number"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "installment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("period_start_on", sa.Date(), nullable=False),
        sa.Column("period_end_on", sa.Date(), nullable=False),
        sa.Column("issue_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("premium_cents", sa.BigInteger(), nullable=False),
        sa.Column("tax_cents", sa.BigInteger(), nullable=False),
        sa.Column("policy_fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("installment_fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("billed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_installment_term_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installment")),
        sa.UniqueConstraint("term_id", "sequence", name=op.f("uq_installment_term_id_sequence")),
    )
    op.create_index(
        op.f("ix_installment_issue_on_id"),
        "installment",
        ["issue_on", "id"],
        unique=False,
        postgresql_where=sa.text("billed_at IS NULL"),
    )
    op.create_table(
        "invoice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("installment_id", sa.BigInteger(), nullable=True),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("period_start_on", sa.Date(), nullable=False),
        sa.Column("period_end_on", sa.Date(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("open_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'issued') = (open_cents > 0)", name=op.f("ck_invoice_open_while_issued")
        ),
        sa.CheckConstraint(
            "state IN ('issued', 'paid', 'voided', 'written_off')",
            name=op.f("ck_invoice_state_known"),
        ),
        sa.CheckConstraint(
            "open_cents BETWEEN 0 AND total_cents", name=op.f("ck_invoice_open_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_invoice_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["installment_id"], ["installment.id"], name=op.f("fk_invoice_installment_id")
        ),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_invoice_policy_id")),
        sa.ForeignKeyConstraint(["run_id"], ["billing_run.id"], name=op.f("fk_invoice_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("installment_id", name=op.f("uq_invoice_installment_id")),
        sa.UniqueConstraint("number", name=op.f("uq_invoice_number")),
    )
    op.create_index(
        op.f("ix_invoice_customer_id_due_on_id"),
        "invoice",
        ["customer_id", "due_on", "id"],
        unique=False,
    )
    op.create_index(
        "ix_invoice_open",
        "invoice",
        ["customer_id", "due_on", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'issued'"),
    )
    op.create_index(
        op.f("ix_invoice_policy_id_due_on"), "invoice", ["policy_id", "due_on"], unique=False
    )
    op.create_table(
        "invoice_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("open_cents", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint(
            "kind IN ('tax', 'premium', 'policy_fee', 'installment_fee', 'late_fee', 'nsf_fee')",
            name=op.f("ck_invoice_line_kind_known"),
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_invoice_line_amount_above_zero")),
        sa.CheckConstraint(
            "open_cents BETWEEN 0 AND amount_cents", name=op.f("ck_invoice_line_open_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_line_invoice_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_line")),
        sa.UniqueConstraint("invoice_id", "number", name=op.f("uq_invoice_line_invoice_id_number")),
    )
    op.create_table(
        "allocation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("cents <> 0", name=op.f("ck_allocation_not_zero")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["invoice_line.id"], name=op.f("fk_allocation_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
    )
    op.create_index(op.f("ix_allocation_line_id"), "allocation", ["line_id"], unique=False)
    op.create_index(op.f("ix_allocation_source"), "allocation", ["source"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_allocation_source"), table_name="allocation")
    op.drop_index(op.f("ix_allocation_line_id"), table_name="allocation")
    op.drop_table("allocation")
    op.drop_table("invoice_line")
    op.drop_index(op.f("ix_invoice_policy_id_due_on"), table_name="invoice")
    op.drop_index(
        "ix_invoice_open", table_name="invoice", postgresql_where=sa.text("state = 'issued'")
    )
    op.drop_index(op.f("ix_invoice_customer_id_due_on_id"), table_name="invoice")
    op.drop_table("invoice")
    op.drop_index(
        op.f("ix_installment_issue_on_id"),
        table_name="installment",
        postgresql_where=sa.text("billed_at IS NULL"),
    )
    op.drop_table("installment")
    op.drop_index(
        "uq_hold_active",
        table_name="hold",
        postgresql_where=sa.text("lifted_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index(op.f("ix_hold_owner"), table_name="hold")
    op.drop_index(
        "ix_hold_customer_active", table_name="hold", postgresql_where=sa.text("lifted_at IS NULL")
    )
    op.drop_table("hold")
    op.drop_index(op.f("ix_credit_customer_id_id"), table_name="credit")
    op.drop_table("credit")
    op.drop_table("account_balance")
    op.drop_table("billing_run")
    op.drop_table("billing_plan")

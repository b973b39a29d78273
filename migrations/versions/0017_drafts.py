"""Autopay, drafts, arrangements, payers, consents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "arrangement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("once_key", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("parts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("method_no", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), server_default="", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'active', 'kept', 'broken', 'declined', 'cancelled')",
            name=op.f("ck_arrangement_state_known"),
        ),
        sa.CheckConstraint("total_cents > 0", name=op.f("ck_arrangement_total_above_zero")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_arrangement_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrangement")),
        sa.UniqueConstraint("number", name=op.f("uq_arrangement_number")),
        sa.UniqueConstraint("once_key", name=op.f("uq_arrangement_once_key")),
    )
    op.create_index(
        op.f("ix_arrangement_customer_id_id"), "arrangement", ["customer_id", "id"], unique=False
    )
    op.create_index(
        "uq_arrangement_running",
        "arrangement",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('proposed', 'active')"),
    )
    op.create_table(
        "payer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("stripe_ref", sa.String(), nullable=True),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "end_reason IN ('by_owner', 'by_payer', 'policy_ended')",
            name=op.f("ck_payer_end_reason_known"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_payer_end_has_reason")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_payer_customer_id")
        ),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_payer_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payer")),
        sa.UniqueConstraint("number", name=op.f("uq_payer_number")),
        sa.UniqueConstraint("stripe_ref", name=op.f("uq_payer_stripe_ref")),
    )
    op.create_index(op.f("ix_payer_customer_id"), "payer", ["customer_id"], unique=False)
    op.create_index(
        "uq_payer_active",
        "payer",
        ["policy_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "wallet_consent",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("payer_id", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("method_label", sa.String(), server_default="", nullable=False),
        sa.Column("text_version", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ip", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('store', 'debit', 'autopay')", name=op.f("ck_wallet_consent_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_wallet_consent_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["payer_id"], ["payer.id"], name=op.f("fk_wallet_consent_payer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_consent")),
    )
    op.create_index(
        op.f("ix_wallet_consent_customer_id_id"),
        "wallet_consent",
        ["customer_id", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_wallet_consent_subject"), "wallet_consent", ["subject"], unique=False)
    op.create_table(
        "autopay",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("payer_id", sa.BigInteger(), nullable=True),
        sa.Column("method_id", sa.BigInteger(), nullable=False),
        sa.Column("backup_method_id", sa.BigInteger(), nullable=True),
        sa.Column("days_before", sa.Integer(), server_default="0", nullable=False),
        sa.Column("consent_id", sa.BigInteger(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "end_reason IN ('left', 'replaced', 'method_gone', 'mandate_revoked', 'refused', 'payer_ended', 'policy_ended', 'staff')",
            name=op.f("ck_autopay_end_reason_known"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_autopay_end_has_reason")
        ),
        sa.CheckConstraint(
            "days_before BETWEEN 0 AND 10", name=op.f("ck_autopay_days_before_range")
        ),
        sa.ForeignKeyConstraint(
            ["backup_method_id"], ["payment_method.id"], name=op.f("fk_autopay_backup_method_id")
        ),
        sa.ForeignKeyConstraint(
            ["consent_id"], ["wallet_consent.id"], name=op.f("fk_autopay_consent_id")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_autopay_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["method_id"], ["payment_method.id"], name=op.f("fk_autopay_method_id")
        ),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_autopay_payer_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_autopay_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_autopay")),
    )
    op.create_index(op.f("ix_autopay_customer_id"), "autopay", ["customer_id"], unique=False)
    op.create_index(op.f("ix_autopay_method_id"), "autopay", ["method_id"], unique=False)
    op.create_index(
        "uq_autopay_active",
        "autopay",
        ["policy_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "arrangement_bill",
        sa.Column("arrangement_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["arrangement_id"], ["arrangement.id"], name=op.f("fk_arrangement_bill_arrangement_id")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_arrangement_bill_invoice_id")
        ),
        sa.PrimaryKeyConstraint("arrangement_id", "invoice_id", name=op.f("pk_arrangement_bill")),
    )
    op.create_index(
        op.f("ix_arrangement_bill_invoice_id"), "arrangement_bill", ["invoice_id"], unique=False
    )
    op.create_table(
        "draft",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("autopay_id", sa.BigInteger(), nullable=True),
        sa.Column("arrangement_id", sa.BigInteger(), nullable=True),
        sa.Column("payer_id", sa.BigInteger(), nullable=True),
        sa.Column("method_id", sa.BigInteger(), nullable=False),
        sa.Column("backup_method_id", sa.BigInteger(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("draft_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("first_tried_on", sa.Date(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("outcome", sa.String(), server_default="", nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'arrangement') = (arrangement_id IS NOT NULL)",
            name=op.f("ck_draft_arrangement_named"),
        ),
        sa.CheckConstraint(
            "(kind = 'autopay') = (autopay_id IS NOT NULL)", name=op.f("ck_draft_autopay_named")
        ),
        sa.CheckConstraint(
            "(state IN ('planned', 'retrying', 'asking')) = (due_on IS NOT NULL)",
            name=op.f("ck_draft_due_while_waiting"),
        ),
        sa.CheckConstraint(
            "kind IN ('autopay', 'scheduled', 'arrangement')", name=op.f("ck_draft_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'attempting', 'retrying', 'asking', 'paid', 'nothing_left', 'failed', 'cancelled')",
            name=op.f("ck_draft_state_known"),
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_draft_amount_above_zero")),
        sa.ForeignKeyConstraint(
            ["arrangement_id"], ["arrangement.id"], name=op.f("fk_draft_arrangement_id")
        ),
        sa.ForeignKeyConstraint(["autopay_id"], ["autopay.id"], name=op.f("fk_draft_autopay_id")),
        sa.ForeignKeyConstraint(
            ["backup_method_id"], ["payment_method.id"], name=op.f("fk_draft_backup_method_id")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_draft_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["method_id"], ["payment_method.id"], name=op.f("fk_draft_method_id")
        ),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_draft_payer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("key", name=op.f("uq_draft_key")),
        sa.UniqueConstraint("number", name=op.f("uq_draft_number")),
    )
    op.create_index(op.f("ix_draft_arrangement_id"), "draft", ["arrangement_id"], unique=False)
    op.create_index(
        "ix_draft_attempting",
        "draft",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'attempting'"),
    )
    op.create_index(op.f("ix_draft_autopay_id"), "draft", ["autopay_id"], unique=False)
    op.create_index(op.f("ix_draft_customer_id_id"), "draft", ["customer_id", "id"], unique=False)
    op.create_index(
        "ix_draft_due",
        "draft",
        ["due_on", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('planned', 'retrying', 'asking')"),
    )
    op.create_table(
        "draft_bill",
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_draft_bill_draft_id")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_draft_bill_invoice_id")
        ),
        sa.PrimaryKeyConstraint("draft_id", "invoice_id", name=op.f("pk_draft_bill")),
    )
    op.create_index(op.f("ix_draft_bill_invoice_id"), "draft_bill", ["invoice_id"], unique=False)
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON wallet_consent FROM portal_site")
    op.add_column("payment", sa.Column("draft_id", sa.BigInteger(), nullable=True))
    op.add_column("payment", sa.Column("payer_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "payment",
        sa.Column("is_off_session", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_index(op.f("ix_payment_draft_id"), "payment", ["draft_id"], unique=False)
    op.create_index(op.f("ix_payment_payer_id"), "payment", ["payer_id"], unique=False)
    op.create_foreign_key(op.f("fk_payment_draft_id"), "payment", "draft", ["draft_id"], ["id"])
    op.create_foreign_key(op.f("fk_payment_payer_id"), "payment", "payer", ["payer_id"], ["id"])
    op.add_column("payment_method", sa.Column("payer_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "payment_method", sa.Column("mandate_ref", sa.String(), server_default="", nullable=False)
    )
    op.add_column("payment_method", sa.Column("mandate_state", sa.Text(), nullable=True))
    op.add_column("payment_method", sa.Column("expiry_warned", sa.Integer(), nullable=True))
    op.create_index(
        op.f("ix_payment_method_payer_id"), "payment_method", ["payer_id"], unique=False
    )
    op.create_foreign_key(
        op.f("fk_payment_method_payer_id"), "payment_method", "payer", ["payer_id"], ["id"]
    )
    op.add_column("wallet_setup", sa.Column("payer_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "wallet_setup", sa.Column("label", sa.String(), server_default="", nullable=False)
    )
    op.add_column(
        "wallet_setup", sa.Column("verify_url", sa.String(), server_default="", nullable=False)
    )
    op.create_foreign_key(
        op.f("fk_wallet_setup_payer_id"), "wallet_setup", "payer", ["payer_id"], ["id"]
    )

    op.create_check_constraint(
        op.f("ck_payment_method_mandate_state_known"),
        "payment_method",
        "mandate_state IN ('active', 'revoked')",
    )
    _default("is_default AND removed_at IS NULL AND payer_id IS NULL")
    op.drop_constraint(op.f("ck_wallet_setup_state_known"), "wallet_setup", type_="check")
    op.create_check_constraint(
        op.f("ck_wallet_setup_state_known"),
        "wallet_setup",
        "state IN ('started', 'verifying', 'succeeded', 'failed')",
    )


def _default(where: str) -> None:
    op.drop_index("uq_payment_method_default", table_name="payment_method")
    op.create_index(
        "uq_payment_method_default",
        "payment_method",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text(where),
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_wallet_setup_state_known"), "wallet_setup", type_="check")
    op.create_check_constraint(
        op.f("ck_wallet_setup_state_known"),
        "wallet_setup",
        "state IN ('started', 'succeeded', 'failed')",
    )
    _default("is_default AND removed_at IS NULL")
    op.drop_constraint(op.f("fk_wallet_setup_payer_id"), "wallet_setup", type_="foreignkey")
    op.drop_column("wallet_setup", "verify_url")
    op.drop_column("wallet_setup", "label")
    op.drop_column("wallet_setup", "payer_id")
    op.drop_constraint(op.f("fk_payment_method_payer_id"), "payment_method", type_="foreignkey")
    op.drop_index(op.f("ix_payment_method_payer_id"), table_name="payment_method")
    op.drop_column("payment_method", "expiry_warned")
    op.drop_column("payment_method", "mandate_state")
    op.drop_column("payment_method", "mandate_ref")
    op.drop_column("payment_method", "payer_id")
    op.drop_constraint(op.f("fk_payment_payer_id"), "payment", type_="foreignkey")
    op.drop_constraint(op.f("fk_payment_draft_id"), "payment", type_="foreignkey")
    op.drop_index(op.f("ix_payment_payer_id"), table_name="payment")
    op.drop_index(op.f("ix_payment_draft_id"), table_name="payment")
    op.drop_column("payment", "payer_id")
    op.drop_column("payment", "is_off_session")
    op.drop_column("payment", "draft_id")
    op.drop_index(op.f("ix_draft_bill_invoice_id"), table_name="draft_bill")
    op.drop_table("draft_bill")
    op.drop_index(
        "ix_draft_due",
        table_name="draft",
        postgresql_where=sa.text("state IN ('planned', 'retrying', 'asking')"),
    )
    op.drop_index(op.f("ix_draft_customer_id_id"), table_name="draft")
    op.drop_index(op.f("ix_draft_autopay_id"), table_name="draft")
    op.drop_index(
        "ix_draft_attempting", table_name="draft", postgresql_where=sa.text("state = 'attempting'")
    )
    op.drop_index(op.f("ix_draft_arrangement_id"), table_name="draft")
    op.drop_table("draft")
    op.drop_index(op.f("ix_arrangement_bill_invoice_id"), table_name="arrangement_bill")
    op.drop_table("arrangement_bill")
    op.drop_index(
        "uq_autopay_active", table_name="autopay", postgresql_where=sa.text("ended_at IS NULL")
    )
    op.drop_index(op.f("ix_autopay_method_id"), table_name="autopay")
    op.drop_index(op.f("ix_autopay_customer_id"), table_name="autopay")
    op.drop_table("autopay")
    op.drop_index(op.f("ix_wallet_consent_subject"), table_name="wallet_consent")
    op.drop_index(op.f("ix_wallet_consent_customer_id_id"), table_name="wallet_consent")
    op.drop_table("wallet_consent")
    op.drop_index(
        "uq_payer_active", table_name="payer", postgresql_where=sa.text("ended_at IS NULL")
    )
    op.drop_index(op.f("ix_payer_customer_id"), table_name="payer")
    op.drop_table("payer")
    op.drop_index(
        "uq_arrangement_running",
        table_name="arrangement",
        postgresql_where=sa.text("state IN ('proposed', 'active')"),
    )
    op.drop_index(op.f("ix_arrangement_customer_id_id"), table_name="arrangement")
    op.drop_table("arrangement")

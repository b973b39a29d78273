"""Disputes: cases, lines, thread, notes, attachments, resolutions."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("once_key", sa.String(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("invoice_no", sa.String(), nullable=True),
        sa.Column("payment_no", sa.String(), nullable=True),
        sa.Column("policy_no", sa.String(), nullable=True),
        sa.Column("pet_name", sa.String(), server_default="", nullable=False),
        sa.Column("disputed_cents", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_late", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("clock_used_seconds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("clock_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_reply_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolve_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("limit_on", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(), server_default="", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "category IN ('wrong_amount', 'charged_twice', 'payment_not_credited', 'autopay_not_recognised', 'charged_after_cancellation', 'refund_not_received', 'fee', 'wrong_pet_or_policy', 'free_look_or_cancel', 'rate_increase', 'claim_offset', 'something_else')",
            name=op.f("ck_dispute_category_known"),
        ),
        sa.CheckConstraint(
            "priority IN ('P1', 'P2', 'P3')", name=op.f("ck_dispute_priority_known")
        ),
        sa.CheckConstraint(
            "state IN ('new', 'open', 'waiting_customer', 'awaiting_approval', 'resolved', 'withdrawn', 'reopened')",
            name=op.f("ck_dispute_state_known"),
        ),
        sa.CheckConstraint("disputed_cents >= 0", name=op.f("ck_dispute_disputed_not_negative")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_dispute_customer_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_dispute_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("number", name=op.f("uq_dispute_number")),
        sa.UniqueConstraint("once_key", name=op.f("uq_dispute_once_key")),
    )
    op.create_index(
        op.f("ix_dispute_customer_id_id"), "dispute", ["customer_id", "id"], unique=False
    )
    op.create_index(op.f("ix_dispute_invoice_no"), "dispute", ["invoice_no"], unique=False)
    op.create_index(
        "ix_dispute_owner",
        "dispute",
        ["owner_id", "priority", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(op.f("ix_dispute_payment_no"), "dispute", ["payment_no"], unique=False)
    op.create_index(
        "ix_dispute_queue",
        "dispute",
        ["priority", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "dispute_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_no", sa.String(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_line_dispute_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_line")),
        sa.UniqueConstraint(
            "dispute_id",
            "invoice_no",
            "line_number",
            name=op.f("uq_dispute_line_dispute_id_invoice_no_line_number"),
        ),
    )
    op.create_table(
        "dispute_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column("once_key", sa.String(), nullable=False),
        sa.Column("author_kind", sa.Text(), nullable=False),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("asks", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "author_kind IN ('customer', 'staff', 'system')",
            name=op.f("ck_dispute_message_author_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_message_dispute_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_message")),
        sa.UniqueConstraint("once_key", name=op.f("uq_dispute_message_once_key")),
    )
    op.create_index(
        op.f("ix_dispute_message_dispute_id"), "dispute_message", ["dispute_id"], unique=False
    )
    op.create_table(
        "dispute_note",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column("once_key", sa.String(), nullable=False),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_note_dispute_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_note")),
        sa.UniqueConstraint("once_key", name=op.f("uq_dispute_note_once_key")),
    )
    op.create_index(
        op.f("ix_dispute_note_dispute_id"), "dispute_note", ["dispute_id"], unique=False
    )
    op.create_table(
        "dispute_resolution",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("payment_no", sa.String(), nullable=True),
        sa.Column("freed_by", sa.String(), server_default="", nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("approval_no", sa.String(), nullable=True),
        sa.Column("proposed_by_id", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("carried_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(action = 'none') = (amount_cents = 0)",
            name=op.f("ck_dispute_resolution_amount_with_action"),
        ),
        sa.CheckConstraint(
            "action IN ('none', 'credit', 'refund', 'fee_waiver', 'void_reissue', 'move_allocation')",
            name=op.f("ck_dispute_resolution_action_known"),
        ),
        sa.CheckConstraint(
            "freed_by IN ('', 'credit', 'take_back')",
            name=op.f("ck_dispute_resolution_freed_by_known"),
        ),
        sa.CheckConstraint(
            "outcome IN ('upheld', 'partly_upheld', 'declined', 'withdrawn', 'duplicate')",
            name=op.f("ck_dispute_resolution_outcome_known"),
        ),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_resolution_dispute_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["staff.id"], name=op.f("fk_dispute_resolution_proposed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_resolution")),
    )
    op.create_index(
        op.f("ix_dispute_resolution_dispute_id_id"),
        "dispute_resolution",
        ["dispute_id", "id"],
        unique=False,
    )
    op.create_table(
        "dispute_attachment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "media_type IN ('image/jpeg', 'image/png', 'application/pdf')",
            name=op.f("ck_dispute_attachment_media_type_known"),
        ),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_attachment_dispute_id")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["dispute_message.id"], name=op.f("fk_dispute_attachment_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_attachment")),
        sa.UniqueConstraint("number", name=op.f("uq_dispute_attachment_number")),
    )
    op.create_index(
        op.f("ix_dispute_attachment_dispute_id"), "dispute_attachment", ["dispute_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_dispute_attachment_dispute_id"), table_name="dispute_attachment")
    op.drop_table("dispute_attachment")
    op.drop_index(op.f("ix_dispute_resolution_dispute_id_id"), table_name="dispute_resolution")
    op.drop_table("dispute_resolution")
    op.drop_index(op.f("ix_dispute_note_dispute_id"), table_name="dispute_note")
    op.drop_table("dispute_note")
    op.drop_index(op.f("ix_dispute_message_dispute_id"), table_name="dispute_message")
    op.drop_table("dispute_message")
    op.drop_table("dispute_line")
    op.drop_index(
        "ix_dispute_queue", table_name="dispute", postgresql_where=sa.text("closed_at IS NULL")
    )
    op.drop_index(op.f("ix_dispute_payment_no"), table_name="dispute")
    op.drop_index(
        "ix_dispute_owner", table_name="dispute", postgresql_where=sa.text("closed_at IS NULL")
    )
    op.drop_index(op.f("ix_dispute_invoice_no"), table_name="dispute")
    op.drop_index(op.f("ix_dispute_customer_id_id"), table_name="dispute")
    op.drop_table("dispute")

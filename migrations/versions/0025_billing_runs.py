"""Installments name the bill that asks for them; runs say what they found, did and set aside."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

WAITING = "ix_installment_waiting"
ASIDE = "ix_installment_aside"
OLD_WAITING = "ix_installment_issue_on_id"


def upgrade() -> None:
    op.add_column("installment", sa.Column("invoice_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "installment", sa.Column("set_aside", sa.String(), server_default="", nullable=False)
    )
    op.add_column("invoice_line", sa.Column("installment_id", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE installment SET invoice_id = i.id FROM invoice i WHERE i.installment_id ="
        " installment.id"
    )
    op.execute(
        "UPDATE invoice_line SET installment_id = i.installment_id FROM invoice i"
        " WHERE i.id = invoice_line.invoice_id"
    )
    for table, column, to in (
        ("installment", "invoice_id", "invoice"),
        ("invoice_line", "installment_id", "installment"),
    ):
        op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, to, [column], ["id"])
    op.create_index(
        op.f("ix_installment_invoice_id"),
        "installment",
        ["invoice_id"],
        postgresql_where=sa.text("invoice_id IS NOT NULL"),
    )
    op.drop_index(op.f(OLD_WAITING), "installment")
    op.create_index(
        WAITING,
        "installment",
        ["issue_on", "id"],
        postgresql_where=sa.text("invoice_id IS NULL AND set_aside = ''"),
    )
    op.create_index(
        ASIDE,
        "installment",
        ["due_on", "id"],
        postgresql_where=sa.text("set_aside <> '' AND invoice_id IS NULL"),
    )
    op.drop_column("installment", "billed_at")
    op.drop_constraint(op.f("uq_invoice_installment_id"), "invoice", type_="unique")
    op.drop_column("invoice", "installment_id")
    op.add_column(
        "billing_run", sa.Column("found", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "billing_run", sa.Column("set_aside", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_index(op.f("ix_billing_run_on_date_id"), "billing_run", ["on_date", "id"])
    op.create_index(
        op.f("ix_invoice_run_id"),
        "invoice",
        ["run_id"],
        postgresql_where=sa.text("run_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_invoice_run_id"), "invoice")
    op.drop_index(op.f("ix_billing_run_on_date_id"), "billing_run")
    op.drop_column("billing_run", "set_aside")
    op.drop_column("billing_run", "found")
    op.add_column("invoice", sa.Column("installment_id", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE invoice SET installment_id = i.id FROM installment i WHERE i.invoice_id ="
        " invoice.id"
    )
    op.create_unique_constraint(op.f("uq_invoice_installment_id"), "invoice", ["installment_id"])
    op.create_foreign_key(
        op.f("fk_invoice_installment_id"), "invoice", "installment", ["installment_id"], ["id"]
    )
    op.add_column("installment", sa.Column("billed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE installment SET billed_at = i.created_at FROM invoice i WHERE i.id ="
        " installment.invoice_id"
    )
    op.drop_index(ASIDE, "installment")
    op.drop_index(WAITING, "installment")
    op.create_index(
        op.f(OLD_WAITING),
        "installment",
        ["issue_on", "id"],
        postgresql_where=sa.text("billed_at IS NULL"),
    )
    op.drop_index(op.f("ix_installment_invoice_id"), "installment")
    op.drop_column("invoice_line", "installment_id")
    op.drop_column("installment", "set_aside")
    op.drop_column("installment", "invoice_id")

"""What happened to one bill is found by index: attempts by invoice, holds by what they are on."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_payment_reservation_invoice_id"), "payment_reservation", ["invoice_id"]
    )
    op.create_index(op.f("ix_hold_subject"), "hold", ["subject"])


def downgrade() -> None:
    op.drop_index(op.f("ix_hold_subject"), table_name="hold")
    op.drop_index(op.f("ix_payment_reservation_invoice_id"), table_name="payment_reservation")

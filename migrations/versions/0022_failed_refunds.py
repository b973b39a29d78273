"""A refund that failed has a case, and is sent again or paid by check."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

STATES = "ck_refund_state_known"
BEFORE = "state IN ('approved', 'sent', 'succeeded', 'failed')"
AFTER = "state IN ('approved', 'sent', 'succeeded', 'failed', 'sent_again', 'paid_otherwise')"


def upgrade() -> None:
    op.add_column("refund", sa.Column("case_no", sa.String(), server_default="", nullable=False))
    op.add_column("refund", sa.Column("check_no", sa.String(), server_default="", nullable=False))
    op.add_column("refund", sa.Column("check_on", sa.Date(), nullable=True))
    op.drop_constraint(op.f(STATES), "refund", type_="check")
    op.create_check_constraint(op.f(STATES), "refund", AFTER)
    op.create_check_constraint(
        op.f("ck_refund_check_named"),
        "refund",
        "(state = 'paid_otherwise') = (check_no <> '' AND check_on IS NOT NULL)",
    )
    op.create_index(
        "ix_refund_failed", "refund", ["id"], postgresql_where=sa.text("state = 'failed'")
    )


def downgrade() -> None:
    op.drop_index("ix_refund_failed", "refund", postgresql_where=sa.text("state = 'failed'"))
    op.drop_constraint(op.f("ck_refund_check_named"), "refund", type_="check")
    op.drop_constraint(op.f(STATES), "refund", type_="check")
    op.create_check_constraint(op.f(STATES), "refund", BEFORE)
    op.drop_column("refund", "check_on")
    op.drop_column("refund", "check_no")
    op.drop_column("refund", "case_no")

"""A refund that a bank has paid names the chargeback by which it did."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

NAMED = "ck_refund_claim_named"


def upgrade() -> None:
    op.add_column("refund", sa.Column("paid_by_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_refund_paid_by_id"), "refund", "chargeback", ["paid_by_id"], ["id"]
    )
    # of several claims on one payment the first that had paid so much
    op.execute(
        "UPDATE refund r SET paid_by_id = (SELECT min(c.id) FROM chargeback c"
        " WHERE c.payment_id = r.payment_id AND c.owed_cents >= r.amount_cents)"
        " WHERE r.failure_code = 'charged_back'"
    )
    op.create_check_constraint(
        op.f(NAMED), "refund", "(failure_code = 'charged_back') = (paid_by_id IS NOT NULL)"
    )


def downgrade() -> None:
    op.drop_constraint(op.f(NAMED), "refund", type_="check")
    op.drop_column("refund", "paid_by_id")

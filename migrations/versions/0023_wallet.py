"""The wallet from which a saved card came: Apple Pay, Google Pay and their like."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

KNOWN = "ck_payment_method_wallet_known"


def upgrade() -> None:
    op.add_column("payment_method", sa.Column("wallet", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f(KNOWN),
        "payment_method",
        "wallet IN ('apple_pay', 'google_pay', 'samsung_pay', 'link')",
    )


def downgrade() -> None:
    op.drop_constraint(op.f(KNOWN), "payment_method", type_="check")
    op.drop_column("payment_method", "wallet")

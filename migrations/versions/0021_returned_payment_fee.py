"""The fee for a returned payment: what we ask, and what a state allows; Florida allows 15.00."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "billing_plan",
        sa.Column("nsf_fee_cents", sa.BigInteger(), server_default="2500", nullable=False),
    )
    table = op.create_table(
        "us_state_rule",
        sa.Column("us_state", sa.String(), nullable=False),
        sa.Column("nsf_cap_cents", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("nsf_cap_cents >= 0", name=op.f("ck_us_state_rule_nsf_cap_not_below")),
        sa.PrimaryKeyConstraint("us_state", name=op.f("pk_us_state_rule")),
    )
    op.bulk_insert(table, [{"us_state": "FL", "nsf_cap_cents": 1500}])


def downgrade() -> None:
    op.drop_table("us_state_rule")
    op.drop_column("billing_plan", "nsf_fee_cents")

"""A state's rule may cap the late fee."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("us_state_rule", sa.Column("late_fee_cap_cents", sa.BigInteger(), nullable=True))
    op.create_check_constraint(
        op.f("ck_us_state_rule_late_fee_cap_not_below"), "us_state_rule", "late_fee_cap_cents >= 0"
    )


def downgrade() -> None:
    op.drop_constraint(
        op.f("ck_us_state_rule_late_fee_cap_not_below"), "us_state_rule", type_="check"
    )
    op.drop_column("us_state_rule", "late_fee_cap_cents")

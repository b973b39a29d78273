"""The standard billing plan that ships."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bills 20 days ahead, a tolerance of 1.00, rule B, a monthly fee of 3.00, 1 % tax."""
    plan = sa.table(
        "billing_plan",
        *(
            sa.column(name)
            for name in (
                "code",
                "lead_days",
                "tolerance_cents",
                "allocation_rule",
                "installment_fee_cents",
                "policy_fee_cents",
                "tax_ppm",
            )
        ),
    )
    op.bulk_insert(
        plan,
        [
            {
                "code": "standard",
                "lead_days": 20,
                "tolerance_cents": 100,
                "allocation_rule": "B",
                "installment_fee_cents": 300,
                "policy_fee_cents": 1000,
                "tax_ppm": 10_000,
            }
        ],
    )


def downgrade() -> None:
    """Take the plan away."""
    op.execute("DELETE FROM billing_plan WHERE code = 'standard'")

"""The day of a policy's first claim: after it the free look is over."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("policy", sa.Column("claim_filed_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("policy", "claim_filed_on")

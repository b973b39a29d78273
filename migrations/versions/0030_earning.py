"""Each earning run, and what the terms changed since had earned by it."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "earning_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("through_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("last_term_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earning_run")),
    )
    op.create_table(
        "restated_term",
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("earned_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("term_id", name=op.f("pk_restated_term")),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_restated_term_term_id")),
    )


def downgrade() -> None:
    op.drop_table("restated_term")
    op.drop_table("earning_run")

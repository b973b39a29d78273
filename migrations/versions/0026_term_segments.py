"""Terms by segments: each change of the premium opens one; a term that ended says what it kept."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "term_segment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("premium_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("starts_on < ends_on", name=op.f("ck_term_segment_not_empty")),
        sa.CheckConstraint("premium_cents >= 0", name=op.f("ck_term_segment_not_below_zero")),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_term_segment_term_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term_segment")),
        sa.UniqueConstraint("term_id", "starts_on", name=op.f("uq_term_segment_term_id_starts_on")),
    )
    op.execute(
        "INSERT INTO term_segment (term_id, starts_on, ends_on, premium_cents)"
        " SELECT id, effective_on, expires_on, premium_cents FROM term"
    )
    op.add_column("term", sa.Column("tax_ppm", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        "UPDATE term SET tax_ppm = p.tax_ppm FROM billing_plan p"
        " WHERE p.code = 'standard' AND term.tax_cents > 0"
    )
    op.add_column("term", sa.Column("ended_on", sa.Date(), nullable=True))
    op.add_column("term", sa.Column("kept_cents", sa.BigInteger(), nullable=True))
    op.create_check_constraint(
        op.f("ck_term_ended_with_what_it_kept"),
        "term",
        "(ended_on IS NULL) = (kept_cents IS NULL)",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_term_ended_with_what_it_kept"), "term", type_="check")
    for column in ("kept_cents", "ended_on", "tax_ppm"):
        op.drop_column("term", column)
    op.drop_table("term_segment")

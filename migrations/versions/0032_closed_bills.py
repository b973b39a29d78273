"""Bills withdrawn or written off: what of a line is asked for no more, what replaces what."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "invoice_line",
        sa.Column("closed_cents", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_invoice_line_closed_in_range"),
        "invoice_line",
        "closed_cents BETWEEN 0 AND amount_cents - open_cents",
    )
    op.execute(
        "UPDATE invoice_line l SET closed_cents = l.open_cents, open_cents = 0 FROM invoice i"
        " WHERE i.id = l.invoice_id AND i.state IN ('voided', 'written_off') AND l.open_cents > 0"
    )
    op.add_column("invoice", sa.Column("replaces_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_invoice_replaces_id"), "invoice", "invoice", ["replaces_id"], ["id"]
    )
    op.create_index(
        "uq_invoice_replaces_id",
        "invoice",
        ["replaces_id"],
        unique=True,
        postgresql_where=sa.text("replaces_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_invoice_replaces_id", "invoice")
    op.drop_constraint(op.f("fk_invoice_replaces_id"), "invoice", type_="foreignkey")
    op.drop_column("invoice", "replaces_id")
    op.execute(
        "UPDATE invoice_line SET open_cents = open_cents + closed_cents, closed_cents = 0"
        " WHERE closed_cents > 0"
    )
    op.drop_constraint(op.f("ck_invoice_line_closed_in_range"), "invoice_line", type_="check")
    op.drop_column("invoice_line", "closed_cents")

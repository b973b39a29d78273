"""Plans and the rules of states by version: each holds from a day on, and the older ones stay."""

import datetime

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

FIRST = "1900-01-01"
TABLES = {"billing_plan": "code", "us_state_rule": "us_state"}
STATES = {
    "CA": {"free_look_days": 30},
    "WA": {"free_look_days": 15, "notice_days": 10},
    "MT": {"free_look_days": 15},
    "FL": {"notice_days": 10, "nsf_cap_cents": 1500},
    "IL": {"notice_days": 10},
    "NY": {"notice_days": 15},
}


def upgrade() -> None:
    for table, key in TABLES.items():
        op.add_column(
            table, sa.Column("valid_from", sa.Date(), server_default=FIRST, nullable=False)
        )
        op.drop_constraint(op.f(f"pk_{table}"), table, type_="primary")
        op.create_primary_key(op.f(f"pk_{table}"), table, [key, "valid_from"])
    for name in ("free_look_days", "notice_days"):
        op.add_column(
            "billing_plan", sa.Column(name, sa.Integer(), server_default="15", nullable=False)
        )
        op.add_column("us_state_rule", sa.Column(name, sa.Integer(), nullable=True))
    op.add_column(
        "us_state_rule",
        sa.Column("short_rate_filed", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    rules = sa.table(
        "us_state_rule",
        sa.column("us_state"),
        sa.column("valid_from"),
        *(sa.column(name) for name in ("nsf_cap_cents", "free_look_days", "notice_days")),
    )
    op.execute("DELETE FROM us_state_rule")
    empty = {"nsf_cap_cents": None, "free_look_days": None, "notice_days": None}
    first = datetime.date.fromisoformat(FIRST)
    op.bulk_insert(
        rules,
        [{"us_state": code, "valid_from": first} | empty | row for code, row in STATES.items()],
    )


def downgrade() -> None:
    op.execute("DELETE FROM us_state_rule WHERE nsf_cap_cents IS NULL")
    op.drop_column("us_state_rule", "short_rate_filed")
    for name in ("free_look_days", "notice_days"):
        op.drop_column("us_state_rule", name)
        op.drop_column("billing_plan", name)
    for table, key in TABLES.items():
        op.drop_constraint(op.f(f"pk_{table}"), table, type_="primary")
        op.create_primary_key(op.f(f"pk_{table}"), table, [key])
        op.drop_column(table, "valid_from")

"""Terms that follow each other: renewed so many days ahead, paid as the owner chose."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

BEFORE = ("premium_changed", "day_moved", "paid_in_full", "cancelled", "reinstated")
MORE = ("term_begun", "renewed", "term_dropped", "plan_chosen")
PLANS = ("in_full", "quarterly", "monthly", "down_payment")


def upgrade() -> None:
    op.add_column(
        "billing_plan",
        sa.Column("renewal_days", sa.Integer(), server_default="45", nullable=False),
    )
    op.add_column("policy", sa.Column("next_payment_plan", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_policy_next_payment_plan_known"),
        "policy",
        f"next_payment_plan IN ({_listed(PLANS)})",
    )
    op.create_index(op.f("ix_term_expires_on"), "term", ["expires_on"])
    _kinds(BEFORE + MORE)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _kinds(known: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_policy_event_kind_known"), "policy_event", type_="check")
    op.create_check_constraint(
        op.f("ck_policy_event_kind_known"), "policy_event", f"kind IN ({_listed(known)})"
    )


def downgrade() -> None:
    op.execute(f"DELETE FROM policy_event WHERE kind IN ({_listed(MORE)})")
    _kinds(BEFORE)
    op.drop_index(op.f("ix_term_expires_on"), "term")
    op.drop_constraint(op.f("ck_policy_next_payment_plan_known"), "policy", type_="check")
    op.drop_column("policy", "next_payment_plan")
    op.drop_column("billing_plan", "renewal_days")

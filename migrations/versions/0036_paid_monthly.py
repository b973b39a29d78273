"""A year's one bill can be withdrawn and the year paid monthly."""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

BEFORE = (
    "premium_changed",
    "day_moved",
    "paid_in_full",
    "cancelled",
    "reinstated",
    "term_begun",
    "renewed",
    "term_dropped",
    "plan_chosen",
    "pet_died",
    "death_taken_back",
    "owner_changed",
)
MORE = ("paid_monthly",)


def upgrade() -> None:
    _kinds(BEFORE + MORE)


def downgrade() -> None:
    op.execute(f"DELETE FROM policy_event WHERE kind IN ({_listed(MORE)})")
    _kinds(BEFORE)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _kinds(known: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_policy_event_kind_known"), "policy_event", type_="check")
    op.create_check_constraint(
        op.f("ck_policy_event_kind_known"), "policy_event", f"kind IN ({_listed(known)})"
    )

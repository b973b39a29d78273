"""One bill a month for all pets; a policy that passes to another customer."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
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
)
MORE = ("owner_changed",)


def upgrade() -> None:
    op.create_table(
        "joint_billing",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "day BETWEEN 1 AND 28", name=op.f("ck_joint_billing_day_in_every_month")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_joint_billing_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_billing")),
    )
    op.create_index(
        "uq_joint_billing_running",
        "joint_billing",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("left_at IS NULL"),
    )
    _kinds(BEFORE + MORE)


def downgrade() -> None:
    op.execute(f"DELETE FROM policy_event WHERE kind IN ({_listed(MORE)})")
    _kinds(BEFORE)
    op.drop_table("joint_billing")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _kinds(known: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_policy_event_kind_known"), "policy_event", type_="check")
    op.create_check_constraint(
        op.f("ck_policy_event_kind_known"), "policy_event", f"kind IN ({_listed(known)})"
    )

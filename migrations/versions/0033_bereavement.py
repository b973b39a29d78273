"""A pet has died: the day, what happened to its policy, its case, why autopay ended."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

EVENTS = (
    "premium_changed",
    "day_moved",
    "paid_in_full",
    "cancelled",
    "reinstated",
    "term_begun",
    "renewed",
    "term_dropped",
    "plan_chosen",
)
MORE_EVENTS = ("pet_died", "death_taken_back")
CATEGORIES = (
    "wrong_amount",
    "charged_twice",
    "payment_not_credited",
    "autopay_not_recognised",
    "charged_after_cancellation",
    "refund_not_received",
    "fee",
    "wrong_pet_or_policy",
    "free_look_or_cancel",
    "rate_increase",
    "claim_offset",
    "something_else",
)
ENDS = (
    "left",
    "replaced",
    "method_gone",
    "mandate_revoked",
    "refused",
    "payer_ended",
    "policy_ended",
    "staff",
)


def upgrade() -> None:
    op.add_column("pet", sa.Column("died_on", sa.Date(), nullable=True))
    _known("policy_event", "kind", EVENTS + MORE_EVENTS)
    _known("dispute", "category", (*CATEGORIES, "bereavement"))
    _known("autopay", "end_reason", (*ENDS, "pet_died"))


def _known(table: str, column: str, names: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_{column}_known")
    listed = ", ".join(f"'{value}'" for value in names)
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"{column} IN ({listed})")


def downgrade() -> None:
    op.execute("UPDATE autopay SET end_reason = 'policy_ended' WHERE end_reason = 'pet_died'")
    op.execute("UPDATE dispute SET category = 'something_else' WHERE category = 'bereavement'")
    op.execute("DELETE FROM policy_event WHERE kind IN ('pet_died', 'death_taken_back')")
    _known("autopay", "end_reason", ENDS)
    _known("dispute", "category", CATEGORIES)
    _known("policy_event", "kind", EVENTS)
    op.drop_column("pet", "died_on")

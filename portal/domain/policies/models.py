"""Tables of pets, policies and terms."""

from __future__ import annotations

import datetime
import enum

import sqlalchemy as sa
from sqlalchemy import orm

from portal.kernel import actor, db, types


class Species(enum.StrEnum):
    """What a pet is."""

    DOG = "dog"
    CAT = "cat"
    RABBIT = "rabbit"
    BIRD = "bird"
    OTHER = "other"


class PolicyState(enum.StrEnum):
    """Whether a policy is in force; what is past due is derived, never stored."""

    ACTIVE = "active"
    CANCELLED = "cancelled"


class PaymentPlan(enum.StrEnum):
    """How a term's premium is split."""

    IN_FULL = "in_full"
    QUARTERLY = "quarterly"
    MONTHLY = "monthly"
    DOWN_PAYMENT = "down_payment"


class Pet(db.Base):
    """An insured animal."""

    __tablename__ = "pet"
    __table_args__ = (types.one_of("species", Species),)

    id: orm.Mapped[types.Id]
    customer_id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("customer.id"), index=True
    )
    name: orm.Mapped[str]
    species: orm.Mapped[Species] = orm.mapped_column(types.EnumText(Species))
    breed: orm.Mapped[str] = orm.mapped_column(server_default="")
    born_on: orm.Mapped[datetime.date | None]
    died_on: orm.Mapped[datetime.date | None]  # as the owner told us


class Policy(db.Base):
    """One pet's cover."""

    __tablename__ = "policy"
    __table_args__ = (
        types.one_of("state", PolicyState),
        types.one_of("next_payment_plan", PaymentPlan),
    )

    id: orm.Mapped[types.Id]
    number: orm.Mapped[str] = orm.mapped_column(unique=True)
    customer_id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("customer.id"), index=True
    )
    pet_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("pet.id"), index=True)
    us_state: orm.Mapped[str]  # two letters; decides caps, notice days, free look
    state: orm.Mapped[PolicyState] = orm.mapped_column(
        types.EnumText(PolicyState), server_default="active"
    )
    cancelled_on: orm.Mapped[datetime.date | None]  # the first day without cover
    received_on: orm.Mapped[datetime.date | None]  # when the customer got the policy
    claim_filed_on: orm.Mapped[datetime.date | None]  # the first one; ends the free look
    next_payment_plan: orm.Mapped[PaymentPlan | None] = orm.mapped_column(
        types.EnumText(PaymentPlan)
    )  # from the renewal on, as the owner chose; None: as now
    created_at: orm.Mapped[types.Moment]


class Term(db.Base):
    """One period of a policy, half-open: `effective_on` in, `expires_on` out."""

    __tablename__ = "term"
    __table_args__ = (
        types.one_of("payment_plan", PaymentPlan),
        sa.UniqueConstraint("policy_id", "number"),
        sa.CheckConstraint("effective_on < expires_on", name="not_empty"),
        sa.CheckConstraint(
            "premium_cents >= 0 AND tax_cents >= 0 AND policy_fee_cents >= 0 "
            "AND installment_fee_cents >= 0",
            name="amounts_not_negative",
        ),
        sa.CheckConstraint(
            "corrected_cents BETWEEN 0 AND premium_cents", name="corrected_in_range"
        ),
        sa.CheckConstraint("installments BETWEEN 1 AND 12", name="installments_range"),
        sa.CheckConstraint(
            "(ended_on IS NULL) = (kept_cents IS NULL)", name="ended_with_what_it_kept"
        ),
        sa.Index(None, "effective_on", "expires_on"),
        sa.Index(None, "expires_on"),
    )

    id: orm.Mapped[types.Id]
    policy_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("policy.id"))
    number: orm.Mapped[int]
    effective_on: orm.Mapped[datetime.date]
    expires_on: orm.Mapped[datetime.date]
    premium_cents: orm.Mapped[types.Cents]  # charged for all of it, with every change
    corrected_cents: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, server_default="0"
    )  # premium credited back because it should not have been charged
    tax_cents: orm.Mapped[types.Cents]
    tax_ppm: orm.Mapped[int] = orm.mapped_column(server_default="0")  # of the premium, 0: unknown
    policy_fee_cents: orm.Mapped[types.Cents]
    installment_fee_cents: orm.Mapped[types.Cents]
    payment_plan: orm.Mapped[PaymentPlan] = orm.mapped_column(types.EnumText(PaymentPlan))
    installments: orm.Mapped[int]
    down_payment_cents: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, server_default="0")
    ended_on: orm.Mapped[datetime.date | None]  # before its time; that day is not covered
    kept_cents: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)  # of it, corrected or not
    created_at: orm.Mapped[types.Moment]


class EventKind(enum.StrEnum):
    """What can happen to a policy."""

    PREMIUM_CHANGED = "premium_changed"
    DAY_MOVED = "day_moved"
    PAID_IN_FULL = "paid_in_full"  # from installments to one bill for the rest
    PAID_MONTHLY = "paid_monthly"  # from the year's one bill, withdrawn, to monthly ones
    CANCELLED = "cancelled"
    REINSTATED = "reinstated"
    TERM_BEGUN = "term_begun"  # another term was written
    RENEWED = "renewed"  # the same, following the last one
    TERM_DROPPED = "term_dropped"  # written already, it does not begin: the policy ends before
    PLAN_CHOSEN = "plan_chosen"  # how the next term is paid
    PET_DIED = "pet_died"  # the owner told us; all that asks for money stops
    DEATH_TAKEN_BACK = "death_taken_back"  # it had been told by mistake
    OWNER_CHANGED = "owner_changed"  # another customer has it from then on


class PolicyEvent(db.Base):
    """One change of a policy, as it was worked out; never changed afterwards."""

    __tablename__ = "policy_event"
    __table_args__ = (
        types.one_of("kind", EventKind),
        types.one_of("by_kind", actor.ActorKind),
        sa.Index(None, "policy_id", "id"),
    )

    id: orm.Mapped[types.Id]
    number: orm.Mapped[str] = orm.mapped_column(unique=True)
    once_key: orm.Mapped[str] = orm.mapped_column(unique=True)  # of the form that asked for it
    policy_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("policy.id"))
    term_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("term.id"))
    kind: orm.Mapped[EventKind] = orm.mapped_column(types.EnumText(EventKind))
    effective_on: orm.Mapped[datetime.date]
    at: orm.Mapped[types.Moment]
    by: orm.Mapped[str]
    by_kind: orm.Mapped[actor.ActorKind] = orm.mapped_column(types.EnumText(actor.ActorKind))
    reason: orm.Mapped[str] = orm.mapped_column(server_default="")
    facts: orm.Mapped[types.Json]


class Segment(db.Base):
    """Part of a term, half-open, at one rate: what a whole term of it would cost."""

    __tablename__ = "term_segment"
    __table_args__ = (
        sa.UniqueConstraint("term_id", "starts_on"),
        sa.CheckConstraint("starts_on < ends_on", name="not_empty"),
        sa.CheckConstraint("premium_cents >= 0", name="not_below_zero"),
    )

    id: orm.Mapped[types.Id]
    term_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("term.id"))
    starts_on: orm.Mapped[datetime.date]
    ends_on: orm.Mapped[datetime.date]
    premium_cents: orm.Mapped[types.Cents]

"""Tables of the wallet: Stripe customers, payment methods, attempts to save one."""

from __future__ import annotations

import datetime
import enum

import sqlalchemy as sa
from sqlalchemy import orm

from portal.kernel import db, types


class MethodKind(enum.StrEnum):
    """How money comes."""

    CARD = "card"
    BANK = "us_bank_account"


class SetupState(enum.StrEnum):
    """Where an attempt to save a method is."""

    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class WalletCustomer(db.Base):
    """The customer's counterpart in Stripe."""

    __tablename__ = "wallet_customer"

    customer_id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("customer.id"), primary_key=True
    )
    stripe_ref: orm.Mapped[str] = orm.mapped_column(unique=True)


class PaymentMethod(db.Base):
    """A saved way to pay, as Stripe describes it; never a card number."""

    __tablename__ = "payment_method"
    __table_args__ = (
        types.one_of("kind", MethodKind),
        sa.Index(None, "customer_id", "id"),
        sa.Index(
            "uq_payment_method_default",
            "customer_id",
            unique=True,
            postgresql_where=sa.text("is_default AND removed_at IS NULL"),
        ),
    )

    id: orm.Mapped[types.Id]
    number: orm.Mapped[str] = orm.mapped_column(unique=True)
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("customer.id"))
    stripe_ref: orm.Mapped[str] = orm.mapped_column(unique=True)
    kind: orm.Mapped[MethodKind] = orm.mapped_column(types.EnumText(MethodKind))
    brand: orm.Mapped[str]
    last4: orm.Mapped[str]
    exp_month: orm.Mapped[int | None]
    exp_year: orm.Mapped[int | None]
    fingerprint: orm.Mapped[str] = orm.mapped_column(server_default="")
    is_default: orm.Mapped[bool] = orm.mapped_column(server_default=sa.false())
    added_at: orm.Mapped[types.Moment]
    removed_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))


class Setup(db.Base):
    """One attempt to save a method: our intention, then Stripe's SetupIntent."""

    __tablename__ = "wallet_setup"
    __table_args__ = (types.one_of("state", SetupState),)

    id: orm.Mapped[types.Id]
    customer_id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("customer.id"), index=True
    )
    stripe_ref: orm.Mapped[str | None] = orm.mapped_column(unique=True)
    state: orm.Mapped[SetupState] = orm.mapped_column(
        types.EnumText(SetupState), server_default="started"
    )
    started_at: orm.Mapped[types.Moment]
    ended_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))

"""Tables of the wallet: Stripe customers, payment methods, attempts to save one."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.wallet.states import ConsentKind, MandateState, MethodKind, SetupState
from portal.kernel import db, labels, types


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
        types.one_of("mandate_state", MandateState),
        types.one_of("wallet", labels.Wallet),
        sa.Index(None, "customer_id", "id"),
        sa.Index(
            "uq_payment_method_default",
            "customer_id",
            unique=True,
            postgresql_where=sa.text("is_default AND removed_at IS NULL AND payer_id IS NULL"),
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
    wallet: orm.Mapped[labels.Wallet | None] = orm.mapped_column(
        types.EnumText(labels.Wallet)
    )  # of a card from a phone, whose digits may differ from those on the plastic
    payer_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("payer.id"), index=True
    )  # the method of somebody else who pays for one pet; None: the customer's own
    mandate_ref: orm.Mapped[str] = orm.mapped_column(server_default="")
    mandate_state: orm.Mapped[MandateState | None] = orm.mapped_column(
        types.EnumText(MandateState)
    )  # of a bank account
    agreed_in: orm.Mapped[str] = orm.mapped_column(server_default="")  # the consents' subject
    expiry_warned: orm.Mapped[int | None]  # days ahead of the last warning: 45, 15, 3
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
    payer_id: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("payer.id"))
    label: orm.Mapped[str] = orm.mapped_column(server_default="")  # "STRIPE TEST BANK 6789"
    verify_url: orm.Mapped[str] = orm.mapped_column(server_default="")  # where deposits are told
    agreed: orm.Mapped[list | None] = orm.mapped_column(postgresql.JSONB)  # until it is saved
    started_at: orm.Mapped[types.Moment]
    ended_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))


class Consent(db.Base):
    """What somebody agreed to, word for word, when, from where; append-only."""

    __tablename__ = "wallet_consent"
    __table_args__ = (
        types.one_of("kind", ConsentKind),
        sa.Index(None, "customer_id", "id"),
        sa.Index(None, "subject"),
    )

    id: orm.Mapped[types.Id]
    kind: orm.Mapped[ConsentKind] = orm.mapped_column(types.EnumText(ConsentKind))
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("customer.id"))
    payer_id: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("payer.id"))
    subject: orm.Mapped[str]  # number of the method or policy, "setup:7", "PAY-…"
    method_label: orm.Mapped[str] = orm.mapped_column(server_default="")
    text_version: orm.Mapped[str]  # "debit-2026-11"
    language: orm.Mapped[str]
    text: orm.Mapped[str]  # as it was shown
    given_at: orm.Mapped[types.Moment]
    ip: orm.Mapped[str]
    device: orm.Mapped[str]  # User-Agent, at most 400 characters

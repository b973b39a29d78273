"""What a wallet holds: saved methods, the customer's counterpart in Stripe."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.wallet import models


@dataclasses.dataclass(frozen=True, kw_only=True)
class MethodView:
    """A saved method."""

    id: int
    number: str
    stripe_ref: str
    kind: str
    brand: str
    last4: str
    exp_month: int | None
    exp_year: int | None
    is_default: bool
    added_at: datetime.datetime

    @property
    def label(self) -> str:
        """What is kept on a payment: "visa 4242"."""
        return f"{self.brand} {self.last4}".strip()

    def has_expired(self, today: datetime.date) -> bool:
        """Whether the card's last month is over."""
        if self.exp_year is None or self.exp_month is None:
            return False
        return (self.exp_year, self.exp_month) < (today.year, today.month)


_METHODS = (
    sa.select(
        models.PaymentMethod.id,
        models.PaymentMethod.number,
        models.PaymentMethod.stripe_ref,
        models.PaymentMethod.kind,
        models.PaymentMethod.brand,
        models.PaymentMethod.last4,
        models.PaymentMethod.exp_month,
        models.PaymentMethod.exp_year,
        models.PaymentMethod.is_default,
        models.PaymentMethod.added_at,
    )
    .where(
        models.PaymentMethod.customer_id == sa.bindparam("customer_id"),
        models.PaymentMethod.payer_id.is_not_distinct_from(
            sa.bindparam("payer_id", type_=sa.BigInteger)
        ),
        models.PaymentMethod.removed_at.is_(None),
    )
    .order_by(models.PaymentMethod.is_default.desc(), models.PaymentMethod.id.desc())
)


def methods(
    session: orm.Session, *, customer_id: int, payer_id: int | None = None
) -> tuple[MethodView, ...]:
    """The customer's own saved methods, the default one first; with `payer_id` that payer's."""
    rows = session.execute(_METHODS, {"customer_id": customer_id, "payer_id": payer_id})
    return tuple(MethodView(**row._asdict()) for row in rows)


def method(
    session: orm.Session, *, customer_id: int, number: str, payer_id: int | None = None
) -> MethodView | None:
    """One saved method of the customer's own, or of the payer; None also for one of the other."""
    found = _METHODS.where(models.PaymentMethod.number == number)
    asked = {"customer_id": customer_id, "payer_id": payer_id}
    row = session.execute(found, asked).one_or_none()
    return None if row is None else MethodView(**row._asdict())


def stripe_customer(session: orm.Session, *, customer_id: int) -> str | None:
    """The customer's counterpart in Stripe, where there is one."""
    return session.scalar(
        sa.select(models.WalletCustomer.stripe_ref).where(
            models.WalletCustomer.customer_id == customer_id
        )
    )


def owner_of_stripe_customer(session: orm.Session, *, stripe_ref: str) -> int | None:
    """The customer whose counterpart this is, or None."""
    return session.scalar(
        sa.select(models.WalletCustomer.customer_id).where(
            models.WalletCustomer.stripe_ref == stripe_ref
        )
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mirrored:
    """Whose method it is, and its number; `payer_id` is None where it is the customer's own."""

    customer_id: int
    payer_id: int | None
    number: str


def mirrored(session: orm.Session, *, stripe_ref: str) -> Mirrored | None:
    """The live method that mirrors this one of Stripe's, or None."""
    row = session.execute(
        sa.select(
            models.PaymentMethod.customer_id,
            models.PaymentMethod.payer_id,
            models.PaymentMethod.number,
        ).where(
            models.PaymentMethod.stripe_ref == stripe_ref,
            models.PaymentMethod.removed_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else Mirrored(**row._asdict())


def owner_of_setup(session: orm.Session, *, setup_ref: str) -> int | None:
    """The customer who began this SetupIntent, or None."""
    return session.scalar(
        sa.select(models.Setup.customer_id).where(models.Setup.stripe_ref == setup_ref)
    )

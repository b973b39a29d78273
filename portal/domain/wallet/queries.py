"""What a wallet holds: saved methods, the customer's counterpart in Stripe."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.wallet import models, rules
from portal.kernel import labels


@dataclasses.dataclass(frozen=True, kw_only=True)
class MethodView:
    """A saved method."""

    id: int
    number: str
    stripe_ref: str
    kind: str
    brand: str
    last4: str
    wallet: labels.Wallet | None
    exp_month: int | None
    exp_year: int | None
    is_default: bool
    added_at: datetime.datetime
    mandate_state: models.MandateState | None
    agreed_in: str
    is_refused: bool = False  # for good, by its bank, where that was asked

    @property
    def is_bank(self) -> bool:
        """Whether it is a bank account, whose debits take days."""
        return self.kind == models.MethodKind.BANK

    @property
    def is_chargeable(self) -> bool:
        """Whether it may be charged: an account without a mandate may not."""
        return rules.is_allowed(self)

    @property
    def label(self) -> str:
        """What is kept on a payment: "visa 4242", "visa 4242 apple_pay"."""
        return labels.of_method(self)

    def has_expired(self, today: datetime.date) -> bool:
        """Whether the card's last month is over."""
        return rules.has_expired(self, today)


@dataclasses.dataclass(frozen=True, kw_only=True)
class WaitingAccount:
    """A bank account that waits for its two small deposits to be told."""

    id: int
    label: str
    verify_url: str
    started_at: datetime.datetime


_METHODS = (
    sa.select(
        models.PaymentMethod.id,
        models.PaymentMethod.number,
        models.PaymentMethod.stripe_ref,
        models.PaymentMethod.kind,
        models.PaymentMethod.brand,
        models.PaymentMethod.last4,
        models.PaymentMethod.wallet,
        models.PaymentMethod.exp_month,
        models.PaymentMethod.exp_year,
        models.PaymentMethod.is_default,
        models.PaymentMethod.added_at,
        models.PaymentMethod.mandate_state,
        models.PaymentMethod.agreed_in,
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


def label(table: sa.FromClause) -> sa.ColumnElement[str]:
    """A method's label as a column, of the table of methods or an alias of it."""
    parts = (table.c.brand, table.c.last4, sa.type_coerce(table.c.wallet, sa.Text))
    return sa.func.concat_ws(sa.literal_column("' '", sa.Text), *parts)


def methods(
    session: orm.Session, *, customer_id: int, payer_id: int | None = None
) -> tuple[MethodView, ...]:
    """The customer's own saved methods, the default one first; with `payer_id` that payer's."""
    rows = session.execute(_METHODS, {"customer_id": customer_id, "payer_id": payer_id})
    return tuple(MethodView(**row._asdict()) for row in rows)


def chargeable(
    session: orm.Session, *, customer_id: int, today: datetime.date, payer_id: int | None = None
) -> tuple[MethodView, ...]:
    """Those of `methods` that a payer can choose: not expired, and not without a mandate."""
    found = methods(session, customer_id=customer_id, payer_id=payer_id)
    return tuple(one for one in found if one.is_chargeable and not one.has_expired(today))


def method(
    session: orm.Session, *, customer_id: int, number: str, payer_id: int | None = None
) -> MethodView | None:
    """One saved method of the customer's own, or of the payer; None also for one of the other."""
    found = _METHODS.where(models.PaymentMethod.number == number)
    asked = {"customer_id": customer_id, "payer_id": payer_id}
    row = session.execute(found, asked).one_or_none()
    return None if row is None else MethodView(**row._asdict())


def waiting_accounts(session: orm.Session, *, customer_id: int) -> tuple[WaitingAccount, ...]:
    """The customer's own bank accounts whose deposits are still to be told, oldest first."""
    rows = session.execute(
        sa.select(
            models.Setup.id, models.Setup.label, models.Setup.verify_url, models.Setup.started_at
        )
        .where(
            models.Setup.customer_id == customer_id,
            models.Setup.payer_id.is_(None),
            models.Setup.state == models.SetupState.VERIFYING,
        )
        .order_by(models.Setup.id)
    )
    return tuple(WaitingAccount(**row._asdict()) for row in rows)


def setups_waiting_since(
    session: orm.Session, *, before: datetime.datetime, limit: int = 200
) -> list[str]:
    """Stripe's references of accounts that wait for their deposits since before that moment."""
    rows = session.scalars(
        sa.select(models.Setup.stripe_ref)
        .where(
            models.Setup.state == models.SetupState.VERIFYING,
            models.Setup.started_at < before,
            models.Setup.stripe_ref.is_not(None),
        )
        .order_by(models.Setup.id)
        .limit(limit)
    )
    return [ref for ref in rows if ref]


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


def of_payment(session: orm.Session, *, method_id: int | None, agreed_in: str) -> str | None:
    """Stripe's reference of the method that a payment used, or was saved with it; else None."""
    used = models.PaymentMethod.id == method_id
    if method_id is None:
        used = models.PaymentMethod.agreed_in == agreed_in
    return session.scalar(sa.select(models.PaymentMethod.stripe_ref).where(used).limit(1))


def owner_of_setup(session: orm.Session, *, setup_ref: str) -> tuple[int, int | None] | None:
    """The customer behind this SetupIntent, and the payer who began it if not they; or None."""
    row = session.execute(
        sa.select(models.Setup.customer_id, models.Setup.payer_id).where(
            models.Setup.stripe_ref == setup_ref
        )
    ).one_or_none()
    return None if row is None else (row.customer_id, row.payer_id)

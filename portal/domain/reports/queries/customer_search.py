"""Finding a customer by name, mail, phone or any public number; knows no account."""

from __future__ import annotations

import dataclasses
import re

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.billing import models as billing
from portal.domain.disputes import models as disputes
from portal.domain.identity import models as identity
from portal.domain.payments import models as payments
from portal.domain.policies import models as policies
from portal.kernel import ids, paging

LEAST_PHONE_DIGITS = 7
PHONE_DIGITS = 10
OPERATORS = re.compile(r"[\\'\"&|!():*<>\x00]")
MOST_WORDS = 8


@dataclasses.dataclass(frozen=True, kw_only=True)
class CustomerRow:
    """One customer in a list; amounts in cents, pets in order of their policies."""

    id: int
    number: str
    first_name: str
    last_name: str
    email: str
    phone: str
    city: str
    state: str
    owed_cents: int
    unapplied_cents: int
    pets: tuple[str, ...]
    open_cases: int

    @property
    def name(self) -> str:
        """Last name first, as a list is read."""
        return f"{self.last_name}, {self.first_name}"


def customers(
    session: orm.Session, *, text: str = "", cursor: str = "", size: int = 25
) -> paging.Page[CustomerRow]:
    """Customers whose name, mail, number or phone begins with every word of `text`, by name.

    All customers where `text` is empty. A cursor that is not ours means the first page.
    """
    who = identity.Customer
    chosen = sa.select(who.id).order_by(who.last_name, who.first_name, who.id).limit(size + 1)
    if text:
        chosen = chosen.where(matches(text))
    after = paging.decode(cursor, (str, str, int))
    if after:
        chosen = chosen.where(sa.tuple_(who.last_name, who.first_name, who.id) > after)
    page = chosen.subquery()
    rows = session.execute(
        sa.select(
            who.id,
            who.number,
            who.first_name,
            who.last_name,
            who.email,
            who.phone,
            who.city,
            who.state,
            sa.func.coalesce(billing.AccountBalance.receivable_cents, 0).label("owed_cents"),
            sa.func.coalesce(billing.AccountBalance.unapplied_cents, 0).label("unapplied_cents"),
            _pets().label("pets"),
            _open_cases().label("open_cases"),
        )
        .join(page, page.c.id == who.id)
        .outerjoin(billing.AccountBalance, billing.AccountBalance.customer_id == who.id)
        .order_by(who.last_name, who.first_name, who.id)
    ).all()
    found = [CustomerRow(**(row._asdict() | {"pets": tuple(row.pets or ())})) for row in rows]
    return paging.page(found, size=size, key=lambda r: (r.last_name, r.first_name, r.id))


def page_of_number(session: orm.Session, *, text: str) -> tuple[str, str] | None:
    """What a whole public number is the number of, and where: ("invoice", "INV-…").

    A policy's or planned payment's number leads to its customer, a refund's to its payment.
    None when `text` is no number of ours, or nobody's.
    """
    number = ids.normalise(text)
    prefix = number[:3]
    if prefix not in _OWNERS or not ids.is_valid(number, ids.Prefix(prefix)):
        return None
    kind, wanted = _OWNERS[prefix]
    found = session.scalar(wanted, {"number": number})
    return None if found is None else (kind, found)


def _number_of(model: type) -> sa.Select:
    return sa.select(model.number).where(model.number == sa.bindparam("number"))


_OWNERS = {
    ids.Prefix.CUSTOMER.value: ("customer", _number_of(identity.Customer)),
    ids.Prefix.INVOICE.value: ("invoice", _number_of(billing.Invoice)),
    ids.Prefix.PAYMENT.value: ("payment", _number_of(payments.Payment)),
    ids.Prefix.DISPUTE.value: ("dispute", _number_of(disputes.Dispute)),
    ids.Prefix.CHARGEBACK.value: ("chargeback", _number_of(payments.Chargeback)),
    ids.Prefix.ARRANGEMENT.value: ("arrangement", _number_of(billing.Arrangement)),
    ids.Prefix.DRAFT.value: (
        "customer",
        sa.select(identity.Customer.number)
        .join(payments.Draft, payments.Draft.customer_id == identity.Customer.id)
        .where(payments.Draft.number == sa.bindparam("number")),
    ),
    ids.Prefix.POLICY.value: (
        "customer",
        sa.select(identity.Customer.number)
        .join(policies.Policy, policies.Policy.customer_id == identity.Customer.id)
        .where(policies.Policy.number == sa.bindparam("number")),
    ),
    ids.Prefix.REFUND.value: (
        "payment",
        sa.select(payments.Payment.number)
        .join(payments.Refund, payments.Refund.payment_id == payments.Payment.id)
        .where(payments.Refund.number == sa.bindparam("number")),
    ),
}


def matches(text: str) -> sa.ColumnElement[bool]:
    """The condition on `customer` that `text` names: a phone number, or words that all begin
    a name, a mail address or a number; true for a text without words."""
    digits = re.sub(r"\D", "", text)
    if len(digits) >= LEAST_PHONE_DIGITS and re.fullmatch(r"[\d\s()+.\-]+", text.strip()):
        if len(digits) >= PHONE_DIGITS:
            return _phone() == digits[-PHONE_DIGITS:]
        return _phone().like(f"%{digits}")
    number = ids.normalise(text)
    words = OPERATORS.sub(" ", number if "-" in number[3:4] else text).split()[:MOST_WORDS]
    if not words:
        return sa.true()
    wanted = " & ".join(f"'{word}':*" for word in words)
    return identity.Customer.search.op("@@")(
        sa.func.to_tsquery(sa.literal("simple", postgresql.REGCONFIG), wanted)
    )


def _phone() -> sa.ColumnElement[str]:
    """The last ten digits of a phone number, however it was written."""
    bare = sa.func.regexp_replace(identity.Customer.phone, "[^0-9]", "", "g")
    return sa.func.right(bare, PHONE_DIGITS)


def _pets() -> sa.ScalarSelect:
    return (
        sa.select(
            postgresql.array_agg(postgresql.aggregate_order_by(policies.Pet.name, policies.Pet.id))
        )
        .where(policies.Pet.customer_id == identity.Customer.id)
        .correlate(identity.Customer)
        .scalar_subquery()
    )


def _open_cases() -> sa.ScalarSelect:
    return (
        sa.select(sa.func.count())
        .select_from(disputes.Dispute)
        .where(
            disputes.Dispute.customer_id == identity.Customer.id,
            disputes.Dispute.closed_at.is_(None),
        )
        .correlate(identity.Customer)
        .scalar_subquery()
    )

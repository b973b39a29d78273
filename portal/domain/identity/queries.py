"""Who somebody is: the person of a session, customers and staff by number, mail or id."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.identity import models


@dataclasses.dataclass(frozen=True, kw_only=True)
class SignedIn:
    """The person behind a live session. `role` is "customer" or a staff role."""

    session_id: int
    role: str
    id: int
    number: str  # the customer's public number, "" for staff
    name: str
    first_name: str
    email: str
    language: str
    last_seen_at: datetime.datetime


@dataclasses.dataclass(frozen=True, kw_only=True)
class CustomerView:
    """A customer as other rooms and pages see one."""

    id: int
    number: str
    first_name: str
    last_name: str
    email: str
    phone: str
    street: str
    city: str
    state: str
    zip: str
    language: str
    is_activated: bool
    created_at: datetime.datetime

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


_SESSION = (
    sa.select(
        models.Session.id,
        models.Session.last_seen_at,
        models.Customer.id.label("customer_id"),
        models.Customer.number,
        models.Customer.first_name,
        models.Customer.last_name,
        models.Customer.email.label("customer_email"),
        models.Customer.language,
        models.Staff.id.label("staff_id"),
        models.Staff.name.label("staff_name"),
        models.Staff.email.label("staff_email"),
        models.Staff.role,
    )
    .outerjoin(models.Customer, models.Customer.id == models.Session.customer_id)
    .outerjoin(
        models.Staff,
        sa.and_(models.Staff.id == models.Session.staff_id, models.Staff.is_active),
    )
    .where(
        models.Session.token_hash == sa.bindparam("token_hash"),
        models.Session.ended_at.is_(None),
        models.Session.expires_at > sa.bindparam("now"),
    )
)


def signed_in(session: orm.Session, *, token_hash: str, now: datetime.datetime) -> SignedIn | None:
    """The person of the live session with this token, or None."""
    row = session.execute(_SESSION, {"token_hash": token_hash, "now": now}).one_or_none()
    if row is None or (row.customer_id is None and row.staff_id is None):
        return None
    if row.customer_id is not None:
        return SignedIn(
            session_id=row.id,
            role="customer",
            id=row.customer_id,
            number=row.number,
            name=f"{row.first_name} {row.last_name}",
            first_name=row.first_name,
            email=row.customer_email,
            language=row.language,
            last_seen_at=row.last_seen_at,
        )
    return SignedIn(
        session_id=row.id,
        role=str(row.role),
        id=row.staff_id,
        number="",
        name=row.staff_name,
        first_name=row.staff_name.split()[0],
        email=row.staff_email,
        language="en",
        last_seen_at=row.last_seen_at,
    )


def customer(session: orm.Session, *, customer_id: int) -> CustomerView:
    """The customer with this id; there must be one."""
    row = session.get_one(models.Customer, customer_id)
    return _view(row)


def customer_by_number(session: orm.Session, *, number: str) -> CustomerView | None:
    """The customer with this public number, or None."""
    row = session.scalar(sa.select(models.Customer).where(models.Customer.number == number))
    return None if row is None else _view(row)


def customer_by_email(session: orm.Session, *, email: str) -> CustomerView | None:
    """The customer with this address, in any case, or None."""
    row = session.scalar(
        sa.select(models.Customer).where(models.Customer.email == email.strip().lower())
    )
    return None if row is None else _view(row)


def _view(row: models.Customer) -> CustomerView:
    return CustomerView(
        id=row.id,
        number=row.number,
        first_name=row.first_name,
        last_name=row.last_name,
        email=row.email,
        phone=row.phone,
        street=row.street,
        city=row.city,
        state=row.state,
        zip=row.zip,
        language=row.language,
        is_activated=row.activated_at is not None,
        created_at=row.created_at,
    )

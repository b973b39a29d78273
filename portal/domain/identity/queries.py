"""Who somebody is: the person of a session, customers and staff by number, mail or id."""

from __future__ import annotations

import dataclasses
import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.identity import models
from portal.kernel import answers


@dataclasses.dataclass(frozen=True, kw_only=True)
class SignedIn:
    """The person behind a live session. `role` is "customer" or a staff role."""

    session_id: int
    role: str
    id: int
    number: str  # the customer's, or how the audit log names staff
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


# Every request asks this: plain columns of the tables are twice as fast as mapped attributes.
class _SessionRow(NamedTuple):
    """A live session with whose it is."""

    id: int
    last_seen_at: datetime.datetime
    customer_id: int | None
    number: str | None
    first_name: str | None
    last_name: str | None
    customer_email: str | None
    language: str | None
    staff_id: int | None
    staff_name: str | None
    staff_email: str | None
    role: str | None


_session = models.Session.__table__
_customer = models.Customer.__table__
_staff = models.Staff.__table__
_SESSION = answers.Written(
    sa.select(
        _session.c.id,
        _session.c.last_seen_at,
        _customer.c.id.label("customer_id"),
        _customer.c.number,
        _customer.c.first_name,
        _customer.c.last_name,
        _customer.c.email.label("customer_email"),
        _customer.c.language,
        _staff.c.id.label("staff_id"),
        _staff.c.name.label("staff_name"),
        _staff.c.email.label("staff_email"),
        _staff.c.role,
    )
    .select_from(
        _session.outerjoin(_customer, _customer.c.id == _session.c.customer_id).outerjoin(
            _staff, sa.and_(_staff.c.id == _session.c.staff_id, _staff.c.is_active)
        )
    )
    .where(
        _session.c.token_hash == sa.bindparam("token_hash"),
        _session.c.ended_at.is_(None),
        _session.c.expires_at > sa.bindparam("now"),
    )
)


def signed_in(session: orm.Session, *, token_hash: str, now: datetime.datetime) -> SignedIn | None:
    """The person of the live session with this token, or None."""
    found = _SESSION.row(session, {"token_hash": token_hash, "now": now})
    row = None if found is None else _SessionRow._make(found)
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
        number=staff_number(row.staff_id),
        name=row.staff_name,
        first_name=row.staff_name.split()[0],
        email=row.staff_email,
        language="en",
        last_seen_at=row.last_seen_at,
    )


def staff_number(staff_id: int) -> str:
    """How the audit log names a member of staff, who has no public number."""
    return f"staff-{staff_id}"


def staff_names(session: orm.Session, *, staff_ids: list[int]) -> dict[int, str]:
    """Names by id, for whoever shows what staff did."""
    rows = session.execute(
        sa.select(models.Staff.id, models.Staff.name).where(models.Staff.id.in_(staff_ids))
    )
    return {row.id: row.name for row in rows}


def customer_names(session: orm.Session, *, customer_ids: list[int]) -> dict[int, str]:
    """First and last names by id, for lists."""
    table = models.Customer
    rows = session.execute(
        sa.select(table.id, table.first_name, table.last_name).where(table.id.in_(customer_ids))
    )
    return {row.id: f"{row.first_name} {row.last_name}" for row in rows}


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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Account:
    """What opens an account: exactly one of the ids, and the hash of the password if any."""

    customer_id: int | None
    staff_id: int | None
    number: str  # the customer's, or how the audit log names staff
    name: str
    first_name: str
    email: str
    language: str
    role: str  # "customer" or a staff role
    password_hash: str | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class LinkView:
    """A mailed link. `state`: live, spent, expired."""

    customer_id: int | None
    staff_id: int | None
    email: str
    state: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class DeviceView:
    """A browser that is signed in."""

    session_id: int
    device: str
    address: str
    created_at: datetime.datetime
    last_seen_at: datetime.datetime


def email_taken(session: orm.Session, *, email: str) -> bool:
    """Whether an account of a customer or of staff has this mail address, in lower case."""
    taken = sa.or_(
        sa.exists().where(models.Customer.email == email),
        sa.exists().where(models.Staff.email == email),
    )
    return bool(session.scalar(sa.select(taken)))


def accounts(session: orm.Session, *, email: str) -> tuple[Account, ...]:
    """The activated customer and the active member of staff with this mail address, if any."""
    address = email.strip().lower()
    people = session.scalars(
        sa.select(models.Customer).where(
            models.Customer.email == address, models.Customer.activated_at.is_not(None)
        )
    )
    staff = session.scalars(
        sa.select(models.Staff).where(models.Staff.email == address, models.Staff.is_active)
    )
    return (*map(_customer_account, people), *map(_staff_account, staff))


def account_of(
    session: orm.Session, *, customer_id: int | None = None, staff_id: int | None = None
) -> Account:
    """The account of exactly one person, activated or not; there must be one."""
    if customer_id is not None:
        return _customer_account(session.get_one(models.Customer, customer_id))
    return _staff_account(session.get_one(models.Staff, staff_id))


def link(
    session: orm.Session, *, token_hash: str, purpose: str, now: datetime.datetime
) -> LinkView | None:
    """The link with this hash and purpose, or None."""
    row = session.execute(
        sa.select(
            models.Link.customer_id,
            models.Link.staff_id,
            models.Link.email,
            models.Link.spent_at,
            models.Link.expires_at,
        ).where(models.Link.token_hash == token_hash, models.Link.purpose == purpose)
    ).one_or_none()
    if row is None:
        return None
    state = "spent" if row.spent_at else "live" if row.expires_at > now else "expired"
    return LinkView(
        customer_id=row.customer_id,
        staff_id=row.staff_id,
        email=row.email,
        state=state,
    )


def devices(
    session: orm.Session, *, customer_id: int, now: datetime.datetime
) -> tuple[DeviceView, ...]:
    """Where the customer is signed in, last used first; at most fifty."""
    rows = session.execute(
        sa.select(
            models.Session.id.label("session_id"),
            models.Session.device,
            models.Session.address,
            models.Session.created_at,
            models.Session.last_seen_at,
        )
        .where(
            models.Session.customer_id == customer_id,
            models.Session.ended_at.is_(None),
            models.Session.expires_at > now,
        )
        .order_by(models.Session.last_seen_at.desc(), models.Session.id.desc())
        .limit(50)
    )
    return tuple(DeviceView(**row._mapping) for row in rows)


def _customer_account(row: models.Customer) -> Account:
    return Account(
        customer_id=row.id,
        staff_id=None,
        number=row.number,
        name=f"{row.first_name} {row.last_name}",
        first_name=row.first_name,
        email=row.email,
        language=row.language,
        role="customer",
        password_hash=row.password_hash,
    )


def _staff_account(row: models.Staff) -> Account:
    return Account(
        customer_id=None,
        staff_id=row.id,
        number=staff_number(row.id),
        name=row.name,
        first_name=row.name.split()[0],
        email=row.email,
        language="en",
        role=str(row.role),
        password_hash=row.password_hash,
    )

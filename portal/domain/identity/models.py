"""Tables of people and their access; secrets are stored only as hashes."""

from __future__ import annotations

import datetime
import enum

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.kernel import db, types


class Role(enum.StrEnum):
    """What a member of staff may do."""

    SPECIALIST = "specialist"
    SUPERVISOR = "supervisor"
    FINANCE = "finance"


class LinkPurpose(enum.StrEnum):
    """What a mailed link opens; each is spent once, by a POST."""

    SIGN_IN = "sign_in"
    ACTIVATE = "activate"
    PASSWORD = "password"
    CHANGE_EMAIL = "change_email"


class Customer(db.Base):
    """A policyholder; `email` is kept in lower case."""

    __tablename__ = "customer"
    __table_args__ = (
        sa.CheckConstraint("email = lower(email)", name="email_lower"),
        sa.CheckConstraint("language IN ('en', 'es')", name="language_known"),
        sa.Index(None, "last_name", "first_name", "id"),
        sa.Index(None, "search", postgresql_using="gin"),
    )

    id: orm.Mapped[types.Id]
    number: orm.Mapped[str] = orm.mapped_column(unique=True)
    first_name: orm.Mapped[str]
    last_name: orm.Mapped[str]
    email: orm.Mapped[str] = orm.mapped_column(unique=True)
    phone: orm.Mapped[str] = orm.mapped_column(server_default="")
    street: orm.Mapped[str] = orm.mapped_column(server_default="")
    city: orm.Mapped[str] = orm.mapped_column(server_default="")
    state: orm.Mapped[str] = orm.mapped_column(server_default="")  # two letters
    zip: orm.Mapped[str] = orm.mapped_column(server_default="")
    language: orm.Mapped[str] = orm.mapped_column(server_default="en")
    password_hash: orm.Mapped[str | None]
    activated_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(
        sa.DateTime(timezone=True)
    )
    created_at: orm.Mapped[types.Moment]
    search: orm.Mapped[str] = orm.mapped_column(
        postgresql.TSVECTOR,
        sa.Computed(
            "to_tsvector('simple', first_name || ' ' || last_name || ' ' || "
            "replace(email, '@', ' ') || ' ' || email || ' ' || number)",
            persisted=True,
        ),
        deferred=True,
    )


class Staff(db.Base):
    """A member of the insurer's staff."""

    __tablename__ = "staff"
    __table_args__ = (
        types.one_of("role", Role),
        sa.CheckConstraint("email = lower(email)", name="email_lower"),
    )

    id: orm.Mapped[types.Id]
    email: orm.Mapped[str] = orm.mapped_column(unique=True)
    name: orm.Mapped[str]
    role: orm.Mapped[Role] = orm.mapped_column(types.EnumText(Role))
    password_hash: orm.Mapped[str | None]
    is_active: orm.Mapped[bool] = orm.mapped_column(server_default=sa.true())
    created_at: orm.Mapped[types.Moment]


class Session(db.Base):
    """A signed-in browser of exactly one customer or member of staff."""

    __tablename__ = "session"
    __table_args__ = (
        sa.CheckConstraint("(customer_id IS NULL) <> (staff_id IS NULL)", name="one_person"),
        sa.Index(None, "customer_id"),
        sa.Index(None, "staff_id"),
    )

    id: orm.Mapped[types.Id]
    token_hash: orm.Mapped[str] = orm.mapped_column(unique=True)  # SHA-256 of the cookie's token
    customer_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("customer.id")
    )
    staff_id: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("staff.id"))
    created_at: orm.Mapped[types.Moment]
    last_seen_at: orm.Mapped[types.Moment]
    expires_at: orm.Mapped[types.Moment]
    ended_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))
    device: orm.Mapped[str]
    address: orm.Mapped[str]


class Link(db.Base):
    """A mailed link: a hash of its token, its purpose, its end, and when it was spent."""

    __tablename__ = "link"
    __table_args__ = (
        types.one_of("purpose", LinkPurpose),
        sa.CheckConstraint("(customer_id IS NULL) <> (staff_id IS NULL)", name="one_person"),
        sa.CheckConstraint("staff_id IS NULL OR purpose = 'password'", name="staff_password_only"),
    )

    id: orm.Mapped[types.Id]
    token_hash: orm.Mapped[str] = orm.mapped_column(unique=True)
    purpose: orm.Mapped[LinkPurpose] = orm.mapped_column(types.EnumText(LinkPurpose))
    customer_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("customer.id"), index=True
    )
    staff_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("staff.id"), index=True
    )
    email: orm.Mapped[str]  # where it was sent; the new address for change_email
    created_at: orm.Mapped[types.Moment]
    expires_at: orm.Mapped[types.Moment]
    spent_at: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.DateTime(timezone=True))


class Throttle(db.Base):
    """How often something was tried in a window of time, by key (an address, an account)."""

    __tablename__ = "throttle"

    key: orm.Mapped[str] = orm.mapped_column(primary_key=True)
    window_start: orm.Mapped[types.Moment] = orm.mapped_column(
        sa.DateTime(timezone=True), primary_key=True
    )
    count: orm.Mapped[int]

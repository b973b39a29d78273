"""Passwords: hashed by argon2id, checked in the same time whether the account exists or not."""

from __future__ import annotations

import datetime
import functools
import secrets
import unicodedata

import argon2
import argon2.exceptions
import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.identity import models

_HASHER = argon2.PasswordHasher()  # RFC 9106, low memory: 64 MiB, three passes


def hashed(password: str) -> str:
    """The argon2id hash to store. Takes some 50 ms: call it outside of transactions."""
    return _HASHER.hash(_same(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether `password` is the one of the hash `stored`; None takes as long and is never right."""
    nobody = _nobody()
    try:
        _HASHER.verify(stored or nobody, _same(password))
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def store(
    session: orm.Session,
    *,
    password_hash: str,
    customer_id: int | None = None,
    staff_id: int | None = None,
) -> None:
    """Keep the hash as the password of exactly one person."""
    if customer_id is not None:
        found = sa.update(models.Customer).where(models.Customer.id == customer_id)
    else:
        found = sa.update(models.Staff).where(models.Staff.id == staff_id)
    session.execute(found.values(password_hash=password_hash))


def activate(session: orm.Session, *, customer_id: int, now: datetime.datetime) -> bool:
    """Mark the customer's account as used for the first time; False when it was before."""
    found = session.execute(
        sa.update(models.Customer)
        .where(models.Customer.id == customer_id, models.Customer.activated_at.is_(None))
        .values(activated_at=now)
    )
    return bool(found.rowcount)


@functools.cache
def _nobody() -> str:
    """A hash that no password opens, so that an unknown account costs the same time."""
    return _HASHER.hash(secrets.token_urlsafe(32))


def _same(password: str) -> str:
    """The same password typed on another keyboard is the same string."""
    return unicodedata.normalize("NFKC", password)

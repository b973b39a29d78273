"""Sessions: begun at sign-in, kept alive by use, ended by the person or by time."""

from __future__ import annotations

import datetime
import hashlib
import secrets

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.identity import models

CUSTOMER_LIFE = datetime.timedelta(days=30)
STAFF_LIFE = datetime.timedelta(hours=12)
SEEN_EVERY = datetime.timedelta(minutes=5)  # how often "last seen" is written


def token_hash(token: str) -> str:
    """What is stored of a token: its SHA-256, which is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def start(
    session: orm.Session,
    *,
    now: datetime.datetime,
    customer_id: int | None = None,
    staff_id: int | None = None,
    device: str,
    address: str,
) -> str:
    """Begin a session of exactly one person; the secret token for the cookie."""
    token = secrets.token_urlsafe(32)
    life = CUSTOMER_LIFE if customer_id is not None else STAFF_LIFE
    session.add(
        models.Session(
            token_hash=token_hash(token),
            customer_id=customer_id,
            staff_id=staff_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + life,
            device=device[:300],
            address=address[:60],
        )
    )
    return token


def touch(session: orm.Session, *, session_id: int, now: datetime.datetime) -> None:
    """Write down that the session was used."""
    session.execute(
        sa.update(models.Session)
        .where(models.Session.id == session_id, models.Session.last_seen_at < now)
        .values(last_seen_at=now)
    )


def end(session: orm.Session, *, session_id: int, now: datetime.datetime) -> None:
    """End one session."""
    session.execute(
        sa.update(models.Session)
        .where(models.Session.id == session_id, models.Session.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_all(
    session: orm.Session,
    *,
    now: datetime.datetime,
    customer_id: int | None = None,
    staff_id: int | None = None,
    but: int | None = None,
) -> int:
    """End every live session of the person, except the one with id `but`; how many ended."""
    mine = (
        models.Session.customer_id == customer_id
        if customer_id is not None
        else models.Session.staff_id == staff_id
    )
    found = sa.update(models.Session).where(mine, models.Session.ended_at.is_(None))
    if but is not None:
        found = found.where(models.Session.id != but)
    return session.execute(found.values(ended_at=now)).rowcount


def forget_old(session: orm.Session, *, before: datetime.datetime) -> int:
    """Delete sessions that ran out or were ended before this moment; how many."""
    over = sa.or_(models.Session.expires_at < before, models.Session.ended_at < before)
    return session.execute(sa.delete(models.Session).where(over)).rowcount

"""Throttles: how often something may be tried in a window, counted in PostgreSQL by key.

Callers count in a transaction of their own, before they try: so a failure counts even when the
request fails, and a hundred tries at once count as a hundred.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import ipaddress

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.identity import models
from portal.kernel import errors, msgids

WINDOW = datetime.timedelta(minutes=15)
EPOCH = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


class TooManyTries(errors.DomainError):
    """The limit is reached; `retry_at` is the moment when the window ends."""

    code = "too_many_tries"
    message = msgids.N_("There were too many tries. Please try again after %(retry_at)s.")

    def __init__(self, *, retry_at: datetime.datetime) -> None:
        super().__init__(retry_at=retry_at)
        self.retry_at = retry_at


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limit:
    """One count: what is tried (`kind`), by or for whom (`key`), how often a window allows."""

    kind: str
    key: str
    most: int

    @property
    def row_key(self) -> str:
        """What stands in the table: never an address or a name in clear."""
        digest = hashlib.sha256(self.key.encode()).hexdigest()[:32]
        return f"{self.kind}:{digest}"


def per_account(kind: str, account: str, *, most: int) -> Limit:
    """A limit for one account as it was typed, whether it exists or not."""
    return Limit(kind=f"{kind}:account", key=account.strip().lower(), most=most)


def per_address(kind: str, address: str, *, most: int) -> Limit:
    """A limit for one network address; of IPv6 the /64, which is one household."""
    return Limit(kind=f"{kind}:address", key=_household(address), most=most)


def count(session: orm.Session, *limits: Limit, now: datetime.datetime) -> TooManyTries | None:
    """Count one try under every limit; the error to raise after the commit when one is passed."""
    start = _window(now)
    passed = False
    for limit in sorted(limits, key=lambda one: one.row_key):
        new = postgresql.insert(models.Throttle).values(
            key=limit.row_key, window_start=start, count=1
        )
        counted = session.scalar(
            new.on_conflict_do_update(
                index_elements=["key", "window_start"],
                set_={"count": models.Throttle.count + 1},
            ).returning(models.Throttle.count)
        )
        passed = passed or counted > limit.most
    return TooManyTries(retry_at=start + WINDOW) if passed else None


def forgive(session: orm.Session, *limits: Limit, now: datetime.datetime) -> None:
    """Take one try back under every limit: it was a right one."""
    session.execute(
        sa.update(models.Throttle)
        .where(
            models.Throttle.key.in_([limit.row_key for limit in limits]),
            models.Throttle.window_start == _window(now),
            models.Throttle.count > 0,
        )
        .values(count=models.Throttle.count - 1)
    )


def forget_old(session: orm.Session, *, now: datetime.datetime) -> int:
    """Delete the counts of windows that are over; how many. For a periodic job."""
    found = session.execute(
        sa.delete(models.Throttle).where(models.Throttle.window_start < _window(now) - WINDOW)
    )
    return found.rowcount


def _window(now: datetime.datetime) -> datetime.datetime:
    return EPOCH + (now - EPOCH) // WINDOW * WINDOW


def _household(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((found, 64), strict=False))

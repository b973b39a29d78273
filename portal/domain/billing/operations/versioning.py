"""Adds and withdraws versions of the plan and of states' rules; what is in force never changes."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing.queries import versions
from portal.domain.billing.rules import settings
from portal.kernel import errors, msgids


class NoSuchVersion(errors.DomainError):
    """It was withdrawn, or never there."""

    code = "version_unknown"
    message = msgids.N_("There is no version from this day on.")


class InForce(errors.DomainError):
    """A version that is or was in force stays."""

    code = "version_in_force"
    message = msgids.N_("This version is in force already. Add another one instead.")


def lock(session: orm.Session, *, code: str) -> None:
    """One change of these settings at a time, until the transaction ends."""
    key = {"key": f"billing settings {code}"}
    session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), key)


def add(
    session: orm.Session,
    *,
    code: str,
    valid_from: datetime.date,
    values: settings.Values,
    today: datetime.date,
) -> None:
    """Have these values hold from a day to come; the caller has locked `code`.

    A value of the row that is no setting is that of the version before. Raises NotFuture,
    DayTaken, NoSuchSettings.
    """
    found = versions.kind(code)
    table = found.table
    rows = session.scalars(
        sa.select(table).where(found.key == code).order_by(table.valid_from.desc())
    ).all()
    settings.check_day(valid_from, today=today, taken=[row.valid_from for row in rows])
    before = next((row for row in rows if row.valid_from <= valid_from), None)
    columns = sa.inspect(table).columns.keys()
    kept = {name: getattr(before, name) for name in columns} if before else {found.key.name: code}
    session.add(table(**kept | dict(values) | {"valid_from": valid_from}))
    session.flush()


def withdraw(
    session: orm.Session, *, code: str, valid_from: datetime.date, today: datetime.date
) -> None:
    """Take back a version that is still to come; the caller has locked `code`.

    Raises NoSuchVersion, InForce, NoSuchSettings.
    """
    found = versions.kind(code)
    if valid_from <= today:
        raise InForce()
    gone = session.execute(
        sa.delete(found.table).where(found.key == code, found.table.valid_from == valid_from)
    )
    if not gone.rowcount:
        raise NoSuchVersion()

"""Every version of the plan and of the states' rules: past, in force, to come."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.billing.queries import plans
from portal.domain.billing.rules import settings
from portal.domain.identity import rules as identity
from portal.kernel import errors, msgids

Table = type[models.BillingPlan] | type[models.StateRule]


class NoSuchSettings(errors.DomainError):
    """Neither the plan nor a state of the United States."""

    code = "settings_unknown"
    message = msgids.N_("There are no such settings.")


class When(enum.StrEnum):
    """Where a version stands in time."""

    PAST = "past"
    IN_FORCE = "in_force"
    TO_COME = "to_come"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Version:
    """What holds from a day on; `until` is the day on which the next version begins."""

    code: str
    valid_from: datetime.date
    until: datetime.date | None
    when: When
    values: settings.Values

    @property
    def is_first(self) -> bool:
        """Whether it holds since ever."""
        return self.valid_from.year <= SINCE_EVER


SINCE_EVER = 1900  # the year of versions that nothing came before


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kind:
    """Where the versions of a code stand, and the settings they have."""

    table: Table
    key: sa.ColumnElement[str]
    known: Sequence[settings.Setting]
    empty: settings.Values  # what holds where there is no version yet


_PLAN = Kind(
    table=models.BillingPlan,
    key=models.BillingPlan.__table__.c.code,
    known=settings.PLAN,
    empty={},
)
_STATE = Kind(
    table=models.StateRule,
    key=models.StateRule.__table__.c.us_state,
    known=settings.STATE,
    empty={one.name: False if one.sort is settings.Sort.FLAG else None for one in settings.STATE},
)


def kind(code: str) -> Kind:
    """What `code` ("standard", or a state like "CA") is the settings of. Raises NoSuchSettings."""
    if code == plans.STANDARD:
        return _PLAN
    if code not in identity.US_STATES:
        raise NoSuchSettings()
    return _STATE


def of(session: orm.Session, *, code: str, today: datetime.date) -> tuple[Version, ...]:
    """The versions of the plan or of one state, newest first. Raises NoSuchSettings."""
    found = kind(code)
    rows = session.scalars(
        sa.select(found.table).where(found.key == code).order_by(found.table.valid_from.desc())
    ).all()
    return _versions(code, rows, found.known, today)


def of_states(session: orm.Session, *, today: datetime.date) -> dict[str, tuple[Version, ...]]:
    """The versions of every state that has any, newest first, by state."""
    by_state: dict[str, list[models.StateRule]] = {}
    for row in session.scalars(
        sa.select(models.StateRule).order_by(
            models.StateRule.us_state, models.StateRule.valid_from.desc()
        )
    ):
        by_state.setdefault(row.us_state, []).append(row)
    return {
        state: _versions(state, rows, settings.STATE, today) for state, rows in by_state.items()
    }


def values_on(versions: Sequence[Version], *, code: str, on: datetime.date) -> settings.Values:
    """What holds on a day."""
    holding = (one.values for one in versions if one.valid_from <= on)
    return next(holding, kind(code).empty)


def _versions(
    code: str,
    rows: Sequence[models.BillingPlan | models.StateRule],
    known: Sequence[settings.Setting],
    today: datetime.date,
) -> tuple[Version, ...]:
    made: list[Version] = []
    until: datetime.date | None = None
    for row in rows:
        if row.valid_from > today:
            when = When.TO_COME
        else:
            is_over = until is not None and until <= today
            when = When.PAST if is_over else When.IN_FORCE
        made.append(
            Version(
                code=code,
                valid_from=row.valid_from,
                until=until,
                when=when,
                values={one.name: getattr(row, one.name) for one in known},
            )
        )
        until = row.valid_from
    return tuple(made)

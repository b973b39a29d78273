"""Billing settings made ready for a page: their words, values as they are read, differences."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import flask_babel

from portal.documents import formats
from portal.domain.billing.queries import plans, versions
from portal.domain.billing.rules import settings
from portal.domain.identity import rules as identity
from portal.web.shared import rows, site

_ = flask_babel.gettext


@dataclasses.dataclass(frozen=True, kw_only=True)
class Field:
    """One setting in the form: as it was typed, with what is wrong with it."""

    setting: settings.Setting
    label: str
    meaning: str
    typed: str
    error: str = ""


def title(code: str) -> str:
    """What the settings are of."""
    return _("The plan") if code == plans.STANDARD else identity.US_STATES[code]


def shown(setting: settings.Setting, value: settings.Value) -> str:
    """A value as it is read."""
    if setting.sort is settings.Sort.FLAG:
        return _("Filed") if value else _("Not filed")
    if value is None:
        return "–"
    if setting.sort is settings.Sort.CENTS:
        return formats.money(int(value))
    if setting.sort is settings.Sort.DAYS:
        return _("%(n)s days", n=value)
    if setting.sort is settings.Sort.RATE:
        return f"{(Decimal(int(value)) / settings.PER_CENT).normalize():f} %"
    return str(value)


def lines(facts: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What a version changes: (setting, before, after)."""
    known = versions.kind(facts["code"]).known
    return [
        (_(one.setting.label), shown(one.setting, one.before), shown(one.setting, one.after))
        for one in settings.differences(known, facts["before"], facts["after"])
    ]


def effect(facts: Mapping[str, Any]) -> str:
    """What is asked for, in a few words."""
    name = title(facts["code"])
    return _("Billing settings from %(day)s: %(name)s", day=day(facts["valid_from"]), name=name)


def day(iso: str) -> str:
    """A day out of the facts, with its year."""
    return rows.Writer(site.ctx().clock.today()).day(datetime.date.fromisoformat(iso), "year")


def fields(
    known: Sequence[settings.Setting], typed: Mapping[str, str], wrong: Mapping[str, str]
) -> list[Field]:
    """The form, in the order of the settings."""
    return [
        Field(
            setting=one,
            label=_(one.label),
            meaning=_(one.meaning),
            typed=typed[one.name],
            error=wrong.get(one.name, ""),
        )
        for one in known
    ]

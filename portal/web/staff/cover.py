"""What a customer's policies stand at, beside any money of theirs at the desk."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from flask_babel import gettext as _

from portal.documents import formats
from portal.domain.billing.queries import coverage
from portal.domain.billing.rules.coverage import CoverageKind, CoverageLine
from portal.web.shared import looks, site

LOOKS: Mapping[CoverageKind, str] = MappingProxyType(
    {
        CoverageKind.PAST_DUE: "overdue",
        CoverageKind.NOTICE: "overdue",
        CoverageKind.CANCELLED: "void",
    }
)


class PolicyLine(NamedTuple):
    """One policy: its coverage line in words and how that looks."""

    cover: coverage.PolicyCover
    text: str
    look: str


def of_customer(customer_id: int) -> tuple[PolicyLine, ...]:
    """Every policy of the customer, those in force first; one statement."""
    today = site.ctx().clock.today()
    return tuple(
        PolicyLine(cover=one, text=words(one.line), look=LOOKS.get(one.line.kind, "good"))
        for one in coverage.covers(site.reader(), customer_id=customer_id, today=today)
    )


def words(line: CoverageLine) -> str:
    """The coverage line as the desk reads it."""
    day = looks.day(line.on, "year")
    amount = formats.money(line.amount_cents)
    if line.kind is CoverageKind.CANCELLED:
        return _("Cover ended %(day)s", day=day)
    if line.kind is CoverageKind.NOTICE:
        return _("Cover ends %(day)s unless %(sum)s arrives before", day=day, sum=amount)
    if line.kind is CoverageKind.PAST_DUE:
        return _("Covered, %(sum)s was due %(day)s", day=day, sum=amount)
    return _("Covered, paid to %(day)s", day=day)

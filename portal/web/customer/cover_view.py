"""The coverage line of a policy in words."""

from __future__ import annotations

import flask_babel

from portal.documents import formats
from portal.domain.billing.queries import coverage
from portal.domain.billing.rules.coverage import CoverageKind
from portal.web.shared import rows

_ = flask_babel.gettext


def line(cover: coverage.PolicyCover, write: rows.Writer) -> str:
    """The coverage line in words."""
    told = cover.line
    day, cents = write.day(told.on, "plain"), formats.money(told.amount_cents)
    if told.kind is CoverageKind.CANCELLED:
        return _("Cover ended on %(day)s.", day=write.day(told.on, "year"))
    if not cover.has_begun(write.today):
        return _("Cover begins on %(day)s.", day=write.day(cover.starts_on, "plain"))
    if told.kind is CoverageKind.NOTICE:
        return _("Cover ends %(day)s unless %(sum)s arrives before.", day=day, sum=cents)
    if told.kind is CoverageKind.PAST_DUE:
        return _("Covered. %(sum)s was due on %(day)s.", day=day, sum=cents)
    if told.on <= cover.starts_on:
        return _("Covered since %(day)s.", day=write.day(cover.starts_on, "plain"))
    return _("Covered. Paid to %(day)s.", day=day)


def is_over(cover: coverage.PolicyCover) -> bool:
    """Whether the pet is not covered any more."""
    return cover.line.kind is CoverageKind.CANCELLED

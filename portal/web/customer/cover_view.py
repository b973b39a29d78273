"""The coverage line of a policy in words, and the lines that stand beside money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import flask_login

from portal.documents import formats
from portal.domain.billing.queries import coverage
from portal.domain.billing.rules.coverage import CoverageKind
from portal.web.shared import language, rows, site

_ = language.gettext


def line(cover: coverage.Cover, write: rows.Writer) -> str:
    """The coverage line in words."""
    told = cover.line
    day, cents = write.day(told.on, "plain"), formats.money(told.amount_cents)
    if told.kind is CoverageKind.CANCELLED:
        return _("Cover ended on %(day)s.", day=write.day(told.on, "year"))
    if cover.died_on is not None:
        day = write.day(cover.died_on, "year")
        return _("Died on %(day)s. We take care of everything.", day=day)
    if not cover.has_begun(write.today):
        return _("Cover begins on %(day)s.", day=write.day(cover.starts_on, "plain"))
    if told.kind is CoverageKind.NOTICE:
        return _("Cover ends %(day)s unless %(sum)s arrives before.", day=day, sum=cents)
    if told.kind is CoverageKind.PAST_DUE:
        return _("Covered. %(sum)s was due on %(day)s.", day=day, sum=cents)
    if told.on <= cover.starts_on:
        return _("Covered since %(day)s.", day=write.day(cover.starts_on, "plain"))
    return _("Covered. Paid to %(day)s.", day=day)


def is_over(cover: coverage.Cover) -> bool:
    """Whether the pet is not covered any more."""
    return cover.died_on is not None or cover.line.kind is CoverageKind.CANCELLED


class CoverLine(NamedTuple):
    """One pet beside money: its coverage line; how far the premium reaches where it is late."""

    pet_name: str
    href: str
    text: str
    paid_to: str
    is_late: bool


def beside_money(policy_no: str = "") -> tuple[CoverLine, ...]:
    """The lines of the person's pets in force, of one policy alone where it is named."""
    found = coverage.beside(
        site.reader(),
        customer_id=flask_login.current_user.id,
        today=site.ctx().clock.today(),
        policy_no=policy_no,
    )
    return _lines(found) if policy_no else in_force(found)


def in_force(covers: Sequence[coverage.Cover]) -> tuple[CoverLine, ...]:
    """The lines of the policies that are not over."""
    return _lines([one for one in covers if not is_over(one)])


def of_one(cover: coverage.Cover | None) -> tuple[CoverLine, ...]:
    """The line of one policy, over or not; nothing for none."""
    return _lines([cover] if cover else [])


def _lines(covers: Sequence[coverage.Cover]) -> tuple[CoverLine, ...]:
    write = rows.Writer(site.ctx().clock.today())
    return tuple(_beside(one, write) for one in covers)


def _beside(cover: coverage.Cover, write: rows.Writer) -> CoverLine:
    is_late = cover.line.kind in (CoverageKind.PAST_DUE, CoverageKind.NOTICE)
    said = ""
    if is_late:
        said = _("The premium reaches to %(day)s.", day=write.day(cover.paid_to, "plain"))
    return CoverLine(
        pet_name=cover.pet_name,
        href=f"/policies/{cover.policy_no}",
        text=line(cover, write),
        paid_to=said,
        is_late=is_late,
    )

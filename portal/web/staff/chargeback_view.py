"""How long a bank still waits, in words, for each page that shows a chargeback."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import flask_babel

from portal.domain.reports.queries import chargeback_record
from portal.web.shared import site


@dataclasses.dataclass(frozen=True, kw_only=True)
class Panel:
    """A chargeback with what is left of its deadline; `left` is "" where nothing is due."""

    record: chargeback_record.ChargebackRecord
    left: str
    is_near: bool
    may_answer: bool


def panels(records: Iterable[chargeback_record.ChargebackRecord]) -> tuple[Panel, ...]:
    """The chargebacks as they are shown now."""
    return tuple(panel(record) for record in records)


def panel(record: chargeback_record.ChargebackRecord) -> Panel:
    """The chargeback as it is shown now; days are counted in the insurer's zone."""
    clock = site.ctx().clock
    now, due = clock.now(), record.evidence_due_at
    left = ""
    if record.waits_for_us and due is not None:
        days = (due.astimezone(clock.zone).date() - clock.today()).days
        if due < now:
            left = flask_babel.gettext("Too late")
        elif days == 0:
            left = flask_babel.gettext("Today")
        else:
            left = flask_babel.ngettext("%(num)s day left", "%(num)s days left", days)
    return Panel(
        record=record,
        left=left,
        is_near=bool(left) and due is not None and due - now <= chargeback_record.SOON,
        may_answer=record.may_answer(now),
    )

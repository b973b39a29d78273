"""Bills that an arrangement pays in parts, in words; knows planned payments, asks no database."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import NamedTuple

import flask_babel

from portal.documents import formats
from portal.domain.payments.queries import drafts

_ = flask_babel.gettext
ngettext = flask_babel.ngettext


class InParts(NamedTuple):
    """How a bill is paid in parts: so many are left, the next one and its day."""

    left: int
    next_on: datetime.date | None
    next_cents: int


def of(found: Sequence[drafts.DraftView]) -> InParts | None:
    """What the parts among planned payments that are not over come to, None without any."""
    parts = [draft for draft in found if draft.kind == "arrangement"]
    if not parts:
        return None
    waiting = [draft for draft in parts if draft.due_on is not None]
    first = min(waiting, key=lambda draft: (draft.due_on, draft.id), default=None)
    return InParts(
        left=len(parts),
        next_on=first.due_on if first else None,
        next_cents=first.amount_cents if first else 0,
    )


def text(parts: InParts, day: Callable[[datetime.date, str], str]) -> str:
    """How it is paid, in words; `day` writes a day in a style."""
    if parts.next_on is None:
        return _("In parts, the last one is being taken")
    return ngettext(
        "In parts: the last one, %(sum)s, on %(day)s",
        "In parts: %(num)s left, next %(sum)s on %(day)s",
        parts.left,
        sum=formats.money(parts.next_cents),
        day=day(parts.next_on, "plain"),
    )

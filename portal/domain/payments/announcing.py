"""On which day autopay takes a bill; pure, knows no row and no mail.

Source: docs/billing-rules.md, "Paying": a debit of varying amount is announced at least 10 days
before (Regulation E).
"""

from __future__ import annotations

import datetime

NOTICE_DAYS = 10  # between the notice and the debit, at least
DAYS_BEFORE = (0, 3, 5, 7, 10)  # the due day; what a payer may choose (choice)


def draft_day(*, due_on: datetime.date, days_before: int, today: datetime.date) -> datetime.date:
    """The day for a bill that is announced `today`: the wished one, or the first that is allowed.

    It falls after `due_on` where the bill is due sooner than the notice allows.
    """
    wished = due_on - datetime.timedelta(days=days_before)
    return max(wished, first_day(today))


def moved_day(
    *,
    announced_on: datetime.date,
    due_on: datetime.date,
    days_before: int,
    today: datetime.date,
) -> datetime.date:
    """The day for a bill that was announced for `announced_on`, after another wish `today`.

    Earlier: as near to the wished day as may be announced now, else as it was told. Later: the
    wished day, if it may be announced, else as it was told, for waiting longer helps nobody.
    """
    wished = due_on - datetime.timedelta(days=days_before)
    first = first_day(today)
    if wished < announced_on:
        return min(max(wished, first), announced_on)
    return wished if wished >= first else announced_on


def first_day(today: datetime.date) -> datetime.date:
    """The first day on which something announced `today` may be taken."""
    return today + datetime.timedelta(days=NOTICE_DAYS)

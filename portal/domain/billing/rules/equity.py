"""The equity date: up to which day the premium paid has bought cover; knows no invoice."""

from __future__ import annotations

import datetime

from portal.domain.billing.rules.term_premium import TermPremium


def equity_on(
    *,
    effective_on: datetime.date,
    expires_on: datetime.date,
    premium_cents: int,
    paid_cents: int,
) -> datetime.date:
    """The first day not covered by what is paid, for a term at one rate.

    `paid_cents` is what was settled or credited on premium lines only: no tax, no fee, nothing
    still processing. Integers throughout. Never before `effective_on`, never after `expires_on`.
    """
    days = (expires_on - effective_on).days
    if premium_cents <= 0:
        return expires_on
    bought = min(days, max(paid_cents, 0) * days // premium_cents)
    return effective_on + datetime.timedelta(days=bought)


def equity_on_by_segments(term: TermPremium, *, paid_cents: int) -> datetime.date:
    """The first day whose premium, earned by segments, is not covered by `paid_cents`.

    Whoever paid all that was charged for the whole term has paid to its end, also where every
    change of it was rounded in their favour: that is less than a cent a segment.
    """
    left = max(paid_cents, 0) * term.days
    whole = sum(segment.premium_cents * segment.days for segment in term.segments)
    if paid_cents >= term.charged_cents and whole - left < len(term.segments) * term.days:
        return term.expires_on
    for segment in term.segments:
        cost = segment.premium_cents * segment.days
        if cost > left:
            return segment.starts_on + datetime.timedelta(days=left // segment.premium_cents)
        left -= cost
    return term.expires_on

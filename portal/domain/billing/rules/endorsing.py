"""What a change of the premium inside a term costs or gives back; knows no invoice."""

from __future__ import annotations

import dataclasses
import datetime

from portal.domain.billing.rules.term_premium import Segment, TermPremium
from portal.kernel import errors, money, msgids


class ChangeOutsideTerm(errors.DomainError):
    """The day lies before the term or after its last day."""

    code = "change_outside_term"
    message = msgids.N_("Choose a day from %(first)s to %(last)s: the term covers no other.")


class ChangeBeforeAnother(errors.DomainError):
    """A change from a later day stands already; an earlier one would rewrite it."""

    code = "change_before_another"
    message = msgids.N_("Another change stands from %(day)s. Choose that day or a later one.")


class NothingChanges(errors.DomainError):
    """The premium is what it was."""

    code = "premium_unchanged"
    message = msgids.N_("The premium is that already.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Endorsement:
    """A change from `effective_on` on: the cents of a whole term before and after, and what the
    rest of the term costs more (below zero: less).
    """

    effective_on: datetime.date
    before_cents: int
    after_cents: int
    change_cents: int
    days_left: int
    term_days: int


def endorse(
    term: TermPremium, *, effective_on: datetime.date, premium_cents: int
) -> tuple[Endorsement, TermPremium]:
    """The change to `premium_cents` for a whole term, and the term as it is from then on.

    Change × days left ÷ days in the term, rounded half up once (docs/billing-rules.md, "Mid-term
    changes"). Raises ChangeOutsideTerm, ChangeBeforeAnother, NothingChanges.
    """
    last = term.segments[-1]
    if not term.effective_on <= effective_on < term.expires_on:
        raise ChangeOutsideTerm(
            first=term.effective_on,
            last=term.expires_on - datetime.timedelta(days=1),
        )
    if effective_on < last.starts_on:
        raise ChangeBeforeAnother(day=last.starts_on)
    if premium_cents == last.premium_cents:
        raise NothingChanges()
    left = (term.expires_on - effective_on).days
    change = money.pro_rata(premium_cents - last.premium_cents, left, term.days)
    change = max(change, -term.charged_cents)  # what was rounded up before is all that is there
    before = (Segment(last.starts_on, effective_on, last.premium_cents),)
    segments = (
        *term.segments[:-1],
        *(before if effective_on > last.starts_on else ()),
        Segment(effective_on, term.expires_on, premium_cents),
    )
    found = Endorsement(
        effective_on=effective_on,
        before_cents=last.premium_cents,
        after_cents=premium_cents,
        change_cents=change,
        days_left=left,
        term_days=term.days,
    )
    return found, TermPremium(segments, term.charged_cents + change)

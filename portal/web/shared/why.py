"""Why a bill is not as the one before it, in words and cents; for its owner and for the desk."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from portal.documents import formats, wording
from portal.domain.billing.queries import bill_before
from portal.domain.billing.rules import difference
from portal.domain.billing.rules.difference import Cause, DayMove, PremiumChange, Side, Sort, Why
from portal.kernel import msgids
from portal.web.shared import language, rows

N_ = msgids.N_
_ = language.gettext
PPM_OF_PERCENT = 10_000
HERE, GONE, OTHER = "here", "gone", "other"  # on this bill, on the one before, on both

TITLES = {
    Why.PREMIUM_CHANGED: N_("The premium changed on %(day)s"),
    Why.BRIDGE: N_("The new due day"),
    Why.RENEWAL: N_("A new year of cover"),
    Why.PLAN: N_("Another number of bills"),
    Why.DOWN_PAYMENT: N_("Down payment"),
    Why.ALL_THE_REST: N_("The rest of the year on one bill"),
    Why.EXTRA: N_("A change of the policy"),
    Why.CATCH_UP: N_("Several installments on one bill"),
    Why.REINSTATED: N_("Your policy went on after all"),
    Why.SPREAD_OVER: N_("A change in the year before"),
    Why.SPLIT_AGAIN: N_("The rest of the year, split again"),
    Why.TAX: N_("Tax"),
    Why.ODD_CENTS: N_("Odd cents"),
}
SPREAD = N_(
    "From %(was)s to %(now)s a year. For the %(left)s of %(all)s days left that is %(sum)s, spread "
    "over %(bills)s bills"
)
SPREAD_ON_ONE = N_(
    "From %(was)s to %(now)s a year. For the %(left)s of %(all)s days left that is %(sum)s, all on "
    "this bill"
)
SPREAD_SOMEHOW = N_(
    "From %(was)s to %(now)s a year. For the %(left)s of %(all)s days left that is %(sum)s, spread "
    "over the bills that were left"
)
NOTES = {
    Why.BRIDGE: {
        HERE: N_(
            "Days between the old day and the new, paid once: %(days)s. The year costs the same"
        ),
        GONE: N_("The bill before carried the days between: %(days)s"),
    },
    Why.RENEWAL: {OTHER: N_("%(now)s for the year, %(was)s for the year before")},
    Why.PLAN: {OTHER: N_("Bills for the year: %(now)s, for the year before: %(was)s")},
    Why.DOWN_PAYMENT: {
        HERE: N_("The year begins with it. The rest is split into equal bills"),
        GONE: N_("It was on the bill before. The rest is split into equal bills"),
    },
    Why.ALL_THE_REST: {
        HERE: N_("All that was not billed yet"),
        GONE: N_("The bill before asked for all that was left of its year"),
    },
    Why.EXTRA: {
        HERE: N_("This bill asks for what it cost. No later bill of the year could carry it"),
        GONE: N_("The bill before was for such a change alone"),
    },
    Why.CATCH_UP: {
        HERE: N_("Their days passed while we billed nothing. The installment fee stands once"),
        GONE: N_("The bill before was for more than one installment"),
    },
    Why.REINSTATED: {OTHER: N_("What was not billed while it was cancelled")},
    Why.SPREAD_OVER: {OTHER: N_("The bills of that year were planned anew for it. That is over")},
    Why.SPLIT_AGAIN: {
        HERE: N_("The days above are paid, so each bill that is left asks for less"),
        OTHER: N_("What was not billed yet, over the bills that were left"),
    },
    Why.TAX: {
        HERE: N_("It follows the premium: %(rate)s of it"),
        OTHER: N_("It follows the premium"),
    },
    Why.ODD_CENTS: {OTHER: N_("Bills of one year differ by a cent or so, to add up to it exactly")},
    Why.POLICY_FEE: {
        HERE: wording.CHARGE_RULES["policy_fee"],
        GONE: N_("Only with the first bill of a term"),
    },
    Why.INSTALLMENT_FEE: {
        HERE: N_("With every bill of a year that is paid in parts"),
        GONE: N_("This bill has none"),
    },
    Why.LATE_FEE: {HERE: wording.CHARGE_RULES["late_fee"], GONE: N_("The bill before had one")},
    Why.NSF_FEE: {HERE: wording.CHARGE_RULES["nsf_fee"], GONE: N_("The bill before had one")},
}
SORTS = {
    Why.DOWN_PAYMENT: Sort.DOWN_PAYMENT,
    Why.ALL_THE_REST: Sort.ALL_THE_REST,
    Why.EXTRA: Sort.EXTRA,
    Why.CATCH_UP: Sort.CATCH_UP,
}
FEE_CHANGED = N_("%(now)s now, %(was)s before")
LEADS = {
    1: N_("It is %(sum)s more than the bill due %(day)s."),
    -1: N_("It is %(sum)s less than the bill due %(day)s."),
    0: N_("The total is that of the bill due %(day)s, but its lines are not."),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Difference:
    """What the page says about it; the causes add up to `cents`."""

    lead: str
    causes: Sequence[tuple[str, str, int]]
    cents: int
    lines: Sequence[tuple[str, int | None, int | None]]  # charge, before, now
    totals: tuple[int, int]
    days: tuple[str, str]
    before_no: str


def view(
    found: bill_before.Beside | None, write: rows.Writer, *, name: Callable[[str], str]
) -> Difference | None:
    """The difference for a page; None where there is none. `name` writes a kind of charge."""
    causes = found.causes if found else ()
    if found is None or found.before is None or not causes:
        return None
    before, this = found.before, found.this
    cents = this.total_cents - before.total_cents
    lead = LEADS[(cents > 0) - (cents < 0)]
    day = write.day(before.due_on, "plain")
    carries_days = found.history.bridge(this) is not None
    say = _Words(before, this, carries_days, write, name)
    return Difference(
        lead=_(lead, sum=formats.money(abs(cents)), day=day) if cents else _(lead, day=day),
        causes=say.causes(causes),
        cents=cents,
        lines=[
            (name(kind), before.cents.get(kind), this.cents.get(kind))
            for kind in (*this.cents, *(k for k in before.cents if k not in this.cents))
        ],
        totals=(before.total_cents, this.total_cents),
        days=(day, write.day(this.due_on, "plain")),
        before_no=before.number,
    )


def percent(ppm: int) -> str:
    """A rate in parts per million as it is read: "1%", "1.75%"."""
    return f"{ppm / PPM_OF_PERCENT:g}%"


@dataclasses.dataclass(frozen=True)
class _Words:
    """Writes the causes of one pair of bills."""

    before: Side
    this: Side
    carries_days: bool  # between an old due day and a new
    write: rows.Writer
    name: Callable[[str], str]

    def causes(self, found: Sequence[Cause]) -> list[tuple[str, str, int]]:
        """Title, note and cents of each; what has the same name stands once, odd cents last."""
        told: dict[tuple[str, str], int] = {}
        for cause in sorted(found, key=lambda cause: cause.why is Why.ODD_CENTS):
            words = self._title(cause), self._note(cause)
            told[words] = told.get(words, 0) + cause.cents
        return [(title, note, cents) for (title, note), cents in told.items()]

    def _title(self, cause: Cause) -> str:
        if cause.why not in TITLES:
            return self.name(cause.kind)
        if isinstance(cause.about, PremiumChange):
            return _(TITLES[cause.why], day=self.write.day(cause.about.effective_on, "plain"))
        return _(TITLES[cause.why])

    def _note(self, cause: Cause) -> str:
        if isinstance(cause.about, PremiumChange):
            return self._spread(cause.about, cause.bills)
        was, now = self._two(cause)
        if cause.why in difference.FEES.values() and was and now:
            return _(FEE_CHANGED, was=formats.money(was), now=formats.money(now))
        notes = NOTES[cause.why]
        message = notes.get(self._where(cause)) or notes[OTHER]
        return _(message, **self._values(cause)) if "%(" in message else _(message)

    def _spread(self, made: PremiumChange, bills: int) -> str:
        message = SPREAD_SOMEHOW if not bills else SPREAD if bills > 1 else SPREAD_ON_ONE
        return _(
            message,
            was=formats.money(made.before_cents),
            now=formats.money(made.after_cents),
            left=made.days_left,
            all=made.term_days,
            sum=formats.money(made.change_cents, sign=True),
            bills=bills,
        )

    def _two(self, cause: Cause) -> tuple[int, int]:
        return self.before.cents.get(cause.kind, 0), self.this.cents.get(cause.kind, 0)

    def _where(self, cause: Cause) -> str:
        """Which of the two bills has what the cause speaks of."""
        if cause.why in SORTS:
            return HERE if self.this.sort is SORTS[cause.why] else GONE
        if cause.why is Why.BRIDGE:
            return HERE if cause.cents > 0 else GONE
        if cause.why in difference.FEES.values():
            return HERE if self._two(cause)[1] else GONE
        is_here = {Why.TAX: self.this.tax_ppm > 0, Why.SPLIT_AGAIN: self.carries_days}
        return HERE if is_here.get(cause.why) else OTHER

    def _values(self, cause: Cause) -> dict[str, object]:
        before, this = self.before, self.this
        if cause.why is Why.RENEWAL:
            return {
                "was": formats.money(before.rate_cents),
                "now": formats.money(this.rate_cents),
            }
        if cause.why is Why.PLAN:
            return {"was": _bills(before), "now": _bills(this)}
        if isinstance(cause.about, DayMove):
            return {"days": cause.about.days}
        return {"rate": percent(this.tax_ppm)}


def _bills(side: Side) -> int:
    return side.parts + side.has_down_payment

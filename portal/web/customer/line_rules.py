"""How each line of a bill is worked out, in plain words; asks no database."""

from __future__ import annotations

from collections.abc import Sequence

from portal.documents import formats
from portal.domain.billing.queries import bill_before
from portal.domain.billing.rules.charges import ChargeKind
from portal.domain.billing.rules.difference import Sort
from portal.kernel import msgids
from portal.web.shared import language, why

N_ = msgids.N_
_ = language.gettext

IN_FULL = N_("The whole %(sum)s for the year.")
EQUAL = N_("One of %(n)s equal parts of the %(sum)s for the year.")
AFTER_DOWN = N_(
    "One of %(n)s equal parts of what the down payment left of the %(sum)s for the year."
)
DOWN = N_("The down payment on the %(sum)s for the year. The rest is split into equal parts.")
REPLANNED = N_(
    "What was not billed yet of the year, split over the bills that were left. A whole year costs "
    "%(sum)s."
)
REST = N_("All of the year’s premium that was not billed yet.")
EXTRA = N_("What a change of the policy cost. No later bill of the year could carry it.")
CATCH_UP = N_("Installments whose days passed while we billed nothing, each as it was planned.")
ODD = N_("The first bills carry the odd cents.")
BRIDGE = N_("With it %(sum)s for the %(days)s days by which the due day moved.")
TAX = N_("%(rate)s of the year’s premium, split like it. We pass it on to the state.")
TAX_AT_SOME_RATE = N_("The state’s tax on the premium, split like it. We pass it on to the state.")
FEES = {
    ChargeKind.POLICY_FEE: N_(
        "For the policy, once a term, with its first bill. It is no part of the premium."
    ),
    ChargeKind.INSTALLMENT_FEE: N_(
        "For a bill of a year that is paid in parts. A year that is paid at once has none."
    ),
    ChargeKind.LATE_FEE: N_(
        "5% of the premium and tax still open 10 days after the due day, at most $5.00. Once for "
        "each bill."
    ),
    ChargeKind.NSF_FEE: N_("For a payment that your bank sent back. Once for each payment."),
}


def of(found: bill_before.Beside | None, lines: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each line's name with its rule; `lines` are (kind, name). Nothing where no plan made it."""
    return [] if found is None else [(name, _rule(kind, found)) for kind, name in lines]


def _rule(kind: str, found: bill_before.Beside) -> str:
    if kind == ChargeKind.PREMIUM:
        return _premium(found)
    if kind == ChargeKind.TAX:
        ppm = found.this.tax_ppm
        return _(TAX, rate=why.percent(ppm)) if ppm else _(TAX_AT_SOME_RATE)
    return _(FEES[ChargeKind(kind)])


def _premium(found: bill_before.Beside) -> str:
    this = found.this
    one_off = {Sort.ALL_THE_REST: REST, Sort.EXTRA: EXTRA, Sort.CATCH_UP: CATCH_UP}
    if this.sort in one_off:
        return _(one_off[this.sort])
    year = formats.money(this.rate_cents)
    if found.history.is_replanned(this):
        said = [_(REPLANNED, sum=year)]
        bridge = found.history.bridge(this)
        if bridge is not None:
            said.append(_(BRIDGE, sum=formats.money(bridge.cents), days=bridge.days))
        return " ".join(said)
    if this.sort is Sort.DOWN_PAYMENT:
        return _(DOWN, sum=year)
    if this.has_down_payment:
        return _(AFTER_DOWN, n=this.parts, sum=year)
    if this.parts == 1:
        return _(IN_FULL, sum=year)
    equal = _(EQUAL, n=this.parts, sum=year)
    return f"{equal} {_(ODD)}" if this.rate_cents % this.parts else equal

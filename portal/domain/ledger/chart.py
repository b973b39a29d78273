"""The chart of accounts and the one table of charge kinds; pure, knows no amount.

Whatever treats one kind of charge unlike another is made from `CHARGES`: the recipes of the books,
the statements that bill, the order in which money reaches lines. A new kind is a row here, a word
in `documents.wording` and a migration for the check on `invoice_line.kind`.
"""

from __future__ import annotations

import dataclasses
import enum


class AccountCode(enum.StrEnum):
    """The chart of accounts."""

    BANK = "1000"
    STRIPE_CLEARING = "1010"
    CHARGEBACKS = "1030"
    PREMIUM_RECEIVABLE = "1100"
    FEES_RECEIVABLE = "1110"
    SUSPENSE = "2000"
    UNEARNED_PREMIUM = "2100"
    UNAPPLIED_CASH = "2210"
    REFUNDS_PAYABLE = "2300"
    CLAIMS_PAYABLE = "2310"
    TAXES_PAYABLE = "2400"
    EARNED_PREMIUM = "4000"
    POLICY_FEES = "4100"
    LATE_FEES = "4110"
    PROCESSING_FEES = "5100"
    CHARGEBACK_LOSSES = "5200"
    WRITE_OFFS = "5300"
    GOODWILL = "5310"


class ChargeKind(enum.StrEnum):
    """Why an amount is owed."""

    TAX = "tax"
    PREMIUM = "premium"
    POLICY_FEE = "policy_fee"
    INSTALLMENT_FEE = "installment_fee"
    LATE_FEE = "late_fee"
    NSF_FEE = "nsf_fee"


class Treatment(enum.StrEnum):
    """When a charge that was billed becomes income."""

    OVER_TIME = "over_time"  # day by day, as it is earned
    AT_ONCE = "at_once"  # on the day of the bill
    PASSED_THROUGH = "passed_through"  # never: it is somebody else's


@dataclasses.dataclass(frozen=True, kw_only=True)
class Treated:
    """How one kind of charge is treated."""

    treatment: Treatment
    receivable: AccountCode  # debited when it is billed
    credited: AccountCode  # income, or what is owed for it until then
    paid_as: int  # its place in the order in which money reaches the lines of a bill
    line: int | None = None  # its place on the bill of an installment; None: no plan foresees it


CHARGES = {
    ChargeKind.TAX: Treated(
        treatment=Treatment.PASSED_THROUGH,
        receivable=AccountCode.PREMIUM_RECEIVABLE,
        credited=AccountCode.TAXES_PAYABLE,
        paid_as=1,
        line=2,
    ),
    ChargeKind.PREMIUM: Treated(
        treatment=Treatment.OVER_TIME,
        receivable=AccountCode.PREMIUM_RECEIVABLE,
        credited=AccountCode.UNEARNED_PREMIUM,
        paid_as=2,
        line=1,
    ),
    ChargeKind.POLICY_FEE: Treated(
        treatment=Treatment.AT_ONCE,
        receivable=AccountCode.FEES_RECEIVABLE,
        credited=AccountCode.POLICY_FEES,
        paid_as=3,
        line=3,
    ),
    ChargeKind.INSTALLMENT_FEE: Treated(
        treatment=Treatment.AT_ONCE,
        receivable=AccountCode.FEES_RECEIVABLE,
        credited=AccountCode.POLICY_FEES,
        paid_as=4,
        line=4,
    ),
    ChargeKind.LATE_FEE: Treated(
        treatment=Treatment.AT_ONCE,
        receivable=AccountCode.FEES_RECEIVABLE,
        credited=AccountCode.LATE_FEES,
        paid_as=5,
    ),
    ChargeKind.NSF_FEE: Treated(
        treatment=Treatment.AT_ONCE,
        receivable=AccountCode.FEES_RECEIVABLE,
        credited=AccountCode.LATE_FEES,
        paid_as=6,
    ),
}
RECEIVABLES = frozenset(row.receivable for row in CHARGES.values())
# The kinds that a term plans, as the lines of its bills follow each other; each has its amount in
# the column `<kind>_cents` of an installment.
PLANNED = tuple(
    kind for _, kind in sorted((row.line, kind) for kind, row in CHARGES.items() if row.line)
)

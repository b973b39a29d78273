"""How a term is cut into installments: days and amounts; knows no invoice and no clock.

Every day is counted from the effective date and clipped to its month's end, so a term from the
31st is due on the last day of each month and does not drift to the 28th.
"""

from __future__ import annotations

import dataclasses
import datetime
from decimal import Decimal

from portal.kernel import calendars, errors, money, msgids

LEAD_DAYS = 20
MILLION = 1_000_000


class PlanDoesNotFit(errors.DomainError):
    """The last installment would begin when the term is over."""

    code = "payment_plan_does_not_fit"
    message = msgids.N_("This payment plan is longer than the policy term.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class PaymentPlan:
    """`parts` equal installments, `every_months` apart, the first on the effective date.

    With a down payment (`down_cents` of the premium) that takes the first place and the parts
    follow it. `with_fee` is whether installments carry the installment fee.
    """

    parts: int
    every_months: int = 1
    down_cents: int = 0
    with_fee: bool = True

    def __post_init__(self) -> None:
        if self.parts < 1 or self.every_months < 1 or self.down_cents < 0:
            raise ValueError(f"no plan: {self}")


IN_FULL = PaymentPlan(parts=1, every_months=12, with_fee=False)
QUARTERLY = PaymentPlan(parts=4, every_months=3)
MONTHLY12 = PaymentPlan(parts=12)


def named(name: str, *, parts: int = 0, down_cents: int = 0) -> PaymentPlan:
    """The plan a term names: in_full, quarterly, monthly, or down_payment with its two numbers.

    `parts` counts the installments after the down payment. Raises ValueError for another name.
    """
    fixed = {"in_full": IN_FULL, "quarterly": QUARTERLY, "monthly": MONTHLY12}
    if name in fixed:
        return fixed[name]
    if name == "down_payment" and down_cents > 0:
        return PaymentPlan(parts=parts, down_cents=down_cents)
    raise ValueError(f"no payment plan {name!r} with {down_cents} cents down")


def down_payment_cents(premium_cents: int, share: Decimal) -> int:
    """A down payment of `share` (0 to 1) of the premium, rounded half up once."""
    return money.pro_rata(premium_cents, *share.as_integer_ratio())


@dataclasses.dataclass(frozen=True, kw_only=True)
class Installment:
    """One planned invoice: its period (half-open), its days, its charges in cents."""

    sequence: int
    period_start_on: datetime.date
    period_end_on: datetime.date
    due_on: datetime.date
    issue_on: datetime.date
    premium_cents: int
    tax_cents: int
    installment_fee_cents: int
    policy_fee_cents: int
    is_down_payment: bool

    @property
    def total_cents(self) -> int:
        """What its invoice will ask for."""
        return (
            self.premium_cents + self.tax_cents + self.installment_fee_cents + self.policy_fee_cents
        )


def term_tax(premium_cents: int, tax_ppm: int) -> int:
    """The tax on a term's premium, `tax_ppm` parts per million, rounded half up once."""
    return money.pro_rata(premium_cents, tax_ppm, MILLION)


def schedule(
    *,
    plan: PaymentPlan,
    effective_on: datetime.date,
    expires_on: datetime.date,
    premium_cents: int,
    tax_cents: int,
    installment_fee_cents: int = 0,
    policy_fee_cents: int = 0,
    lead_days: int = LEAD_DAYS,
) -> tuple[Installment, ...]:
    """The installments of a term, in order, their periods tiling it.

    `tax_cents` is the tax of the whole term (`term_tax`) and is split like the premium. The
    policy fee stands on the first installment; a down payment carries no installment fee, nor
    does paying in full. Premium and tax sum to what was given, to the cent. Raises
    `PlanDoesNotFit` when the last installment would not begin inside the term.
    """
    if plan.down_cents > premium_cents:
        raise ValueError(f"{plan.down_cents} down of a premium of {premium_cents}")
    down_tax = money.pro_rata(tax_cents, plan.down_cents, premium_cents) if plan.down_cents else 0
    premiums = _amounts(plan, premium_cents, plan.down_cents)
    taxes = _amounts(plan, tax_cents, down_tax)
    starts = [
        calendars.add_months(effective_on, i * plan.every_months) for i in range(len(premiums))
    ]
    if starts[-1] >= expires_on:
        raise PlanDoesNotFit(parts=len(starts), expires_on=expires_on.isoformat())
    fee = installment_fee_cents if plan.with_fee else 0
    installments = []
    for i, (start, end) in enumerate(zip(starts, [*starts[1:], expires_on], strict=True)):
        down = i == 0 and plan.down_cents > 0
        installments.append(
            Installment(
                sequence=i + 1,
                period_start_on=start,
                period_end_on=end,
                due_on=start,
                issue_on=start - datetime.timedelta(days=lead_days),
                premium_cents=premiums[i],
                tax_cents=taxes[i],
                installment_fee_cents=0 if down else fee,
                policy_fee_cents=policy_fee_cents if i == 0 else 0,
                is_down_payment=down,
            )
        )
    return tuple(installments)


def _amounts(plan: PaymentPlan, total_cents: int, first_cents: int) -> list[int]:
    if not plan.down_cents:
        return money.split(total_cents, plan.parts)
    return [first_cents, *money.split(total_cents - first_cents, plan.parts)]

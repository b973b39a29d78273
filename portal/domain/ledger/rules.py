"""Recipes: which accounts each business event touches; pure, posts nothing.

Source: the table "Books" of docs/billing-rules.md; the accounts of a charge stand in `chart`.
Amounts are integer cents; in a `Posting` a debit is above zero and a credit below.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Sequence

from portal.domain.ledger.chart import CHARGES, AccountCode, ChargeKind, Treated


class Event(enum.StrEnum):
    """The business facts that are posted."""

    INVOICE_ISSUED = "invoice_issued"
    INVOICE_VOIDED = "invoice_voided"
    INVOICE_WRITTEN_OFF = "invoice_written_off"
    INVOICE_WRITTEN_BACK = "invoice_written_back"
    PAYMENT_SETTLED = "payment_settled"
    STRIPE_FEE = "stripe_fee"
    PAYOUT = "payout"
    PAYOUT_RETURNED = "payout_returned"
    UNAPPLIED_USED = "unapplied_used"
    ALLOCATION_TAKEN_BACK = "allocation_taken_back"
    REFUND_APPROVED = "refund_approved"
    REFUND_SENT = "refund_sent"
    REFUND_FAILED = "refund_failed"
    REFUND_PAID_OTHERWISE = "refund_paid_otherwise"
    CHARGEBACK_OPENED = "chargeback_opened"
    CHARGEBACK_WON = "chargeback_won"
    CHARGEBACK_LOST = "chargeback_lost"
    CHARGEBACK_REGAINED = "chargeback_regained"
    CORRECTION = "correction"
    RETURN_PREMIUM = "return_premium"
    GOODWILL_CREDIT = "goodwill_credit"
    FEE_WAIVED = "fee_waived"
    SHORTFALL = "shortfall"
    PREMIUM_EARNED = "premium_earned"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Posting:
    """One side of an entry; receivables and unapplied cash name their customer."""

    account: AccountCode
    cents: int
    customer_id: int | None = None
    invoice_id: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Charge:
    """An amount of one kind on one customer's invoice."""

    kind: str
    cents: int
    customer_id: int
    invoice_id: int


def invoice_issued(charges: Sequence[Charge]) -> tuple[Posting, ...]:
    """Receivables against unearned premium, fee income and taxes payable."""
    sides: list[Posting] = []
    for charge in charges:
        sides.append(_owed(charge))
        sides.append(Posting(account=_treated(charge).credited, cents=-charge.cents))
    return merged(sides)


def invoice_voided(charges: Sequence[Charge]) -> tuple[Posting, ...]:
    """The mirror of the issue; no money stands on the charges any more."""
    return tuple(dataclasses.replace(p, cents=-p.cents) for p in invoice_issued(charges))


def invoice_written_off(charges: Sequence[Charge]) -> tuple[Posting, ...]:
    """What is open and will not be asked for any more is a loss of ours."""
    return shortfall(charges)


def invoice_written_back(charges: Sequence[Charge]) -> tuple[Posting, ...]:
    """What was written off is owed again."""
    return tuple(dataclasses.replace(p, cents=-p.cents) for p in invoice_written_off(charges))


def payment_settled(
    *, amount_cents: int, applied: Sequence[Charge], customer_id: int
) -> tuple[Posting, ...]:
    """Stripe clearing against the receivables paid; what is left waits unapplied."""
    return _money_in(AccountCode.STRIPE_CLEARING, amount_cents, applied, customer_id)


def unapplied_used(applied: Sequence[Charge], *, customer_id: int) -> tuple[Posting, ...]:
    """Unapplied cash of the customer pays open charges."""
    amount = sum(c.cents for c in applied)
    sides = [Posting(account=AccountCode.UNAPPLIED_CASH, cents=amount, customer_id=customer_id)]
    return merged(sides + _paid(applied))


def allocation_taken_back(taken: Sequence[Charge], *, customer_id: int) -> tuple[Posting, ...]:
    """Charges open again; their money is unapplied."""
    return tuple(
        dataclasses.replace(p, cents=-p.cents)
        for p in unapplied_used(taken, customer_id=customer_id)
    )


def stripe_fee(*, fee_cents: int) -> tuple[Posting, ...]:
    """The fee that Stripe reports on a balance transaction."""
    return (
        Posting(account=AccountCode.PROCESSING_FEES, cents=fee_cents),
        Posting(account=AccountCode.STRIPE_CLEARING, cents=-fee_cents),
    )


def payout_moved(*, amount_cents: int, fee_cents: int) -> tuple[Posting, ...]:
    """What Stripe moved for a payout: sent to our bank (below zero) or come back, and its fee."""
    return merged(
        (
            Posting(account=AccountCode.BANK, cents=-amount_cents),
            Posting(account=AccountCode.PROCESSING_FEES, cents=fee_cents),
            Posting(account=AccountCode.STRIPE_CLEARING, cents=amount_cents - fee_cents),
        )
    )


def refund_approved(*, amount_cents: int, customer_id: int) -> tuple[Posting, ...]:
    """A refund pays out unapplied cash only."""
    return (
        Posting(account=AccountCode.UNAPPLIED_CASH, cents=amount_cents, customer_id=customer_id),
        Posting(account=AccountCode.REFUNDS_PAYABLE, cents=-amount_cents),
    )


def refund_sent(*, amount_cents: int) -> tuple[Posting, ...]:
    """Stripe took the refund out of the balance."""
    return (
        Posting(account=AccountCode.REFUNDS_PAYABLE, cents=amount_cents),
        Posting(account=AccountCode.STRIPE_CLEARING, cents=-amount_cents),
    )


def refund_failed(*, amount_cents: int) -> tuple[Posting, ...]:
    """Stripe gave the money of a failed refund back; it is still owed to the customer."""
    return tuple(
        dataclasses.replace(p, cents=-p.cents) for p in refund_sent(amount_cents=amount_cents)
    )


def refund_paid_otherwise(*, amount_cents: int) -> tuple[Posting, ...]:
    """A refund that failed is paid by a check on our bank account."""
    return (
        Posting(account=AccountCode.REFUNDS_PAYABLE, cents=amount_cents),
        Posting(account=AccountCode.BANK, cents=-amount_cents),
    )


def chargeback_moved(
    *, amount_cents: int, fee_cents: int, is_return: bool = False
) -> tuple[Posting, ...]:
    """What Stripe moved for a chargeback: taken (below zero) or given back, and the fee it kept.

    `is_return`: a bank only sent a debit back late; its fee is for processing, and no loss.
    """
    fees = AccountCode.PROCESSING_FEES if is_return else AccountCode.CHARGEBACK_LOSSES
    return merged(
        (
            Posting(account=AccountCode.CHARGEBACKS, cents=-amount_cents),
            Posting(account=fees, cents=fee_cents),
            Posting(account=AccountCode.STRIPE_CLEARING, cents=amount_cents - fee_cents),
        )
    )


def chargeback_lost(
    *,
    taken: Sequence[Charge],
    unapplied_cents: int,
    owed_cents: int,
    absorbed_cents: int,
    customer_id: int,
) -> tuple[Posting, ...]:
    """The bank kept the money: bills open again as it was applied, unapplied cash is gone.

    `owed_cents` are refunds that were owed and that the bank has made now; the rest is our loss.
    """
    sides = [_owed(c) for c in taken]
    unapplied = Posting(
        account=AccountCode.UNAPPLIED_CASH, cents=unapplied_cents, customer_id=customer_id
    )
    total = sum(c.cents for c in taken) + unapplied_cents + owed_cents + absorbed_cents
    return merged(
        [
            *sides,
            unapplied,
            Posting(account=AccountCode.REFUNDS_PAYABLE, cents=owed_cents),
            Posting(account=AccountCode.CHARGEBACK_LOSSES, cents=absorbed_cents),
            Posting(account=AccountCode.CHARGEBACKS, cents=-total),
        ]
    )


def loss_lessened(*, cents: int, customer_id: int) -> tuple[Posting, ...]:
    """Money that a bank kept at our loss came off a bill: it is gone, and so much was no loss."""
    return chargeback_lost(
        taken=(),
        unapplied_cents=cents,
        owed_cents=0,
        absorbed_cents=-cents,
        customer_id=customer_id,
    )


def chargeback_regained(
    *, unapplied_cents: int, owed_cents: int, absorbed_cents: int, customer_id: int
) -> tuple[Posting, ...]:
    """The bank gave the money of a lost chargeback back: it is the customer's, or it was ours."""
    lost = chargeback_lost(
        taken=(),
        unapplied_cents=unapplied_cents,
        owed_cents=owed_cents,
        absorbed_cents=absorbed_cents,
        customer_id=customer_id,
    )
    return tuple(dataclasses.replace(p, cents=-p.cents) for p in lost)


def correction(
    *, credited: Sequence[Charge], closed: Sequence[Charge], customer_id: int
) -> tuple[Posting, ...]:
    """Premium and tax that should not have been billed; fees go back to their income account.

    `closed` are the parts that close open charges; the rest of `credited` becomes unapplied cash.
    """
    sides = [Posting(account=_treated(c).credited, cents=c.cents) for c in credited]
    return _credit(sides, closed, customer_id)


def goodwill_credit(
    *, amount_cents: int, closed: Sequence[Charge], customer_id: int
) -> tuple[Posting, ...]:
    """A gift of the insurer closes open charges; the rest becomes unapplied cash."""
    sides = [Posting(account=AccountCode.GOODWILL, cents=amount_cents)]
    return _credit(sides, closed, customer_id)


def shortfall(closed: Sequence[Charge]) -> tuple[Posting, ...]:
    """A difference within the tolerance is written off."""
    amount = sum(c.cents for c in closed)
    sides = [Posting(account=AccountCode.WRITE_OFFS, cents=amount)]
    return merged(sides + _paid(closed))


def premium_earned(*, cents: int) -> tuple[Posting, ...]:
    """One entry a day for the whole book; `cents` below zero takes earned premium back."""
    return (
        Posting(account=AccountCode.UNEARNED_PREMIUM, cents=cents),
        Posting(account=AccountCode.EARNED_PREMIUM, cents=-cents),
    )


def merged(sides: Iterable[Posting]) -> tuple[Posting, ...]:
    """One posting per account, customer and invoice, in order of first use; zeros dropped."""
    sums: dict[tuple[AccountCode, int | None, int | None], int] = {}
    for side in sides:
        key = (side.account, side.customer_id, side.invoice_id)
        sums[key] = sums.get(key, 0) + side.cents
    return tuple(
        Posting(account=account, cents=cents, customer_id=customer_id, invoice_id=invoice_id)
        for (account, customer_id, invoice_id), cents in sums.items()
        if cents
    )


def _treated(charge: Charge) -> Treated:
    return CHARGES[ChargeKind(charge.kind)]


def _owed(charge: Charge) -> Posting:
    return Posting(
        account=_treated(charge).receivable,
        cents=charge.cents,
        customer_id=charge.customer_id,
        invoice_id=charge.invoice_id,
    )


def _paid(charges: Sequence[Charge]) -> list[Posting]:
    return [dataclasses.replace(_owed(c), cents=-c.cents) for c in charges]


def _money_in(
    account: AccountCode, amount: int, applied: Sequence[Charge], customer_id: int
) -> tuple[Posting, ...]:
    return _credit([Posting(account=account, cents=amount)], applied, customer_id)


def _credit(
    debits: Sequence[Posting], closed: Sequence[Charge], customer_id: int
) -> tuple[Posting, ...]:
    rest = sum(p.cents for p in debits) - sum(c.cents for c in closed)
    if rest < 0:
        raise ValueError("more is closed than is credited")
    unapplied = Posting(account=AccountCode.UNAPPLIED_CASH, cents=-rest, customer_id=customer_id)
    return merged([*debits, *_paid(closed), unapplied])

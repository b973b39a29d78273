"""The days in which a new policy can be given back for everything paid; knows no state's law.

The number of days is the caller's, from the settings of the state.
"""

from __future__ import annotations

import dataclasses
import datetime

# A policy sent by post counts as received so many days after mailing.
MAIL_DAYS = 5
REFUND_DAYS = 30


@dataclasses.dataclass(frozen=True, kw_only=True)
class FreeLook:
    """Whether the policy may be given back today, until when, and by when money must be back."""

    eligible: bool
    last_on: datetime.date
    refund_due_on: datetime.date | None


def received_on(
    *, delivered_on: datetime.date | None, mailed_on: datetime.date | None
) -> datetime.date | None:
    """When the customer got the policy: the electronic delivery, else mailing + 5 days."""
    if delivered_on is not None:
        return delivered_on
    return None if mailed_on is None else mailed_on + datetime.timedelta(days=MAIL_DAYS)


def window(
    *,
    received_on: datetime.date,
    window_days: int,
    returned_on: datetime.date,
    claim_filed: bool,
    refund_days: int = REFUND_DAYS,
) -> FreeLook:
    """The free look of a policy given back on `returned_on`; the day of receipt is day 0."""
    last = received_on + datetime.timedelta(days=window_days)
    eligible = returned_on <= last and not claim_filed
    due = returned_on + datetime.timedelta(days=refund_days) if eligible else None
    return FreeLook(eligible=eligible, last_on=last, refund_due_on=due)


def flat_refund_cents(
    *, premium_paid_cents: int, tax_paid_cents: int, policy_fee_paid_cents: int, return_fee: bool
) -> int:
    """All premium and its tax back; the policy fee too where `return_fee` says so."""
    fee = policy_fee_paid_cents if return_fee else 0
    return premium_paid_cents + tax_paid_cents + fee

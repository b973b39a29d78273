"""Which disputes happen and when, as data: closed ones of the past year, open ones of these days.

The days of closed cases count back from the demo's today; the hours of open ones are business
hours back from noon of today, so that their clocks are late, short and calm.
"""

from __future__ import annotations

import dataclasses
import enum

from portal.domain.disputes.categories import Category


class Fate(enum.StrEnum):
    """How far a case gets."""

    NEW = "new"
    NOTED = "noted"
    TAKEN = "taken"
    ANSWERED = "answered"
    WAITING = "waiting"
    CAME_BACK = "came_back"  # the customer answered what was asked
    PROPOSED = "proposed"
    SENT_BACK = "sent_back"  # by the supervisor
    REFUNDED = "refunded"
    APPROVED = "approved"  # a refund that took two people
    CREDITED = "credited"
    DECLINED = "declined"
    SETTLED = "settled"  # upheld without money
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"
    REOPENED = "reopened"


LARGE = frozenset({Fate.PROPOSED, Fate.SENT_BACK, Fate.APPROVED})


@dataclasses.dataclass(frozen=True)
class Line:
    """One case: what about, how far, and how long ago it was raised (days or business hours)."""

    category: Category
    fate: Fate
    ago: float
    card: str = ""
    with_photo: bool = False


_C, _F = Category, Fate
CLOSED = (
    Line(_C.WRONG_AMOUNT, _F.REFUNDED, 371),
    Line(_C.FEE, _F.DECLINED, 352),
    Line(_C.CHARGED_TWICE, _F.DECLINED, 331, with_photo=True),
    Line(_C.WRONG_PET_OR_POLICY, _F.CREDITED, 318),
    Line(_C.CHARGED_AFTER_CANCELLATION, _F.APPROVED, 296),
    Line(_C.SOMETHING_ELSE, _F.SETTLED, 277),
    Line(_C.PAYMENT_NOT_CREDITED, _F.SETTLED, 260),
    Line(_C.AUTOPAY_NOT_RECOGNISED, _F.DECLINED, 233),
    Line(_C.FEE, _F.CREDITED, 214),
    Line(_C.WRONG_AMOUNT, _F.WITHDRAWN, 190),
    Line(_C.REFUND_NOT_RECEIVED, _F.SETTLED, 171),
    Line(_C.CLAIM_OFFSET, _F.DECLINED, 152),
    Line(_C.WRONG_AMOUNT, _F.REFUNDED, 133),
    Line(_C.CHARGED_TWICE, _F.DUPLICATE, 117),
    Line(_C.CHARGED_AFTER_CANCELLATION, _F.APPROVED, 96),
    Line(_C.FEE, _F.CREDITED, 81),
    Line(_C.WRONG_PET_OR_POLICY, _F.DECLINED, 66),
    Line(_C.WRONG_AMOUNT, _F.CREDITED, 54, with_photo=True),
    Line(_C.FREE_LOOK_OR_CANCEL, _F.APPROVED, 41),
    Line(_C.SOMETHING_ELSE, _F.WITHDRAWN, 37),
    Line(_C.RATE_INCREASE, _F.DECLINED, 27),
    Line(_C.FREE_LOOK_OR_CANCEL, _F.REFUNDED, 23),
    Line(_C.WRONG_AMOUNT, _F.REFUNDED, 16),
    Line(_C.PAYMENT_NOT_CREDITED, _F.SETTLED, 12),
    Line(_C.WRONG_AMOUNT, _F.APPROVED, 9),
    Line(_C.WRONG_AMOUNT, _F.REFUNDED, 6, card="refund_fails"),
    Line(_C.WRONG_AMOUNT, _F.CREDITED, 4),
)
OPEN = (
    Line(_C.WRONG_AMOUNT, _F.WAITING, 70),
    Line(_C.CLAIM_OFFSET, _F.ANSWERED, 78.6),
    Line(_C.FEE, _F.ANSWERED, 60),
    Line(_C.WRONG_PET_OR_POLICY, _F.WAITING, 52),
    Line(_C.PAYMENT_NOT_CREDITED, _F.ANSWERED, 43, with_photo=True),
    Line(_C.WRONG_AMOUNT, _F.ANSWERED, 38.7),
    Line(_C.WRONG_AMOUNT, _F.SENT_BACK, 34),
    Line(_C.REFUND_NOT_RECEIVED, _F.WAITING, 33),
    Line(_C.RATE_INCREASE, _F.ANSWERED, 30),
    Line(_C.SOMETHING_ELSE, _F.CAME_BACK, 28),
    Line(_C.WRONG_AMOUNT, _F.PROPOSED, 26),
    Line(_C.FREE_LOOK_OR_CANCEL, _F.WAITING, 25),
    Line(_C.WRONG_PET_OR_POLICY, _F.ANSWERED, 20),
    Line(_C.FREE_LOOK_OR_CANCEL, _F.PROPOSED, 18),
    Line(_C.CHARGED_AFTER_CANCELLATION, _F.ANSWERED, 14.6),
    Line(_C.AUTOPAY_NOT_RECOGNISED, _F.ANSWERED, 12),
    Line(_C.WRONG_AMOUNT, _F.REFUNDED, 13, card="refund_pending"),  # closed, on its way
    Line(_C.CHARGED_AFTER_CANCELLATION, _F.PROPOSED, 11),
    Line(_C.FEE, _F.REOPENED, 27),
    Line(_C.WRONG_AMOUNT, _F.REOPENED, 24.5),
    Line(_C.WRONG_PET_OR_POLICY, _F.NOTED, 12),
    Line(_C.CHARGED_TWICE, _F.TAKEN, 10, with_photo=True),
    Line(_C.REFUND_NOT_RECEIVED, _F.NEW, 9.2),
    Line(_C.WRONG_AMOUNT, _F.TAKEN, 8.7),
    Line(_C.AUTOPAY_NOT_RECOGNISED, _F.NEW, 7.3),
    Line(_C.RATE_INCREASE, _F.NEW, 7),
    Line(_C.CHARGED_AFTER_CANCELLATION, _F.NEW, 6.5),
    Line(_C.FEE, _F.TAKEN, 6.2),
    Line(_C.PAYMENT_NOT_CREDITED, _F.NEW, 6),
    Line(_C.CLAIM_OFFSET, _F.NEW, 5.5),
    Line(_C.WRONG_AMOUNT, _F.NEW, 5, with_photo=True),
    Line(_C.FEE, _F.NEW, 4.6),
    Line(_C.CHARGED_TWICE, _F.NEW, 4.3),
    Line(_C.FREE_LOOK_OR_CANCEL, _F.NEW, 4.1),
)
# Paid while the bill was being taken off: unapplied money and the system's own case; days ago.
PAID_MEANWHILE = ((88, True), (19, True), (3, False))  # whether it is resolved by a refund

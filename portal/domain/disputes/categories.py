"""What a billing dispute can be about, as data; knows no case.

`words` is what the customer picks, in the order they stand here; `label` is what the desk calls
it. All sentences are msgids: web and documents translate them.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from types import MappingProxyType

from portal.kernel import msgids

N_ = msgids.N_


class Priority(enum.StrEnum):
    """How soon; sorts by its text, P1 first."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class Category(enum.StrEnum):
    """What went wrong, in the order in which customers are offered it."""

    WRONG_AMOUNT = "wrong_amount"
    CHARGED_TWICE = "charged_twice"
    PAYMENT_NOT_CREDITED = "payment_not_credited"
    AUTOPAY_NOT_RECOGNISED = "autopay_not_recognised"
    CHARGED_AFTER_CANCELLATION = "charged_after_cancellation"
    REFUND_NOT_RECEIVED = "refund_not_received"
    FEE = "fee"
    WRONG_PET_OR_POLICY = "wrong_pet_or_policy"
    FREE_LOOK_OR_CANCEL = "free_look_or_cancel"
    RATE_INCREASE = "rate_increase"
    CLAIM_OFFSET = "claim_offset"
    SOMETHING_ELSE = "something_else"
    BEREAVEMENT = "bereavement"  # no dispute: a pet has died, and its policy is brought to an end


@dataclasses.dataclass(frozen=True, kw_only=True)
class Description:
    """One category in words: for the customer, and for the specialist who opens the case."""

    category: Category
    priority: Priority
    label: str
    words: str
    hint: str = ""
    see_at_once: str = ""
    usual_outcome: str = ""
    is_offered: bool = True  # a customer can choose it; the others have ways of their own


_ALL = (
    Description(
        category=Category.WRONG_AMOUNT,
        priority=Priority.P2,
        label=N_("Wrong amount"),
        words=N_("The amount is wrong"),
        hint=N_("Or something I did not ask for"),
        see_at_once=N_("The premium change behind the lines"),
        usual_outcome=N_("Correct and spread again"),
    ),
    Description(
        category=Category.CHARGED_TWICE,
        priority=Priority.P1,
        label=N_("Charged twice"),
        words=N_("I was charged twice"),
        hint=N_("We look at both payments"),
        see_at_once=N_("Both payments, their Stripe ids and allocations"),
        usual_outcome=N_("Refund one"),
    ),
    Description(
        category=Category.PAYMENT_NOT_CREDITED,
        priority=Priority.P2,
        label=N_("Payment not credited"),
        words=N_("I paid, but it still shows as due"),
        see_at_once=N_("The receipt, money in suspense, the payout or bank line"),
        usual_outcome=N_("Apply it, waive the late fee"),
    ),
    Description(
        category=Category.AUTOPAY_NOT_RECOGNISED,
        priority=Priority.P1,
        label=N_("Autopay not recognised"),
        words=N_("I did not agree to autopay"),
        see_at_once=N_("The mandate: its text, time, device and method"),
        usual_outcome=N_("Stop autopay; prove it or refund"),
    ),
    Description(
        category=Category.CHARGED_AFTER_CANCELLATION,
        priority=Priority.P1,
        label=N_("Charged after cancellation"),
        words=N_("I was charged after I cancelled"),
        see_at_once=N_("The cancellation dates and the time of the charge"),
        usual_outcome=N_("Refund, work out the pro rata again"),
    ),
    Description(
        category=Category.REFUND_NOT_RECEIVED,
        priority=Priority.P2,
        label=N_("Refund not received"),
        words=N_("A refund has not arrived"),
        see_at_once=N_("The state of the refund and its trace number"),
        usual_outcome=N_("Send it again or trace it"),
    ),
    Description(
        category=Category.FEE,
        priority=Priority.P3,
        label=N_("Fee"),
        words=N_("A fee should not be there"),
        see_at_once=N_("The fee rule, the state cap, what set it off"),
        usual_outcome=N_("Waive or uphold"),
    ),
    Description(
        category=Category.WRONG_PET_OR_POLICY,
        priority=Priority.P2,
        label=N_("Wrong pet or policy"),
        words=N_("It is for the wrong pet or policy"),
        hint=N_("Or my payment went to another pet"),
        see_at_once=N_("The policies and the allocations"),
        usual_outcome=N_("Move it"),
    ),
    Description(
        category=Category.FREE_LOOK_OR_CANCEL,
        priority=Priority.P2,
        label=N_("Free look or cancel"),
        words=N_("I want out of a new policy"),
        hint=N_("In the first weeks you can get everything back"),
        see_at_once=N_("The day the policy was received, and whether a claim was filed"),
        usual_outcome=N_("Flat refund"),
    ),
    Description(
        category=Category.RATE_INCREASE,
        priority=Priority.P3,
        label=N_("Rate increase"),
        words=N_("My price went up"),
        see_at_once=N_("The renewal notice and its delivery"),
        usual_outcome=N_("Explain; offer to cancel"),
    ),
    Description(
        category=Category.CLAIM_OFFSET,
        priority=Priority.P3,
        label=N_("Claim offset"),
        words=N_("A claim was not counted, or counted wrong"),
        see_at_once=N_("The claim payment"),
        usual_outcome=N_("Hand over to claims"),
    ),
    Description(
        category=Category.SOMETHING_ELSE,
        priority=Priority.P2,
        label=N_("Something else"),
        words=N_("Something else"),
    ),
    Description(
        category=Category.BEREAVEMENT,
        priority=Priority.P2,
        label=N_("Bereavement"),
        words=N_("My pet has died"),
        see_at_once=N_("The day, what was stopped at once, the estimated refund"),
        usual_outcome=N_("End the cover after that day and refund the rest, gently"),
        is_offered=False,
    ),
)

DESCRIPTIONS: Mapping[Category, Description] = MappingProxyType({d.category: d for d in _ALL})
OFFERED = tuple(d for d in _ALL if d.is_offered)


def describe(category: Category) -> Description:
    """The description of `category`."""
    return DESCRIPTIONS[category]


def can_be_chosen(name: str) -> bool:
    """Whether `name` is a category that a customer chooses, and staff sort a case into."""
    return any(name == d.category for d in OFFERED)

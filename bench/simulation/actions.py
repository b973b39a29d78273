"""What can happen in a story and how often: one table, to which new ways of paying are added."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from bench.simulation import banks, drafts, life, owed, parts, paying, quarrels


class Action(NamedTuple):
    """One thing that people or banks do. The weights are relative to each other."""

    name: str
    weight: int
    act: Callable[[life.Life], None]


ACTIONS = (
    Action("pay with a new card", 40, paying.new_card),
    Action("pay with a saved card", 24, paying.saved_card),
    Action("pay by a guest link", 10, paying.guest),
    Action("pay in two tabs", 5, paying.two_tabs),
    Action("come back to a form", 12, paying.come_back),
    Action("save a card", 4, paying.save_card),
    Action("remove a card", 2, paying.remove_card),
    Action("autopay", 3, drafts.agree),
    Action("plan a payment", 8, drafts.schedule),
    Action("change a planned payment", 2, drafts.change),
    Action("confirm to the bank", 3, drafts.confirm),
    Action("pay in parts", 2, parts.propose),
    Action("decide on parts", 2, parts.decide),
    Action("raise a dispute", 7, quarrels.raise_one),
    Action("withdraw or reopen", 1, quarrels.take_back),
    Action("decide a case", 10, quarrels.decide),
    Action("approve", 1, quarrels.approve),
    Action("pay a failed refund", 5, owed.pay),
    Action("pay or return a debit", 3, banks.pay_or_return),
    Action("give a refund back", 4, banks.give_back),
    Action("claim a charge back", 2, banks.claim),
    Action("end a claim", 3, banks.judge),
    Action("answer a bank", 2, banks.answer),
    Action("fail a payout", 1, banks.fail_payout),
)


def draw(rng: random.Random) -> Action:
    """One of them."""
    return rng.choices(ACTIONS, [action.weight for action in ACTIONS])[0]

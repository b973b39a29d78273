"""What banks do by themselves: claim charges back, warn, decide; and how we answer them."""

from __future__ import annotations

import json

from bench.simulation import life, wire
from portal.domain.payments.states import IfLost
from portal.journeys import answer_chargeback

REASONS = ("fraudulent", "product_not_received", "duplicate", "credit_not_processed")
_CHARGES = """
    SELECT charge_ref, amount_cents FROM payment
    WHERE state = 'settled' AND charge_ref IS NOT NULL ORDER BY id DESC LIMIT 60
"""
_REFUNDS = """
    SELECT stripe_ref FROM refund WHERE state IN ('sent', 'succeeded') ORDER BY id DESC LIMIT 20
"""
_DEBITS = "SELECT stripe_ref FROM payment WHERE state = 'processing' ORDER BY id"
_CLAIMS = """
    SELECT number, stripe_ref, state FROM chargeback WHERE closed_at IS NULL ORDER BY id
"""


def claim(one: life.Life) -> None:
    """A bank claims a charge, or a part of it, back; or only asks, or warns."""
    charge = one.row(_CHARGES)
    if charge is None:
        return
    draw = one.rng.random()
    if draw < 0.15:
        control(one, "early_fraud_warnings", {"charge": charge.charge_ref})
        return
    body: dict[str, object] = {"charge": charge.charge_ref, "reason": one.rng.choice(REASONS)}
    if draw < 0.35:
        body["inquiry"] = True
    elif draw < 0.5:
        body["amount"] = max(charge.amount_cents // 2, 1)
    control(one, "disputes", body)


def pay_or_return(one: life.Life) -> None:
    """A bank pays a debit that is on its way, or sends it back, before its day."""
    found = one.row(_DEBITS)
    if found is not None:
        control(one, f"payment_intents/{found.stripe_ref}/settle", {})


def give_back(one: life.Life) -> None:
    """A bank gives a refund back that it cannot pay out, also one that had arrived."""
    found = one.row(_REFUNDS)
    if found is not None:
        control(one, f"refunds/{found.stripe_ref}/settle", {"status": "failed"})


def end_debits(one: life.Life) -> None:
    """Every debit that is still on its way comes to its end."""
    for found in one.rows(_DEBITS):
        control(one, f"payment_intents/{found.stripe_ref}/settle", {})


def judge(one: life.Life) -> None:
    """A bank ends a claim, or makes one of an inquiry."""
    found = one.row(_CLAIMS)
    if found is None:
        return
    if found.state.startswith("warning"):
        if one.rng.random() < 0.5:
            control(one, f"disputes/{found.stripe_ref}/escalate", {})
        else:
            control(one, f"disputes/{found.stripe_ref}/settle", {"status": "warning_closed"})
        return
    if one.rng.random() < 0.1:
        control(one, f"disputes/{found.stripe_ref}/expire", {})
        return
    status = one.rng.choice(("won", "lost"))
    control(one, f"disputes/{found.stripe_ref}/settle", {"status": status})


def fail_payout(one: life.Life) -> None:
    """The insurer's bank sends a payout back, also one that had arrived."""
    living = [found["id"] for found in one.stage.held("payout") if found["status"] != "failed"]
    if living:
        control(one, f"payouts/{one.rng.choice(living)}/settle", {"status": "failed"})


def answer(one: life.Life) -> None:
    """A specialist answers a bank, or decides who bears the loss."""
    found = one.row(_CLAIMS)
    if found is None:
        return
    who = one.staff.specialist
    if one.rng.random() < 0.4:
        choice = one.rng.choice(tuple(IfLost))
        one.happen(
            f"if lost {choice}",
            lambda: answer_chargeback.choose_if_lost(
                one.ctx, number=found.number, if_lost=choice, who=who
            ),
        )
        return
    words = one.rng.choice(("The cover was in force.", "[lose]", "winning_evidence"))
    one.happen(
        f"evidence {found.number}",
        lambda: answer_chargeback.release(one.ctx, number=found.number, words=words, who=who),
    )


def control(one: life.Life, path: str, body: dict[str, object]) -> None:
    """Have the sandbox's banks do something; what is impossible now is refused."""
    answer_ = wire.ask(
        one.stage.app,
        "POST",
        f"/sandbox/{path}",
        body=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    verb = path.rpartition("/")[2] if "status" not in body else body["status"]
    one.happen(f"bank {verb}", lambda: answer_.status)

"""A proof of the books that cannot fail proves nothing: each of these is made to fail."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.payments.rules import ChargebackEvent
from portal.journeys import check_books, earn_premium, term_changes
from portal.kernel import actor
from tests.support import autopaying, bills, cases, charging, mourning

BREAKING = {
    "money set aside is still unapplied, for an open case": (
        "UPDATE hold SET amount_cents = amount_cents + 1 WHERE kind = 'allocation'",
        "UPDATE dispute SET closed_at = now()",
    ),
    "what a payment gave back equals its refunds": ("UPDATE payment SET refunded_cents = 1",),
    "taxes payable are what is billed less credited": (
        "UPDATE invoice_line SET kind = 'tax' WHERE kind = 'premium'",
        "UPDATE allocation SET rule = 'correction'",
    ),
    "holds equal open disputed amounts": (
        "UPDATE hold SET amount_cents = amount_cents - 1 WHERE kind = 'overdue'",
    ),
    "unapplied cash equals that of payments and credits": (
        "UPDATE payment SET unapplied_cents = unapplied_cents - 1",
    ),
    "payments are applied, unapplied, refunded or charged back to the cent": (
        "UPDATE payment SET unapplied_cents = unapplied_cents - 1",
        "UPDATE chargeback SET taken_cents = 1",
    ),
    "chargebacks in dispute equal the open chargebacks": (
        "UPDATE chargeback SET held_cents = held_cents + 1",
        "UPDATE chargeback SET closed_at = now(), state = 'lost'",
    ),
    "what a claim paid of refunds is those refunds": ("UPDATE chargeback SET owed_cents = 1",),
    "lines equal what was applied to them": ("UPDATE invoice_line SET open_cents = 0",),
    "invoice balances equal the ledger": (
        "UPDATE invoice SET total_cents = total_cents + 1, open_cents = open_cents + 1 "
        "WHERE state = 'issued'",
    ),
    "customer balances equal the ledger": (
        "UPDATE account_balance SET receivable_cents = receivable_cents + 1",
    ),
    "every settled payment has exactly one entry, and only those": (
        "UPDATE payment SET state = 'failed', settled_at = NULL",
    ),
    "unearned premium is what is billed less corrected, returned and earned": (
        "UPDATE term SET corrected_cents = 1",
    ),
}


def failing(ctx) -> set[str]:
    return {proof.name for proof in check_books.run(ctx, with_stripe=False) if not proof.holds}


@pytest.mark.parametrize(
    ("name", "statement"),
    [(name, statement) for name, all_ in BREAKING.items() for statement in all_],
)
def test_a_proof_fails_when_its_fact_is_broken(quiet_ctx, database, owner_engine, name, statement):
    bill = bills.make_bill(database)
    number = bills.pay(database, bill.invoice, cents=bill.invoice.open_cents + 3_000)
    cases.raise_case(quiet_ctx, bill.customer, payment_no=number)
    claim = charging.report(ChargebackEvent.CLAIM, charging.taken(1_000), cents=1_000)
    charging.absorb(database, number, claim)
    other = bills.make_bill(database, customer=bill.customer, pet_name="Miso")
    cases.raise_case(quiet_ctx, bill.customer, invoice_no=other.number)
    assert failing(quiet_ctx) == set()
    with owner_engine.begin() as connection:
        connection.execute(sa.text(statement))
    assert name in failing(quiet_ctx)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE term SET corrected_cents = 100",
        "UPDATE restated_term SET earned_cents = earned_cents + 1",
        "DELETE FROM restated_term",
    ],
)
def test_what_is_earned_is_proved_against_the_terms(
    quiet_ctx, database, clock, owner_engine, statement
):
    changed, other = bills.make_bill(database), bills.make_bill(database)
    clock.set(clock.now() + datetime.timedelta(days=60))
    assert earn_premium.run(quiet_ctx, on=clock.today()) > 0
    term_changes.cancel(
        quiet_ctx,
        ask=term_changes.Ask(
            policy_no=changed.policy.number, once_key="ends", who=actor.system("a test")
        ),
        on=changed.term.effective_on + datetime.timedelta(days=20),
    )
    assert failing(quiet_ctx) == set(), "the term changed and the next run is still to come"
    with owner_engine.begin() as connection:
        connection.execute(sa.text(statement))
    assert check_books.EARNED in failing(quiet_ctx), other.policy.number


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hold SET lifted_at = now() WHERE kind = 'overdue' AND amount_cents = 0",
        "UPDATE autopay SET ended_at = NULL, end_reason = NULL",
        "UPDATE draft SET state = 'planned', ended_at = NULL, due_on = draft_on",
    ],
)
def test_what_a_death_has_stopped_stays_stopped(quiet_ctx, database, owner_engine, statement):
    bill = bills.make_bill(database, effective_on=datetime.date(2026, 11, 1))
    autopaying.join(quiet_ctx, bill, autopaying.card(database, bill.customer))
    mourning.tell(quiet_ctx, bill, quiet_ctx.clock.today())
    assert failing(quiet_ctx) == set()
    with owner_engine.begin() as connection:
        connection.execute(sa.text(statement))
    assert failing(quiet_ctx) == {"nothing is taken for a policy whose pet has died"}


def test_a_run_makes_good_what_changed_and_forgets_how_it_was(quiet_ctx, database, clock):
    bill = bills.make_bill(database)
    clock.set(clock.now() + datetime.timedelta(days=60))
    earn_premium.run(quiet_ctx, on=clock.today())
    late = bills.make_bill(database)
    assert failing(quiet_ctx) == set(), late.policy.number
    term_changes.change_premium(
        quiet_ctx,
        ask=term_changes.Ask(
            policy_no=bill.policy.number, once_key="dearer", who=actor.system("a test")
        ),
        effective_on=bill.term.effective_on + datetime.timedelta(days=10),
        premium_cents=bill.term.premium_cents * 2,
    )
    assert earn_premium.run(quiet_ctx, on=clock.today()) > 0
    assert failing(quiet_ctx) == set()
    assert earn_premium.run(quiet_ctx, on=clock.today()) == 0

"""What nobody does to the policy of a pet that died, or while its billing is paused; odd terms."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.policies import models, operations
from portal.journeys import hold_invoicing, new_term, pay_monthly, term_changes, term_scene
from portal.kernel import actor
from tests.support import bills, mourning, paying

D = datetime.date
WHO = actor.system("test")
FOLLOWS, ENDS = D(2027, 9, 28), D(2028, 9, 28)  # the term after that of `bill`


@pytest.fixture
def bill(database):
    return bills.make_bill(database, effective_on=D(2026, 9, 28))


def ask(bill, key="once"):
    return term_scene.Ask(policy_no=bill.policy.number, once_key=key, who=WHO)


def events(database, bill) -> int:
    with database.reading() as session:
        return session.scalar(
            sa.select(sa.func.count())
            .select_from(models.PolicyEvent)
            .where(models.PolicyEvent.policy_id == bill.policy.id)
        )


def dearer(ctx, bill):
    return term_changes.change_premium(
        ctx, ask=ask(bill), effective_on=D(2026, 12, 1), premium_cents=95_000
    )


def another_term(ctx, bill, on=FOLLOWS, until=ENDS):
    wanted = new_term.NewTerm(effective_on=on, expires_on=until, premium_cents=90_000)
    return new_term.begin(ctx, ask=ask(bill), wanted=wanted)


def at_once(ctx, bill):
    return term_changes.pay_in_full(ctx, ask=ask(bill))


def moved(ctx, bill):
    return term_changes.move_day(ctx, ask=ask(bill), day=5)


@pytest.mark.parametrize("change", [dearer, another_term, at_once, moved])
def test_of_a_pet_that_died_only_the_cover_ends(quiet_ctx, database, bill, change):
    mourning.tell(quiet_ctx, bill, D(2026, 11, 20))
    before = events(database, bill)
    with pytest.raises(term_scene.PetHasDied):
        change(quiet_ctx, bill)
    assert events(database, bill) == before
    term_changes.cancel(quiet_ctx, ask=ask(bill), on=D(2026, 11, 21))
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_while_billing_is_paused_no_change_sends_a_bill(quiet_ctx, database, bill):
    hold_invoicing.place(
        quiet_ctx,
        policy_no=bill.policy.number,
        last_on=D(2027, 1, 20),
        reason="Asked for it.",
        who=WHO,
    )
    with pytest.raises(term_scene.BillingPaused):
        at_once(quiet_ctx, bill)
    dearer(quiet_ctx, bill)  # spread over the bills to come: none goes out
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_while_billing_is_paused_a_year_does_not_become_months(quiet_ctx, database):
    year = bills.make_bill(database, effective_on=D(2026, 11, 25), plan="in_full")
    hold_invoicing.place(
        quiet_ctx,
        policy_no=year.policy.number,
        last_on=D(2027, 1, 20),
        reason="Asked for it.",
        who=WHO,
    )
    with pytest.raises(term_scene.BillingPaused):
        pay_monthly.pay_monthly(quiet_ctx, ask=ask(year))
    with pytest.raises(term_scene.BillingPaused):
        dearer(quiet_ctx, year)
    paying.assert_books(quiet_ctx, with_stripe=False)


@pytest.mark.parametrize(
    ("on", "until"),
    [
        (D(9999, 12, 30), D(9999, 12, 31)),
        (D(2027, 9, 28), D(9999, 12, 31)),
        (D(2035, 1, 1), D(2036, 1, 1)),
    ],
)
def test_a_term_of_another_age_is_refused(quiet_ctx, bill, on, until):
    with pytest.raises(operations.TermTooFar):
        another_term(quiet_ctx, bill, on, until)

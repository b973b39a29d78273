"""Policies are made with their pets; terms never overlap; the term that counts is found."""

import datetime
import random

import pytest

from portal.domain.policies import models, operations, queries
from portal.kernel import actor, ids
from tests.support import people

WHO = actor.system("test")
RNG = random.Random(7)
PLAN = models.PaymentPlan


def day(text):
    return datetime.date.fromisoformat(text)


@pytest.fixture
def maria(database):
    return people.make_customer(database)


@pytest.fixture
def policy(database, maria):
    return make_policy(database, maria)


def make_policy(database, customer, **given):
    with database.unit_of_work() as session:
        pet = operations.add_pet(
            session, customer_id=customer.id, name=given.pop("pet", "Miso"),
            species=models.Species.CAT,
        )  # fmt: skip
        values = {"us_state": "il"} | given
        return operations.add_policy(
            session, customer_id=customer.id, pet_id=pet.id, now=people.NOW, who=WHO, rng=RNG,
            **values,
        )  # fmt: skip


def add_term(database, policy, begins="2026-01-01", ends="2027-01-01", **given):
    values = {"premium_cents": 74_929} | given
    with database.unit_of_work() as session:
        return operations.add_term(
            session, policy_id=policy.id, effective_on=day(begins), expires_on=day(ends),
            now=people.NOW, who=WHO, **values,
        )  # fmt: skip


def test_a_policy_draws_a_number_or_takes_one_that_is_right(database, maria, policy):
    assert ids.is_valid(policy.number, ids.Prefix.POLICY)
    given = ids.new(ids.Prefix.POLICY, RNG)
    assert make_policy(database, maria, number=given.lower()).number == given


def test_a_number_that_is_wrong_or_taken_is_refused(database, maria, policy):
    with pytest.raises(operations.PolicyNumberWrong):
        make_policy(database, maria, number="POL-123")
    with pytest.raises(operations.PolicyNumberTaken):
        make_policy(database, maria, number=policy.number)


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ("2026-01-01", "2027-01-01"),
        ("2025-06-01", "2026-01-02"),
        ("2026-12-31", "2027-12-31"),
        ("2026-03-01", "2026-04-01"),
        ("2025-01-01", "2028-01-01"),
    ],
)
def test_no_day_has_two_terms(database, policy, begins, ends):
    add_term(database, policy)
    with pytest.raises(operations.TermOverlaps) as refused:
        add_term(database, policy, begins, ends)
    assert refused.value.params["effective_on"] == day("2026-01-01")


def test_a_term_begins_on_the_day_the_last_one_ended(database, policy):
    add_term(database, policy)
    assert add_term(database, policy, "2027-01-01", "2028-01-01").number == 2


def test_two_policies_may_have_terms_on_one_day(database, maria, policy):
    add_term(database, policy)
    add_term(database, make_policy(database, maria, pet="Biscuit"))


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"ends": "2026-01-01"}, operations.TermEmpty),
        ({"ends": "2025-01-01"}, operations.TermEmpty),
        ({"premium_cents": 0}, operations.PremiumMissing),
        ({"tax_cents": -1}, operations.PremiumMissing),
        ({"installments": 3}, operations.InstallmentsWrong),
        ({"down_payment_cents": 100}, operations.InstallmentsWrong),
        ({"payment_plan": PLAN.DOWN_PAYMENT, "installments": 3}, operations.InstallmentsWrong),
        (
            {"payment_plan": PLAN.DOWN_PAYMENT, "down_payment_cents": 100},
            operations.InstallmentsWrong,
        ),
        (
            {
                "payment_plan": PLAN.DOWN_PAYMENT,
                "installments": 3,
                "down_payment_cents": 74_929,
            },
            operations.InstallmentsWrong,
        ),
    ],
)
def test_a_term_that_cannot_be_is_refused(database, policy, given, error):
    with pytest.raises(error):
        add_term(database, policy, **given)


def test_a_cancelled_policy_gets_no_term(database, policy):
    with database.unit_of_work() as session:
        session.get_one(models.Policy, policy.id).state = models.PolicyState.CANCELLED
    with pytest.raises(operations.PolicyCancelled):
        add_term(database, policy)


@pytest.mark.parametrize(
    ("plan", "parts"), [(PLAN.IN_FULL, 1), (PLAN.QUARTERLY, 4), (PLAN.MONTHLY, 12)]
)
def test_a_plan_knows_its_number_of_installments(database, policy, plan, parts):
    assert add_term(database, policy, payment_plan=plan).installments == parts


@pytest.mark.parametrize(
    ("today", "number"),
    [("2026-06-01", 1), ("2027-01-01", 2), ("2025-01-01", 1), ("2027-06-01", 2), ("2029-01-01", 3)],
)
def test_the_term_that_counts_covers_the_day_or_comes_next_or_was_last(
    database, maria, policy, today, number
):
    add_term(database, policy)
    add_term(database, policy, "2027-01-01", "2028-01-01")
    add_term(database, policy, "2028-03-01", "2028-06-01")
    with database.reading() as session:
        [view] = queries.of_customer(session, customer_id=maria.id, today=day(today))
        assert queries.by_id(session, policy_id=policy.id, today=day(today)) == view
    assert view.term.number == number
    assert (view.pet_name, view.species, view.us_state) == ("Miso", "cat", "IL")


def test_between_two_terms_the_next_one_counts(database, maria, policy):
    add_term(database, policy)
    add_term(database, policy, "2028-01-01", "2029-01-01")
    add_term(database, policy, "2030-01-01", "2031-01-01")
    with database.reading() as session:
        [view] = queries.of_customer(session, customer_id=maria.id, today=day("2027-06-01"))
        found = queries.terms(session, policy_id=policy.id)
    assert view.term.number == 2
    assert [term.number for term in found] == [3, 2, 1]


def test_a_policy_without_a_term_is_shown_without_one(database, maria, policy):
    with database.reading() as session:
        [view] = queries.of_customer(session, customer_id=maria.id, today=people.NOW.date())
    assert view.term is None


def test_a_number_finds_only_the_customers_own_policy(database, maria, policy):
    stranger = people.make_customer(database)
    today = people.NOW.date()
    with database.reading() as session:
        found = {
            customer.id: queries.by_number(
                session, policy_no=policy.number, today=today, customer_id=customer.id
            )
            for customer in (maria, stranger)
        }
        assert queries.holder(session, policy_no=policy.number) == maria.id
        assert queries.holder(session, policy_no="POL-NONE") is None
    assert found[maria.id].number == policy.number
    assert found[stranger.id] is None

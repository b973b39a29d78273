"""What the whole book has earned: the statement counts as the rule does, term by term."""

import datetime

import pytest

from portal.domain.billing.queries import earned
from portal.domain.billing.rules import earning, term_premium
from tests.support import bills

D = datetime.date
TERMS = (
    (D(2026, 1, 1), 62444),
    (D(2027, 2, 28), 36599),  # ends a day before 29 February 2028
    (D(2027, 7, 15), 77701),  # has it inside: 366 days
    (D(2028, 2, 28), 50003),  # begins a day before it
    (D(2028, 3, 1), 36500),  # begins a day after it
)


def by_the_rule(effective_on: datetime.date, cents: int, day: datetime.date) -> int:
    if day < effective_on:
        return 0
    term = term_premium.level(
        effective_on=effective_on,
        expires_on=effective_on.replace(year=effective_on.year + 1),
        premium_cents=cents,
    )
    return earning.earned_through(term, day)


@pytest.fixture
def book(database):
    for effective_on, cents in TERMS:
        bills.make_bill(database, effective_on=effective_on, premium_cents=cents, plan="in_full")


def test_the_statement_earns_what_the_rule_earns_on_every_day(database, book):
    assert by_the_rule(*TERMS[2], D(2028, 7, 14)) == 77701
    with database.reading() as session:
        for ahead in range(0, 1250, 7):
            day = D(2025, 12, 31) + datetime.timedelta(days=ahead)
            expected = sum(by_the_rule(*term, day) for term in TERMS)
            assert earned.earned_through(session, day=day) == expected, day


@pytest.mark.parametrize("day", [D(2028, 2, 27), D(2028, 2, 28), D(2028, 2, 29), D(2028, 3, 1)])
def test_around_the_leap_day_they_agree_too(database, book, day):
    with database.reading() as session:
        assert earned.earned_through(session, day=day) == sum(
            by_the_rule(*term, day) for term in TERMS
        )

"""Maria, Lee and Sam, whom the demo introduces; their bills fall due where their parts need it."""

from __future__ import annotations

import datetime
from typing import Any

from portal.journeys.demo import people, roster
from portal.kernel import calendars

LONG, SHORT, SECOND_PETS = 2, 1, 1  # how many of them have a long past, a short one, two pets
AGE = datetime.timedelta(days=1200)  # of each pet when its cover began


def draw(*, today: datetime.date, long_months: int) -> tuple[roster.Household, ...]:
    """Maria owes one bill that is due soon, Lee disputes one, Sam's is overdue."""
    chicago, springfield, naperville = people.TOWNS[:3]
    return (
        _household(
            "Maria",
            "Alvarez",
            town=springfield,
            street="12 Elm Street",
            phone="217-555-0134",
            animals=(
                _animal("Biscuit", "dog", "Beagle", 74_929, _due(today, 25, long_months + 1)),
                _animal("Miso", "cat", "Domestic Shorthair", 44_076, _due(today, 4, long_months)),
            ),
        ),
        _household(
            "Lee",
            "Nguyen",
            town=chicago,
            street="480 Garfield Avenue",
            phone="312-555-0171",
            animals=(
                _animal("Pepper", "dog", "Labrador Retriever", 70_026, _due(today, 9, long_months)),
            ),
            card=roster.MASTERCARD,
        ),
        _household(
            "Sam",
            "Porter",
            town=naperville,
            street="77 Mill Street",
            phone="630-555-0119",
            animals=(
                _animal("Rocky", "dog", "Boxer", 92_100, _due(today, -12, roster.SHORT_MONTHS)),
            ),
        ),
    )


def _household(first: str, last: str, *, card: str = roster.VISA, **given: Any) -> roster.Household:
    return roster.Household(
        first_name=first,
        last_name=last,
        email=f"{first.lower()}@{people.DOMAIN}",
        language="en",
        habit=roster.Habit.SAVED,
        card=card,
        pays_days_before=2,
        renewal_per_cent=100,  # so that Miso's bill is the same on every day
        part=first.lower(),
        **given,
    )


def _animal(
    name: str, species: str, breed: str, premium_cents: int, effective_on: datetime.date
) -> roster.Animal:
    return roster.Animal(
        name=name,
        species=species,
        breed=breed,
        born_on=effective_on - AGE,
        premium_cents=premium_cents,
        plan="monthly",
        policy_fee_cents=0,
        effective_on=effective_on,
    )


def _due(today: datetime.date, days_ahead: int, months: int) -> datetime.date:
    """The first day of cover of a pet whose bill falls due in so many days, months later."""
    return calendars.add_months(today + datetime.timedelta(days=days_ahead), -months)

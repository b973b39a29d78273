"""Who is insured, for how long and how they pay: made from a seed and a day, nothing is stored."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import random
import unicodedata
from collections.abc import Iterator, Sequence

from portal.domain.billing.rules import installments
from portal.journeys import enrol
from portal.journeys.demo import people, pets
from portal.kernel import calendars

VISA = "4242424242424242"
DEBIT = "4000056655665556"
MASTERCARD = "5555555555554444"
AMEX = "378282246310005"
DECLINES_WHEN_CHARGED = "4000000000000341"
DECLINES_AT_ONCE = "4000000000009995"
REFUND_PENDING = "4000000000007726"
REFUND_FAILS = "4000000000005126"
CARDS = (VISA, VISA, VISA, DEBIT, MASTERCARD, MASTERCARD, AMEX)
# Two with a long history whose refunds take another way, by their place on the list.
SPECIAL_CARDS = {2: REFUND_PENDING, 4: REFUND_FAILS}

ENROL_AHEAD = datetime.timedelta(days=23)  # before cover begins; bills go out 20 days ahead
SHORT_MONTHS = 2  # full months of cover; the history begins before it
SPREAD_DAYS = 30  # over which the first days of cover are spread


class Habit(enum.StrEnum):
    """How somebody pays."""

    SAVED = "saved"  # with a saved card, some days before the bill is due
    TYPED = "typed"  # types the card in every time
    LATE = "late"  # pays, but days after the due day
    UNLUCKY = "unlucky"  # now and then a card is declined, then another one works
    STOPPED = "stopped"  # paid once, and pays no more


@dataclasses.dataclass(frozen=True, kw_only=True)
class Animal:
    """A pet to be insured; cents of a yearly premium before tax and fees."""

    name: str
    species: str
    breed: str
    born_on: datetime.date
    premium_cents: int
    plan: str
    policy_fee_cents: int
    effective_on: datetime.date


@dataclasses.dataclass(frozen=True, kw_only=True)
class Household:
    """A customer, their pets and their ways. `last_paid_on` ends the paying of who stopped."""

    first_name: str
    last_name: str
    email: str
    language: str
    town: people.Town
    street: str
    phone: str
    animals: tuple[Animal, ...]
    habit: Habit
    card: str
    pays_days_before: int
    last_paid_on: datetime.date | None = None
    renewal_per_cent: int = pets.RENEWAL_PER_CENT
    part: str = ""  # who plays a part of their own: maria, sam, lee

    @property
    def tax_ppm(self) -> int:
        """The tax on their premium, in parts per million."""
        return pets.TAX_PPM.get(self.town.state, 0)

    @property
    def joined_on(self) -> datetime.date:
        """The day the first pet was enrolled."""
        return min(animal.effective_on for animal in self.animals) - ENROL_AHEAD


def draw(
    rng: random.Random,
    *,
    today: datetime.date,
    long: int,
    short: int,
    second_pets: int,
    long_months: int,
) -> tuple[Household, ...]:
    """`long` customers covered since `long_months`, then `short` since two.

    `second_pets` of the latter insure two pets.
    """
    months = [long_months] * long + [SHORT_MONTHS] * short
    names = _names(rng, len(months))
    newer = range(long, len(months))
    twos = set(rng.sample(newer, second_pets))
    animals = _animals(rng)
    made = []
    for place, (month, name) in enumerate(zip(months, names, strict=True)):
        begins = _begins(place, month, today)
        made.append(
            _household(
                rng,
                name=name,
                begins=begins,
                count=2 if place in twos else 1,
                plans=_plans(place, is_newer=place in newer),
                animals=animals,
                place=place,
                today=today,
            )
        )
    return tuple(made)


def _begins(place: int, months: int, today: datetime.date) -> datetime.date:
    shift = datetime.timedelta(days=place * 7 % SPREAD_DAYS - SPREAD_DAYS // 2)
    return calendars.add_months(today, -months) + shift


def _household(
    rng: random.Random,
    *,
    name: str,
    begins: datetime.date,
    count: int,
    plans: Sequence[tuple[str, int]],
    animals: Iterator[tuple[str, pets.Breed]],
    place: int,
    today: datetime.date,
) -> Household:
    spanish = name.endswith("*")
    first, _, last = name.rstrip("*").partition(" ")
    town = rng.choice(people.SPANISH_TOWNS if spanish else people.TOWNS)
    habit = _habit(place)
    stops = None
    if habit is Habit.STOPPED:
        stops = today - datetime.timedelta(days=rng.choice((16, 24, 38, 52, 75)))
    later = rng.choice((0, 0, 0, 0, 0, 11))  # a second pet often comes on the same day
    return Household(
        first_name=first,
        last_name=last,
        email=f"{_plain(first)}.{_plain(last)}@{people.DOMAIN}",
        language="es" if spanish else "en",
        town=town,
        street=f"{rng.randrange(11, 980)} {rng.choice(people.STREETS)}",
        phone=f"{town.area}-555-{100 + place % 100:04d}",
        animals=tuple(
            _animal(rng, next(animals), plans, begins + datetime.timedelta(days=later * number))
            for number in range(count)
        ),
        habit=habit,
        card=SPECIAL_CARDS.get(place, rng.choice(CARDS)),
        pays_days_before=rng.choice((1, 2, 3, 5, 8, 10, 12)),
        last_paid_on=stops,
    )


def _plans(place: int, *, is_newer: bool) -> Sequence[tuple[str, int]]:
    if place in SPECIAL_CARDS:
        return pets.ALWAYS_MONTHLY  # there is always a small payment of late to give back
    return pets.PLANS if is_newer else pets.LONG_PLANS


def _habit(place: int) -> Habit:
    turn = (
        Habit.SAVED, Habit.TYPED, Habit.SAVED, Habit.LATE, Habit.SAVED, Habit.TYPED, Habit.TYPED,
        Habit.STOPPED, Habit.SAVED, Habit.UNLUCKY, Habit.TYPED,
    )  # fmt: skip
    return turn[place % len(turn)]


def _animal(
    rng: random.Random,
    drawn: tuple[str, pets.Breed],
    plans: Sequence[tuple[str, int]],
    effective_on: datetime.date,
) -> Animal:
    name, breed = drawn
    years = rng.randrange(1, 11)
    names, weights = zip(*plans, strict=True)
    plan = rng.choices(names, weights)[0]
    return Animal(
        name=name,
        species=breed.species,
        breed=breed.name,
        born_on=effective_on - datetime.timedelta(days=years * 365 + rng.randrange(300)),
        premium_cents=breed.premium_cents * (90 + 3 * years) // 100,
        plan=plan,
        policy_fee_cents=pets.POLICY_FEE_CENTS if rng.random() < 0.4 else 0,
        effective_on=effective_on,
    )


def _animals(rng: random.Random) -> Iterator[tuple[str, pets.Breed]]:
    """Pets without end; a name comes again only when all of its kind are taken."""
    kinds, weights = zip(*pets.SPECIES, strict=True)
    left: dict[str, list[str]] = {}
    while True:
        kind = rng.choices(kinds, weights)[0]
        if not left.get(kind):
            left[kind] = rng.sample(pets.NAMES[kind], len(pets.NAMES[kind]))
        breed = rng.choice([one for one in pets.BREEDS if one.species == kind])
        yield left[kind].pop(), breed


def _names(rng: random.Random, count: int) -> Sequence[str]:
    if count > len(people.NAMES):
        raise ValueError(f"only {len(people.NAMES)} names are known")
    return rng.sample(people.NAMES, count)


def _plain(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter for letter in bare.lower() if letter.isalnum())


def tax_cents(household: Household, premium_cents: int) -> int:
    """The tax on a term's premium."""
    return installments.term_tax(premium_cents, household.tax_ppm)


def terms(household: Household, animal: Animal, year: int, premium_cents: int) -> enrol.Terms:
    """The term of the pet in so many years after the first, at that premium."""
    down = animal.plan == "down_payment"
    return enrol.Terms(
        effective_on=calendars.add_months(animal.effective_on, 12 * year),
        expires_on=calendars.add_months(animal.effective_on, 12 * (year + 1)),
        premium_cents=premium_cents,
        tax_cents=tax_cents(household, premium_cents),
        policy_fee_cents=animal.policy_fee_cents if year == 0 else 0,
        installment_fee_cents=pets.INSTALLMENT_FEE_CENTS[animal.plan],
        payment_plan=animal.plan,
        installments=10 if down else 0,
        down_payment_cents=premium_cents // 5 if down else 0,
    )

"""Public numbers: their form, their check character, what a person may type."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.kernel import ids
from portal.kernel.ids import Prefix

PREFIXES = st.sampled_from(list(Prefix))
NUMBERS = st.builds(lambda p, s: ids.new(p, random.Random(s)), PREFIXES, st.integers(0, 2**32))
PLACES = st.integers(4, ids.NUMBER_LENGTH - 1)


def prefix_of(number: str) -> Prefix:
    return Prefix(number[:3])


@given(NUMBERS)
def test_a_new_number_is_valid_and_has_fifteen_characters(number):
    assert ids.is_valid(number, prefix_of(number))
    assert len(number) == ids.NUMBER_LENGTH == 15
    assert ids.normalise(number) == number


def test_the_system_draws_a_new_number_each_time():
    assert len({ids.new(Prefix.INVOICE) for _ in range(1000)}) == 1000


def test_the_same_seed_gives_the_same_numbers():
    one, other = random.Random(7), random.Random(7)
    assert [ids.new(Prefix.POLICY, one) for _ in range(5)] == [
        ids.new(Prefix.POLICY, other) for _ in range(5)
    ]


@given(NUMBERS, PLACES, st.sampled_from(ids.ALPHABET))
def test_any_one_wrong_character_is_found(number, place, wrong):
    assume(number[place] != wrong)
    broken = number[:place] + wrong + number[place + 1 :]
    assert not ids.is_valid(broken, prefix_of(number))


@given(NUMBERS, st.integers(4, ids.NUMBER_LENGTH - 2))
def test_any_two_neighbours_changed_over_are_found(number, place):
    assume(number[place] != number[place + 1])
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert not ids.is_valid(swapped, prefix_of(number))


@given(NUMBERS)
def test_a_number_is_not_valid_under_another_prefix(number):
    for other in set(Prefix) - {prefix_of(number)}:
        assert not ids.is_valid(number, other)
        assert not ids.is_valid(other + number[3:], prefix_of(number))


@given(NUMBERS)
def test_a_number_typed_loosely_is_still_found(number):
    body = number[4:]
    for typed in (
        number.lower(),
        f" {number[:3]} {body[:4]} {body[4:8]} {body[8:]}\n",
        number.replace("-", "\N{EN DASH}"),
        number[:3].lower() + body.replace("0", "o").replace("1", "l"),
        number[:3] + "-" + body.replace("0", "O").replace("1", "i"),
    ):
        assert ids.normalise(typed) == number


def test_the_prefix_keeps_its_own_letters():
    assert ids.normalise("pol-oil") == "POL-011"


@pytest.mark.parametrize("text", ["", "INV", "INV-", "INV-0", "XYZ-00000000000", "INV-UUUUUUUUUUU"])
def test_what_is_no_number_is_not_valid(text):
    assert not ids.is_valid(text, Prefix.INVOICE)


@given(st.text(max_size=30))
def test_any_text_is_normalised_once_and_for_all(text):
    assert ids.normalise(ids.normalise(text)) == ids.normalise(text)


def test_text_without_a_prefix_is_not_bent():
    assert ids.normalise("olivia lo") == "OLIVIALO"

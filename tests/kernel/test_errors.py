"""Expected failures: a code, a sentence, its parameters."""

from __future__ import annotations

import pytest

from portal.kernel import errors


class TooDear(errors.DomainError):
    """A failure for these tests."""

    code = "too_dear"
    message = "This costs %(price)s, you have %(purse)s."


def test_a_failure_reads_as_an_english_sentence():
    failure = TooDear(price="$5", purse="$3")
    assert str(failure) == "This costs $5, you have $3."
    assert failure.params == {"price": "$5", "purse": "$3"}
    assert failure.code == "too_dear"


def test_a_parameter_left_out_is_found_where_it_is_raised():
    with pytest.raises(KeyError):
        TooDear(price="$5")


def test_more_parameters_than_the_sentence_shows_are_kept_for_the_log():
    assert TooDear(price="$5", purse="$3", invoice="INV-1").params["invoice"] == "INV-1"

"""Cursors come back as they went, and whatever else comes means the first page."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel import paging

words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
whole = st.integers(min_value=-(2**63) + 1, max_value=2**63 - 1)


@given(words, whole)
def test_a_cursor_comes_back_as_it_went(text, number):
    assert paging.decode(paging.encode([text, number]), [str, int]) == (text, number)


@given(st.text(max_size=200))
def test_a_made_up_cursor_never_breaks(text):
    found = paging.decode(text, [str, int])
    assert found is None or [type(value) for value in found] == [str, int]


def cursor(values):
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "values",
    [
        ["a"],
        ["a", 1, 2],
        [1, "a"],
        ["a", "1"],
        ["a", True],
        ["a", 1.5],
        ["a", 2**63],
        ["a", None],
        ["a\0", 1],
        {"a": 1},
        "a1",
    ],
)
def test_values_of_other_kinds_mean_the_first_page(values):
    assert paging.decode(cursor(values), [str, int]) is None


@pytest.mark.parametrize("text", ["", "not base64!", "====", "A" * 501, "ä"])
def test_broken_text_means_the_first_page(text):
    assert paging.decode(text, [str, int]) is None


def test_a_page_holds_as_many_as_asked_and_the_way_on():
    page = paging.page([1, 2, 3], size=2, key=lambda row: [row])
    assert page.rows == (1, 2)
    assert paging.decode(page.next, [int]) == (2,)


@pytest.mark.parametrize("rows", [[], [1], [1, 2]])
def test_the_last_page_has_no_way_on(rows):
    page = paging.page(rows, size=2, key=lambda row: [row])
    assert page.rows == tuple(rows)
    assert page.next == ""

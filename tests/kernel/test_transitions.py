"""Transition tables: what they allow, and which tables they refuse to be."""

from __future__ import annotations

import enum

import pytest

from portal.kernel import errors, transitions
from portal.kernel.transitions import Table, Transition


class Door(enum.StrEnum):
    """States for these tests."""

    OPEN = "open"
    SHUT = "shut"


class Push(enum.StrEnum):
    """Events for these tests."""

    CLOSE = "close"
    PULL = "pull"


CLOSES = Transition(Door.OPEN, Push.CLOSE, Door.SHUT, "somebody leaves")
OPENS = Transition(Door.SHUT, Push.PULL, Door.OPEN, "somebody comes")
TABLE = Table(Door, Push, (CLOSES, OPENS))


def test_an_event_leads_to_the_next_state_and_names_its_cause():
    assert TABLE.next(Door.OPEN, Push.CLOSE) is Door.SHUT
    assert TABLE.edge(Door.SHUT, Push.PULL).cause == "somebody comes"


def test_an_event_out_of_place_is_an_expected_failure():
    with pytest.raises(transitions.NotAllowed) as caught:
        TABLE.next(Door.SHUT, Push.CLOSE)
    assert isinstance(caught.value, errors.DomainError)
    assert caught.value.params == {"state": "shut", "event": "close"}


def test_a_state_lists_what_is_possible_in_it():
    assert TABLE.allowed(Door.OPEN) == (Push.CLOSE,)
    assert TABLE.allows(Door.SHUT, Push.PULL)
    assert not TABLE.allows(Door.SHUT, Push.CLOSE)


def test_the_full_product_has_every_state_with_every_event():
    assert list(TABLE.full_product()) == [
        (Door.OPEN, Push.CLOSE, Door.SHUT),
        (Door.OPEN, Push.PULL, None),
        (Door.SHUT, Push.CLOSE, None),
        (Door.SHUT, Push.PULL, Door.OPEN),
    ]


def test_two_edges_for_one_event_are_refused():
    twice = Transition(Door.OPEN, Push.CLOSE, Door.OPEN, "it springs back")
    with pytest.raises(ValueError, match="leads to two states"):
        Table(Door, Push, (CLOSES, OPENS, twice))


def test_an_event_that_leads_nowhere_is_refused():
    with pytest.raises(ValueError, match="pull"):
        Table(Door, Push, (CLOSES,))


def test_a_state_without_an_edge_is_refused():
    stays = Transition(Door.OPEN, Push.CLOSE, Door.OPEN, "it springs back")
    pulled = Transition(Door.OPEN, Push.PULL, Door.OPEN, "it is open already")
    with pytest.raises(ValueError, match="shut"):
        Table(Door, Push, (stays, pulled))


def test_an_edge_without_a_cause_is_refused():
    with pytest.raises(ValueError, match="no cause"):
        Transition(Door.OPEN, Push.CLOSE, Door.SHUT, " ")


def test_a_state_of_another_table_is_refused():
    with pytest.raises(ValueError, match="ajar"):
        TABLE.next("ajar", Push.CLOSE)

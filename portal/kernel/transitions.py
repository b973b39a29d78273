"""States as data: which event leads from which state to which, and why; knows no state itself."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from portal.kernel import errors, msgids

State = TypeVar("State", bound=enum.StrEnum)
Event = TypeVar("Event", bound=enum.StrEnum)


class NotAllowed(errors.DomainError):
    """The event has no place in this state. `params` hold both, for the log."""

    code = "not_allowed_now"
    message = msgids.N_("This cannot be done any more. Something changed in the meantime.")


@dataclasses.dataclass(frozen=True)
class Transition(Generic[State, Event]):
    """One edge: from `frm`, on `event`, to `to`; `cause` says why, in words for a developer."""

    frm: State
    event: Event
    to: State
    cause: str

    def __post_init__(self) -> None:
        if not self.cause.strip():
            raise ValueError(f"{self.frm} on {self.event} names no cause")


class Table(Generic[State, Event]):
    """All edges between the members of two enums.

    Refuses with ValueError, when it is made, two edges for the same state and event, a state
    that neither begins nor ends an edge, and an event that no edge uses.
    """

    def __init__(
        self,
        states: type[State],
        events: type[Event],
        transitions: Sequence[Transition[State, Event]],
    ) -> None:
        self.states = states
        self.events = events
        self._edges: dict[tuple[State, Event], Transition[State, Event]] = {}
        for edge in transitions:
            key = (states(edge.frm), events(edge.event))
            if key in self._edges:
                raise ValueError(f"{edge.frm} on {edge.event} leads to two states")
            self._edges[key] = dataclasses.replace(edge, to=states(edge.to))
        touched = {s for e in self._edges.values() for s in (e.frm, e.to)}
        unused = {e.value for e in events} - {event.value for _, event in self._edges}
        lonely = {s.value for s in states} - {s.value for s in touched}
        if unused or lonely:
            raise ValueError(f"nothing leads to or from {sorted(unused | lonely)}")

    def edge(self, state: State, event: Event) -> Transition[State, Event]:
        """The edge that `event` takes from `state`, with its cause. Raises `NotAllowed`."""
        found = self._edges.get((self.states(state), self.events(event)))
        if found is None:
            raise NotAllowed(state=str(state), event=str(event))
        return found

    def next(self, state: State, event: Event) -> State:
        """The state after `event` in `state`. Raises `NotAllowed`."""
        return self.edge(state, event).to

    def allows(self, state: State, event: Event) -> bool:
        """Whether `event` is possible in `state`."""
        return (self.states(state), self.events(event)) in self._edges

    def allowed(self, state: State) -> tuple[Event, ...]:
        """The events possible in `state`, in the order of their enum."""
        return tuple(e for e in self.events if self.allows(state, e))

    def full_product(self) -> Iterator[tuple[State, Event, State | None]]:
        """Every state with every event, and the state it leads to or None; for tests and docs."""
        for state in self.states:
            for event in self.events:
                yield state, event, self.next(state, event) if self.allows(state, event) else None

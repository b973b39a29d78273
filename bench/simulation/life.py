"""What the people of a story have in their hands: open forms and tabs, and what was said of them.

Every happening goes through `happen`, where a killed process ends and a refusal is written down.
"""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import random
from collections.abc import Callable

import sqlalchemy as sa

from bench.simulation import chaos, people, stage
from portal.gateways import ports
from portal.journeys import context, pay_invoices, propose_arrangement
from portal.kernel import actor, errors

LAST_WORDS = 80  # lines shown of a story that failed
MOST_FORMS = 24
MOST_JOBS = 10_000  # that one night works off
KILLED = "killed"


@dataclasses.dataclass
class Form:
    """A page on which somebody pays: sent once or often, left open, come back to."""

    person: people.Person
    order: pay_invoices.Order
    once_key: str
    who: actor.Actor
    method_no: str | None = None
    save: bool = False
    token: str = ""  # of a guest's link
    number: str = ""
    client_secret: str = ""
    next_url: str = ""


@dataclasses.dataclass
class Memory:
    """What outlives a process that is killed: the people, their forms, and what was said.

    The digest is of every word: two runs of a seed must share it.
    """

    people: list[people.Person]
    staff: people.Staff
    forms: list[Form] = dataclasses.field(default_factory=list)
    keys: int = 0
    digest: str = ""
    lines: collections.deque[str] = dataclasses.field(
        default_factory=lambda: collections.deque(maxlen=LAST_WORDS)
    )
    counts: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    mails: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    died: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)

    def say(self, line: str) -> None:
        """Write one line down."""
        self.lines.append(line)
        self.digest = hashlib.sha256(f"{self.digest}{line}".encode()).hexdigest()


@dataclasses.dataclass
class Life:
    """The story as it goes on in this process."""

    rng: random.Random
    memory: Memory
    stage: stage.Stage
    rivals: list[Callable[[], None]] = dataclasses.field(default_factory=list)
    tells: Callable[[str], None] | None = None

    @property
    def people(self) -> list[people.Person]:
        """All customers."""
        return self.memory.people

    @property
    def staff(self) -> people.Staff:
        """Who works at the desk."""
        return self.memory.staff

    @property
    def forms(self) -> list[Form]:
        """The forms that were left open, oldest first."""
        return self.memory.forms

    @property
    def ctx(self) -> context.Context:
        """What journeys are given."""
        return self.stage.ctx

    def happen(self, name: str, act: Callable[[], object]) -> object:
        """Do something as one process does; its result, None when refused, KILLED when it died."""
        try:
            result = act()
        except chaos.Killed:
            return self._tell(name, KILLED, KILLED)
        except (errors.DomainError, ports.GatewayUnknown, ports.GatewayRefused) as no:
            return self._tell(name, type(no).__name__, None)
        return self._tell(name, _words(result), result)

    def person(self) -> people.Person:
        """Somebody."""
        return self.rng.choice(self.people)

    def key(self) -> str:
        """A once-key that no form had before."""
        self.memory.keys += 1
        return f"form-{self.memory.keys}"

    def keep(self, form: Form) -> None:
        """Leave a form open for later."""
        if form not in self.forms:
            self.forms.append(form)
        del self.forms[:-MOST_FORMS]

    def rows(self, statement: str, **values: object) -> list[sa.Row]:
        """What the database says."""
        with self.ctx.database.reading() as session:
            return list(session.connection().execute(sa.text(statement), values))

    def row(self, statement: str, **values: object) -> sa.Row | None:
        """One of the rows, any."""
        found = self.rows(statement, **values)
        return self.rng.choice(found) if found else None

    def _tell(self, name: str, words: str, result: object) -> object:
        at = self.stage.clock.now()
        line = f"{at:%m-%d %H:%M} {name}: {words}"
        self.memory.say(line)
        self.memory.counts[f"{name.partition(' ')[0]}: {words.partition(' ')[0]}"] += 1
        if self.tells:
            self.tells(line)
        return result


def _words(result: object) -> str:
    if isinstance(result, pay_invoices.Started | propose_arrangement.Proposed):
        return f"{result.state} {result.number}"
    if result is None or isinstance(result, str | int | bool):
        return str(result)
    return type(result).__name__

"""Decides by the seed what goes wrong and when; knows neither customers nor payments.

Three kinds of trouble come from here: the process dies at a commit or around a call, something
else happens in just that moment, and the way to Stripe is bad for a while.
"""

from __future__ import annotations

import dataclasses
import os
import random
import signal
from collections.abc import Callable

MOST_INSIDE = 2  # things that happen inside one another


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the product may catch it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Odds:
    """How often trouble comes, each as a chance at every point where it may."""

    kill: float = 0.003  # at a commit, before or after it, and around a call
    mix: float = 0.02  # something else happens after a commit or around a call
    storm: float = 0.03  # the way to Stripe turns bad
    mail: float = 0.02  # a mail is not taken

    @classmethod
    def of(cls, rng: random.Random) -> Odds:
        """Calm for some seeds, wild for others."""
        wildness = rng.choice((0.0, 0.5, 1.0, 1.0, 2.0, 4.0))
        return cls(
            kill=cls.kill * wildness,
            mix=cls.mix * wildness,
            storm=cls.storm * wildness,
            mail=cls.mail * wildness,
        )


CALM = Odds(kill=0.0, mix=0.0, storm=0.0, mail=0.0)
# What a bad way does to one request: refused and 5xx before anything was done, or lost after it.
TROUBLES = ("refused", "lost_before", "error_500", "error_429", "lost_after", "error_500_after")
WEIGHTS = (3, 1, 2, 1, 6, 2)


class Chaos:
    """The troubles of one story.

    `meanwhile` is what happens in between; `really` dies of a real SIGKILL, else by raising.
    """

    def __init__(self, rng: random.Random, odds: Odds, *, really: bool = False) -> None:
        self._rng = rng
        self.odds = odds
        self.is_on = False
        self.may_kill = True
        self.kills = 0
        self.meanwhile: Callable[[], None] | None = None
        self._really = really
        self._depth = 0
        self._storm = 0
        self._storm_kind = ""

    def at_commit(self, point: str) -> None:
        """The commit hook: locks are held "before", so nothing else can happen then."""
        if self.is_on:
            self._maybe_kill()
            if point == "after":
                self._maybe_mix()

    def at_call(self) -> None:
        """Before a request is sent, and after its answer came: no transaction may be open."""
        if self.is_on:
            self._maybe_kill()
            self._maybe_mix()

    def trouble(self) -> str:
        """What becomes of the next request: "" or one of TROUBLES. Bad spells last a while."""
        if not self.is_on or not self.odds.storm:
            return ""
        if not self._storm:
            if self._rng.random() >= self.odds.storm:
                return ""
            self._storm = self._rng.choice((1, 1, 2, 3, 3, 3, 4, 6, 9))
            self._storm_kind = self._rng.choice(("", *TROUBLES))
        self._storm -= 1
        return self._storm_kind or self._rng.choices(TROUBLES, WEIGHTS)[0]

    def mail_trouble(self) -> bool:
        """Whether the next mail is not taken."""
        return self.is_on and self._rng.random() < self.odds.mail

    def calm(self) -> None:
        """Everything works from now on."""
        self.is_on = False
        self._storm = 0

    def _maybe_kill(self) -> None:
        if self.may_kill and self._rng.random() < self.odds.kill:
            self.kills += 1
            if self._really:
                os.kill(os.getpid(), signal.SIGKILL)
            raise Killed

    def _maybe_mix(self) -> None:
        if self.meanwhile is None or self._depth >= MOST_INSIDE:
            return
        if self._rng.random() < self.odds.mix:
            self._depth += 1
            try:
                self.meanwhile()
            finally:
                self._depth -= 1

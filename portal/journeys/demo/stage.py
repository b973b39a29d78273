"""The stage of the demo's history: its clock, who acts when, and the browser's side of Stripe.

A scene is a generator: it acts, and yields the moment at which it goes on. Scenes run in the order
of their moments, on the one clock that every journey is given; what would happen after the end of
the history does not happen.
"""

from __future__ import annotations

import dataclasses
import datetime
import heapq
from collections.abc import Callable, Iterator
from typing import Protocol

from portal.journeys import context
from portal.kernel import actor, business_clock, clock

NEAR = datetime.timedelta(hours=3)
Scene = Iterator[datetime.datetime]


class Browser(Protocol):
    """What a customer's browser does with Stripe, and what moves Stripe's own clock."""

    def confirm_setup(self, *, client_secret: str, card: str, expires: datetime.date) -> str:
        """Save the card; the status that the SetupIntent is left in."""

    def confirm_payment(self, *, client_secret: str, card: str, expires: datetime.date) -> str:
        """Pay with the card; the status that the PaymentIntent is left in."""

    def confirm_account(self, *, client_secret: str, account: str, name: str) -> str:
        """Save the bank account, verified at once; the status of the SetupIntent."""

    def set_clock(self, at: datetime.datetime) -> None:
        """Stripe's clock stands at `at`."""


@dataclasses.dataclass(kw_only=True)
class Player:
    """A customer on the stage: row id, doer, and how many forms they have sent."""

    customer_id: int
    name: str
    forms: int = 0
    has_autopay: bool = False

    @property
    def who(self) -> actor.Actor:
        """The customer as a doer."""
        return actor.Actor(
            kind=actor.ActorKind.CUSTOMER, label=self.name, id=self.customer_id, role="customer"
        )

    def once_key(self) -> str:
        """The key of their next form."""
        self.forms += 1
        return self.last_key

    @property
    def last_key(self) -> str:
        """The key of the form they sent last."""
        return f"demo-{self.customer_id}-{self.forms}"


class Stage:
    """Runs scenes in order of time, up to `end`.

    `ctx` must have `standing` as its clock; `work` runs the jobs that were queued.
    """

    def __init__(
        self,
        *,
        ctx: context.Context,
        standing: clock.SetClock,
        browser: Browser,
        work: Callable[[], None],
        end: datetime.datetime,
    ) -> None:
        self.ctx = ctx
        self.browser = browser
        self.end = end
        self.hours = business_clock.BusinessClock(standing.zone)
        self.rng = ctx.rng
        self.has_autopay = False  # whether anybody has joined it
        self.fees_wait = False  # whether a payment settled before Stripe told its fee
        self.watched_until = standing.now()
        self._clock = standing
        self._work = work
        self._queue: list[tuple[datetime.datetime, int, Scene]] = []
        self._count = 0
        self._stripe_at: datetime.datetime | None = None

    @property
    def now(self) -> datetime.datetime:
        """The moment at which the stage stands."""
        return self._clock.now()

    @property
    def today(self) -> datetime.date:
        """The day at which the stage stands."""
        return self._clock.today()

    @property
    def last_day(self) -> datetime.date:
        """The day that begins when the history ends."""
        return self.end.astimezone(self._clock.zone).date()

    def enter(self, at: datetime.datetime, scene: Scene) -> None:
        """Have a scene begin at `at`; before now means now."""
        if at < self.end:
            self._count += 1
            heapq.heappush(self._queue, (max(at, self.now), self._count, scene))

    def run_until(self, moment: datetime.datetime) -> None:
        """Run every scene that is due before `moment`, and the jobs each asked for."""
        while self._queue and self._queue[0][0] < moment:
            at, _, scene = heapq.heappop(self._queue)
            self._clock.set(at)
            resumes_at = next(scene, None)
            self._work()
            if resumes_at is not None:
                self.enter(resumes_at, scene)
        self._clock.set(moment)

    def work(self) -> None:
        """Run the jobs that were queued."""
        self._work()

    def at(self, day: datetime.date, hour: int, minute: int = 0) -> datetime.datetime:
        """The moment of a day in the insurer's zone."""
        local = datetime.datetime.combine(day, datetime.time(hour, minute), tzinfo=self._clock.zone)
        return local.astimezone(datetime.UTC)

    def some_time(self, day: datetime.date, *, first: int = 8, last: int = 22) -> datetime.datetime:
        """A moment of the day between two hours, drawn."""
        minutes = self.rng.randrange((last - first) * 60)
        return self.at(day, first + minutes // 60, minutes % 60)

    def in_hours(self, hours: float) -> datetime.datetime:
        """The moment when so much business time has passed from now."""
        return self.hours.due_at(self.now, datetime.timedelta(hours=hours))

    def at_stripe(self, *, later: datetime.timedelta | None = None) -> None:
        """Bring Stripe's clock near now, or to a moment a little later than it stands."""
        if later is not None and self._stripe_at is not None:
            self._set_stripe(self._stripe_at + later)
        elif self._stripe_at is None or self.now - self._stripe_at > NEAR:
            self._set_stripe(self.now)

    def watch(self, time: datetime.timedelta) -> None:
        """Have the nights look after unfinished payments and refunds for `time`."""
        self.watched_until = max(self.watched_until, self.now + time)

    def _set_stripe(self, at: datetime.datetime) -> None:
        self.browser.set_clock(at)
        self._stripe_at = at

"""Stripe's post: each event comes at once, late, twice, or not before an outage is over."""

from __future__ import annotations

import dataclasses
import datetime
import random
import time

from portal.journeys import context, stripe_events
from portal.sandbox import deliveries
from portal.sandbox import world as worlds

SECRET = "whsec_simulation"
_NEW = "SELECT id FROM deliveries WHERE state = 'pending' AND id > ? ORDER BY id"
_ONE = "SELECT event, endpoint FROM deliveries WHERE id = ? AND state = 'pending'"


@dataclasses.dataclass
class Post:
    """The letters on their way; what a dead process held is found again at the sandbox."""

    world: worlds.World
    ctx: context.Context
    rng: random.Random
    waiting: dict[int, datetime.datetime] = dataclasses.field(default_factory=dict)
    is_out: bool = False  # nothing arrives: the site is down for Stripe
    _last: int = 0

    def collect(self) -> None:
        """Take note of new letters and decide when each of them arrives."""
        now = self.ctx.clock.now()
        with self.world.store.transaction():
            found = self.world.store.db.execute(_NEW, (self._last,)).fetchall()
        for (delivery,) in found:
            self.waiting[delivery] = now + self._delay()
            self._last = delivery

    def due(self) -> list[int]:
        """The letters that arrive now, not always in their order."""
        if self.is_out:
            return []
        now = self.ctx.clock.now()
        found = [delivery for delivery, at in self.waiting.items() if at <= now]
        if self.rng.random() < 0.3:
            self.rng.shuffle(found)
        return found

    def all(self) -> list[int]:
        """Every letter that waits, in any order."""
        found = list(self.waiting)
        self.rng.shuffle(found)
        return found

    def deliver(self, delivery: int) -> str:
        """Hand one over; the type of its event. What was not answered comes again later."""
        letter = self._letter(delivery)
        if letter is None:
            self.waiting.pop(delivery, None)
            return ""
        again = self.ctx.clock.now() + datetime.timedelta(minutes=self.rng.randrange(1, 300))
        self.waiting[delivery] = again  # unless it is answered below
        signature = deliveries.sign(letter.body, SECRET, int(time.time()))
        times = 2 if self.rng.random() < 0.1 else 1
        for _ in range(times):
            stripe_events.receive(self.ctx, body=letter.body.encode(), signature=signature)
        if self.rng.random() < 0.03:
            return letter.type  # our answer was lost: Stripe sends it once more
        with self.world.store.transaction():
            deliveries.mark(self.world.store, delivery, "delivered", "200")
        self.waiting.pop(delivery, None)
        return letter.type

    def give_up(self) -> int:
        """Stripe stops trying what it could not deliver; how many events."""
        lost = list(self.waiting)
        with self.world.store.transaction():
            for delivery in lost:
                deliveries.mark(self.world.store, delivery, "failed", "no answer")
        self.waiting.clear()
        return len(lost)

    def _letter(self, delivery: int) -> deliveries.Letter | None:
        with self.world.store.transaction():
            row = self.world.store.db.execute(_ONE, (delivery,)).fetchone()
            if row is None:
                return None
            event = self.world.store.find(row[0], "event")
            endpoint = self.world.store.find(row[1], "webhook_endpoint")
            return deliveries.compose(self.world.call(), delivery, event, endpoint)

    def _delay(self) -> datetime.timedelta:
        draw = self.rng.random()
        if draw < 0.6:
            return datetime.timedelta()
        if draw < 0.9:
            return datetime.timedelta(minutes=self.rng.randrange(1, 90))
        return datetime.timedelta(hours=self.rng.randrange(2, 20))

"""How a day comes to rest: everything that waits arrives and is worked off, and time passes."""

from __future__ import annotations

import datetime

from bench.simulation import life
from portal import jobs
from portal.journeys import stripe_events

MOST_JOBS = 200
ROUNDS = 60
# Long enough for a payment to be looked at again (10 minutes) and swept (an hour).
STEPS = tuple(datetime.timedelta(minutes=m) for m in (1, 11, 61, 11))
MINUTELY = ("recheck_payments", "recheck_refunds", "recheck_chargebacks", "sweep_intents")


def run_job(one: life.Life) -> bool:
    """Run the next job that is due; whether there was one."""
    job = one.stage.queue.take()
    if job is None:
        return False
    one.happen(f"job {job.name}", lambda: one.stage.queue.run(job))
    return True


def settle_down(one: life.Life, *, at_end: bool) -> None:
    """Let everything arrive and be worked off while hours pass; at the end, days."""
    one.stage.queue.requeue()
    for step in STEPS:
        one.stage.clock.advance(step)
        _work_off(one)
    for _ in range(ROUNDS):
        at = one.stage.queue.next_at()
        if at is None or not (at_end or at <= one.stage.clock.now() + datetime.timedelta(hours=1)):
            return
        one.stage.clock.set(max(at, one.stage.clock.now()))
        _work_off(one)


def end_outage(one: life.Life) -> None:
    """Events arrive again; those of the outage are lost, come late, or are listed by `recover`.

    New ones may come before anybody recovers the old.
    """
    post = one.stage.post
    post.is_out = False
    post.collect()
    if one.rng.random() < 0.6:
        lost = post.give_up()
        one.happen("events lost", lambda: lost)
    for _ in range(20):
        if isinstance(one.happen("recover", lambda: stripe_events.recover(one.ctx)), int):
            return
        one.stage.clock.advance(datetime.timedelta(minutes=1))


def _work_off(one: life.Life) -> None:
    for _ in range(ROUNDS):
        with one.stage.world.store.transaction():
            one.stage.world.apply_due(one.stage.world.call())
        one.stage.post.collect()
        letters = [] if one.stage.post.is_out else one.stage.post.all()
        for delivery in letters:
            one.happen("event", lambda at=delivery: one.stage.post.deliver(at))
        ran = 0
        while run_job(one):
            ran += 1
            if ran > life.MOST_JOBS:
                raise AssertionError("the jobs never end")
        if not letters and not ran:
            break
    for name in (*MINUTELY, "post_fees"):
        one.happen(name, lambda name=name: jobs.TASKS[name].run(one.ctx))
    while run_job(one):
        pass

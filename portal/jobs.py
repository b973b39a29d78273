"""The job queue: which journey runs in the background, when, and how often it is tried again.

Knows the names of journeys, never what they do; the context comes from whoever runs a worker.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import time
import zoneinfo
from collections.abc import Callable, Mapping
from typing import Any

import attr
import croniter
import procrastinate
import procrastinate.exceptions
import procrastinate.periodic
import procrastinate.retry
import sqlalchemy.exc
import structlog

from portal.journeys import (
    announce_drafts,
    answer_chargeback,
    check_books,
    collect_drafts,
    context,
    deliver_mail,
    earn_premium,
    keep_method,
    post_fees,
    recheck_payments,
    recheck_refunds,
    renew_terms,
    run_billing,
    send_refund,
    stripe_events,
    sweep_intents,
    tell_bills,
    tidy_access,
    warn_expiring,
)

PASSING = (
    *stripe_events.PASSING,
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.InterfaceError,
)
STALLED_SECONDS = 30  # without a heartbeat; workers send one every HEARTBEAT_SECONDS
HEARTBEAT_SECONDS = 5
MAX_ATTEMPTS = 20  # for a job whose worker dies every time
CATCH_UP_SECONDS = 25 * 3600  # a night missed because no worker ran is made good at the next start
REQUEUE = "requeue_stalled"
log = structlog.get_logger("portal.jobs")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Again(procrastinate.retry.BaseRetryStrategy):
    """Tries again after 2, 4, 8 … seconds, an hour at most, while the trouble may pass."""

    times: int

    def get_retry_decision(
        self, *, exception: BaseException, job: procrastinate.jobs.Job
    ) -> procrastinate.retry.RetryDecision | None:
        """When to try again; None when trying again would not help."""
        if job.attempts >= self.times or not isinstance(exception, PASSING):
            return None
        return procrastinate.retry.RetryDecision(retry_in={"seconds": self.wait(job.attempts)})

    def wait(self, attempts: int) -> int:
        """Seconds to wait after so many earlier attempts."""
        return min(2 ** (attempts + 1), 3600)


NEVER = Again(times=0)  # what runs every minute needs no other second try
OFTEN = Again(times=MAX_ATTEMPTS)  # half a day in all


@dataclasses.dataclass(frozen=True, kw_only=True)
class Background:
    """One journey that runs in the background.

    `journey` is called as `journey(ctx, **args)`. `cron` is read in the insurer's zone; what is
    `daily` is given the day as `on`.
    """

    journey: Callable[..., Any]
    again: Again = OFTEN
    queue: str = "default"
    cron: str = ""
    daily: bool = False

    def run(self, ctx: context.Context, **args: Any) -> None:
        """Run the journey now, here."""
        if isinstance(args.get("on"), str):
            args["on"] = datetime.date.fromisoformat(args["on"])
        elif self.daily:
            args.setdefault("on", ctx.clock.today())
        self.journey(ctx, **args)


def _every(cron: str, journey: Callable[..., Any]) -> Background:
    return Background(journey=journey, again=NEVER, cron=cron)


def _nightly(cron: str, journey: Callable[..., Any], *, daily: bool = True) -> Background:
    return Background(journey=journey, queue="nightly", cron=cron, daily=daily)


TASKS: Mapping[str, Background] = {
    "deliver_mail": Background(journey=deliver_mail.deliver),
    "handle_stripe_event": Background(journey=stripe_events.handle),
    "send_refund": Background(journey=send_refund.send),
    "send_evidence": Background(journey=answer_chargeback.send),
    "tell_bills": Background(journey=tell_bills.tell),
    "tell_bills_together": Background(journey=tell_bills.tell_together),
    "detach_method": Background(journey=keep_method.detach),
    "recheck_payments": _every("* * * * *", recheck_payments.run),
    "recheck_refunds": _every("*/5 * * * *", recheck_refunds.run),
    "recheck_chargebacks": _every("*/15 * * * *", answer_chargeback.recheck),
    "sweep_intents": _every("*/5 * * * *", sweep_intents.run),
    "post_fees": _every("*/5 * * * *", post_fees.run),
    "renew_terms": _nightly("5 4 * * *", renew_terms.run),
    "run_billing": _nightly("10 4 * * *", run_billing.run),
    "earn_premium": _nightly("20 4 * * *", earn_premium.run),
    "announce_drafts": _nightly("30 4 * * *", announce_drafts.run),
    "warn_expiring": _nightly("50 4 * * *", warn_expiring.run),
    "collect_drafts": _nightly("35 5-20 * * *", collect_drafts.run),
    "tidy_access": _nightly("40 4 * * *", tidy_access.run, daily=False),
    "check_books": _nightly("0 5 * * *", check_books.run, daily=False),
}
# Hours from 4 on exist once on every day of the year, whatever the clocks do in the night.


@attr.dataclass(frozen=True)
class ZonedPeriodicTask(procrastinate.periodic.PeriodicTask):
    """A periodic task whose cron is read in a zone, not in UTC."""

    zone: zoneinfo.ZoneInfo

    @functools.cached_property
    def croniter(self) -> croniter.croniter:
        """The iterator that keeps the zone while its moment is set."""
        return croniter.croniter(self.cron, datetime.datetime.now(self.zone))


def build(
    ctx: context.Context, *, role: str = "", tasks: Mapping[str, Background] = TASKS
) -> procrastinate.App:
    """The queue's application over the context's database, acting as `role`; nothing is opened."""
    url = ctx.database.engine.url.set(drivername="postgresql")
    acting = {"options": f"-c role={role}"} if role else {}
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(
            conninfo=url.render_as_string(hide_password=False),
            kwargs=acting,
            min_size=1,
            max_size=4,
        ),
        periodic_defaults={"max_delay": CATCH_UP_SECONDS},
    )
    for name, task in tasks.items():
        _register(app, ctx, name=name, background=task)
    _register_requeue(app, ctx)
    return app


def _register(
    app: procrastinate.App, ctx: context.Context, *, name: str, background: Background
) -> None:
    def run(job: procrastinate.JobContext, timestamp: int | None = None, **args: Any) -> None:
        _logged(name, job, functools.partial(background.run, ctx, **args))

    alone = name if background.cron else None  # one waits at most, one runs at most
    task = app.task(
        name=name,
        queue=background.queue,
        retry=background.again,
        pass_context=True,
        lock=alone,
        queueing_lock=alone,
    )(run)
    if background.cron:
        _schedule(app, task, cron=background.cron, zone=ctx.clock.zone)


def _register_requeue(app: procrastinate.App, ctx: context.Context) -> None:
    async def run(timestamp: int | None = None) -> None:
        await requeue_stalled(app)

    task = app.task(name=REQUEUE, lock=REQUEUE, queueing_lock=REQUEUE)(run)
    _schedule(app, task, cron="* * * * *", zone=ctx.clock.zone)


def _schedule(
    app: procrastinate.App, task: procrastinate.tasks.Task, *, cron: str, zone: zoneinfo.ZoneInfo
) -> None:
    app.periodic_registry.periodic_tasks[(task.name, "")] = ZonedPeriodicTask(
        task=task, cron=cron, periodic_id="", configure_kwargs={}, zone=zone
    )


def _logged(name: str, job: procrastinate.JobContext, run: Callable[[], None]) -> None:
    about = {"task": name, "job": job.job.id, "attempt": job.job.attempts + 1}
    begun = time.perf_counter()
    log.info("job_started", **about)
    outcome = "failed"
    try:
        run()
        outcome = "done"
    finally:
        took = round((time.perf_counter() - begun) * 1000, 1)
        log.info("job_ended", outcome=outcome, ms=took, **about)


async def requeue_stalled(app: procrastinate.App) -> int:
    """Queue again the jobs whose worker died; the number of them.

    A job that took its worker down MAX_ATTEMPTS times fails. Where another job with the same
    queueing lock waits already, that one does the work and this one ends.
    """
    manager = app.job_manager
    found = await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS)
    again = 0
    for job in found:
        log.warning("job_stalled", task=job.task_name, job=job.id, attempt=job.attempts + 1)
        if job.attempts >= MAX_ATTEMPTS:
            await _fail(app, job)
            continue
        try:
            await manager.retry_job(job=job)
            again += 1
        except procrastinate.exceptions.UniqueViolation:
            await _fail(app, job)
    return again


async def _fail(app: procrastinate.App, job: procrastinate.jobs.Job) -> None:
    await app.job_manager.finish_job(
        job=job, status=procrastinate.jobs.Status.FAILED, delete_job=False
    )


async def work(app: procrastinate.App, *, concurrency: int, queues: tuple[str, ...] = ()) -> None:
    """Run jobs until the process is told to stop; what runs by then may end within 20 s."""
    async with app.open_async():
        await requeue_stalled(app)
        await app.run_worker_async(
            concurrency=concurrency,
            queues=list(queues) or None,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=STALLED_SECONDS,
            shutdown_graceful_timeout=20,
            delete_jobs="successful",
        )

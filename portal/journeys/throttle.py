"""Counting a try in a transaction of its own, so that it counts whatever comes after."""

from __future__ import annotations

from portal.domain.identity.operations import throttling
from portal.journeys import context


def take(ctx: context.Context, *limits: throttling.Limit) -> None:
    """Count one try under every limit. Raises TooManyTries with the moment to try again."""
    with ctx.database.unit_of_work() as session:
        refused = throttling.count(session, *limits, now=ctx.clock.now())
    if refused is not None:
        raise refused


def give_back(ctx: context.Context, *limits: throttling.Limit) -> None:
    """Take the count back: the try was a right one."""
    with ctx.database.unit_of_work() as session:
        throttling.forgive(session, *limits, now=ctx.clock.now())

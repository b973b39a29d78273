"""Opening a case, whoever asks for it: the case, its first words; and making one more urgent."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from sqlalchemy import orm

from portal.domain.disputes import categories, rules
from portal.domain.disputes.operations import raising, stepping, working, writing
from portal.journeys import context
from portal.kernel import actor


def begin(
    session: orm.Session,
    ctx: context.Context,
    *,
    customer_id: int,
    about: raising.About,
    urgency: rules.Urgency,
    words: str,
    files: Sequence[writing.KeptFile] = (),
    once_key: str,
    who: actor.Actor,
    now: datetime.datetime,
) -> str:
    """A new case with its first words; its number. The customer's account is locked."""
    number = raising.raise_case(
        session,
        customer_id=customer_id,
        about=about,
        urgency=urgency,
        words=words,
        once_key=once_key,
        who=who,
        hours=ctx.hours,
        now=now,
        rng=ctx.rng,
    )
    writing.first_words(
        session, number=number, once_key=once_key, files=files, who=who, now=now, rng=ctx.rng
    )
    return number


def make_urgent(
    session: orm.Session,
    ctx: context.Context,
    *,
    case_no: str,
    least: categories.Priority,
    now: datetime.datetime,
) -> None:
    """Sort the case up to `least`; one that is as urgent, or more, stays as it is."""
    case = stepping.lock(session, number=case_no)
    if case.priority <= least:
        return
    working.sort(
        session,
        number=case_no,
        version=None,
        category=case.category,
        priority=least,
        who=actor.system(ctx.brand),
        hours=ctx.hours,
        now=now,
    )

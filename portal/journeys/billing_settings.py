"""A change of the billing settings: asked for by one person, agreed to by another, withdrawn."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from sqlalchemy import orm

from portal.domain.approvals import operations as approvals
from portal.domain.approvals import queries as approval_queries
from portal.domain.approvals import rules as approval_rules
from portal.domain.audit import operations as audit
from portal.domain.billing.operations import versioning
from portal.domain.billing.queries import versions
from portal.domain.billing.rules import settings
from portal.journeys import context, second_person
from portal.kernel import actor, errors, msgids

SUBJECT = "settings "  # of a request: "settings standard", "settings CA"


class AskedAlready(errors.DomainError):
    """One change of the same settings waits at a time."""

    code = "settings_asked_already"
    message = msgids.N_("A change of these settings waits for a second person already.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ask:
    """The settings ("standard", "CA"), the day from which they hold, all values, and why."""

    code: str
    valid_from: datetime.date
    values: settings.Values
    reason: str = ""


def preview(ctx: context.Context, *, ask: Ask) -> dict[str, Any]:
    """What would change, as the second person will be shown it.

    Raises NotFuture, DayTaken, NothingChanges, NoSuchSettings.
    """
    with ctx.database.reading() as session:
        return _facts(session, ctx, ask)


def request(ctx: context.Context, *, ask: Ask, facts_version: str, who: actor.Actor) -> str:
    """Ask a second person for exactly what was shown; the request's number.

    Raises StaleFacts, AskedAlready, ReasonMissing, ReasonTooLong and what `preview` raises.
    """
    reason = approval_rules.clean_reason(ask.reason)
    with ctx.database.unit_of_work() as session:
        versioning.lock(session, code=ask.code)
        facts = _facts(session, ctx, ask)
        if approval_rules.facts_version(facts) != facts_version:
            raise approval_rules.StaleFacts()
        if waiting(session, code=ask.code):
            raise AskedAlready()
        number = second_person.ask(
            session,
            ctx,
            _matter(facts),
            amount_cents=0,
            facts=facts,
            reason=reason,
            who=who,
        )
    return number


def approve(ctx: context.Context, *, approval_no: str, facts_version: str, who: actor.Actor) -> str:
    """Agree to exactly what was shown; from its day on the version holds. The settings' code.

    When what holds before has changed, the request gets the new facts and StaleFacts is raised.
    Raises also NoSuchApproval, DecidedAlready, NotAnApprover, NotYours, and what `preview` raises.
    """
    today = ctx.clock.today()
    view = second_person.asked(ctx, approval_rules.BILLING_SETTINGS, approval_no)
    code = view.subject.removeprefix(SUBJECT)
    with second_person.deciding(
        ctx, approval_no=approval_no, facts_version=facts_version, who=who
    ) as deciding:
        session = deciding.session
        versioning.lock(session, code=code)
        asked = deciding.request()
        ask = ask_of(asked.facts)
        fresh = _facts(session, ctx, ask)
        deciding.agree(fresh)
        versioning.add(
            session, code=code, valid_from=ask.valid_from, values=ask.values, today=today
        )
        second_person.log(session, ctx, _matter(fresh), "approved", approval_no, who=who)
        _record(session, ctx, "billing.settings_added", code, fresh, who)
    return code


def send_back(ctx: context.Context, *, approval_no: str, reason: str, who: actor.Actor) -> str:
    """Send a request back with a reason; nothing changes. The settings' code.

    Raises NoSuchApproval, DecidedAlready, NotAnApprover, NotYours, ReasonMissing, ReasonTooLong.
    """
    view = second_person.asked(ctx, approval_rules.BILLING_SETTINGS, approval_no)
    code = view.subject.removeprefix(SUBJECT)
    with ctx.database.unit_of_work() as session:
        versioning.lock(session, code=code)
        asked = approvals.pending(session, number=approval_no)
        approvals.return_(session, number=approval_no, reason=reason, who=who, now=ctx.clock.now())
        second_person.log(session, ctx, _matter(asked.facts), "returned", approval_no, who=who)
    return code


def withdraw(
    ctx: context.Context, *, code: str, valid_from: datetime.date, who: actor.Actor
) -> None:
    """Take back a version that is still to come. Raises NoSuchVersion, InForce, NoSuchSettings."""
    today = ctx.clock.today()
    with ctx.database.unit_of_work() as session:
        versioning.lock(session, code=code)
        found = versions.of(session, code=code, today=today)
        gone = next((one for one in found if one.valid_from == valid_from), None)
        versioning.withdraw(session, code=code, valid_from=valid_from, today=today)
        facts = {
            "valid_from": valid_from.isoformat(),
            "values": dict(gone.values) if gone else {},
        }
        _record(session, ctx, "billing.settings_withdrawn", code, facts, who)


def waiting(session: orm.Session, *, code: str) -> str:
    """The request about these settings that waits for a second person, or ""."""
    return approval_queries.waiting(
        session, kind=approval_rules.BILLING_SETTINGS, subject=SUBJECT + code
    )


def fresh_facts(ctx: context.Context, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a request with these facts would do now. Raises what `preview` raises."""
    return preview(ctx, ask=ask_of(facts))


def ask_of(facts: Mapping[str, Any]) -> Ask:
    """What was asked for, from the facts of its request."""
    return Ask(
        code=facts["code"],
        valid_from=datetime.date.fromisoformat(facts["valid_from"]),
        values=facts["after"],
    )


def _facts(session: orm.Session, ctx: context.Context, ask: Ask) -> dict[str, Any]:
    today = ctx.clock.today()
    found = versions.of(session, code=ask.code, today=today)
    taken = [one.valid_from for one in found]
    settings.check_day(ask.valid_from, today=today, taken=taken)
    before = versions.values_on(found, code=ask.code, on=ask.valid_from)
    known = versions.kind(ask.code).known
    if not settings.differences(known, before, ask.values):
        raise settings.NothingChanges()
    until = min((day for day in taken if day > ask.valid_from), default=None)
    return {
        "code": ask.code,
        "valid_from": ask.valid_from.isoformat(),
        "until": until.isoformat() if until else "",
        "before": dict(before),
        "after": {one.name: ask.values[one.name] for one in known},
    }


def _matter(facts: Mapping[str, Any]) -> second_person.Matter:
    return second_person.Matter(
        kind=approval_rules.BILLING_SETTINGS,
        subject=SUBJECT + facts["code"],
        customer_id=None,
        data={"settings": dict(facts)},
    )


def _record(
    session: orm.Session,
    ctx: context.Context,
    action: str,
    subject: str,
    facts: Mapping[str, Any],
    who: actor.Actor,
) -> None:
    audit.record(
        session, who=who, action=action, subject=subject, now=ctx.clock.now(), settings=dict(facts)
    )

"""What a specialist does to a bill: previewed, carried out alone, or kept for a second person."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import random
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.approvals import operations as approvals
from portal.domain.approvals import queries as approval_queries
from portal.domain.approvals import rules as approval_rules
from portal.domain.billing import models as billing
from portal.domain.billing.operations import books, voiding, writing_off
from portal.domain.billing.queries import coverage
from portal.domain.disputes import rules
from portal.domain.ledger import models as ledger_models
from portal.domain.ledger import rules as ledger
from portal.domain.ledger.chart import RECEIVABLES
from portal.domain.payments.queries import drafts
from portal.journeys import (
    context,
    decision_facts,
    moving_money,
    reissue_invoice,
    second_person,
    tell_closed,
    trying,
    void_invoice,
)
from portal.kernel import actor, db, errors, msgids


class Action(enum.StrEnum):
    """What can be done to a bill."""

    VOID = "void"
    REISSUE = "reissue"
    WRITE_OFF = "write_off"
    WRITE_BACK = "write_back"


class NoSuchInvoice(errors.DomainError):
    """Nobody's bill has this number."""

    code = "no_such_bill"
    message = msgids.N_("There is no such bill.")


class AskedAlready(errors.DomainError):
    """A second person is being asked about this bill."""

    code = "invoice_asked_already"
    message = msgids.N_("This bill waits for a second person already.")


class FiguresChanged(errors.DomainError):
    """It would do something else than was shown."""

    code = "invoice_figures_changed"
    message = msgids.N_("The figures changed since this page was made. Look at the new ones first.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ask:
    """What is asked for and why; `due_on` and `leaves_unapplied` are for a reissue."""

    action: Action
    reason: str
    due_on: datetime.date | None = None
    leaves_unapplied: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Done:
    """What came of it: the bill in its place, or the request that waits."""

    new_no: str = ""
    approval_no: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Seen:
    """What it would do: the cents it is about, what the bill in its place asks for."""

    cents: int
    new_cents: int = 0
    due_on: datetime.date | None = None
    new_no: str = ""


def preview(ctx: context.Context, *, number: str, ask: Ask) -> dict[str, Any]:
    """What it would do now, as plain values; nothing is changed.

    Raises ReasonMissing, ReasonTooLong, NoSuchInvoice, and what the action raises.
    """
    kept = _clean(ask)
    with ctx.database.unit_of_work() as session:
        return _facts(session, ctx, _lock(session, number), kept)


def close(
    ctx: context.Context, *, number: str, ask: Ask, facts_version: str, who: actor.Actor
) -> Done:
    """Do it, or keep it for a second person where the amount asks for one.

    Raises what `preview` raises, AskedAlready, FiguresChanged; nothing is changed then.
    """
    kept = _clean(ask)
    with ctx.database.unit_of_work() as session:
        invoice = _lock(session, number)
        facts = _facts(session, ctx, invoice, kept)
        if approval_rules.facts_version(facts) != facts_version:
            raise FiguresChanged(number=number)
        if waiting(session, number=number):
            raise AskedAlready(number=number)
        if not facts["needs_second"]:
            return Done(new_no=_do(session, ctx, invoice.id, kept, who=who).new_no)
        asked_no = second_person.ask(
            session,
            ctx,
            _matter(invoice),
            amount_cents=facts["amount_cents"],
            facts=facts,
            reason=kept.reason,
            who=who,
        )
        return Done(approval_no=asked_no)


def approve(ctx: context.Context, *, approval_no: str, facts_version: str, who: actor.Actor) -> str:
    """Agree to exactly what was shown and carry it out; the number of the bill.

    When the figures changed, the request gets the new ones and StaleFacts is raised. Raises also
    NoSuchApproval, DecidedAlready, NotAnApprover, NotYours, and what the action raises.
    """
    number = second_person.asked(ctx, approval_rules.CLOSED_BILL, approval_no).subject
    with second_person.deciding(
        ctx, approval_no=approval_no, facts_version=facts_version, who=who
    ) as deciding:
        session = deciding.session
        invoice = _lock(session, number)
        asked = deciding.request()
        ask = ask_of(asked.facts)
        fresh = _facts(session, ctx, invoice, ask)
        deciding.agree(fresh)
        second_person.log(session, ctx, _matter(invoice), "approved", approval_no, who=who)
        _do(session, ctx, invoice.id, ask, who=who)
    return number


def send_back(ctx: context.Context, *, approval_no: str, reason: str, who: actor.Actor) -> str:
    """Send a request back with a reason; the number of its bill, which is as it was.

    Raises NoSuchApproval, DecidedAlready, NotAnApprover, NotYours, ReasonMissing, ReasonTooLong.
    """
    number = second_person.asked(ctx, approval_rules.CLOSED_BILL, approval_no).subject
    with ctx.database.unit_of_work() as session:
        invoice = _lock(session, number)
        approvals.return_(session, number=approval_no, reason=reason, who=who, now=ctx.clock.now())
        kept = approval_rules.clean_reason(reason)
        second_person.log(
            session, ctx, _matter(invoice), "returned", approval_no, who=who, reason=kept
        )
    return number


def waiting(session: orm.Session, *, number: str) -> str:
    """The request about the bill that waits for a second person, or ""."""
    return approval_queries.waiting(session, kind=approval_rules.CLOSED_BILL, subject=number)


def ask_of(facts: dict[str, Any]) -> Ask:
    """What was asked for, from the facts of its request."""
    day = facts["due_on"]
    return Ask(
        action=Action(facts["action"]),
        reason=facts["reason"],
        due_on=datetime.date.fromisoformat(day) if day else None,
        leaves_unapplied=facts["leaves_unapplied"],
    )


def _clean(ask: Ask) -> Ask:
    is_new = ask.action is Action.REISSUE
    return Ask(
        action=ask.action,
        reason=approval_rules.clean_reason(ask.reason),
        due_on=ask.due_on if is_new else None,
        leaves_unapplied=ask.leaves_unapplied and is_new,
    )


def _lock(session: orm.Session, number: str) -> billing.Invoice:
    """The bill, its customer locked first. Raises NoSuchInvoice."""
    row = session.execute(
        sa.select(billing.Invoice.id, billing.Invoice.customer_id).where(
            billing.Invoice.number == number
        )
    ).one_or_none()
    if row is None:
        raise NoSuchInvoice()
    books.lock_customer(session, customer_id=row.customer_id)
    return db.lock_row(session, billing.Invoice, row.id)


def _facts(
    session: orm.Session, ctx: context.Context, invoice: billing.Invoice, ask: Ask
) -> dict[str, Any]:
    """What it would do, tried: cents as whole numbers, days as ISO texts.

    The sum of 30 days is what two people watch: moved by decisions, withdrawn and written off.
    """
    customer_id, number, invoice_id = invoice.customer_id, invoice.number, invoice.id
    trial = dataclasses.replace(ctx, rng=random.SystemRandom())
    seen = trying.tried(
        session,
        customer_id=customer_id,
        today=ctx.clock.today(),
        do=lambda: _do(session, trial, invoice_id, ask, who=actor.system("trial")),
        more=lambda: _more(session, ctx, customer_id),
    )
    session.expire_all()
    before = _moved_30_days(session, ctx, customer_id)
    decides = ask.action is not Action.WRITE_BACK  # nothing is given up by it
    return {
        "action": str(ask.action),
        "reason": ask.reason,
        "due_on": ask.due_on.isoformat() if ask.due_on else "",
        "leaves_unapplied": ask.leaves_unapplied,
        "invoice_no": number,
        "amount_cents": seen.done.cents,
        "new_cents": seen.done.new_cents,
        "new_due_on": seen.done.due_on.isoformat() if seen.done.due_on else "",
        "customer_30d_cents": before,
        "needs_second": decides and rules.needs_second_person(seen.done.cents, 0, before),
        **decision_facts.consequences(seen.figures, seen.entries),
    }


def _do(
    session: orm.Session, ctx: context.Context, invoice_id: int, ask: Ask, *, who: actor.Actor
) -> _Seen:
    if ask.action is Action.VOID:
        done = void_invoice.void(session, ctx, invoice_id=invoice_id, reason=ask.reason, who=who)
        tell_closed.withdrawn(session, ctx, done)
        return _Seen(cents=done.cents)
    if ask.action is Action.REISSUE:
        both = reissue_invoice.reissue(
            session,
            ctx,
            invoice_id=invoice_id,
            due_on=ask.due_on,
            leaves_unapplied=ask.leaves_unapplied,
            reason=ask.reason,
            who=who,
        )
        return _Seen(
            cents=both.voided.cents,
            new_cents=both.issued.total_cents,
            due_on=both.issued.due_on,
            new_no=both.issued.number,
        )
    invoice = db.lock_row(session, billing.Invoice, invoice_id)
    terms = {
        "reason": ask.reason,
        "now": ctx.clock.now(),
        "today": ctx.clock.today(),
        "who": who,
    }
    if ask.action is Action.WRITE_BACK:
        cents = writing_off.write_back(session, invoice=invoice, **terms)
        tell_closed.written(session, ctx, invoice, cents=cents, is_back=True)
        return _Seen(cents=cents)
    if invoice.state is billing.InvoiceState.VOIDED:
        raise voiding.VoidedAlready()
    void_invoice.check_free(session, invoice_id=invoice_id, number=invoice.number)
    cents = writing_off.write_off(session, invoice=invoice, **terms)
    void_invoice.call_off_drafts(
        session, ctx, customer_id=invoice.customer_id, invoice_id=invoice_id, who=who
    )
    tell_closed.written(session, ctx, invoice, cents=cents, is_back=False)
    return _Seen(cents=cents)


def _more(session: orm.Session, ctx: context.Context, customer_id: int) -> trying.Values:
    """What is past due on each pet, and the planned payment that comes next, in cents."""
    covers = coverage.covers(session, customer_id=customer_id, today=ctx.clock.today())
    figures: dict[tuple[str, str], trying.Value] = {
        ("past_due", cover.pet_name): cover.line.amount_cents for cover in covers
    }
    planned = drafts.not_over(session, customer_id=customer_id)
    figures["next_draft", ""] = planned[0].amount_cents if planned else 0
    return figures


def _moved_30_days(session: orm.Session, ctx: context.Context, customer_id: int) -> int:
    now = ctx.clock.now()
    _, moved = moving_money.moved_30_days(session, customer_id=customer_id, subject="", now=now)
    return moved + _closed_since(session, customer_id=customer_id, since=now - moving_money.WINDOW)


def _closed_since(session: orm.Session, *, customer_id: int, since: datetime.datetime) -> int:
    """Cents withdrawn and written off since then, less what was written back after it.

    A write-back takes off only what was written off of its own bill before it since then: one of
    an old write-off gives nobody room to write off another bill alone.
    """
    rows = session.execute(
        sa.select(
            ledger_models.Entry.event,
            ledger_models.Entry.subject,
            -sa.func.sum(ledger_models.Line.amount_cents),
        )
        .join(ledger_models.Line, ledger_models.Line.entry_id == ledger_models.Entry.id)
        .where(
            ledger_models.Line.customer_id == customer_id,
            ledger_models.Line.account.in_(sorted(RECEIVABLES)),
            ledger_models.Entry.event.in_(
                [str(ledger.Event.INVOICE_VOIDED), *map(str, sorted(writing_off.MOVES))]
            ),
            ledger_models.Entry.posted_at > since,
        )
        .group_by(ledger_models.Entry.id)
        .order_by(ledger_models.Entry.posted_at, ledger_models.Entry.id)
    )
    voided, written_off = 0, dict[str, int]()
    for event, number, cents in rows:
        if event == ledger.Event.INVOICE_VOIDED:
            voided += int(cents)
        else:
            written_off[number] = max(0, written_off.get(number, 0) + int(cents))
    return voided + sum(written_off.values())


def _matter(invoice: billing.Invoice) -> second_person.Matter:
    return second_person.Matter(
        kind=approval_rules.CLOSED_BILL,
        subject=invoice.number,
        customer_id=invoice.customer_id,
        data={"invoice": invoice.number},
    )

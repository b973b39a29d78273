"""Credits and refunds of a decision: carried out in the caller's transaction, or only tried.

A plan is the real thing done inside a savepoint that is rolled back, so that what is shown is
to the cent what will be posted.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import random

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import books
from portal.domain.billing.queries import coverage
from portal.domain.disputes.rules import MoneyAction
from portal.domain.ledger import models as ledger_models
from portal.domain.payments import models as payments
from portal.domain.payments.states import RefundState
from portal.journeys import context, money_actions
from portal.kernel import actor

WINDOW = datetime.timedelta(days=30)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figure:
    """A number before and after: cents, or a day where `is_day`."""

    name: str  # balance, unapplied, invoice, paid_to
    about: str  # "" or the public number or pet it belongs to
    before: int | datetime.date
    after: int | datetime.date

    @property
    def is_day(self) -> bool:
        """Whether the figure is a day."""
        return isinstance(self.before, datetime.date)

    @property
    def changes(self) -> bool:
        """Whether it changes."""
        return self.before != self.after


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlannedLine:
    """One side of an entry that will be posted: a debit is above zero; cents."""

    account: str
    name: str
    cents: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlannedEntry:
    """An entry that will be posted."""

    event: str
    lines: tuple[PlannedLine, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class MoneyPlan(money_actions.Ask):
    """What an action would do. `version` changes whenever anything of it does."""

    method_label: str
    figures: tuple[Figure, ...]
    entries: tuple[PlannedEntry, ...]

    @property
    def version(self) -> str:
        """A hash of all that is shown."""
        raw = json.dumps(dataclasses.asdict(self), sort_keys=True, default=str)
        return hashlib.sha256(raw.encode()).hexdigest()


def plan(
    session: orm.Session,
    *,
    customer_id: int,
    action: MoneyAction,
    amount_cents: int,
    payment_no: str | None,
    invoice_no: str | None,
    line_numbers: tuple[int, ...],
    freed_by: str,
    today: datetime.date,
    subject: str = "trial",
) -> MoneyPlan:
    """Try the action and take it back; `session` must be a unit of work, which stays unchanged.

    `subject` is the case that decides: it may use what it has set aside itself, no other may.
    Raises NoSuchPayment, NoSuchInvoice, NotFreed, spreading.DoesNotFit, RefundTooLarge,
    RefundLocked, NothingToCredit when it is impossible.
    """
    books.lock_customer(session, customer_id=customer_id)
    before = _figures(session, customer_id=customer_id, today=today)
    last = session.scalar(sa.select(sa.func.coalesce(sa.func.max(ledger_models.Entry.id), 0)))
    tasks = list(session.info.get("tasks", []))
    trial = session.begin_nested()
    try:
        empty = MoneyPlan(
            action=action,
            amount_cents=amount_cents,
            customer_id=customer_id,
            payment_no=payment_no,
            invoice_no=invoice_no,
            line_numbers=line_numbers,
            freed_by=freed_by,
            method_label=_label(session, payment_no, customer_id),
            figures=(),
            entries=(),
        )
        money_actions.perform(session, empty, _trial(today, subject))
        session.flush()
        after = _figures(session, customer_id=customer_id, today=today)
        entries = _entries(session, after_id=last)
    finally:
        trial.rollback()
        session.info["tasks"] = tasks
    names = sorted(before.keys() | after.keys())
    figures = tuple(
        Figure(name=name, about=about, before=before[name, about], after=after[name, about])
        for name, about in names
        if (name, about) in before and (name, about) in after
    )
    return dataclasses.replace(empty, figures=figures, entries=entries)


def carry_out(
    session: orm.Session,
    ctx: context.Context,
    *,
    plan: MoneyPlan,
    key: str,
    subject: str,
    reason: str,
    who: actor.Actor,
    now: datetime.datetime,
    today: datetime.date,
) -> str:
    """Do what the plan says, inside the caller's transaction; the refund's or credit's number.

    `key` is unique per decision: doing it twice is refused by the database.
    """
    books.lock_customer(session, customer_id=plan.customer_id)
    terms = money_actions.Terms(
        key=key, subject=subject, reason=reason, who=who, now=now, today=today, rng=ctx.rng
    )
    return money_actions.perform(session, plan, terms)


def moved_30_days(
    session: orm.Session, *, customer_id: int, subject: str, now: datetime.datetime
) -> tuple[int, int]:
    """Cents credited and refunded in 30 days: for the case `subject`, and for the customer.

    A refund freed by a credit counts once: the credit under it carries the refund's own key. So
    does one that failed and was sent again, or paid by check: from that day on.
    """
    since = now - WINDOW
    case = customer = 0
    alive = payments.Refund.state != RefundState.SENT_AGAIN
    by_check = payments.Refund.state == RefundState.PAID_OTHERWISE
    moved_at = sa.case((by_check, payments.Refund.ended_at), else_=payments.Refund.created_at)
    for table, counted in (
        (billing.Credit, billing.Credit.created_at > since),
        (payments.Refund, sa.and_(alive, moved_at > since)),
    ):
        rows = session.execute(
            sa.select(table.subject, sa.func.sum(table.amount_cents))
            .where(
                table.customer_id == customer_id,
                table.key.not_like("%:freed"),
                counted,
            )
            .group_by(table.subject)
        )
        for about, cents in rows:
            customer += int(cents)
            case += int(cents) if about == subject else 0
    return case, customer


def _trial(today: datetime.date, subject: str) -> money_actions.Terms:
    """The terms of a trial, which leaves nothing behind."""
    return money_actions.Terms(
        key="trial",
        subject=subject,
        reason="trial",
        who=actor.system("trial"),
        now=datetime.datetime.combine(today, datetime.time(12), tzinfo=datetime.UTC),
        today=today,
        rng=random.SystemRandom(),
    )


def _label(session: orm.Session, payment_no: str | None, customer_id: int) -> str:
    if payment_no is None:
        return ""
    return (
        session.scalar(
            sa.select(payments.Payment.method_label).where(
                payments.Payment.number == payment_no,
                payments.Payment.customer_id == customer_id,
            )
        )
        or ""
    )


def _figures(
    session: orm.Session, *, customer_id: int, today: datetime.date
) -> dict[tuple[str, str], int | datetime.date]:
    balance = session.execute(
        sa.select(
            billing.AccountBalance.receivable_cents, billing.AccountBalance.unapplied_cents
        ).where(billing.AccountBalance.customer_id == customer_id)
    ).one()
    figures: dict[tuple[str, str], int | datetime.date] = {
        ("balance", ""): balance.receivable_cents,
        ("unapplied", ""): balance.unapplied_cents,
    }
    rows = session.execute(
        sa.select(billing.Invoice.number, billing.Invoice.open_cents).where(
            billing.Invoice.customer_id == customer_id
        )
    )
    figures |= {("invoice", number): cents for number, cents in rows}
    covers = coverage.covers(session, customer_id=customer_id, today=today)
    return figures | {("paid_to", cover.pet_name): cover.paid_to for cover in covers}


def _entries(session: orm.Session, *, after_id: int) -> tuple[PlannedEntry, ...]:
    """What the trial posted: the entries of this very transaction, in their order."""
    rows = session.execute(
        sa.select(
            ledger_models.Entry.id,
            ledger_models.Entry.event,
            ledger_models.Line.account,
            ledger_models.Account.name,
            sa.func.sum(ledger_models.Line.amount_cents).label("cents"),
        )
        .join(ledger_models.Line, ledger_models.Line.entry_id == ledger_models.Entry.id)
        .join(ledger_models.Account, ledger_models.Account.code == ledger_models.Line.account)
        .where(
            ledger_models.Entry.id > after_id,
            ledger_models.Entry.txid == sa.text("pg_current_xact_id()::text::bigint"),
        )
        .group_by(
            ledger_models.Entry.id,
            ledger_models.Entry.event,
            ledger_models.Line.account,
            ledger_models.Account.name,
        )
        .order_by(ledger_models.Entry.id, sa.func.sum(ledger_models.Line.amount_cents).desc())
    )
    entries: dict[int, PlannedEntry] = {}
    for row in rows:
        entry = entries.setdefault(row.id, PlannedEntry(event=row.event, lines=()))
        line = PlannedLine(account=row.account, name=row.name, cents=int(row.cents))
        entries[row.id] = dataclasses.replace(entry, lines=(*entry.lines, line))
    return tuple(entries.values())

"""Proposing to pay a debt in dated parts: shown before, agreed to by rule or sent to a person."""

from __future__ import annotations

import dataclasses
import datetime

from sqlalchemy import orm

from portal.documents import agreements, formats, texts, wording
from portal.domain.billing import models
from portal.domain.billing.operations import allocating, arranging, books
from portal.domain.billing.queries import arranged, payable
from portal.domain.billing.rules import arranging as limits
from portal.domain.payments import rules
from portal.domain.payments.queries import drafts
from portal.domain.wallet import consents
from portal.domain.wallet import models as wallet_models
from portal.domain.wallet import queries as wallet
from portal.journeys import arrange, context, planned
from portal.kernel import actor, errors, msgids

RULE = "rule"  # who decided, where nobody had to


class RunningAlready(errors.DomainError):
    """One at a time."""

    code = "arrangement_running"
    message = msgids.N_("You have an arrangement already. End it first, then propose another one.")


class NoDebt(errors.DomainError):
    """Nothing was chosen that can be paid in parts."""

    code = "arrangement_no_debt"
    message = msgids.N_("Choose at least one bill that is overdue or due within 30 days.")


class TooSmall(errors.DomainError):
    """Less than two parts of the least."""

    code = "arrangement_too_small"
    message = msgids.N_("From %(least_cents)s on a debt can be paid in parts. Choose more bills.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a customer proposes: which bills, in how many parts, from when, how far apart."""

    invoice_nos: tuple[str, ...]
    count: int
    first_on: datetime.date
    every: limits.Every
    method_no: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preview:
    """What it would be; `by_rule` says that nobody need look at it first."""

    bills: tuple[payable.PayableInvoice, ...]
    total_cents: int
    parts: tuple[limits.Part, ...]
    method: wallet.MethodView
    by_rule: bool
    replaces: tuple[drafts.DraftView, ...]  # by autopay, which gives way
    consent: consents.Shown


@dataclasses.dataclass(frozen=True, kw_only=True)
class Proposed:
    """What came of it: active at once, or waiting for a person."""

    number: str
    state: str


def preview(
    session: orm.Session,
    ctx: context.Context,
    *,
    customer_id: int,
    proposal: Proposal,
    language: str,
) -> Preview:
    """What the proposal comes to now, and the sentence that is agreed to, in `language`.

    Raises RunningAlready, NoDebt, TooSmall, arrange.PlannedToo, MethodGone, planned.MethodExpires,
    planned.BeingTaken, PaymentUnderWay, and what limits.parts raises.
    """
    today = ctx.clock.today()
    last = arranged.latest(session, customer_id=customer_id)
    if last is not None and last.is_running:
        raise RunningAlready()
    bills = debt(session, customer_id=customer_id, numbers=proposal.invoice_nos, today=today)
    total = sum(bill.payable_cents for bill in bills)
    if not bills or len(bills) != len(set(proposal.invoice_nos)):
        raise NoDebt()
    if total < limits.LEAST_PARTS * limits.LEAST_PART_CENTS:
        raise TooSmall(least_cents=limits.LEAST_PARTS * limits.LEAST_PART_CENTS)
    parts = limits.parts(
        total,
        count=proposal.count,
        first_on=proposal.first_on,
        every=proposal.every,
        today=today,
    )
    method = planned.method(
        session, customer_id=customer_id, number=proposal.method_no, last_on=parts[-1].on
    )
    rivals = planned.rivals(session, customer_id=customer_id, invoices=bills)
    if rivals.staying:
        raise arrange.PlannedToo(planned_on=rivals.staying[0].draft_on)
    broken_at = arranged.broken_at(session, customer_id=customer_id)
    return Preview(
        bills=bills,
        total_cents=total,
        parts=parts,
        method=method,
        by_rule=limits.approved_by_rule(
            total,
            is_disputed=any(bill.disputed_cents for bill in bills),
            broken_on=broken_at.astimezone(ctx.clock.zone).date() if broken_at else None,
            today=today,
        ),
        replaces=rivals.by_autopay,
        consent=_consent(ctx, total, parts, method, language),
    )


def debt(
    session: orm.Session,
    *,
    customer_id: int,
    today: datetime.date,
    numbers: tuple[str, ...] | None = None,
) -> tuple[payable.PayableInvoice, ...]:
    """The customer's bills that can be paid in parts, oldest due first."""
    found = payable.open_invoices(session, customer_id=customer_id, numbers=numbers)
    return tuple(
        bill
        for bill in found
        if bill.payable_cents > 0 and limits.is_debt(bill.due_on, today=today)
    )


def propose(
    ctx: context.Context,
    *,
    customer_id: int,
    proposal: Proposal,
    expected_cents: int,
    once_key: str,
    language: str,
    who: actor.Actor,
) -> Proposed:
    """Propose what the page showed. The rule agrees at once, or a person is asked.

    The same form gives the same arrangement. Raises AmountChanged where the debt is another by
    now, and what `preview` raises; nothing is planned then.
    """
    now = ctx.clock.now()
    key = f"{customer_id}:{once_key}"
    with ctx.database.unit_of_work() as session:
        books.lock_customer(session, customer_id=customer_id)
        known = arranging.by_once_key(session, once_key=key, customer_id=customer_id)
        if known is not None:
            if not _is_for(ctx, known, proposal, expected_cents):
                raise rules.AmountChanged()  # the form was changed since it was sent
            return Proposed(number=known.number, state=str(known.state))
        seen = preview(session, ctx, customer_id=customer_id, proposal=proposal, language=language)
        if seen.total_cents != expected_cents:
            raise rules.AmountChanged()
        ids = [bill.id for bill in seen.bills]
        allocating.lock_invoices(session, invoice_ids=ids)
        row = arranging.propose(
            session,
            once_key=key,
            customer_id=customer_id,
            invoice_ids=ids,
            total_cents=seen.total_cents,
            parts=seen.parts,
            method_no=seen.method.number,
            now=now,
            who=who,
            rng=ctx.rng,
        )
        consents.record(
            session,
            shown=seen.consent,
            customer_id=customer_id,
            subject=row.number,
            method_label=seen.method.label,
            now=now,
            who=who,
        )
        if seen.by_rule:
            arrange.activate(session, ctx, arrangement=row, decided_by=RULE, who=who)
        else:
            arrange.tell(
                session, ctx, row, template="arrangement_received", method=seen.method.label
            )
        return Proposed(number=row.number, state=str(row.state))


def _is_for(
    ctx: context.Context, known: models.Arrangement, proposal: Proposal, total_cents: int
) -> bool:
    """Whether the arrangement is what is proposed now, from the same card or account."""
    parts = limits.parts(
        known.total_cents,
        count=proposal.count,
        first_on=proposal.first_on,
        every=proposal.every,
        today=ctx.clock.today(),
    )
    return (known.total_cents, known.method_no) == (total_cents, proposal.method_no) and [
        [part.on.isoformat(), part.cents] for part in parts
    ] == known.parts


def _consent(
    ctx: context.Context,
    total_cents: int,
    parts: tuple[limits.Part, ...],
    method: wallet.MethodView,
    language: str,
) -> consents.Shown:
    dated = texts.gettext(msgids.N_("%(sum)s on %(day)s"), language=language)
    return consents.Shown(
        kind=wallet_models.ConsentKind.ARRANGEMENT,
        version=agreements.ARRANGEMENT.version,
        language=language,
        text=agreements.ARRANGEMENT.text(
            language=language,
            brand=ctx.brand,
            sum=formats.money(total_cents),
            method=wording.method(method.label),
            parts=", ".join(
                dated
                % {
                    "sum": formats.money(part.cents),
                    "day": formats.day(part.on, "year", language=language),
                }
                for part in parts
            ),
        ),
    )

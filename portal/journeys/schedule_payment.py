"""Paying on a chosen day: planned with a saved method, moved, called off; charges nothing.

A bill that autopay would take is taken on the chosen day instead: its one draft by autopay is
called off, later bills go on by autopay. What other planned payments will take of a bill cannot
be planned again.
"""

from __future__ import annotations

import dataclasses
import datetime

from sqlalchemy import orm

from portal.documents import agreements, formats, wording
from portal.domain.billing.operations import allocating, books
from portal.domain.billing.queries import arranged, payable
from portal.domain.billing.rules import chosen_day, paying
from portal.domain.payments import models, rules
from portal.domain.payments.operations import drafting
from portal.domain.payments.queries import drafts
from portal.domain.payments.states import DraftKind, DraftState
from portal.domain.wallet import consents
from portal.domain.wallet import models as wallet_models
from portal.domain.wallet import queries as wallet
from portal.journeys import context, planned, telling
from portal.kernel import actor, errors, msgids


class CannotChange(errors.DomainError):
    """It is being taken, was taken, or is over."""

    code = "scheduled_over"
    message = msgids.N_("This payment can’t be changed any more. Look at where it is now.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Order:
    """What a payer wants taken, when, from what; `cents` None: all that is left of the bills."""

    invoice_nos: tuple[str, ...]
    draft_on: datetime.date
    method_no: str
    cents: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preview:
    """What it would do; `late_days` is how long after the earliest due day it comes, or 0."""

    plan: paying.Plan
    draft_on: datetime.date
    method: wallet.MethodView
    late_days: int
    replaces: tuple[drafts.DraftView, ...]  # by autopay, which gives way
    consent: consents.Shown

    @property
    def method_label(self) -> str:
        """What it will be taken from."""
        return self.method.label

    @property
    def cents(self) -> int:
        """What will be taken, at most."""
        return self.plan.pay_cents


def preview(
    session: orm.Session,
    ctx: context.Context,
    *,
    customer_id: int,
    order: Order,
    language: str,
) -> Preview:
    """What the order would do, and the sentence that is agreed to, in `language`.

    Raises DayTooSoon, DayTooLate, MethodGone, planned.MethodExpires, planned.BeingTaken,
    planned.InParts, planned.PlannedAlready, planned.MoreThanLeft, NothingToPay, TooLittle,
    TooLittleLeft.
    """
    chosen_day.check(order.draft_on, today=ctx.clock.today())
    method = planned.method(
        session, customer_id=customer_id, number=order.method_no, last_on=order.draft_on
    )
    found = payable.open_invoices(session, customer_id=customer_id, numbers=order.invoice_nos)
    if not found:
        raise rules.NothingToPay()
    ids = [invoice.id for invoice in found]
    if arranged.arranged_invoice_ids(session, invoice_ids=ids, with_proposed=True):
        raise planned.InParts()
    rivals = planned.rivals(session, customer_id=customer_id, invoices=found)
    plan = planned.left_to_plan(
        session,
        invoices=found,
        rivals=rivals,
        wish=paying.Wish(cents=order.cents),
        on=order.draft_on,
    )
    late = (order.draft_on - found[0].due_on).days
    return Preview(
        plan=plan,
        draft_on=order.draft_on,
        method=method,
        late_days=max(late, 0),
        replaces=rivals.by_autopay,
        consent=_consent(
            ctx,
            language=language,
            cents=plan.pay_cents,
            draft_on=order.draft_on,
            method_label=method.label,
        ),
    )


def schedule(
    ctx: context.Context,
    *,
    customer_id: int,
    order: Order,
    expected_cents: int,
    once_key: str,
    language: str,
    who: actor.Actor,
) -> str:
    """Plan the payment as the page showed it; the draft's number, the same for the same form.

    Raises AmountChanged where the figures are others by now, and what `preview` raises; nothing
    is planned then.
    """
    now = ctx.clock.now()
    key = f"scheduled:{customer_id}:{once_key}"
    with ctx.database.unit_of_work() as session:
        books.lock_customer(session, customer_id=customer_id)
        known = drafting.by_key(session, key=key)
        if known is not None:
            view = planned.view(session, customer_id=customer_id, number=known.number)
            if not _is_for(view, order, expected_cents):
                raise rules.AmountChanged()  # the form was changed since it was sent
            return view.number
        found = payable.open_invoices(session, customer_id=customer_id, numbers=order.invoice_nos)
        ids = [invoice.id for invoice in found]
        allocating.lock_invoices(session, invoice_ids=ids)
        seen = preview(session, ctx, customer_id=customer_id, order=order, language=language)
        if seen.cents != expected_cents or len(ids) != len(order.invoice_nos):
            raise rules.AmountChanged()
        for rival in seen.replaces:
            planned.give_way(
                session, customer_id=customer_id, number=rival.number, now=now, who=who
            )
        draft = drafting.plan(
            session,
            key=key,
            kind=DraftKind.SCHEDULED,
            customer_id=customer_id,
            method_id=seen.method.id,
            invoice_ids=ids,
            amount_cents=seen.cents,
            draft_on=order.draft_on,
            now=now,
            who=who,
            rng=ctx.rng,
        )
        consents.record(
            session,
            shown=seen.consent,
            customer_id=customer_id,
            subject=draft.number,
            method_label=seen.method.label,
            now=now,
            who=who,
        )
        _tell(session, ctx, draft.number, customer_id=customer_id, template="payment_scheduled")
        return draft.number


def _is_for(draft: drafts.DraftView, order: Order, cents: int) -> bool:
    """Whether the draft is what the order asks for."""
    return (
        (draft.amount_cents, draft.draft_on) == (cents, order.draft_on)
        and draft.method_no == order.method_no
        and {bill.invoice_no for bill in draft.bills} == set(order.invoice_nos)
    )


def change_day(
    ctx: context.Context,
    *,
    customer_id: int,
    number: str,
    draft_on: datetime.date,
    language: str,
    who: actor.Actor,
) -> None:
    """Take it on another day. The same day again changes nothing.

    Raises DayTooSoon, DayTooLate, MethodGone, planned.MethodExpires, planned.NoSuchDraft,
    CannotChange.
    """
    today, now = ctx.clock.today(), ctx.clock.now()
    chosen_day.check(draft_on, today=today)
    with ctx.database.unit_of_work() as session:
        draft = _locked(session, customer_id=customer_id, number=number)
        if draft.state is not DraftState.PLANNED:
            raise CannotChange()
        if draft.draft_on == draft_on:
            return
        view = planned.view(session, customer_id=customer_id, number=number)
        planned.method(session, customer_id=customer_id, number=view.method_no, last_on=draft_on)
        shown = move_consent(ctx, draft=view, language=language)
        drafting.move_day(session, draft=draft, draft_on=draft_on, now=now, who=who)
        consents.record(
            session,
            shown=shown,
            customer_id=customer_id,
            subject=number,
            method_label=view.method_label,
            now=now,
            who=who,
        )
        _tell(
            session,
            ctx,
            number,
            customer_id=customer_id,
            template="payment_day_changed",
            fact=now.isoformat(),
            before_on=view.draft_on,
        )


def cancel(ctx: context.Context, *, customer_id: int, number: str, who: actor.Actor) -> None:
    """Call it off; once it is called off, asking again changes nothing.

    Raises planned.NoSuchDraft, CannotChange.
    """
    with ctx.database.unit_of_work() as session:
        draft = _locked(session, customer_id=customer_id, number=number)
        if draft.state is DraftState.CANCELLED:
            return
        if not drafting.cancel(session, draft=draft, now=ctx.clock.now(), who=who):
            raise CannotChange()
        _tell(
            session,
            ctx,
            number,
            customer_id=customer_id,
            template="payment_schedule_cancelled",
        )


def move_consent(ctx: context.Context, *, draft: drafts.DraftView, language: str) -> consents.Shown:
    """The sentence beside the field for another day, which the field itself names."""
    return consents.Shown(
        kind=wallet_models.ConsentKind.SCHEDULED,
        version=agreements.MOVED.version,
        language=language,
        text=agreements.MOVED.text(
            language=language,
            brand=ctx.brand,
            sum=formats.money(draft.amount_cents),
            method=wording.method(draft.method_label),
            day=formats.day(draft.draft_on, "full", language=language),
        ),
    )


def _locked(session: orm.Session, *, customer_id: int, number: str) -> models.Draft:
    draft = drafting.lock(session, number=number, customer_id=customer_id)
    if draft is None or draft.kind is not DraftKind.SCHEDULED:
        raise planned.NoSuchDraft()
    return draft


def _consent(
    ctx: context.Context,
    *,
    language: str,
    cents: int,
    draft_on: datetime.date,
    method_label: str,
) -> consents.Shown:
    return consents.Shown(
        kind=wallet_models.ConsentKind.SCHEDULED,
        version=agreements.SCHEDULED.version,
        language=language,
        text=agreements.SCHEDULED.text(
            language=language,
            brand=ctx.brand,
            sum=formats.money(cents),
            method=wording.method(method_label),
            day=formats.day(draft_on, "full", language=language),
        ),
    )


def _tell(
    session: orm.Session,
    ctx: context.Context,
    number: str,
    *,
    customer_id: int,
    template: str,
    fact: str = "",
    **more: object,
) -> None:
    view = planned.view(session, customer_id=customer_id, number=number)
    telling.tell_customer(
        session,
        ctx,
        customer_id=customer_id,
        template=template,
        key=":".join(part for part in (template, number, fact) if part),
        subject_no=number,
        amount_cents=view.amount_cents,
        draft_on=view.draft_on,
        method=view.method_label,
        bills=[(bill.pet_name, bill.due_on) for bill in view.bills],
        **more,
    )

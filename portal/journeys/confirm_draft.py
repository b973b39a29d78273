"""Confirming a draft that the payer's bank asks about, by the mailed link, without signing in.

Whoever holds the link sees the pet's name, the sum and which card, and may pay it with that card.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing.queries import payable
from portal.domain.billing.rules import paying
from portal.domain.identity.operations import throttling
from portal.domain.payments import declines, models
from portal.domain.payments import rules as payment_rules
from portal.domain.payments.operations import starting
from portal.domain.payments.queries import drafts
from portal.domain.payments.states import DraftState, PaymentState
from portal.domain.wallet import models as wallet
from portal.domain.wallet import queries as methods
from portal.journeys import confirm_link, context, pay_invoices, settle_payment, throttle
from portal.kernel import actor, errors, labels, msgids

TRIES_PER_DRAFT = 10
TRIES_PER_ADDRESS = 30
MAY_TAKE = frozenset({PaymentState.PROCESSING, PaymentState.UNKNOWN})


class LinkOver(errors.DomainError):
    """The link is too old, or none of ours."""

    code = "confirm_link_over"
    message = msgids.N_("This link does not work any more.")


class Stands(enum.StrEnum):
    """What the holder of a link can do now."""

    OPEN = "open"  # confirm
    UNDER_WAY = "under_way"  # wait: a payment of it may take money
    PAID = "paid"
    CANCELLED = "cancelled"
    METHOD_GONE = "method_gone"  # the card was removed: pay in another way
    OVER = "over"  # not confirmed in time


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """What a bank asks about, as the holder of the link may see it; cents still open of it."""

    draft_no: str
    stands: Stands
    pets: tuple[str, ...]
    amount_cents: int
    method_label: str
    until_on: datetime.date | None
    is_owner: bool  # and not somebody else who pays


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a payment by the link; `next_url` is the bank's page, where one waits."""

    number: str
    state: PaymentState
    amount_cents: int
    failure_code: str
    next_url: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Found:
    asked: Asked
    draft: models.Draft
    method_no: str
    invoice_nos: tuple[str, ...]


def look(ctx: context.Context, *, token: str) -> Asked:
    """What the link is about, and whether it can still be confirmed. Raises LinkOver."""
    with ctx.database.reading() as session:
        return _find(session, ctx, token).asked


def start(
    ctx: context.Context, *, token: str, once_key: str, expected_cents: int, who: actor.Actor
) -> pay_invoices.Started:
    """Charge the draft's method for what is open of its bills, its payer being present.

    Raises LinkOver, TooManyTries, and what `pay_invoices.start` raises; NothingToPay where there
    is nothing to confirm any more.
    """
    with ctx.database.reading() as session:
        found = _find(session, ctx, token)
        is_again = starting.by_once_key(
            session, once_key=once_key, customer_id=found.draft.customer_id
        )
    throttle.take(
        ctx,
        throttling.per_account("confirm_draft", found.asked.draft_no, most=TRIES_PER_DRAFT),
        throttling.per_address("confirm_draft", who.address, most=TRIES_PER_ADDRESS),
    )
    if is_again is None and found.asked.stands is Stands.UNDER_WAY:
        raise payment_rules.PaymentUnderWay()
    if is_again is None and found.asked.stands is not Stands.OPEN:
        raise payment_rules.NothingToPay()
    return pay_invoices.start(
        ctx,
        customer_id=found.draft.customer_id,
        order=pay_invoices.Order(
            invoice_nos=found.invoice_nos,
            expected_cents=expected_cents,
            wish=paying.Wish(cents=found.asked.amount_cents or None),
            draft_id=found.draft.id,
        ),
        once_key=once_key,
        method_no=found.method_no,
        save_method=False,
        scoped=pay_invoices.Scoped(
            payer_id=found.draft.payer_id, result_page=f"{ctx.base_url}/confirm/{token}"
        ),
        who=who,
    )


def outcome(
    ctx: context.Context, *, token: str, payment_no: str, who: actor.Actor
) -> tuple[Asked, Outcome] | None:
    """What became of a payment by this link, read again at Stripe where it is open.

    None: it is none of the draft's. Raises LinkOver.
    """
    with ctx.database.reading() as session:
        found = _find(session, ctx, token)
        payment = session.scalar(
            sa.select(models.Payment).where(
                models.Payment.number == payment_no, models.Payment.draft_id == found.draft.id
            )
        )
    if payment is None:
        return None
    next_url = ""
    if payment.state in payment_rules.OPEN_STATES:
        view = settle_payment.look(ctx, payment_id=payment.id, who=who)
        next_url = view.next_url if view else ""
        with ctx.database.reading() as session:
            payment = session.get_one(models.Payment, payment.id)
            found = _find(session, ctx, token)
    return found.asked, Outcome(
        number=payment.number,
        state=payment.state,
        amount_cents=payment.amount_cents,
        failure_code=payment.failure_code,
        next_url=next_url if payment.state is PaymentState.REQUIRES_ACTION else "",
    )


def _find(session: orm.Session, ctx: context.Context, token: str) -> _Found:
    number = confirm_link.draft_no(ctx, token=token)
    draft = session.scalar(sa.select(models.Draft).where(models.Draft.number == number))
    if draft is None:
        raise LinkOver()
    view = drafts.one(session, customer_id=draft.customer_id, number=draft.number)
    numbers = tuple(bill.invoice_no for bill in view.bills)
    open_ = payable.open_invoices(session, customer_id=draft.customer_id, numbers=numbers)
    cents = min(sum(invoice.payable_cents for invoice in open_), draft.amount_cents)
    method = session.get_one(wallet.PaymentMethod, draft.method_id)
    is_live = methods.method(
        session, customer_id=draft.customer_id, payer_id=draft.payer_id, number=method.number
    )
    is_held = any(
        payment.state in MAY_TAKE
        for payment in starting.holders(session, invoice_ids=[i.id for i in open_])
    )
    return _Found(
        asked=Asked(
            draft_no=draft.number,
            stands=_stands(draft.state, cents, is_live=is_live is not None, is_held=is_held),
            pets=view.pets,
            amount_cents=cents,
            method_label=labels.of_method(method),
            until_on=draft.due_on,
            is_owner=draft.payer_id is None,
        ),
        draft=draft,
        method_no=method.number,
        invoice_nos=numbers,
    )


def _stands(state: DraftState, cents: int, *, is_live: bool, is_held: bool) -> Stands:
    if state is DraftState.CANCELLED:
        return Stands.CANCELLED
    if state is DraftState.ATTEMPTING or is_held:
        return Stands.UNDER_WAY
    if state is DraftState.PAID or cents < paying.LEAST_CENTS:
        return Stands.PAID
    if state not in declines.WAITING:
        return Stands.OVER
    return Stands.OPEN if is_live else Stands.METHOD_GONE

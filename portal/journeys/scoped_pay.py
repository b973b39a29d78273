"""Paying for one pet by a mailed link: what its holder sees, pays, keeps and takes off.

Whoever holds it sees the open bills of one policy and their own payments; nothing else of anybody.
"""

from __future__ import annotations

import dataclasses
import datetime

from portal.domain.billing.rules import paying
from portal.domain.identity.operations import throttling
from portal.domain.payments import rules as payment_rules
from portal.domain.payments.operations import inviting
from portal.domain.payments.queries import bills, methods, payers, standing
from portal.domain.payments.states import PaymentState
from portal.domain.wallet import consents
from portal.domain.wallet import queries as wallet
from portal.gateways import ports
from portal.journeys import (
    autopay,
    context,
    end_autopay,
    keep_method,
    pay_invoices,
    payer_links,
    settle_payment,
    throttle,
)
from portal.kernel import actor, errors, msgids

CARDS_PER_PAYER = 10  # in a window; whoever tries stolen cards needs more
CARDS_PER_ADDRESS = 20


class NotTheirBill(errors.DomainError):
    """A bill that is not one of this pet's was asked for; nothing is said of whose it is."""

    code = "not_their_bill"
    message = msgids.N_("This bill cannot be paid here. Nothing was taken.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScopedBill:
    """An open bill of the pet; cents. `to_pay_cents` is 0 while nothing of it can be paid."""

    number: str
    due_on: datetime.date
    to_pay_cents: int
    paused_cents: int  # in dispute
    under_way_cents: int
    is_late: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """What the payer sees: open bills, oldest due first, their own methods and payments."""

    payer: payers.PayerView
    bills: tuple[ScopedBill, ...]
    methods: tuple[wallet.MethodView, ...]
    paid: tuple[payers.PaidRow, ...]
    autopay: str  # "mine", "other" where it is not theirs, "open" to join, "" for none

    @property
    def payable(self) -> tuple[ScopedBill, ...]:
        """The bills of which something can be paid now."""
        return tuple(bill for bill in self.bills if bill.to_pay_cents)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Order:
    """What the payer asks for: bills, the sum that the page showed, with what."""

    numbers: tuple[str, ...]
    expected_cents: int
    method_no: str | None = None  # a kept one; None: a new one
    keep: bool = False
    agreed: tuple[consents.Shown, ...] = ()  # on the page, about a new one


def look(ctx: context.Context, *, token: str) -> Page:
    """The page behind a link; looking changes nothing. Raises LinkOver."""
    today = ctx.clock.today()
    with ctx.database.reading() as session:
        payer = payer_links.holder(session, ctx, token=token)
        owed = bills.open_bills(session, customer_id=payer.customer_id)
        saved = methods.offered(
            session, customer_id=payer.customer_id, payer_id=payer.id, today=today
        )
        paid = payers.paid_by(session, payer_id=payer.id)
        found = standing.of_policy(
            session, customer_id=payer.customer_id, policy_no=payer.policy_no
        )
    return Page(
        payer=payer,
        bills=tuple(_bill(bill, today) for bill in owed.bills if bill.policy_no == payer.policy_no),
        methods=saved,
        paid=paid,
        autopay=_automatic(found, payer, today),
    )


def start(
    ctx: context.Context, *, token: str, order: Order, once_key: str, who: actor.Actor
) -> pay_invoices.Started:
    """Begin paying bills of the pet, with a kept card or a new one that may be kept.

    Raises LinkOver, TooManyTries, NotTheirBill, and what `pay_invoices.start` raises.
    """
    numbers = tuple(dict.fromkeys(order.numbers))
    with ctx.database.reading() as session:
        payer = payer_links.holder(session, ctx, token=token)
        theirs = payers.bills_among(session, policy_id=payer.policy_id, numbers=numbers)
    _count_card(ctx, payer, who)
    if not numbers or theirs != set(numbers):
        raise NotTheirBill()
    _seen(ctx, payer)
    try:
        return pay_invoices.start(
            ctx,
            customer_id=payer.customer_id,
            order=pay_invoices.Order(invoice_nos=numbers, expected_cents=order.expected_cents),
            once_key=once_key,
            method_no=order.method_no,
            save_method=order.keep,
            agreed=order.agreed,
            who=payer_links.acting(payer, who),
            scoped=pay_invoices.Scoped(
                payer_id=payer.id, result_page=f"{ctx.base_url}/payer/{token}/payments"
            ),
        )
    except inviting.NoSuchPayer as ended:
        raise payer_links.LinkOver() from ended


def outcome(
    ctx: context.Context, *, token: str, payment_no: str, who: actor.Actor
) -> tuple[payers.PayerView, payers.PaidRow, str] | None:
    """What became of a payment of theirs, read again at Stripe where it is open, and where the
    bank asks them to confirm, if it does. None: it is not theirs. Raises LinkOver.
    """
    with ctx.database.reading() as session:
        payer = payer_links.holder(session, ctx, token=token)
        found = payers.payment(session, payer_id=payer.id, number=payment_no)
    if found is None:
        return None
    next_url = ""
    if PaymentState(found.state) in payment_rules.OPEN_STATES:
        view = settle_payment.look(ctx, payment_id=found.id, who=payer_links.acting(payer, who))
        next_url = view.next_url if view else ""
        with ctx.database.reading() as session:
            found = payers.payment(session, payer_id=payer.id, number=payment_no) or found
    is_asked = found.state == PaymentState.REQUIRES_ACTION
    return payer, found, next_url if is_asked else ""


def begin_keeping(
    ctx: context.Context, *, token: str, agreed: tuple[consents.Shown, ...], who: actor.Actor
) -> keep_method.SetupStarted:
    """Begin keeping a card or account of theirs without paying now.

    Raises LinkOver, TooManyTries, GatewayUnknown, GatewayRefused.
    """
    payer = _holder(ctx, token)
    _count_card(ctx, payer, who)
    _seen(ctx, payer)
    return keep_method.start(
        ctx,
        customer_id=payer.customer_id,
        payer_id=payer.id,
        agreed=agreed,
        who=payer_links.acting(payer, who),
    )


def finish_keeping(
    ctx: context.Context, *, token: str, setup_ref: str, who: actor.Actor
) -> ports.SetupView:
    """What became of it, read again at Stripe. Raises LinkOver, and what `finish` raises."""
    payer = _holder(ctx, token)
    return keep_method.finish(
        ctx,
        setup_ref=setup_ref,
        customer_id=payer.customer_id,
        payer_id=payer.id,
        who=payer_links.acting(payer, who),
    )


def take_off(ctx: context.Context, *, token: str, method_no: str, who: actor.Actor) -> None:
    """Take a kept card of theirs off, here at once. Raises LinkOver, NoSuchMethod."""
    payer = _holder(ctx, token)
    _seen(ctx, payer)
    keep_method.remove(
        ctx,
        customer_id=payer.customer_id,
        payer_id=payer.id,
        number=method_no,
        who=payer_links.acting(payer, who),
    )


def automate(
    ctx: context.Context,
    *,
    token: str,
    changes: bool,
    method_no: str,
    backup_no: str,
    days_before: int,
    shown: consents.Shown,
    who: actor.Actor,
) -> autopay.Joined:
    """Have autopay take the pet's bills from a kept method of theirs, or change what stands.

    Raises LinkOver, and what `autopay.join` and `autopay.change` raise.
    """
    payer = _holder(ctx, token)
    _seen(ctx, payer)
    return (autopay.change if changes else autopay.join)(
        ctx,
        customer_id=payer.customer_id,
        payer_id=payer.id,
        policy_no=payer.policy_no,
        method_no=method_no,
        backup_no=backup_no,
        days_before=days_before,
        shown=shown,
        who=payer_links.acting(payer, who),
    )


def stop_automatic(ctx: context.Context, *, token: str, who: actor.Actor) -> end_autopay.Left:
    """End autopay of theirs. Raises LinkOver, AutopayOff."""
    payer = _holder(ctx, token)
    return autopay.leave(
        ctx,
        customer_id=payer.customer_id,
        payer_id=payer.id,
        policy_no=payer.policy_no,
        who=payer_links.acting(payer, who),
    )


def _holder(ctx: context.Context, token: str) -> payers.PayerView:
    with ctx.database.reading() as session:
        return payer_links.holder(session, ctx, token=token)


def _count_card(ctx: context.Context, payer: payers.PayerView, who: actor.Actor) -> None:
    throttle.take(
        ctx,
        throttling.per_account("payer_card", payer.number, most=CARDS_PER_PAYER),
        throttling.per_address("payer_card", who.address, most=CARDS_PER_ADDRESS),
    )


def _seen(ctx: context.Context, payer: payers.PayerView) -> None:
    """They did something with the link: it reached somebody."""
    if payer.first_seen_at is None:
        with ctx.database.unit_of_work() as session:
            inviting.note_seen(session, payer_id=payer.id, now=ctx.clock.now())


def _automatic(
    found: standing.Standing | None, payer: payers.PayerView, today: datetime.date
) -> str:
    if found is None:
        return ""
    if found.is_on:
        return "mine" if found.payer_id == payer.id else "other"
    return "open" if found.can_join(today) else ""


def _bill(bill: bills.OpenBill, today: datetime.date) -> ScopedBill:
    enough = bill.to_pay_cents >= paying.LEAST_CENTS
    return ScopedBill(
        number=bill.number,
        due_on=bill.due_on,
        to_pay_cents=bill.to_pay_cents if enough else 0,
        paused_cents=bill.disputed_cents,
        under_way_cents=bill.under_way_cents if bill.under_way else 0,
        is_late=bill.is_past_due(today),
    )

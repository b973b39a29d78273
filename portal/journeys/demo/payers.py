"""How the made-up customers pay: saved cards, typed cards, late, declined, abandoned, or not."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from portal.domain.billing.queries import payable
from portal.domain.payments.operations import starting
from portal.domain.payments.queries import drafts
from portal.domain.payments.states import PaymentState
from portal.domain.wallet import queries as wallet
from portal.domain.wallet.models import ConsentKind
from portal.journeys import agreeing, keep_method, pay_invoices, settle_payment
from portal.journeys.demo import roster
from portal.journeys.demo.stage import Player, Scene, Stage

DAY = datetime.timedelta(days=1)
BACK_ON_OUR_PAGE = datetime.timedelta(seconds=2)  # by then Stripe knows its fee
ABANDONS, DECLINED = 0.02, 0.4  # how often a page is left, and an unlucky card declined
GRACE = datetime.timedelta(days=3)  # bills due so soon after are paid along


def pay(stage: Stage, player: Player, household: roster.Household, due_on: datetime.date) -> Scene:
    """Pay what is due by `due_on`, in the household's way; a scene."""
    habit = household.habit
    if stage.rng.random() < ABANDONS:
        begin(stage, player, due_on)  # the page is left; the sweep ends it
        yield stage.now + datetime.timedelta(hours=26)
    if habit is roster.Habit.UNLUCKY and stage.rng.random() < DECLINED:
        by_card(stage, player, due_on, card=roster.DECLINES_AT_ONCE)
        yield stage.now + datetime.timedelta(minutes=stage.rng.randrange(3, 90))
    if habit is roster.Habit.SAVED:
        method = first_method(stage, player)
        if method is None and stage.rng.random() < 0.5:
            by_card(stage, player, due_on, card=household.card, save=True)
            return
        method = method or save_card(stage, player, household.card)
        yield stage.now + datetime.timedelta(minutes=2)
        by_method(stage, player, due_on, method_no=method)
        return
    by_card(stage, player, due_on, card=household.card)


def moment_to_pay(
    stage: Stage, household: roster.Household, due_on: datetime.date
) -> datetime.datetime | None:
    """When the household pays a bill due on `due_on`; None when it does not."""
    days = -household.pays_days_before
    if household.habit is roster.Habit.LATE:
        days = stage.rng.choice((2, 4, 7, 11, 16))
    day = max(due_on + days * DAY, stage.today)
    if household.last_paid_on is not None and day > household.last_paid_on:
        return None
    return stage.some_time(day)


def save_card(stage: Stage, player: Player, card: str) -> str:
    """Save a card by a SetupIntent, as the page does; the method's number."""
    stage.at_stripe()
    begun = _start_saving(stage, player, ConsentKind.STORE)
    stage.browser.confirm_setup(
        client_secret=begun.client_secret, card=card, expires=_expiry(stage, player)
    )
    return _saved(stage, player, begun)


def save_account(stage: Stage, player: Player, account: str) -> str:
    """Save a bank account that is verified at once; the method's number."""
    stage.at_stripe()
    begun = _start_saving(stage, player, ConsentKind.STORE, ConsentKind.DEBIT)
    stage.browser.confirm_account(
        client_secret=begun.client_secret, account=account, name=player.name
    )
    return _saved(stage, player, begun)


def _start_saving(stage: Stage, player: Player, *kinds: ConsentKind) -> keep_method.SetupStarted:
    return keep_method.start(
        stage.ctx,
        customer_id=player.customer_id,
        agreed=[agreeing.shown(stage.ctx, kind, language="en") for kind in kinds],
        who=player.who,
    )


def _saved(stage: Stage, player: Player, begun: keep_method.SetupStarted) -> str:
    keep_method.finish(
        stage.ctx,
        setup_ref=begun.client_secret.partition("_secret_")[0],
        who=player.who,
        customer_id=player.customer_id,
    )
    with stage.ctx.database.reading() as session:
        found = wallet.methods(session, customer_id=player.customer_id)
    return max(found, key=lambda method: method.id).number


def first_method(stage: Stage, player: Player) -> str | None:
    """The number of the method that is offered first."""
    with stage.ctx.database.reading() as session:
        found = wallet.methods(session, customer_id=player.customer_id)
    return found[0].number if found else None


def by_method(
    stage: Stage, player: Player, due_on: datetime.date, *, method_no: str
) -> PaymentState | None:
    """Pay with a saved method; what became of it, None when nothing was due."""
    bills = _due(stage, player, due_on)
    if not bills:
        return None
    stage.fees_wait = True
    return _begin(stage, player, bills, method_no=method_no).state


def by_card(
    stage: Stage, player: Player, due_on: datetime.date, *, card: str, save: bool = False
) -> PaymentState | None:
    """Type a card in and pay with it; what became of it, None when nothing was due."""
    bills = _due(stage, player, due_on)
    if not bills:
        return None
    begun = _begin(stage, player, bills, save=save)
    return confirm(stage, player, begun, once_key=player.last_key, card=card)


def confirm(
    stage: Stage, player: Player, begun: pay_invoices.Started, *, once_key: str, card: str
) -> PaymentState:
    """What the browser does with a payment that was begun, and the page it comes back to."""
    stage.browser.confirm_payment(
        client_secret=begun.client_secret, card=card, expires=_expiry(stage, player)
    )
    stage.at_stripe(later=BACK_ON_OUR_PAGE)
    with stage.ctx.database.reading() as session:
        payment = starting.by_once_key(session, once_key=once_key, customer_id=player.customer_id)
    if payment is None:
        raise LookupError(f"{begun.number} is not known")
    view = settle_payment.refresh(stage.ctx, payment_id=payment.id, who=player.who)
    if view is None:
        raise LookupError(f"{begun.number} could not be read")
    return PaymentState.SETTLED if view.status == "succeeded" else PaymentState.FAILED


def begin(stage: Stage, player: Player, due_on: datetime.date) -> pay_invoices.Started | None:
    """Open the pay page for what is due by `due_on` and go no further."""
    bills = _due(stage, player, due_on)
    stage.watch(DAY * 2)
    return _begin(stage, player, bills) if bills else None


def _begin(
    stage: Stage,
    player: Player,
    bills: Sequence[payable.PayableInvoice],
    *,
    method_no: str | None = None,
    save: bool = False,
) -> pay_invoices.Started:
    stage.at_stripe()
    return pay_invoices.start(
        stage.ctx,
        customer_id=player.customer_id,
        order=pay_invoices.Order(
            invoice_nos=tuple(bill.number for bill in bills),
            expected_cents=sum(bill.payable_cents for bill in bills),
        ),
        once_key=player.once_key(),
        method_no=method_no,
        save_method=save,
        who=player.who,
    )


def _due(stage: Stage, player: Player, due_on: datetime.date) -> tuple[payable.PayableInvoice, ...]:
    """What is due and nobody takes by itself."""
    with stage.ctx.database.reading() as session:
        found = payable.open_invoices(session, customer_id=player.customer_id)
        planned = (
            drafts.by_invoice(drafts.not_over(session, customer_id=player.customer_id))
            if player.has_autopay
            else {}
        )
    return tuple(
        bill
        for bill in found
        if bill.due_on <= due_on + GRACE and bill.payable_cents > 0 and bill.number not in planned
    )


def _expiry(stage: Stage, player: Player) -> datetime.date:
    """A day in the month in which their card expires: some years after the demo's today."""
    months = player.customer_id * 5 % 36
    return datetime.date(stage.last_day.year + 1 + months // 12, months % 12 + 1, 1)

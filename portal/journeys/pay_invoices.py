"""Paying bills: reserve and write the intention, then ask Stripe, then write the answer."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence

import sqlalchemy.exc
import structlog
from sqlalchemy import orm

from portal.domain.billing.operations import allocating, books
from portal.domain.billing.queries import payable
from portal.domain.billing.rules import paying
from portal.domain.ledger import queries as ledger
from portal.domain.payments import models, rules
from portal.domain.payments.operations import inviting, settling, starting, unapplied
from portal.domain.payments.queries import methods
from portal.domain.payments.states import PaymentState
from portal.domain.wallet import consents
from portal.domain.wallet import queries as wallet
from portal.domain.wallet import rules as wallet_rules
from portal.gateways import ports
from portal.journeys import context, follow_mandate, link_customer, settle_payment
from portal.kernel import actor

log = structlog.get_logger("portal.payments")
# Stripe's words for an account that may not be debited any more
MANDATE_OVER = frozenset({"payment_intent_mandate_invalid", "payment_method_bank_account_blocked"})
MAX_TRIES = 3  # times an older attempt is cleared out of the way


@dataclasses.dataclass(frozen=True, kw_only=True)
class Order:
    """What a payer asks for: which bills, how much, and the figures that the page showed."""

    invoice_nos: tuple[str, ...]
    expected_cents: int  # to be charged now
    expected_credit_cents: int = 0
    wish: paying.Wish = paying.ALL
    draft_id: int | None = None  # the draft that its payer confirms by it


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scoped:
    """Who pays without signing in, and the address under which they read what came of it."""

    payer_id: int | None  # somebody else who pays for one pet; None: the owner
    result_page: str  # the payment's number comes behind it


@dataclasses.dataclass(frozen=True, kw_only=True)
class Started:
    """What the payer's page needs to go on.

    `client_secret` is for the browser to confirm with; `next_url` is where the payer proves who
    they are; both are "" when there is nothing more to do. `number` is "" where credit alone paid.
    """

    number: str
    state: PaymentState
    client_secret: str = ""
    next_url: str = ""


def preview(
    session: orm.Session,
    *,
    customer_id: int,
    invoice_nos: Sequence[str],
    wish: paying.Wish,
    today: datetime.date,
) -> paying.Plan:
    """What the wish would do to the chosen bills now. Raises what `paying.plan` raises."""
    found = payable.open_invoices(session, customer_id=customer_id, numbers=invoice_nos)
    return _plan(session, customer_id, found, wish=wish, on=today)


def credit_cents(session: orm.Session, *, customer_id: int) -> int:
    """Money of the customer that can be used for bills now."""
    return sum(source.cents for source in unapplied.free(session, customer_id=customer_id))


def start(
    ctx: context.Context,
    *,
    customer_id: int,
    order: Order,
    once_key: str,
    method_no: str | None,
    save_method: bool,
    who: actor.Actor,
    scoped: Scoped | None = None,
    agreed: Sequence[consents.Shown] = (),
    by_guest: bool = False,
) -> Started:
    """Begin paying the order: its credit is used at once, the rest with a saved or new method.

    `once_key` is the form's own: asking twice with it gives the same payment. With `method_no`
    the method is charged here; without, the browser confirms with the client secret. With
    `scoped` both are that payer's. `agreed` are the texts that were agreed to about a new method,
    recorded once it is charged. Raises what `paying.plan` raises, NothingToPay, AmountChanged,
    MethodGone, MandateOver, PaymentUnderWay, PaymentNotPossible, NoSuchPayer: after each of them
    no method was charged.
    """
    payer_id = scoped.payer_id if scoped else None
    for _ in range(MAX_TRIES):
        known = _known(ctx, customer_id=customer_id, once_key=once_key)
        if known is not None:
            asked = {number for number, _ in known.planned}
            was = (known.amount_cents, known.payer_id, known.save_method)
            wanted = (order.expected_cents, payer_id, save_method and not method_no)
            if was != wanted or asked != set(order.invoice_nos):
                raise rules.AmountChanged()  # the form was changed since it was sent
            return _again(ctx, known, who=who)
        if _credit_alone_paid(ctx, customer_id=customer_id, order=order, once_key=once_key):
            return Started(number="", state=PaymentState.SETTLED)
        _clear_older(ctx, customer_id=customer_id, invoice_nos=order.invoice_nos, who=who)
        try:
            payment, method = _reserve(
                ctx,
                customer_id=customer_id,
                order=order,
                once_key=once_key,
                method_no=method_no,
                save_method=save_method,
                payer_id=payer_id,
                notes=consents.noted(agreed, now=ctx.clock.now(), who=who),
                by_guest=by_guest,
                who=who,
            )
        except (sqlalchemy.exc.IntegrityError, unapplied.UsedAlready, _Overtaken):
            continue  # somebody else reserved in this very moment, or this form did already
        if payment is None:
            return Started(number="", state=PaymentState.SETTLED)
        return _ask_stripe(ctx, payment, method=method, who=who, scoped=scoped)
    raise rules.PaymentUnderWay()


class _Overtaken(Exception):
    """Since we looked, another attempt has reserved one of the bills, or this form was sent."""


def _credit_alone_paid(
    ctx: context.Context, *, customer_id: int, order: Order, once_key: str
) -> bool:
    """Whether this form has used credit already, and needed no payment for it.

    Raises AmountChanged when it now asks for bills that were not paid by that.
    """
    numbers = order.invoice_nos
    with ctx.database.reading() as session:
        if not ledger.is_posted(session, key=unapplied.entry_key(_fact(customer_id, once_key))):
            return False
        found = payable.open_invoices(session, customer_id=customer_id, numbers=numbers)
    if any(invoice.payable_cents > 0 for invoice in found):
        raise rules.AmountChanged()
    return True


def _fact(customer_id: int, once_key: str) -> str:
    return f"{customer_id}:{once_key}"


def _known(ctx: context.Context, *, customer_id: int, once_key: str) -> models.Payment | None:
    with ctx.database.reading() as session:
        return starting.by_once_key(session, once_key=once_key, customer_id=customer_id)


def _again(ctx: context.Context, payment: models.Payment, *, who: actor.Actor) -> Started:
    """The form was sent twice: tell where its payment is, charge nothing."""
    state = payment.state
    if payment.stripe_ref is None:
        return Started(number=payment.number, state=state)
    view = settle_payment.look(ctx, payment_id=payment.id, who=who)
    with ctx.database.reading() as session:
        state = session.get_one(models.Payment, payment.id).state
    if view is None:
        return Started(number=payment.number, state=state)
    secret = view.client_secret if payment.method_id is None else ""
    return Started(number=payment.number, state=state, client_secret=secret, next_url=view.next_url)


def _clear_older(
    ctx: context.Context, *, customer_id: int, invoice_nos: tuple[str, ...], who: actor.Actor
) -> None:
    """Cancel older attempts on these invoices; PaymentUnderWay when one may still take money."""
    with ctx.database.reading() as session:
        found = payable.open_invoices(session, customer_id=customer_id, numbers=invoice_nos)
        older = starting.holders(session, invoice_ids=[invoice.id for invoice in found])
    for payment in older:
        if not settle_payment.cancel(ctx, payment_id=payment.id, who=who):
            raise rules.PaymentUnderWay(number=payment.number)


def _reserve(
    ctx: context.Context,
    *,
    customer_id: int,
    order: Order,
    once_key: str,
    method_no: str | None,
    save_method: bool,
    payer_id: int | None,
    notes: list[dict[str, str]],
    by_guest: bool,
    who: actor.Actor,
) -> tuple[models.Payment | None, wallet.MethodView | None]:
    """Use the credit and write the payment down, in one transaction; None: credit paid it all."""
    now, today = ctx.clock.now(), ctx.clock.today()
    with ctx.database.unit_of_work() as session:
        _lock_who_pays(session, customer_id=customer_id, payer_id=payer_id)
        invoices = _lock(session, customer_id=customer_id, invoice_nos=order.invoice_nos)
        ids = {invoice.number: invoice.id for invoice in invoices}
        _check_not_overtaken(session, list(ids.values()), customer_id, once_key)
        plan = _plan(session, customer_id, invoices, wish=order.wish, on=today)
        if not plan.pay_cents and not plan.credit_cents:
            raise rules.NothingToPay()
        seen = (order.expected_cents, order.expected_credit_cents)
        if seen != (plan.pay_cents, plan.credit_cents):
            raise rules.AmountChanged()
        if plan.credit_cents:
            unapplied.use(
                session,
                customer_id=customer_id,
                invoice_ids=sorted(ids.values()),
                cents=plan.credit_cents,
                key=_fact(customer_id, once_key),
                now=now,
                today=today,
                who=who,
            )
        if not plan.pay_cents:
            return None, None
        whose = {"customer_id": customer_id, "payer_id": payer_id}
        method = methods.chosen(session, number=method_no, **whose) if method_no else None
        payment = starting.begin(
            session,
            customer_id=customer_id,
            shares=_shares(order.invoice_nos, ids, plan),
            ahead_cents=plan.ahead_cents,
            once_key=once_key,
            method_id=method.id if method else None,
            method_label=method.label if method else "",
            save_method=save_method and method is None,
            payer_id=payer_id,
            draft_id=order.draft_id,
            now=now,
            rng=ctx.rng,
        )
        payment.by_guest, payment.agreed = by_guest, None if method else notes
        return payment, method


def _shares(
    invoice_nos: Sequence[str], ids: Mapping[str, int], plan: paying.Plan
) -> list[starting.Share]:
    """What each chosen bill gets of the payment, also those that get nothing."""
    parts = {effect.invoice_no: effect.from_payment_cents for effect in plan.effects}
    return [
        starting.Share(invoice_id=ids.get(number), invoice_no=number, cents=parts.get(number, 0))
        for number in invoice_nos
    ]


def _check_not_overtaken(
    session: orm.Session, invoice_ids: list[int], customer_id: int, once_key: str
) -> None:
    """Look again under the lock, for credit leaves no reservation that would collide."""
    fact = unapplied.entry_key(_fact(customer_id, once_key))
    if (
        starting.by_once_key(session, once_key=once_key, customer_id=customer_id) is not None
        or ledger.is_posted(session, key=fact)
        or starting.holders(session, invoice_ids=invoice_ids)
    ):
        raise _Overtaken


def _lock_who_pays(session: orm.Session, *, customer_id: int, payer_id: int | None) -> None:
    """Lock the customer; a payer who has ended pays no more. Raises NoSuchPayer."""
    books.lock_customer(session, customer_id=customer_id)
    if payer_id is not None:
        inviting.check_active(session, payer_id=payer_id)


def _lock(
    session: orm.Session, *, customer_id: int, invoice_nos: tuple[str, ...]
) -> tuple[payable.PayableInvoice, ...]:
    before = payable.open_invoices(session, customer_id=customer_id, numbers=invoice_nos)
    allocating.lock_invoices(session, invoice_ids=[invoice.id for invoice in before])
    return payable.open_invoices(session, customer_id=customer_id, numbers=invoice_nos)


def _plan(
    session: orm.Session,
    customer_id: int,
    invoices: Sequence[payable.PayableInvoice],
    *,
    wish: paying.Wish,
    on: datetime.date,
) -> paying.Plan:
    lines = allocating.open_lines(session, invoice_ids=[invoice.id for invoice in invoices])
    return paying.plan(
        lines,
        wish=wish,
        credit_cents=credit_cents(session, customer_id=customer_id) if wish.use_credit else 0,
        rule=allocating.rule_in_force(session, on=on),
    )


def _ask_stripe(
    ctx: context.Context,
    payment: models.Payment,
    *,
    method: wallet.MethodView | None,
    who: actor.Actor,
    scoped: Scoped | None,
) -> Started:
    """Make the intent and, with a saved method, confirm it; each answer is written down."""
    try:
        customer_ref = link_customer.ensure(
            ctx, customer_id=payment.customer_id, payer_id=payment.payer_id
        )
        view = ctx.payments.create_intent(
            key=f"{payment.number}:create",
            amount_cents=payment.amount_cents,
            customer_ref=customer_ref,
            payment_no=payment.number,
            save_method=payment.save_method,
            description=f"{ctx.brand} {payment.number}",
        )
    except (ports.GatewayUnknown, ports.GatewayRefused) as trouble:
        # An intent that nobody confirms takes nothing, whether it was made or not.
        log.warning("intent_not_made", payment=payment.number, kind=type(trouble).__name__)
        _fail(ctx, payment, who=who)
        raise rules.PaymentNotPossible() from trouble
    with ctx.database.unit_of_work() as session:
        state = starting.remember_intent(
            session, payment_id=payment.id, intent_ref=view.ref, now=ctx.clock.now()
        )
    if state is not PaymentState.INITIATED:  # a newer attempt took its place meanwhile
        settle_payment.cancel(ctx, payment_id=payment.id, who=who)
        raise rules.PaymentUnderWay(number=payment.number)
    if method is None:
        return Started(number=payment.number, state=state, client_secret=view.client_secret)
    return_url = f"{scoped.result_page if scoped else ctx.base_url + '/pay'}/{payment.number}"
    return _confirm(
        ctx, payment, intent_ref=view.ref, method=method, return_url=return_url, who=who
    )


def _confirm(
    ctx: context.Context,
    payment: models.Payment,
    *,
    intent_ref: str,
    method: wallet.MethodView,
    return_url: str,
    who: actor.Actor,
) -> Started:
    try:
        view = ctx.payments.confirm_intent(
            key=f"{payment.number}:confirm:1",
            intent_ref=intent_ref,
            method_ref=method.stripe_ref,
            return_url=return_url,
        )
        moved = settle_payment.absorb(ctx, payment_id=payment.id, view=view, who=who)
    except (ports.GatewayUnknown, settling.WrongAmount) as lost:
        log.warning("charge_unknown", payment=payment.number, kind=type(lost).__name__)
        state = settle_payment.lose(ctx, payment_id=payment.id, who=who)
        return Started(number=payment.number, state=state)
    except ports.GatewayRefused as refused:
        log.warning("charge_refused", payment=payment.number, code=refused.code)
        view = settle_payment.look(ctx, payment_id=payment.id, who=who)
        if view is None or view.status in ("succeeded", "processing", "canceled"):
            raise rules.PaymentUnderWay(number=payment.number) from refused
        settle_payment.cancel(ctx, payment_id=payment.id, who=who)
        if refused.code in MANDATE_OVER:
            follow_mandate.over(ctx, method_ref=method.stripe_ref, reason=refused.code, who=who)
            raise wallet_rules.MandateOver(number=method.number) from refused
        raise rules.MethodGone() from refused
    return Started(number=payment.number, state=moved.after, next_url=view.next_url)


def _fail(ctx: context.Context, payment: models.Payment, *, who: actor.Actor) -> None:
    with ctx.database.unit_of_work() as session:
        locked = settling.lock(session, payment_id=payment.id)
        if locked.state is not PaymentState.INITIATED:
            return
        settling.move(
            session,
            payment=locked,
            event=rules.PaymentEvent.FAIL,
            failure_code="not_reached",
            now=ctx.clock.now(),
            today=ctx.clock.today(),
            who=who,
        )

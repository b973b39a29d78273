"""Paying in tests: a customer with a saved card, a payment begun, confirmed, read, counted."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
import stripe

from portal.domain.billing.operations import crediting
from portal.domain.billing.queries import payable
from portal.domain.payments import models
from portal.domain.wallet import queries as wallet
from portal.journeys import check_books, keep_method, link_customer, pay_invoices, stripe_events
from tests.support import people

VISA = "4242424242424242"


def save_card(ctx, sandbox, customer, number: str = VISA) -> str:
    """Save a card as the browser would, by a SetupIntent; the method's number."""
    begun = keep_method.start(ctx, customer_id=customer.id)
    setup_ref = begun.client_secret.partition("_secret_")[0]
    client = sandbox.client()
    found = client.v1.setup_intents.confirm(
        setup_ref, {"payment_method": sandbox.card(number), "return_url": "http://127.0.0.1/"}
    )
    if found.status == "requires_action":
        sandbox.authenticate(found)
    keep_method.finish(ctx, setup_ref=setup_ref, who=people.owner(customer))
    return newest_method(ctx, customer)


def attach_card(ctx, sandbox, customer, number: str) -> str:
    """Attach a card directly, also one that declines every charge; the method's number."""
    reference = link_customer.ensure(ctx, customer_id=customer.id)
    method = sandbox.card(number)
    sandbox.client().v1.payment_methods.attach(method, {"customer": reference})
    card = ctx.payments.read_method(method)
    keep_method.mirror(ctx, card=card, who=people.owner(customer))
    return newest_method(ctx, customer)


def newest_method(ctx, customer) -> str:
    """The number of the method saved last."""
    with ctx.database.reading() as session:
        found = wallet.methods(session, customer_id=customer.id)
    return max(found, key=lambda m: m.id).number


def begin(
    ctx,
    customer,
    *invoice_nos: str,
    method: str | None = None,
    key: str = "",
    save=False,
    agreed=(),
):
    """Begin paying what is payable of the invoices (of all open ones when none is named)."""
    with ctx.database.reading() as session:
        found = payable.open_invoices(session, customer_id=customer.id, numbers=invoice_nos or None)
    return pay_invoices.start(
        ctx,
        customer_id=customer.id,
        order=pay_invoices.Order(
            invoice_nos=tuple(i.number for i in found),
            expected_cents=sum(i.payable_cents for i in found),
        ),
        once_key=key or secrets.token_urlsafe(18),
        method_no=method,
        save_method=save,
        agreed=agreed,
        who=people.owner(customer),
    )


def confirm(sandbox, client_secret: str, number: str = VISA, *, passes: bool = True):
    """Confirm an intent as the browser would; a decline comes back as the intent it left."""
    intent_ref = client_secret.partition("_secret_")[0]
    client = sandbox.client()
    try:
        found = client.v1.payment_intents.confirm(
            intent_ref,
            {"payment_method": sandbox.card(number), "return_url": "http://127.0.0.1/"},
        )
    except stripe.CardError:
        return client.v1.payment_intents.retrieve(intent_ref)
    if found.status == "requires_action":
        sandbox.authenticate(found, passes=passes)
        found = client.v1.payment_intents.retrieve(intent_ref)
    return found


def receive(ctx, hook) -> bool:
    """Hand a webhook to the site; whether it was new."""
    signature = hook.headers["Stripe-Signature"]
    return stripe_events.receive(ctx, body=hook.body.encode(), signature=signature)


def row(ctx, number: str) -> models.Payment:
    """The payment's row as it stands."""
    with ctx.database.reading() as session:
        return session.scalars(
            sa.select(models.Payment).where(models.Payment.number == number)
        ).one()


def entries(ctx, event: str) -> int:
    """How many entries of this event are posted."""
    with ctx.database.reading() as session:
        return session.scalar(
            sa.text("SELECT count(*) FROM ledger_entry WHERE event = :event"), {"event": event}
        )


def mails(ctx, template: str) -> int:
    """How many mails of this template were queued."""
    with ctx.database.reading() as session:
        return session.scalar(
            sa.text("SELECT count(*) FROM mail WHERE template = :name"), {"name": template}
        )


def mail(ctx, template: str) -> str:
    """The newest mail of this template, as plain text."""
    with ctx.database.reading() as session:
        return session.scalar(
            sa.text("SELECT text FROM mail WHERE template = :name ORDER BY id DESC LIMIT 1"),
            {"name": template},
        )


def charges(sandbox) -> list:
    """Every charge at Stripe that took money."""
    found = sandbox.client().v1.charges.list({"limit": 100})
    return [charge for charge in found.auto_paging_iter() if charge.status == "succeeded"]


def assert_books(ctx, *, with_stripe: bool = True) -> None:
    """Every proof of the books holds."""
    broken = [p for p in check_books.run(ctx, with_stripe=with_stripe) if not p.holds]
    assert not broken, broken


def give(ctx, customer, cents: int) -> None:
    """Goodwill: it closes what is open, and lies unapplied where nothing is."""
    with ctx.database.unit_of_work() as session:
        crediting.goodwill(
            session,
            key=f"gift:{customer.id}:{cents}",
            customer_id=customer.id,
            cents=cents,
            subject="DSP-TEST",
            reason="for waiting",
            now=ctx.clock.now(),
            today=ctx.clock.today(),
            actor="test",
            rng=ctx.rng,
        )

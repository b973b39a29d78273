"""Bank accounts in tests: entered as a browser would, settled by the sandbox's bank, heard of."""

from __future__ import annotations

import sqlalchemy as sa

from portal.domain.wallet import consents, models
from portal.journeys import keep_method, settle_payment
from tests.support import charging, paying, people

GOOD = "000123456789"
NO_MONEY = "000222222227"
CLOSED = "000111111113"
UNKNOWN = "000111111116"
NOT_ALLOWED = "000333333335"
CLAIMED = "000555555559"
STAYS = "000000000009"
NO_DEPOSITS = "000666666661"
ACCEPTED = {
    "customer_acceptance": {
        "type": "online",
        "online": {"ip_address": "203.0.113.7", "user_agent": "Test browser"},
    }
}
DEPOSITS = {"us_bank_account": {"verification_method": "microdeposits"}}


def shown(kind: str, text: str = "I agree.", language: str = "en") -> consents.Shown:
    """A text as a page showed it."""
    return consents.Shown(
        kind=models.ConsentKind(kind), version=f"{kind}-1", language=language, text=text
    )


def confirm(sandbox, client_secret: str, number: str = GOOD, *, deposits: bool = False):
    """Confirm an intent with a new account; it is processing, or waits for its deposits."""
    kind = "setup_intents" if client_secret.startswith("seti") else "payment_intents"
    ref = client_secret.partition("_secret_")[0]
    body = {
        "payment_method": sandbox.bank_account(number),
        "mandate_data": ACCEPTED,
        "return_url": "http://127.0.0.1/",
    }
    if deposits:
        body["payment_method_options"] = DEPOSITS
    return getattr(sandbox.client().v1, kind).confirm(ref, body)


def save(ctx, sandbox, customer, number: str = GOOD, *, agreed=("store", "debit")) -> str:
    """Save an account that is verified at once; the method's number."""
    begun = keep_method.start(
        ctx,
        customer_id=customer.id,
        agreed=[shown(kind) for kind in agreed],
        who=people.owner(customer),
    )
    found = confirm(sandbox, begun.client_secret, number)
    keep_method.finish(ctx, setup_ref=found.id, who=people.owner(customer))
    return paying.newest_method(ctx, customer)


def pay(ctx, sandbox, customer, *invoice_nos: str, number: str = GOOD, **more) -> str:
    """A debit that is on its way, as the return page knows it; the payment's number."""
    begun = paying.begin(ctx, customer, *invoice_nos, **more)
    confirm(sandbox, begun.client_secret, number)
    look(ctx, customer, begun.number)
    return begun.number


def look(ctx, customer, payment_no: str) -> None:
    """Read the payment again, as its page does."""
    payment_id = paying.row(ctx, payment_no).id
    settle_payment.refresh(ctx, payment_id=payment_id, who=people.owner(customer))


def answer(ctx, sandbox, payment_no: str, **outcome: str) -> None:
    """Have the bank answer the debit, and hear of it."""
    sandbox.settle_payment(paying.row(ctx, payment_no).stripe_ref, **outcome)
    charging.hear(ctx, sandbox)


def method(ctx, number: str) -> models.PaymentMethod:
    """The saved method as it stands."""
    with ctx.database.reading() as session:
        return session.scalars(
            sa.select(models.PaymentMethod).where(models.PaymentMethod.number == number)
        ).one()

"""Somebody else who pays for one pet, in tests: asked, their link, a payment begun, a kept card."""

from __future__ import annotations

import sqlalchemy as sa

from portal.domain.payments.queries import payers
from portal.domain.wallet import queries as wallet
from portal.domain.wallet.models import ConsentKind
from portal.journeys import agreeing, invite_payer, payer_links, scoped_pay
from tests.support import forms, paying, people

ANA = "ana@example.test"
JSON = {"Accept": "application/json"}


def ask(ctx, bill, *, email=ANA, name="Ana Ruiz", language="en") -> str:
    """The number of somebody whom the owner asked to pay for the bill's pet."""
    return invite_payer.invite(
        ctx,
        customer_id=bill.customer.id,
        policy_no=bill.policy.number,
        asked=invite_payer.Asked(name=name, email=email, language=language),
        who=people.owner(bill.customer),
    )


def view(ctx, number: str) -> payers.PayerView:
    """The active payer."""
    with ctx.database.reading() as session:
        return payers.active(session, number=number)


def link(ctx, number: str) -> str:
    """The path that works for them now."""
    return payer_links.page(ctx, payer=view(ctx, number)).removeprefix(ctx.base_url)


def token(ctx, number: str) -> str:
    """What stands in that path."""
    return payer_links.token(ctx, payer=view(ctx, number))


def begin(client, path: str, *numbers: str, cents: object = 6608, key: str = "p" * 24, **more):
    """Press Pay as the card form's script does; the answer."""
    typed = {
        "csrf_token": forms.token(client, "/p"),
        "once_key": key,
        "expected_cents": str(cents),
        "bill": list(numbers),
        "with": "new",
        "agreement": agreeing.stamp("en"),
        "entered": "card",
    } | more
    return client.post(path, data=typed, headers=JSON)


def pay(ctx, sandbox, number: str, bill, *, card=paying.VISA, keep=False, key="k" * 24) -> str:
    """A settled payment of the bill by them with a new card; its number."""
    begun = scoped_pay.start(
        ctx,
        token=token(ctx, number),
        order=scoped_pay.Order(
            numbers=(bill.number,),
            expected_cents=bill.invoice.total_cents,
            keep=keep,
            agreed=(agreeing.shown(ctx, ConsentKind.STORE, language="en"),) if keep else (),
        ),
        once_key=key,
        who=people.visitor(),
    )
    paying.confirm(sandbox, begun.client_secret, card)
    scoped_pay.outcome(ctx, token=token(ctx, number), payment_no=begun.number, who=people.visitor())
    return begun.number


def keep(ctx, sandbox, bill, number: str, card: str = paying.VISA) -> str:
    """A card that they keep without paying; its number."""
    known = {method.number for method in methods(ctx, bill, number)}
    setup_ref = kept_at_stripe(ctx, sandbox, token(ctx, number), card)
    scoped_pay.finish_keeping(
        ctx, token=token(ctx, number), setup_ref=setup_ref, who=people.visitor()
    )
    (kept,) = {method.number for method in methods(ctx, bill, number)} - known
    return kept


def kept_at_stripe(ctx, sandbox, held: str, card: str = paying.VISA) -> str:
    """Their page has kept a card, and we have not heard of it; the setup's reference."""
    agreed = (agreeing.shown(ctx, ConsentKind.STORE, language="en"),)
    begun = scoped_pay.begin_keeping(ctx, token=held, agreed=agreed, who=people.visitor())
    setup_ref = begun.client_secret.partition("_secret_")[0]
    sandbox.client().v1.setup_intents.confirm(
        setup_ref, {"payment_method": sandbox.card(card), "return_url": "http://127.0.0.1/"}
    )
    return setup_ref


def methods(ctx, bill, number: str) -> tuple[wallet.MethodView, ...]:
    """The methods that are kept for them."""
    with ctx.database.reading() as session:
        return wallet.methods(session, customer_id=bill.customer.id, payer_id=view(ctx, number).id)


def mails(ctx, template: str) -> list[tuple[str, str]]:
    """Recipient and words of every mail of this template, oldest first."""
    with ctx.database.reading() as session:
        rows = session.execute(
            sa.text(
                "SELECT recipient, subject || text || html FROM mail"
                " WHERE template = :template ORDER BY id"
            ),
            {"template": template},
        )
        return [tuple(row) for row in rows]

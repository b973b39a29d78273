"""Saving, choosing and removing payment methods; each change is mailed."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

from sqlalchemy import orm

from portal.domain.billing.operations import books
from portal.domain.payments.operations import inviting
from portal.domain.payments.queries import payers
from portal.domain.payments.states import AutopayEnd
from portal.domain.wallet import consents, models, operations, queries
from portal.gateways import ports
from portal.journeys import context, end_autopay, link_customer, telling
from portal.kernel import actor, errors, labels, msgids

VERIFY_FOR = datetime.timedelta(days=11)  # Stripe waits ten days for two deposits to be told


class NotYours(errors.DomainError):
    """The SetupIntent is another customer's, or nobody's."""

    code = "setup_of_another"
    message = msgids.N_("This payment method is not yours to save.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SetupStarted:
    """What the browser needs to save a method."""

    setup_id: int
    client_secret: str


def start(
    ctx: context.Context,
    *,
    customer_id: int,
    agreed: Sequence[consents.Shown] = (),
    who: actor.Actor | None = None,
    payer_id: int | None = None,
) -> SetupStarted:
    """Write the intention, then make the SetupIntent. Raises GatewayUnknown, GatewayRefused.

    `agreed` are the texts that `who` agreed to by asking; they are recorded once it is saved. With
    `payer_id` it will be that payer's.
    """
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        setup = operations.start_setup(
            session,
            customer_id=customer_id,
            payer_id=payer_id,
            agreed=consents.noted(agreed, now=now, who=who) if who else None,
            now=now,
        )
    customer_ref = link_customer.ensure(ctx, customer_id=customer_id, payer_id=payer_id)
    view = ctx.payments.create_setup(
        key=f"setup:{setup.id}", customer_ref=customer_ref, setup_id=str(setup.id)
    )
    with ctx.database.unit_of_work() as session:
        session.get_one(models.Setup, setup.id).stripe_ref = view.ref
    return SetupStarted(setup_id=setup.id, client_secret=view.client_secret)


def finish(
    ctx: context.Context,
    *,
    setup_ref: str,
    who: actor.Actor,
    customer_id: int | None = None,
    payer_id: int | None = None,
) -> ports.SetupView:
    """Read a SetupIntent again and mirror its method; doing it twice changes nothing.

    With `customer_id` it must be that customer's, or the payer's, else NotYours. Raises
    GatewayUnknown, GatewayRefused.
    """
    with ctx.database.reading() as session:
        known = queries.owner_of_setup(session, setup_ref=setup_ref)
    if customer_id is not None and known != (customer_id, payer_id):
        raise NotYours()
    view = ctx.payments.read_setup(setup_ref)
    with ctx.database.unit_of_work() as session:
        whose = _whose(session, stripe_ref=view.customer_ref)
        if whose is None:
            return view
        setup_id = int(view.setup_id) if view.setup_id.isdecimal() else 0
        if view.status == "succeeded" and view.card is not None:
            _saved(session, ctx, view=view, setup_id=setup_id, whose=whose, who=who)
        elif view.status == "requires_action" and view.verify_url:
            _await_deposits(session, ctx, view=view, setup_id=setup_id)
        elif view.status == "canceled" or view.decline_code:
            is_over = view.status == "canceled"
            _not_saved(session, ctx, setup_id=setup_id, is_over=is_over)
    return view


def _saved(
    session: orm.Session,
    ctx: context.Context,
    *,
    view: ports.SetupView,
    setup_id: int,
    whose: tuple[int, int | None],
    who: actor.Actor,
) -> None:
    """Mirror the method, and record what was agreed to about it, once."""
    (customer_id, payer_id), card, subject = whose, view.card, f"setup:{setup_id}"
    keep(
        session,
        ctx,
        customer_id=customer_id,
        payer_id=payer_id,
        card=card,
        mandate_ref=view.mandate_ref,
        agreed_in=subject,
        who=who,
    )
    setup = operations.end_setup(
        session, setup_id=setup_id, state=models.SetupState.SUCCEEDED, now=ctx.clock.now()
    )
    if setup is None:
        return
    is_bank = card.kind == models.MethodKind.BANK
    consents.record_noted(
        session,
        setup.agreed,
        kinds={models.ConsentKind.STORE} | ({models.ConsentKind.DEBIT} if is_bank else set()),
        customer_id=customer_id,
        payer_id=payer_id,
        subject=subject,
        method_label=labels.of_method(card),
        who=who,
    )
    setup.agreed = None
    session.flush()


def _await_deposits(
    session: orm.Session, ctx: context.Context, *, view: ports.SetupView, setup_id: int
) -> None:
    """The account is not saved yet: its owner has to tell two small deposits first."""
    label = labels.of_method(view.card) if view.card else ""
    waits = operations.await_deposits(
        session, setup_id=setup_id, label=label, verify_url=view.verify_url
    )
    if waits:
        setup = session.get_one(models.Setup, setup_id, populate_existing=True)
        _tell_of_account(session, ctx, setup, template="verify_account")


def _not_saved(session: orm.Session, ctx: context.Context, *, setup_id: int, is_over: bool) -> None:
    """Whoever waited for deposits is told; a form that was refused may be sent again."""
    setup = session.get(models.Setup, setup_id, with_for_update=True, populate_existing=True)
    if setup is None or setup.ended_at is not None:
        return
    waited = setup.state is models.SetupState.VERIFYING
    if not waited and not is_over:
        return
    operations.end_setup(
        session, setup_id=setup_id, state=models.SetupState.FAILED, now=ctx.clock.now()
    )
    if waited:
        _tell_of_account(session, ctx, setup, template="account_not_verified")


def _tell_of_account(
    session: orm.Session, ctx: context.Context, setup: models.Setup, *, template: str
) -> None:
    telling.tell_who_pays(
        session,
        ctx,
        customer_id=setup.customer_id,
        payer_id=setup.payer_id,
        template=template,
        key=f"{template}:setup:{setup.id}",
        method_label=setup.label,
        amount_cents=0,
        payment_no="",
    )


def sweep(ctx: context.Context, *, who: actor.Actor) -> int:
    """Read accounts again that wait for their deposits longer than Stripe does; how many."""
    with ctx.database.reading() as session:
        due = queries.setups_waiting_since(session, before=ctx.clock.now() - VERIFY_FOR)
    for setup_ref in due:
        finish(ctx, setup_ref=setup_ref, who=who)
    return len(due)


def keep(
    session: orm.Session,
    ctx: context.Context,
    *,
    customer_id: int,
    card: ports.CardView,
    who: actor.Actor,
    payer_id: int | None = None,
    mandate_ref: str = "",
    agreed_in: str = "",
) -> None:
    """Mirror a method inside the caller's transaction. A new one is mailed.

    With `payer_id` it is that payer's; where the payer has ended, it goes off again at once. A
    kind that the wallet does not hold, like a wallet of somebody else's, is left alone.
    `agreed_in` is the subject of the consents about it.
    """
    if card.kind not in set(models.MethodKind):
        return
    payer = None if payer_id is None else inviting.lock(session, payer_id=payer_id)
    method, is_new = operations.add(
        session,
        customer_id=customer_id,
        stripe_ref=card.ref,
        kind=card.kind,
        brand=card.brand,
        last4=card.last4,
        exp_month=card.exp_month,
        exp_year=card.exp_year,
        fingerprint=card.fingerprint,
        wallet=card.wallet,
        now=ctx.clock.now(),
        who=who,
        rng=ctx.rng,
        payer_id=payer_id,
        mandate_ref=mandate_ref,
        agreed_in=agreed_in,
    )
    if is_new and payer is not None and payer.ended_at is not None:
        take_off(
            session,
            ctx,
            customer_id=customer_id,
            payer_id=payer_id,
            number=method.number,
            who=who,
        )
    elif is_new:
        _tell(session, ctx, method, template="method_added")


def make_default(ctx: context.Context, *, customer_id: int, number: str, who: actor.Actor) -> None:
    """Offer this method first from now on. Raises NoSuchMethod."""
    with ctx.database.unit_of_work() as session:
        operations.make_default(
            session, customer_id=customer_id, number=number, now=ctx.clock.now(), who=who
        )


def remove(
    ctx: context.Context,
    *,
    customer_id: int,
    number: str,
    who: actor.Actor,
    payer_id: int | None = None,
) -> None:
    """Remove a method here at once and at Stripe right after. Raises NoSuchMethod.

    Autopay by it goes on with its backup, or ends. When Stripe does not answer, the job that
    mirrors methods takes it off later; here it is gone and can't be charged any more.
    """
    with ctx.database.unit_of_work() as session:
        books.lock_customer(session, customer_id=customer_id)
        method = take_off(
            session, ctx, customer_id=customer_id, payer_id=payer_id, number=number, who=who
        )
        _tell(session, ctx, method, template="method_removed")
        _stop_autopay(session, ctx, method, who=who)


def mirror(ctx: context.Context, *, card: ports.CardView, who: actor.Actor) -> None:
    """Take over what Stripe now says of an attached method of one of our customers.

    One that was removed here stays removed; one that is not known yet was just saved.
    """
    with ctx.database.unit_of_work() as session:
        whose = _whose(session, stripe_ref=card.customer_ref)
        if whose is not None:
            customer_id, payer_id = whose
            keep(session, ctx, customer_id=customer_id, payer_id=payer_id, card=card, who=who)


def removed_at_stripe(ctx: context.Context, *, method_ref: str, who: actor.Actor) -> None:
    """A method was taken off at Stripe: it is gone here too."""
    with ctx.database.unit_of_work() as session:
        found = queries.mirrored(session, stripe_ref=method_ref)
        if found is None:
            return
        books.lock_customer(session, customer_id=found.customer_id)
        method = operations.remove(
            session,
            customer_id=found.customer_id,
            payer_id=found.payer_id,
            number=found.number,
            now=ctx.clock.now(),
            who=who,
        )
        _tell(session, ctx, method, template="method_removed")
        _stop_autopay(session, ctx, method, who=who)


def take_off(
    session: orm.Session,
    ctx: context.Context,
    *,
    customer_id: int,
    payer_id: int | None,
    number: str,
    who: actor.Actor,
) -> models.PaymentMethod:
    """Remove a method here and ask that it be taken off at Stripe; mails nothing, ends nothing.

    Raises NoSuchMethod.
    """
    method = operations.remove(
        session,
        customer_id=customer_id,
        payer_id=payer_id,
        number=number,
        now=ctx.clock.now(),
        who=who,
    )
    operations.ask_to_detach(session, method_id=method.id)
    return method


def detach(ctx: context.Context, *, method_id: int) -> None:
    """Take a removed method off its customer at Stripe; the job behind `remove`."""
    with ctx.database.reading() as session:
        ref = session.get_one(models.PaymentMethod, method_id).stripe_ref
    ctx.payments.detach_method(ref)


def _stop_autopay(
    session: orm.Session, ctx: context.Context, method: models.PaymentMethod, *, who: actor.Actor
) -> None:
    end_autopay.stop_for(session, ctx, method_id=method.id, reason=AutopayEnd.METHOD_GONE, who=who)


def _whose(session: orm.Session, *, stripe_ref: str) -> tuple[int, int | None] | None:
    """Customer and payer behind a counterpart in Stripe; the payer is None for the customer."""
    customer_id = queries.owner_of_stripe_customer(session, stripe_ref=stripe_ref)
    if customer_id is not None:
        return customer_id, None
    payer = payers.of_stripe_customer(session, stripe_ref=stripe_ref)
    return None if payer is None else (payer.customer_id, payer.id)


def _tell(
    session: orm.Session, ctx: context.Context, method: models.PaymentMethod, *, template: str
) -> None:
    if method.payer_id is not None:
        payer = payers.by_id(session, payer_id=method.payer_id)
        telling.tell_payer(
            session,
            ctx,
            payer=payer,
            template=f"payer_{template}",
            key=f"{template}:{method.number}",
            subject_no=method.number,
            card=labels.of_method(method),
            pet_name=payer.pet_name,
            at=ctx.clock.now(),
        )
        return
    telling.tell_customer(
        session,
        ctx,
        customer_id=method.customer_id,
        template=template,
        key=f"{template}:{method.number}",
        subject_no=method.number,
        card=labels.of_method(method),
        at=ctx.clock.now(),
    )

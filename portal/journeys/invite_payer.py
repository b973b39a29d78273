"""The owner lets somebody else pay for one pet: asks them by mail, and sends the link anew.

The link goes to the payer's address alone; not even the owner reads it.
"""

from __future__ import annotations

import dataclasses

from sqlalchemy import orm

from portal.domain.billing.operations import books
from portal.domain.identity import queries as identity
from portal.domain.identity import rules
from portal.domain.identity.operations import throttling
from portal.domain.payments.operations import inviting
from portal.domain.payments.queries import payers
from portal.domain.policies import queries as policies
from portal.journeys import context, payer_links, telling, throttle
from portal.kernel import actor, errors, languages, msgids

MAILS_PER_CUSTOMER = 4  # to strangers, in a window
MAILS_PER_ADDRESS = 8  # network address
MAILS_PER_READER = 2  # whoever it is that asks


class NoSuchPolicy(errors.DomainError):
    """The policy is not the customer's."""

    code = "no_such_policy"
    message = msgids.N_("This policy is not there any more.")


class PayerIsOwner(errors.DomainError):
    """The address is the owner's own."""

    code = "payer_is_owner"
    message = msgids.N_("This is your own e-mail address. Enter the one of whoever will pay.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """Who is to pay: how the owner calls them, where they are reached, what they read."""

    name: str
    email: str
    language: str


def invite(
    ctx: context.Context, *, customer_id: int, policy_no: str, asked: Asked, who: actor.Actor
) -> str:
    """Mail somebody a link to pay for this one pet; the payer's number.

    Raises NameMissing, EmailUnreadable, NoSuchPolicy, PayerIsOwner, PayerAlready, PayerDeclined,
    AskedOften, TooManyTries: nothing is mailed then.
    """
    name, email = rules.name(asked.name), rules.email(asked.email)
    language = asked.language if asked.language in languages.NAMES else languages.DEFAULT
    now, today = ctx.clock.now(), ctx.clock.today()
    with ctx.database.reading() as session:
        if policies.by_number(session, policy_no=policy_no, today=today, customer_id=customer_id):
            owner = identity.customer(session, customer_id=customer_id)
        else:
            raise NoSuchPolicy(number=policy_no)
    if email == owner.email:
        raise PayerIsOwner()
    throttle.take(ctx, *_limits(customer_id, email, who))
    with ctx.database.unit_of_work() as session:
        books.lock_customer(session, customer_id=customer_id)
        policy = policies.by_number(session, policy_no=policy_no, today=today)
        payer = inviting.invite(
            session,
            customer_id=customer_id,
            policy_id=policy.id,
            policy_no=policy_no,
            name=name,
            email=email,
            language=language,
            now=now,
            who=who,
            rng=ctx.rng,
        )
        _mail(session, ctx, payer_id=payer.id)
        return payer.number


def send_link(ctx: context.Context, *, customer_id: int, number: str, who: actor.Actor) -> None:
    """Mail the payer a new link; the one they had works no more.

    Raises NoSuchPayer, AskedOften, TooManyTries: the old link works on then.
    """
    with ctx.database.reading() as session:
        known = payers.one(session, customer_id=customer_id, number=number)
    if known is None:
        raise inviting.NoSuchPayer(number=number)
    throttle.take(ctx, *_limits(customer_id, known.email, who))
    with ctx.database.unit_of_work() as session:
        books.lock_customer(session, customer_id=customer_id)
        payer = inviting.lock_active(session, customer_id=customer_id, number=number)
        inviting.renew_link(session, payer=payer, now=ctx.clock.now(), who=who)
        _mail(session, ctx, payer_id=payer.id)


def _limits(customer_id: int, email: str, who: actor.Actor) -> tuple[throttling.Limit, ...]:
    return (
        throttling.per_account("payer_mail", f"from:{customer_id}", most=MAILS_PER_CUSTOMER),
        throttling.per_account("payer_mail", f"to:{email}", most=MAILS_PER_READER),
        throttling.per_address("payer_mail", who.address, most=MAILS_PER_ADDRESS),
    )


def _mail(session: orm.Session, ctx: context.Context, *, payer_id: int) -> None:
    payer = payers.by_id(session, payer_id=payer_id)
    telling.tell_payer(
        session,
        ctx,
        payer=payer,
        template="payer_invited",
        key=f"payer_invited:{payer.number}:{payer.link_version}",
        subject_no=payer.number,
        secret=True,
        owner_name=payer.owner_name,
        pet_name=payer.pet_name,
        link=payer_links.page(ctx, payer=payer),
    )

"""Signing in by a mailed link: for customers, never for staff."""

from __future__ import annotations

from sqlalchemy import orm

from portal.domain.identity import models, queries
from portal.domain.identity.operations import links, throttling
from portal.journeys import context, mailed_links, sign_in, throttle
from portal.kernel import actor

MAILS_PER_ACCOUNT = 5
MAILS_PER_ADDRESS = 20


def limits(email: str, who: actor.Actor) -> tuple[throttling.Limit, ...]:
    """How many mails with links may be asked for, by mail address and by network address."""
    return (
        throttling.per_account("mail", email, most=MAILS_PER_ACCOUNT),
        throttling.per_address("mail", who.address, most=MAILS_PER_ADDRESS),
    )


def ask(ctx: context.Context, *, email: str, who: actor.Actor) -> None:
    """Mail a link to the customer with this address; says nothing when there is none.

    Raises TooManyTries.
    """
    throttle.take(ctx, *limits(email, who))
    with ctx.database.unit_of_work() as session:
        for account in queries.accounts(session, email=email):
            if account.customer_id is not None:
                send(session, ctx, account=account)


def send(session: orm.Session, ctx: context.Context, *, account: queries.Account) -> None:
    """Issue a link for this customer and queue its mail, in the caller's transaction."""
    mailed_links.send(
        session,
        ctx,
        account=account,
        purpose=models.LinkPurpose.SIGN_IN,
        template="sign_in_link",
    )


def look(ctx: context.Context, *, token: str) -> None:
    """Make sure the link can be used; looking spends nothing. Raises LinkNotUsable."""
    with ctx.database.reading() as session:
        links.check(session, token=token, purpose=models.LinkPurpose.SIGN_IN, now=ctx.clock.now())


def use(
    ctx: context.Context, *, token: str, who: actor.Actor, replaces: int | None = None
) -> sign_in.Begun:
    """Spend the link and begin a session. Raises LinkNotUsable."""
    with ctx.database.unit_of_work() as session:
        link = links.spend(
            session, token=token, purpose=models.LinkPurpose.SIGN_IN, now=ctx.clock.now()
        )
        account = queries.account_of(session, customer_id=link.customer_id)
        return sign_in.begin(session, ctx, account=account, how="link", who=who, replaces=replaces)

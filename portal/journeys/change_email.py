"""A change of the mail address: confirmed at the new one, told to the old one."""

from __future__ import annotations

from portal.domain.identity import models, queries, rules
from portal.domain.identity.operations import customers, links
from portal.journeys import (
    change_password,
    context,
    mailed_links,
    reset_password,
    sign_in,
    sign_in_link,
    telling,
    throttle,
)
from portal.kernel import actor, errors, msgids


class EmailUnchanged(errors.DomainError):
    """The address is the one the account has."""

    code = "email_unchanged"
    message = msgids.N_("This is your e-mail address already.")


def ask(
    ctx: context.Context, *, customer_id: int, email: str, password: str, who: actor.Actor
) -> str:
    """Mail a link to the new address, which is given back as it is kept; nothing changes yet.

    To an address that another account has nothing is mailed, and the caller is not told: whose
    addresses we know is nobody's business. Raises EmailUnreadable, EmailUnchanged,
    PresentPasswordWrong, TooManyTries.
    """
    address = rules.email(email)
    with ctx.database.reading() as session:
        account = queries.account_of(session, customer_id=customer_id)
    if address == account.email:
        raise EmailUnchanged()
    change_password.confirm(ctx, account=account, password=password)
    throttle.take(ctx, *sign_in_link.limits(address, who))
    with ctx.database.unit_of_work() as session:
        if queries.email_taken(session, email=address):
            return address
        mailed_links.send(
            session,
            ctx,
            account=account,
            purpose=models.LinkPurpose.CHANGE_EMAIL,
            template="email_change_confirm",
            to=address,
            new_email=address,
        )
    return address


def look(ctx: context.Context, *, token: str) -> str:
    """The address that the link confirms; looking spends nothing. Raises LinkNotUsable."""
    with ctx.database.reading() as session:
        return links.check(
            session, token=token, purpose=models.LinkPurpose.CHANGE_EMAIL, now=ctx.clock.now()
        ).email


def confirm(ctx: context.Context, *, token: str, who: actor.Actor) -> str:
    """Spend the link and put the new address, which is given back, in the old one's place.

    Links mailed to the old address end. Raises LinkNotUsable, EmailTaken.
    """
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        link = links.spend(session, token=token, purpose=models.LinkPurpose.CHANGE_EMAIL, now=now)
        account = queries.account_of(session, customer_id=link.customer_id)
        before = customers.change_email(
            session,
            customer_id=link.customer_id,
            email=link.email,
            now=now,
            who=sign_in.acting(account, who),
        )
        links.end(
            session,
            purposes=reset_password.ENDED_WITH_THE_PASSWORD,
            customer_id=link.customer_id,
            now=now,
        )
        telling.tell(
            session,
            ctx,
            template="email_changed",
            key=f"email_changed:{account.number}:{now.isoformat()}",
            recipient=before,
            language=account.language,
            name=account.first_name,
            customer_id=account.customer_id,
            new_email=link.email,
            changed_at=now,
        )
    return link.email

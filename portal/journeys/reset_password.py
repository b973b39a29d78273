"""A new password by a mailed link, for customers and staff; and setting one, for any journey."""

from __future__ import annotations

from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.identity import models, queries, rules
from portal.domain.identity.operations import links, passwords, sessions
from portal.journeys import context, mailed_links, sign_in, sign_in_link, telling, throttle
from portal.kernel import actor

ENDED_WITH_THE_PASSWORD = [
    models.LinkPurpose.SIGN_IN,
    models.LinkPurpose.PASSWORD,
    models.LinkPurpose.ACTIVATE,
    models.LinkPurpose.CHANGE_EMAIL,
]


def ask(ctx: context.Context, *, email: str, who: actor.Actor) -> None:
    """Mail a link to whoever has this address; says nothing when nobody has.

    Raises TooManyTries.
    """
    throttle.take(ctx, *sign_in_link.limits(email, who))
    with ctx.database.unit_of_work() as session:
        for account in queries.accounts(session, email=email):
            send(session, ctx, account=account, template="password_link")


def send(
    session: orm.Session, ctx: context.Context, *, account: queries.Account, template: str
) -> str:
    """Issue a password link, queue its mail in the caller's transaction; the link's address."""
    return mailed_links.send(
        session, ctx, account=account, purpose=models.LinkPurpose.PASSWORD, template=template
    )


def look(ctx: context.Context, *, token: str) -> queries.Account:
    """Whose password the link sets; looking spends nothing. Raises LinkNotUsable."""
    with ctx.database.reading() as session:
        link = links.check(
            session, token=token, purpose=models.LinkPurpose.PASSWORD, now=ctx.clock.now()
        )
        return queries.account_of(session, customer_id=link.customer_id, staff_id=link.staff_id)


def finish(ctx: context.Context, *, token: str, password: str, who: actor.Actor) -> None:
    """Spend the link and set the password; every session ends and a mail tells of it.

    Raises LinkNotUsable, and the errors of `rules.check_password`, which spend nothing.
    """
    account = look(ctx, token=token)
    rules.check_password(password, own=(account.name, account.email))
    password_hash = passwords.hashed(password)
    with ctx.database.unit_of_work() as session:
        links.spend(session, token=token, purpose=models.LinkPurpose.PASSWORD, now=ctx.clock.now())
        set_password(
            session,
            ctx,
            account=account,
            password_hash=password_hash,
            who=sign_in.acting(account, who),
        )


def set_password(
    session: orm.Session,
    ctx: context.Context,
    *,
    account: queries.Account,
    password_hash: str,
    who: actor.Actor,
    keep: int | None = None,
) -> None:
    """Store the hash, end all sessions but `keep` and all links, log it, and tell the person."""
    now = ctx.clock.now()
    ids = {"customer_id": account.customer_id, "staff_id": account.staff_id}
    passwords.store(session, password_hash=password_hash, **ids)
    sessions.end_all(session, now=now, but=keep, **ids)
    links.end(session, purposes=ENDED_WITH_THE_PASSWORD, now=now, **ids)
    audit.record(
        session,
        who=who,
        action="identity.password_set",
        subject=account.number,
        customer_id=account.customer_id,
        now=now,
    )
    telling.tell(
        session,
        ctx,
        template="password_changed",
        key=f"password_changed:{account.number}:{now.isoformat()}",
        recipient=account.email,
        language=account.language,
        name=account.first_name,
        customer_id=account.customer_id,
        changed_at=now,
    )

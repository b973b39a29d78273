"""First use of an account: policy number and ZIP code, a mail to the address on file, the link."""

from __future__ import annotations

from portal.domain.audit import operations as audit
from portal.domain.identity import models, queries, rules
from portal.domain.identity.operations import links, passwords
from portal.journeys import context, mailed_links, policy_papers, sign_in, sign_in_link
from portal.kernel import actor


def ask(ctx: context.Context, *, policy_no: str, zip_code: str, who: actor.Actor) -> None:
    """Mail a link to the address on file when both go together; says nothing when they do not.

    An account that is in use already gets a link to sign in. Raises PolicyNumberUnreadable,
    ZipUnreadable, TooManyTries.
    """
    customer = policy_papers.holder(
        ctx, policy_no=policy_no, zip_code=zip_code, purpose="activate", who=who
    )
    if customer is None:
        return
    with ctx.database.unit_of_work() as session:
        account = queries.account_of(session, customer_id=customer.id)
        if customer.is_activated:
            sign_in_link.send(session, ctx, account=account)
            return
        mailed_links.send(
            session,
            ctx,
            account=account,
            purpose=models.LinkPurpose.ACTIVATE,
            template="activate_link",
        )


def look(ctx: context.Context, *, token: str) -> queries.Account:
    """Whose account the link opens; looking spends nothing. Raises LinkNotUsable."""
    with ctx.database.reading() as session:
        link = links.check(
            session, token=token, purpose=models.LinkPurpose.ACTIVATE, now=ctx.clock.now()
        )
        return queries.account_of(session, customer_id=link.customer_id)


def finish(
    ctx: context.Context,
    *,
    token: str,
    password: str,
    who: actor.Actor,
    replaces: int | None = None,
) -> sign_in.Begun:
    """Spend the link, set the password unless it is "", and begin a session.

    Raises LinkNotUsable, and the errors of `rules.check_password`, which spend nothing.
    """
    account = look(ctx, token=token)
    password_hash = ""
    if password:
        rules.check_password(password, own=(account.name, account.email))
        password_hash = passwords.hashed(password)
    now = ctx.clock.now()
    person = sign_in.acting(account, who)
    with ctx.database.unit_of_work() as session:
        links.spend(session, token=token, purpose=models.LinkPurpose.ACTIVATE, now=now)
        passwords.activate(session, customer_id=account.customer_id, now=now)
        if password_hash:
            passwords.store(session, password_hash=password_hash, customer_id=account.customer_id)
        audit.record(
            session,
            who=person,
            action="identity.activated",
            subject=account.number,
            customer_id=account.customer_id,
            now=now,
            with_password=bool(password_hash),
        )
        return sign_in.begin(
            session, ctx, account=account, how="activation", who=who, replaces=replaces
        )

"""First use of an account: policy number and ZIP code, a mail to the address on file, the link."""

from __future__ import annotations

from portal.domain.audit import operations as audit
from portal.domain.identity import models, queries, rules
from portal.domain.identity.operations import links, passwords, throttling
from portal.domain.policies import queries as policies
from portal.journeys import context, mailed_links, sign_in, sign_in_link, throttle
from portal.kernel import actor, errors, ids, msgids

TRIES_PER_POLICY = 5
TRIES_PER_ADDRESS = 15


class PolicyNumberUnreadable(errors.DomainError):
    """What was typed is not written like a policy number."""

    code = "policy_number_unreadable"
    message = msgids.N_("Enter the policy number as it stands on your papers, like %(example)s.")

    def __init__(self) -> None:
        super().__init__(example="POL-7K3MQ2XW9TV")


def ask(ctx: context.Context, *, policy_no: str, zip_code: str, who: actor.Actor) -> None:
    """Mail a link to the address on file when both go together; says nothing when they do not.

    An account that is in use already gets a link to sign in. Raises PolicyNumberUnreadable,
    ZipUnreadable, TooManyTries.
    """
    number = ids.normalise(policy_no)
    if not ids.is_valid(number, ids.Prefix.POLICY):
        raise PolicyNumberUnreadable()
    area = rules.zip_code(zip_code)[:5]
    throttle.take(
        ctx,
        throttling.per_account("activate", number, most=TRIES_PER_POLICY),
        throttling.per_address("activate", who.address, most=TRIES_PER_ADDRESS),
    )
    with ctx.database.unit_of_work() as session:
        customer_id = policies.holder(session, policy_no=number)
        if customer_id is None:
            return
        account = queries.account_of(session, customer_id=customer_id)
        customer = queries.customer(session, customer_id=customer_id)
        if customer.zip[:5] != area:
            return
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

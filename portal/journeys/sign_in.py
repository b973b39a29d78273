"""Signing in by password, and beginning the session of somebody who proved who they are."""

from __future__ import annotations

import dataclasses

from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.identity import queries
from portal.domain.identity.operations import passwords, sessions, throttling
from portal.journeys import context, throttle
from portal.kernel import actor, errors, msgids

TRIES_PER_ACCOUNT = 10
TRIES_PER_ADDRESS = 30


class WrongPassword(errors.DomainError):
    """No account, no password, or not this one: the reader is not told which."""

    code = "wrong_password"
    message = msgids.N_(
        "E-mail and password do not go together. Check both, or have a link mailed to you."
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Begun:
    """A session that was begun: the secret token for the cookie, and whose it is."""

    token: str
    role: str
    name: str


def with_password(
    ctx: context.Context,
    *,
    email: str,
    password: str,
    who: actor.Actor,
    replaces: int | None = None,
) -> Begun:
    """Begin a session for a mail address and its password; `replaces` is the session to end.

    Raises WrongPassword, or TooManyTries after ten tries for an account or thirty from an
    address in a quarter of an hour.
    """
    limits = (
        throttling.per_account("sign_in", email, most=TRIES_PER_ACCOUNT),
        throttling.per_address("sign_in", who.address, most=TRIES_PER_ADDRESS),
    )
    throttle.take(ctx, *limits)
    with ctx.database.reading() as session:
        found = queries.accounts(session, email=email)
    account = _opened(found, password)
    if account is None:
        raise WrongPassword()
    fresh = _renewed(account, password)
    with ctx.database.unit_of_work() as session:
        throttling.forgive(session, *limits, now=ctx.clock.now())
        if fresh:
            passwords.store(
                session,
                password_hash=fresh,
                customer_id=account.customer_id,
                staff_id=account.staff_id,
            )
        return begin(session, ctx, account=account, how="password", who=who, replaces=replaces)


def begin(
    session: orm.Session,
    ctx: context.Context,
    *,
    account: queries.Account,
    how: str,
    who: actor.Actor,
    replaces: int | None = None,
) -> Begun:
    """Begin a session of `account` in the caller's transaction; `how` it was opened is logged."""
    now = ctx.clock.now()
    if replaces is not None:
        sessions.end(session, session_id=replaces, now=now)
    token = sessions.start(
        session,
        now=now,
        customer_id=account.customer_id,
        staff_id=account.staff_id,
        device=who.device,
        address=who.address,
    )
    audit.record(
        session,
        who=acting(account, who),
        action="identity.signed_in",
        subject=account.number,
        customer_id=account.customer_id,
        now=now,
        how=how,
    )
    return Begun(token=token, role=account.role, name=account.first_name)


def acting(account: queries.Account, who: actor.Actor) -> actor.Actor:
    """The visitor `who`, now known to be the person of `account`."""
    is_customer = account.customer_id is not None
    return dataclasses.replace(
        who,
        kind=actor.ActorKind.CUSTOMER if is_customer else actor.ActorKind.STAFF,
        id=account.customer_id if is_customer else account.staff_id,
        label=account.name,
        role="" if is_customer else account.role,
    )


def _opened(found: tuple[queries.Account, ...], password: str) -> queries.Account | None:
    if not found:
        passwords.matches(None, password)  # an unknown account takes as long
        return None
    right = [one for one in found if passwords.matches(one.password_hash, password)]
    return right[0] if right else None


def _renewed(account: queries.Account, password: str) -> str:
    stored = account.password_hash
    return passwords.hashed(password) if stored and passwords.is_outdated(stored) else ""

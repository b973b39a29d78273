"""Payers: asked by the owner, given a newer link, ended; knows no mail and no Stripe."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.payments import models
from portal.domain.payments.states import PayerEnd
from portal.kernel import actor, db, errors, ids, msgids

ASKING_DAYS = 30
ASKS_PER_ADDRESS = 3  # invitations of one customer to one address in that time
ASKS_PER_DAY = 10  # invitations of one customer, to whomever
UNANSWERED_LINKS = 5  # mails to somebody who has never used one


class PayerAlready(errors.DomainError):
    """The policy has a payer; there is one at most."""

    code = "payer_already"
    message = msgids.N_("Somebody pays for this pet already. End that first.")


class PayerDeclined(errors.DomainError):
    """The address said no a short while ago."""

    code = "payer_declined"
    message = msgids.N_("They ended this themselves not long ago. We do not write to them again.")


class AskedOften(errors.DomainError):
    """Enough mails went out for now."""

    code = "payer_asked_often"
    message = msgids.N_("We have written often enough for now. Please ask them in another way.")


class NoSuchPayer(errors.DomainError):
    """No payer of this customer has the number, or it has ended."""

    code = "no_such_payer"
    message = msgids.N_("This has ended already.")


def invite(
    session: orm.Session,
    *,
    customer_id: int,
    policy_id: int,
    policy_no: str,
    name: str,
    email: str,
    language: str,
    now: datetime.datetime,
    who: actor.Actor,
    rng: ids.Bits,
) -> models.Payer:
    """Let somebody else pay for one policy; the caller has locked the customer.

    Raises PayerAlready, PayerDeclined, AskedOften.
    """
    _check(session, customer_id=customer_id, policy_id=policy_id, email=email, now=now)
    payer = models.Payer(
        number=ids.new(ids.Prefix.PAYER, rng),
        customer_id=customer_id,
        policy_id=policy_id,
        name=name,
        email=email,
        language=language,
        link_version=1,
        invited_at=now,
    )
    session.add(payer)
    session.flush()
    audit.record(
        session,
        who=who,
        action="payments.payer_invited",
        subject=payer.number,
        now=now,
        customer_id=customer_id,
        personal={"name": name, "email": email},
        policy_no=policy_no,
    )
    return payer


def renew_link(
    session: orm.Session, *, payer: models.Payer, now: datetime.datetime, who: actor.Actor
) -> None:
    """Make a new link the one that works; the older one is dead. Raises AskedOften."""
    if payer.first_seen_at is None and payer.link_version >= UNANSWERED_LINKS:
        raise AskedOften()
    payer.link_version += 1
    payer.invited_at = now
    session.flush()
    _record(session, payer, action="payments.payer_link_renewed", now=now, who=who)


def lock(session: orm.Session, *, payer_id: int) -> models.Payer:
    """The payer as it is now, locked; whoever locks the customer too has done so before."""
    return db.lock_row(session, models.Payer, payer_id)


def lock_active(session: orm.Session, *, customer_id: int, number: str) -> models.Payer:
    """The customer's payer, locked. Raises NoSuchPayer for another's and for one that ended."""
    payer = session.scalar(
        sa.select(models.Payer)
        .where(
            models.Payer.number == number,
            models.Payer.customer_id == customer_id,
            models.Payer.ended_at.is_(None),
        )
        .with_for_update()
    )
    if payer is None:
        raise NoSuchPayer(number=number)
    return payer


def check_active(session: orm.Session, *, payer_id: int) -> None:
    """Raise NoSuchPayer for one that has ended; the caller has locked the customer."""
    row = models.Payer
    if session.scalar(sa.select(row.id).where(row.id == payer_id, row.ended_at.is_(None))) is None:
        raise NoSuchPayer()


def note_seen(session: orm.Session, *, payer_id: int, now: datetime.datetime) -> None:
    """Keep when the payer first did something with the link; opening it counts for nothing."""
    session.execute(
        sa.update(models.Payer)
        .where(models.Payer.id == payer_id, models.Payer.first_seen_at.is_(None))
        .values(first_seen_at=now)
    )


def link_to_stripe(session: orm.Session, *, payer_id: int, stripe_ref: str) -> str:
    """Keep the payer's counterpart in Stripe; the one that was kept first wins."""
    session.execute(
        sa.update(models.Payer)
        .where(models.Payer.id == payer_id, models.Payer.stripe_ref.is_(None))
        .values(stripe_ref=stripe_ref)
    )
    return session.scalars(
        sa.select(models.Payer.stripe_ref).where(models.Payer.id == payer_id)
    ).one()


def end(
    session: orm.Session,
    *,
    payer: models.Payer,
    reason: PayerEnd,
    now: datetime.datetime,
    who: actor.Actor,
) -> bool:
    """End it (the payer is locked); False when it had ended before."""
    if payer.ended_at is not None:
        return False
    payer.ended_at, payer.end_reason = now, reason
    session.flush()
    _record(session, payer, action=f"payments.payer_ended_{reason}", now=now, who=who)
    return True


def _check(
    session: orm.Session,
    *,
    customer_id: int,
    policy_id: int,
    email: str,
    now: datetime.datetime,
) -> None:
    """Refuse a second payer of a policy, and mails that somebody might not want."""
    row = models.Payer
    month = now - datetime.timedelta(days=ASKING_DAYS)
    today = now - datetime.timedelta(days=1)
    mine = (row.customer_id == customer_id, row.email == email)
    has_one, declined, asked, asked_today = session.execute(
        sa.select(
            sa.exists().where(row.policy_id == policy_id, row.ended_at.is_(None)),
            sa.exists().where(*mine, row.end_reason == PayerEnd.BY_PAYER, row.ended_at > month),
            sa.select(sa.func.count()).where(*mine, row.invited_at > month).scalar_subquery(),
            sa.select(sa.func.count())
            .where(row.customer_id == customer_id, row.invited_at > today)
            .scalar_subquery(),
        )
    ).one()
    if has_one:
        raise PayerAlready()
    if declined:
        raise PayerDeclined()
    if asked >= ASKS_PER_ADDRESS or asked_today >= ASKS_PER_DAY:
        raise AskedOften()


def _record(
    session: orm.Session,
    payer: models.Payer,
    *,
    action: str,
    now: datetime.datetime,
    who: actor.Actor,
) -> None:
    audit.record(
        session,
        who=who,
        action=action,
        subject=payer.number,
        now=now,
        customer_id=payer.customer_id,
    )

"""Mailed links: 256 random bits of which only a hash is kept; spent once, by a POST."""

from __future__ import annotations

import datetime
import secrets

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.identity import models, queries
from portal.domain.identity.operations import sessions
from portal.kernel import errors, msgids

LIFE = {
    models.LinkPurpose.SIGN_IN: datetime.timedelta(minutes=15),
    models.LinkPurpose.ACTIVATE: datetime.timedelta(hours=24),
    models.LinkPurpose.PASSWORD: datetime.timedelta(hours=1),
    models.LinkPurpose.CHANGE_EMAIL: datetime.timedelta(hours=24),
}


class LinkNotUsable(errors.DomainError):
    """The link was used, is too old, or never was one. `reason`: spent, expired, unknown."""

    code = "link_not_usable"
    message = msgids.N_("This link does not work any more. Please ask for a new one.")

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason=reason)
        self.reason = reason


def issue(
    session: orm.Session,
    *,
    purpose: models.LinkPurpose,
    email: str,
    now: datetime.datetime,
    customer_id: int | None = None,
    staff_id: int | None = None,
) -> str:
    """Make a link of exactly one person; its secret token. Older ones of the purpose end.

    `email` is where it is sent, for change_email the new address.
    """
    end(session, purposes=[purpose], customer_id=customer_id, staff_id=staff_id, now=now)
    token = secrets.token_urlsafe(32)
    session.add(
        models.Link(
            token_hash=sessions.token_hash(token),
            purpose=purpose,
            customer_id=customer_id,
            staff_id=staff_id,
            email=email,
            created_at=now,
            expires_at=now + LIFE[purpose],
        )
    )
    session.flush()
    return token


def check(
    session: orm.Session, *, token: str, purpose: models.LinkPurpose, now: datetime.datetime
) -> queries.LinkView:
    """The live link of this token, not spent by looking. Raises LinkNotUsable."""
    found = queries.link(session, token_hash=sessions.token_hash(token), purpose=purpose, now=now)
    if found is None or found.state != "live":
        raise LinkNotUsable(reason="unknown" if found is None else found.state)
    return found


def spend(
    session: orm.Session, *, token: str, purpose: models.LinkPurpose, now: datetime.datetime
) -> queries.LinkView:
    """Spend the live link of this token; of two at once one succeeds. Raises LinkNotUsable."""
    token_hash = sessions.token_hash(token)
    spent = session.scalar(
        sa.update(models.Link)
        .where(
            models.Link.token_hash == token_hash,
            models.Link.purpose == purpose,
            models.Link.spent_at.is_(None),
            models.Link.expires_at > now,
        )
        .values(spent_at=now)
        .returning(models.Link.id)
    )
    found = queries.link(session, token_hash=token_hash, purpose=purpose, now=now)
    if spent is None or found is None:
        raise LinkNotUsable(reason="unknown" if found is None else found.state)
    return found


def end(
    session: orm.Session,
    *,
    purposes: list[models.LinkPurpose],
    now: datetime.datetime,
    customer_id: int | None = None,
    staff_id: int | None = None,
) -> None:
    """End the person's live links of these purposes; they read as expired."""
    mine = (
        models.Link.customer_id == customer_id
        if customer_id is not None
        else models.Link.staff_id == staff_id
    )
    session.execute(
        sa.update(models.Link)
        .where(
            mine,
            models.Link.purpose.in_(purposes),
            models.Link.spent_at.is_(None),
            models.Link.expires_at > now,
        )
        .values(expires_at=now)
    )


def forget_old(session: orm.Session, *, before: datetime.datetime) -> int:
    """Delete links that ended before this moment, spent or not; how many."""
    return session.execute(sa.delete(models.Link).where(models.Link.expires_at < before)).rowcount

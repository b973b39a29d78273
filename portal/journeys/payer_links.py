"""The mailed link of somebody else who pays: made, and read again; a newer one ends the older."""

from __future__ import annotations

import dataclasses

import itsdangerous
from sqlalchemy import orm

from portal.domain.payments.queries import payers
from portal.journeys import context
from portal.kernel import actor, errors, msgids

SALT = "payer"
LONGEST = 200  # letters of a token


class LinkOver(errors.DomainError):
    """The link is none of ours, a newer one took its place, or it was ended."""

    code = "payer_link_over"
    message = msgids.N_("This link does not work any more.")


def page(ctx: context.Context, *, payer: payers.PayerView) -> str:
    """The address under which the payer pays: the one that works now."""
    return f"{ctx.base_url}/payer/{token(ctx, payer=payer)}"


def token(ctx: context.Context, *, payer: payers.PayerView) -> str:
    """What stands in the address."""
    return str(_signer(ctx).dumps([payer.number, payer.link_version]))


def holder(session: orm.Session, ctx: context.Context, *, token: str) -> payers.PayerView:
    """Whose link it is. Raises LinkOver; looking changes nothing."""
    try:
        number, version = _signer(ctx).loads(token[: LONGEST + 1])
    except (itsdangerous.BadData, TypeError, ValueError) as bad:
        raise LinkOver() from bad
    found = payers.active(session, number=str(number))
    if found is None or found.link_version != version:
        raise LinkOver()
    return found


def acting(payer: payers.PayerView, who: actor.Actor) -> actor.Actor:
    """The payer as a doer; whoever else may be signed in in that browser did not do it."""
    return dataclasses.replace(
        who, kind=actor.ActorKind.SYSTEM, label=f"payer {payer.number}", id=None, role=""
    )


def _signer(ctx: context.Context) -> itsdangerous.URLSafeSerializer:
    return itsdangerous.URLSafeSerializer(ctx.secret_key, salt=SALT)

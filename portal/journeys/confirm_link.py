"""The signed link by which a payer confirms a draft that their bank asks about; charges nothing."""

from __future__ import annotations

import datetime

import itsdangerous

from portal.journeys import context

SALT = "confirm-draft"


def link(ctx: context.Context, *, draft_no: str, until_on: datetime.date) -> str:
    """The address under which the payer confirms, up to `until_on`."""
    token = _signer(ctx).dumps([draft_no, until_on.isoformat()])
    return f"{ctx.base_url}/confirm/{token}"


def draft_no(ctx: context.Context, *, token: str) -> str | None:
    """The draft behind a token; None for one that is too old or none of ours."""
    try:
        number, until = _signer(ctx).loads(token)
    except itsdangerous.BadData:
        return None
    return number if datetime.date.fromisoformat(until) >= ctx.clock.today() else None


def _signer(ctx: context.Context) -> itsdangerous.URLSafeSerializer:
    return itsdangerous.URLSafeSerializer(ctx.secret_key, salt=SALT)

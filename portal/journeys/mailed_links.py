"""Secret links by mail: issues one and queues its mail, in the caller's transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import orm

from portal.domain.identity import models, queries
from portal.domain.identity.operations import links, sessions
from portal.journeys import context, telling

PAGES = {
    models.LinkPurpose.SIGN_IN: "sign-in/link",
    models.LinkPurpose.ACTIVATE: "activate",
    models.LinkPurpose.PASSWORD: "password",
    models.LinkPurpose.CHANGE_EMAIL: "settings/email",
}


def send(
    session: orm.Session,
    ctx: context.Context,
    *,
    account: queries.Account,
    purpose: models.LinkPurpose,
    template: str,
    to: str = "",
    **view: Any,
) -> str:
    """Mail a new link for this account to its address, or `to` another; where the link leads.

    Older links of the purpose end.
    """
    recipient = to or account.email
    token = links.issue(
        session,
        purpose=purpose,
        customer_id=account.customer_id,
        staff_id=account.staff_id,
        email=recipient,
        now=ctx.clock.now(),
    )
    address = f"{ctx.base_url}/{PAGES[purpose]}/{token}"
    telling.tell(
        session,
        ctx,
        template=template,
        key=f"{template}:{sessions.token_hash(token)}",
        recipient=recipient,
        language=account.language,
        name=account.first_name,
        customer_id=account.customer_id,
        secret=True,
        link=address,
        **view,
    )
    return address

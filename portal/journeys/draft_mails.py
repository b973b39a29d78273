"""Mails about autopay and drafts: to the owner, or to who pays in the owner's place."""

from __future__ import annotations

from typing import Any

from sqlalchemy import orm

from portal.domain.payments.queries import payers
from portal.journeys import context, payer_links, telling


def tell(
    session: orm.Session,
    ctx: context.Context,
    *,
    customer_id: int,
    payer_id: int | None,
    policy_no: str = "",
    template: str,
    key: str,
    subject_no: str,
    secret: bool = False,
    **view: Any,
) -> bool:
    """Queue a mail to who pays: the payer where there is one, else the owner; as in `telling`.

    The mail is given `page`, where its reader changes autopay (of the policy, or of any), and
    `for_payer`. A payer quotes their own number where the owner quotes the policy's, which is not
    theirs to know.
    """
    page = f"{ctx.base_url}/autopay/{policy_no}".rstrip("/")
    if payer_id is not None:
        payer = payers.by_id(session, payer_id=payer_id)
        page, secret = payer_links.page(ctx, payer=payer), True
        subject_no = payer.number if subject_no == policy_no else subject_no
    return telling.tell_who_pays(
        session,
        ctx,
        customer_id=customer_id,
        payer_id=payer_id,
        template=template,
        key=key,
        subject_no=subject_no,
        secret=secret,
        page=page,
        **view,
    )

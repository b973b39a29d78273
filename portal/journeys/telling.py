"""Telling people by mail, in their language: renders and queues inside the caller's transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import orm

from portal.documents import mails
from portal.domain.notifications import operations
from portal.journeys import context


def tell(
    session: orm.Session,
    ctx: context.Context,
    *,
    template: str,
    key: str,
    recipient: str,
    language: str,
    name: str,
    customer_id: int | None = None,
    subject_no: str = "",
    secret: bool = False,
    **view: Any,
) -> bool:
    """Queue the mail `templates/email/<template>` to `recipient`; False when `key` was told before.

    `key` is unique per fact and reader, like "receipt:PAY-…"; `name` is how the mail greets;
    `subject_no` is the public number it is about, which the mail shows as the number to quote;
    `secret` says that it holds a live link; `view` holds plain values (cents, days, moments).
    """
    rendered = mails.render(
        template,
        language=language,
        zone=ctx.clock.zone,
        brand=ctx.brand,
        phone=ctx.phone,
        base_url=ctx.base_url,
        name=name,
        **({"number": subject_no} | view),
    )
    return operations.queue(
        session,
        key=key,
        template=template,
        customer_id=customer_id,
        recipient=recipient,
        language=language,
        subject_no=subject_no,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        secret=secret,
        now=ctx.clock.now(),
    )

"""Telling people by mail, in their language: renders and queues inside the caller's transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import orm

from portal.documents import mails
from portal.domain.identity import queries as identity
from portal.domain.notifications import operations
from portal.domain.payments.queries import payers
from portal.journeys import context


def tell_customer(
    session: orm.Session,
    ctx: context.Context,
    *,
    customer_id: int,
    template: str,
    key: str,
    subject_no: str,
    **view: Any,
) -> bool:
    """Queue a mail to the customer's address, in their language; all else is as in `tell`."""
    customer = identity.customer(session, customer_id=customer_id)
    return tell(
        session,
        ctx,
        template=template,
        key=key,
        recipient=customer.email,
        language=customer.language,
        name=customer.first_name,
        customer_id=customer_id,
        subject_no=subject_no,
        **view,
    )


def tell_payer(
    session: orm.Session,
    ctx: context.Context,
    *,
    payer: payers.PayerView,
    template: str,
    key: str,
    subject_no: str = "",
    secret: bool = False,
    **view: Any,
) -> bool:
    """Queue a mail to somebody else who pays, in their language; all else is as in `tell`.

    It is no mail of the owner's: nobody finds it under the owner.
    """
    return tell(
        session,
        ctx,
        template=template,
        key=key,
        recipient=payer.email,
        language=payer.language,
        name=payer.name,
        subject_no=subject_no,
        secret=secret,
        **view,
    )


def tell_who_pays(
    session: orm.Session,
    ctx: context.Context,
    *,
    customer_id: int,
    payer_id: int | None,
    template: str,
    key: str,
    subject_no: str = "",
    **view: Any,
) -> bool:
    """Queue a mail to the payer where there is one, else to the customer; as in `tell`.

    The view is given `for_payer`: the mail of a payer leads nowhere into the account.
    """
    about = {"template": template, "key": key, "subject_no": subject_no} | view
    if payer_id is None:
        return tell_customer(session, ctx, customer_id=customer_id, for_payer=False, **about)
    payer = payers.by_id(session, payer_id=payer_id)
    return tell_payer(session, ctx, payer=payer, for_payer=True, **about)


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
    rendered = render(
        ctx, template, language=language, name=name, **({"number": subject_no} | view)
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


def render(
    ctx: context.Context, template: str, *, language: str, name: str, **view: Any
) -> mails.RenderedMail:
    """The mail as `name` will read it; nothing is sent."""
    return mails.render(
        template,
        language=language,
        zone=ctx.clock.zone,
        brand=ctx.brand,
        phone=ctx.phone,
        base_url=ctx.base_url,
        name=name,
        **view,
    )

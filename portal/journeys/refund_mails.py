"""The mails of a refund: it arrived, it failed, it is sent again, a check is on its way."""

from __future__ import annotations

from sqlalchemy import orm

from portal.domain.payments import models
from portal.domain.payments.queries import payers, shown_method
from portal.domain.payments.states import RefundState
from portal.journeys import context, telling


def ended(session: orm.Session, ctx: context.Context, refund: models.Refund) -> None:
    """Tell that it succeeded or failed; the payer too, where somebody else gets the money."""
    _tell_owner(
        session,
        ctx,
        refund,
        template=f"refund_{refund.state}",
        expected_on=refund.expected_on,
        was_sent=refund.sent_at is not None,
    )
    if refund.state is RefundState.SUCCEEDED:
        _tell_payer(session, ctx, refund, template="payer_refund", expected_on=refund.expected_on)


def sent_again(session: orm.Session, ctx: context.Context, *, refund: models.Refund) -> None:
    """Tell the owner that `refund` takes the place of one that failed."""
    _tell_owner(session, ctx, refund, template="refund_again", expected_on=refund.expected_on)


def paid_by_check(session: orm.Session, ctx: context.Context, *, refund: models.Refund) -> None:
    """Tell the owner, and the payer where somebody else gets it, that a check is on its way."""
    view = {"check_no": refund.check_no, "check_on": refund.check_on}
    _tell_owner(session, ctx, refund, template="refund_check", **view)
    _tell_payer(session, ctx, refund, template="payer_refund_check", **view)


def _tell_owner(
    session: orm.Session,
    ctx: context.Context,
    refund: models.Refund,
    *,
    template: str,
    **view: object,
) -> None:
    payment = session.get_one(models.Payment, refund.payment_id)
    telling.tell_customer(
        session,
        ctx,
        customer_id=refund.customer_id,
        template=template,
        key=f"{template}:{refund.number}",
        subject_no=refund.number,
        amount_cents=refund.amount_cents,
        method_label=shown_method.of_payment(session, payment=payment),
        by_payer=payment.payer_id is not None,
        **view,
    )


def _tell_payer(
    session: orm.Session,
    ctx: context.Context,
    refund: models.Refund,
    *,
    template: str,
    **view: object,
) -> None:
    """Nothing where the owner paid."""
    payment = session.get_one(models.Payment, refund.payment_id)
    if payment.payer_id is None:
        return
    payer = payers.by_id(session, payer_id=payment.payer_id)
    telling.tell_payer(
        session,
        ctx,
        payer=payer,
        template=template,
        key=f"{template}:{refund.number}",
        subject_no=refund.number,
        amount_cents=refund.amount_cents,
        method_label=payment.method_label,
        pet_name=payer.pet_name,
        **view,
    )

"""Withdraws a bill: its money is freed, what was planned to pay it is called off; commits nothing.

Pages and approvals go through `close_bill`; whatever withdraws bills as part of something larger
calls `void` in a transaction of its own.
"""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import books, voiding
from portal.domain.disputes import models as disputes
from portal.domain.payments import models as payments
from portal.domain.payments import rules
from portal.domain.payments.operations import drafting
from portal.domain.payments.states import PaymentState
from portal.domain.policies import models as policies
from portal.journeys import arrange, context, freeing
from portal.kernel import actor, errors, msgids


class BeingPaid(errors.DomainError):
    """Money for it is on its way; what it would find must not be taken away meanwhile."""

    code = "bill_being_paid"
    message = msgids.N_(
        "A payment of this bill is under way. Wait until it has arrived or failed, then try again."
    )


class BankClaims(errors.DomainError):
    """A bank has the money of a payment of it, and has not decided."""

    code = "bill_claimed"
    message = msgids.N_(
        "A bank claims a payment of this bill. Wait until the chargeback is decided."
    )


class InDispute(errors.DomainError):
    """A case about it is open: it is decided there."""

    code = "bill_in_dispute"
    message = msgids.N_("This bill is in dispute. Decide the case %(case)s first.")


class OfFormerOwner(errors.DomainError):
    """Its policy passed to somebody else, who would be asked for what they never owed."""

    code = "bill_of_former_owner"
    message = msgids.N_(
        "The policy of this bill has passed to another customer since. Give back what was paid"
        " too much by a credit or a refund instead."
    )


def void(
    session: orm.Session,
    ctx: context.Context,
    *,
    invoice_id: int,
    reason: str,
    who: actor.Actor,
    is_used_again: bool = False,
) -> voiding.Voided:
    """Withdraw one bill in the caller's transaction, never twice.

    Its money lies unapplied then; its installments are free and billed by the next run, unless
    the caller plans them otherwise. What a bank kept of it at our loss is gone, unless the caller
    uses it again for the bill in its place and asks then. Raises VoidedAlready, WrittenOff,
    OfFormerOwner, BeingPaid, BankClaims, InDispute.
    """
    customer_id = session.scalars(
        sa.select(billing.Invoice.customer_id).where(billing.Invoice.id == invoice_id)
    ).one()
    books.lock_customer(session, customer_id=customer_id)
    invoice = voiding.lock(session, invoice_id=invoice_id)
    number, now, today = invoice.number, ctx.clock.now(), ctx.clock.today()
    _check_owner(session, invoice)
    check_free(session, invoice_id=invoice_id, number=number)
    terms = freeing.Terms(key=f"void:{number}", memo=number, who=who, now=now, today=today)
    freed = freeing.clear(session, customer_id=customer_id, invoice_id=invoice_id, terms=terms)
    if not is_used_again:
        freed = freeing.without_kept(session, freed=freed, terms=terms)
    done = voiding.void(session, invoice=invoice, reason=reason, now=now, today=today, who=who)
    call_off_drafts(session, ctx, customer_id=customer_id, invoice_id=invoice_id, who=who)
    return dataclasses.replace(done, freed=freed)


def _check_owner(session: orm.Session, invoice: billing.Invoice) -> None:
    """What would be free belongs to whoever was billed. Raises OfFormerOwner.

    A bill that no plan made is asked of nobody again. A move of the policy waits for the account
    of everybody who was billed for it, which the caller has locked.
    """
    if session.scalar(
        sa.select(policies.Policy.id)
        .join(billing.Installment, billing.Installment.invoice_id == invoice.id)
        .where(
            policies.Policy.id == invoice.policy_id,
            policies.Policy.customer_id != invoice.customer_id,
        )
        .limit(1)
    ):
        raise OfFormerOwner()


def check_free(session: orm.Session, *, invoice_id: int, number: str) -> None:
    """Nothing runs that counts on the bill. Raises BeingPaid, BankClaims, InDispute."""
    under_way = sa.select(payments.Payment.id).join(
        payments.Reservation, payments.Reservation.payment_id == payments.Payment.id
    )
    if session.scalar(
        under_way.where(
            payments.Reservation.invoice_id == invoice_id,
            payments.Reservation.released_at.is_(None),
            sa.or_(
                payments.Payment.state.in_([PaymentState.PROCESSING, PaymentState.UNKNOWN]),
                payments.Payment.is_off_session,
            ),
        ).limit(1)
    ):
        raise BeingPaid()
    paid_by = (
        sa.select(billing.Allocation.source)
        .join(billing.InvoiceLine, billing.InvoiceLine.id == billing.Allocation.line_id)
        .where(billing.InvoiceLine.invoice_id == invoice_id)
        .group_by(billing.Allocation.source)
        .having(sa.func.sum(billing.Allocation.cents) > 0)
    )
    if session.scalar(
        sa.select(payments.Chargeback.id)
        .join(payments.Payment, payments.Payment.id == payments.Chargeback.payment_id)
        .where(
            payments.Payment.number.in_(paid_by),
            payments.Chargeback.state.in_(sorted(rules.DECIDING)),
        )
        .limit(1)
    ):
        raise BankClaims()
    case = session.scalar(
        sa.select(disputes.Dispute.number)
        .outerjoin(disputes.DisputeLine, disputes.DisputeLine.dispute_id == disputes.Dispute.id)
        .where(
            disputes.Dispute.closed_at.is_(None),
            sa.or_(
                disputes.Dispute.invoice_no == number,
                disputes.DisputeLine.invoice_no == number,
            ),
        )
        .limit(1)
    )
    if case is not None:
        raise InDispute(case=case)


def call_off_drafts(
    session: orm.Session,
    ctx: context.Context,
    *,
    customer_id: int,
    invoice_id: int,
    who: actor.Actor,
) -> int:
    """Call off what was planned for this bill and for no other open one; how many.

    A payment that is planned for others too takes of them what is open on its day, as always. An
    arrangement with nothing left to pay has ended.
    """
    now: datetime.datetime = ctx.clock.now()
    others = (
        sa.select(payments.DraftBill.invoice_id)
        .join(billing.Invoice, billing.Invoice.id == payments.DraftBill.invoice_id)
        .where(
            payments.DraftBill.draft_id == payments.Draft.id,
            billing.Invoice.state == billing.InvoiceState.ISSUED,
        )
        .exists()
    )
    drafts = session.scalars(
        sa.select(payments.Draft)
        .join(payments.DraftBill, payments.DraftBill.draft_id == payments.Draft.id)
        .where(
            payments.DraftBill.invoice_id == invoice_id,
            payments.Draft.ended_at.is_(None),
            payments.Draft.arrangement_id.is_(None),
            ~others,
        )
        .order_by(payments.Draft.id)
        .with_for_update(of=payments.Draft)
    ).all()
    called_off = sum(
        drafting.cancel(session, draft=draft, now=now, who=who, reason="bill_withdrawn")
        for draft in drafts
    )
    arrange.follow_paid(session, ctx, customer_id=customer_id)
    return called_off

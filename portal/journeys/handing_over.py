"""A policy passes to another customer: what stands in the way, and what ends; commits nothing."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.approvals import queries as approval_queries
from portal.domain.approvals import rules as approval_rules
from portal.domain.billing import models as billing
from portal.domain.billing.queries import plans
from portal.domain.disputes import models as disputes
from portal.domain.payments import models as payments
from portal.domain.payments import rules
from portal.domain.payments.operations import drafting, inviting, standing
from portal.domain.payments.queries import payers, silenced
from portal.domain.payments.states import AutopayEnd, PayerEnd
from portal.domain.policies import models
from portal.domain.policies import queries as policies
from portal.domain.wallet import queries as wallet
from portal.journeys import context, end_autopay, keep_method, telling, void_invoice
from portal.kernel import actor, errors, msgids

N_ = msgids.N_


class PartlyPaid(errors.DomainError):
    """Money stands on an open bill."""

    code = "move_partly_paid"
    message = N_("Bill %(bill)s is partly paid. Wait until all of it is paid, or void it first.")


class Held(errors.DomainError):
    """Somebody is looking into it."""

    code = "move_held"
    message = N_("%(number)s is on hold. End what it is held for first.")


class InDispute(errors.DomainError):
    """A case about the policy or money for it is open."""

    code = "move_in_dispute"
    message = N_("The case %(case)s about it is open. Decide it first.")


class BankClaims(errors.DomainError):
    """A bank has the money of a payment for it, and has not decided."""

    code = "move_claimed"
    message = N_("A bank claims a payment for it. Wait until the chargeback is decided.")


class InParts(errors.DomainError):
    """An open bill is part of an arrangement."""

    code = "move_in_parts"
    message = N_("Bill %(bill)s is being paid in parts. End the arrangement first.")


class BillWaits(errors.DomainError):
    """What is done to a bill of it waits for a second person, who saw whose bill it is."""

    code = "move_bill_waits"
    message = N_("Bill %(bill)s waits for a second person. Decide that first.")


def open_bills(session: orm.Session, *, policy: models.Policy) -> Sequence[billing.Invoice]:
    """The open bills that a term of the policy planned. A fee's own bill stays where it is."""
    planned = sa.exists().where(billing.Installment.invoice_id == billing.Invoice.id)
    return session.scalars(
        sa.select(billing.Invoice)
        .where(
            billing.Invoice.policy_id == policy.id,
            billing.Invoice.customer_id == policy.customer_id,
            billing.Invoice.state == billing.InvoiceState.ISSUED,
            planned,
        )
        .order_by(billing.Invoice.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def check(session: orm.Session, *, policy: models.Policy, bills: Sequence[billing.Invoice]) -> None:
    """Nothing runs that another owner would find in the middle.

    Raises Held, InDispute, BankClaims, BillWaits, PartlyPaid, InParts, and what
    `void_invoice.check_free` raises.
    """
    numbers = [policy.number, *(bill.number for bill in bills)]
    hold = session.scalar(
        sa.select(billing.Hold.subject)
        .where(billing.Hold.subject.in_(numbers), billing.Hold.lifted_at.is_(None))
        .order_by(billing.Hold.id)
        .limit(1)
    )
    _check_cases(session, policy)
    if hold is not None:
        raise Held(number=hold)
    _check_requests(session, policy)
    for bill in bills:
        void_invoice.check_free(session, invoice_id=bill.id, number=bill.number)
        if bill.open_cents != bill.total_cents or _is_touched(session, bill):
            raise PartlyPaid(bill=bill.number)
        if _in_parts(session, bill):
            raise InParts(bill=bill.number)


def _check_requests(session: orm.Session, policy: models.Policy) -> None:
    mine = sa.select(billing.Invoice.number).where(billing.Invoice.policy_id == policy.id)
    bill = approval_queries.first_waiting(session, kind=approval_rules.CLOSED_BILL, subjects=mine)
    if bill:
        raise BillWaits(bill=bill)


def _check_cases(session: orm.Session, policy: models.Policy) -> None:
    mine = sa.select(billing.Invoice.number).where(billing.Invoice.policy_id == policy.id)
    paid = (
        sa.select(billing.Allocation.source)
        .join(billing.InvoiceLine, billing.InvoiceLine.id == billing.Allocation.line_id)
        .join(billing.Invoice, billing.Invoice.id == billing.InvoiceLine.invoice_id)
        .where(billing.Invoice.policy_id == policy.id)
    )
    case = session.scalar(
        sa.select(disputes.Dispute.number)
        .outerjoin(disputes.DisputeLine, disputes.DisputeLine.dispute_id == disputes.Dispute.id)
        .where(
            disputes.Dispute.closed_at.is_(None),
            sa.or_(
                disputes.Dispute.policy_no == policy.number,
                disputes.Dispute.invoice_no.in_(mine),
                disputes.DisputeLine.invoice_no.in_(mine),
                disputes.Dispute.payment_no.in_(paid),
            ),
        )
        .limit(1)
    )
    claimed = session.scalar(
        sa.select(payments.Chargeback.id)
        .join(payments.Payment, payments.Payment.id == payments.Chargeback.payment_id)
        .where(
            payments.Payment.number.in_(paid),
            payments.Chargeback.state.in_(sorted(rules.DECIDING)),
        )
        .limit(1)
    )
    if claimed is not None:
        raise BankClaims()
    if case is not None:
        raise InDispute(case=case)


def _is_touched(session: orm.Session, bill: billing.Invoice) -> bool:
    """Whether anything stands on it, also where it was put there and taken off in part."""
    return session.scalar(
        sa.select(
            sa.select(sa.func.coalesce(sa.func.sum(billing.Allocation.cents), 0))
            .join(billing.InvoiceLine, billing.InvoiceLine.id == billing.Allocation.line_id)
            .where(billing.InvoiceLine.invoice_id == bill.id)
            .scalar_subquery()
            != 0
        )
    )


def _in_parts(session: orm.Session, bill: billing.Invoice) -> bool:
    running = (billing.ArrangementState.PROPOSED, billing.ArrangementState.ACTIVE)
    return session.scalar(
        sa.select(
            sa.exists().where(
                billing.ArrangementBill.invoice_id == bill.id,
                billing.Arrangement.id == billing.ArrangementBill.arrangement_id,
                billing.Arrangement.state.in_(running),
            )
        )
    )


def stop(
    session: orm.Session, ctx: context.Context, *, policy: models.Policy, who: actor.Actor
) -> dict[str, object]:
    """End autopay, planned payments and the payer of the policy; what there was of each."""
    planned = 0
    autopay = standing.running(session, customer_id=policy.customer_id, policy_id=policy.id)
    if autopay is not None:
        view = policies.by_id(session, policy_id=policy.id, today=ctx.clock.today())
        left = end_autopay.end(
            session, ctx, autopay=autopay, policy=view, reason=AutopayEnd.STAFF, who=who
        )
        planned += left.cancelled
    for draft in silenced.drafts_of(session, policy_id=policy.id):
        planned += drafting.cancel(
            session, draft=draft, now=ctx.clock.now(), who=who, reason="policy_moved"
        )
    payer = _end_payer(session, ctx, policy=policy, who=who)
    return {"autopay": autopay is not None, "planned": planned, "payer": payer}


def _end_payer(
    session: orm.Session, ctx: context.Context, *, policy: models.Policy, who: actor.Actor
) -> str:
    """End whoever else pays the policy's bills, and tell them; their name, or ""."""
    found = session.scalar(
        sa.select(payments.Payer.id).where(
            payments.Payer.policy_id == policy.id, payments.Payer.ended_at.is_(None)
        )
    )
    if found is None:
        return ""
    view = payers.by_id(session, payer_id=found)
    row = inviting.lock(session, payer_id=found)
    now = ctx.clock.now()
    inviting.end(session, payer=row, reason=PayerEnd.POLICY_ENDED, now=now, who=who)
    for method in wallet.methods(session, customer_id=policy.customer_id, payer_id=found):
        keep_method.take_off(
            session,
            ctx,
            customer_id=policy.customer_id,
            payer_id=found,
            number=method.number,
            who=who,
        )
    telling.tell_payer(
        session,
        ctx,
        payer=view,
        template="payer_ended",
        key=f"payer_ended:{view.number}",
        subject_no=view.number,
        by_owner=True,
        pet_name=view.pet_name,
        payer_name=view.name,
        owner_name=view.owner_name,
    )
    return view.name


def withdraw(
    session: orm.Session,
    ctx: context.Context,
    *,
    bills: Sequence[billing.Invoice],
    reason: str,
    who: actor.Actor,
) -> list[list[object]]:
    """Void the bills and plan what they had anew; [number, cents] of each.

    It is due the plan's lead days ahead at least: another person is asked for it.
    """
    today = ctx.clock.today()
    lead = datetime.timedelta(days=plans.standard(session, on=today).lead_days)
    done: list[list[object]] = []
    for bill in bills:
        voided = void_invoice.void(session, ctx, invoice_id=bill.id, reason=reason, who=who)
        table = billing.Installment
        session.execute(
            sa.update(table)
            .where(table.id.in_(voided.installment_ids))
            .values(issue_on=today, due_on=sa.func.greatest(table.due_on, today + lead))
        )
        done.append([voided.number, voided.cents])
    session.expire_all()
    return done

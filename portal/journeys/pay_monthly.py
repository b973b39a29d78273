"""A year that is billed whole is paid monthly instead, as long as nothing of that is paid.

What was added to its premium since is on bills of their own, which are withdrawn with it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import issuing_together, replan
from portal.domain.billing.queries import plans
from portal.domain.billing.rules import installments, replanning
from portal.domain.policies import models as policies
from portal.journeys import context, returning, term_scene, void_invoice
from portal.journeys.term_scene import Ask, Change, Kind, Scene
from portal.kernel import db, errors, money, msgids

REASON = "Paid monthly instead."
MONTHS = 12


class NotOnOneBill(errors.DomainError):
    """No bill of the whole year is open."""

    code = "not_on_one_bill"
    message = msgids.N_("There is no open bill for the whole year that could be paid monthly.")


class PartlyPaid(errors.DomainError):
    """Once anything of the bill is paid, the plan can change at renewal only."""

    code = "annual_bill_paid"
    message = msgids.N_(
        "Part of the bill for the year is paid already. How you pay can change at renewal."
    )


def pay_monthly(ctx: context.Context, *, ask: Ask, is_trial: bool = False) -> Change:
    """Withdraw the bill and those of later changes, plan its days month by month.

    What is out by now is billed. Raises NoSuchPolicy, CancelledAlready, NoTermNow, NotOnOneBill,
    PartlyPaid, PlanDoesNotFit, what `void_invoice.void` raises.
    """
    with ctx.database.reading() as session:
        begins = _term_of_bill(session, policy_no=ask.policy_no)

    def make(scene: Scene) -> tuple[Kind, datetime.date, Mapping[str, Any]]:
        invoices = _whole(scene)
        for invoice in invoices:
            void_invoice.void(
                scene.session, ctx, invoice_id=invoice.id, reason=ask.reason or REASON, who=ask.who
            )
        begins_on = min(invoice.period_start_on for invoice in invoices)
        freed = replan.take(scene.session, term_id=scene.term.id)
        parts = replan.put(
            scene.session, term_id=scene.term.id, parts=_monthly(scene, freed, begins_on)
        )
        scene.term.payment_plan = policies.PaymentPlan.MONTHLY
        scene.term.installments = min(MONTHS, parts[-1].sequence)
        scene.session.flush()
        now_cents, due_on = _bill_now(scene, parts)
        return (
            Kind.PAID_MONTHLY,
            parts[0].due_on,
            {
                "withdrawn_no": ", ".join(invoice.number for invoice in invoices),
                "withdrawn_cents": sum(invoice.total_cents for invoice in invoices),
                "first_bill_cents": now_cents,
                "first_bill_due_on": due_on.isoformat() if due_on else "",
                "fees_cents": sum(part.installment_fee_cents for part in parts),
                "after": [[part.due_on.isoformat(), part.total_cents] for part in parts],
            },
        )

    return term_scene.change(ctx, ask=ask, on=begins, make=make, is_trial=is_trial)


def _term_of_bill(session: orm.Session, *, policy_no: str) -> datetime.date | None:
    """When the last billed term begins, before others one that is paid at once; None: none is."""
    return session.scalar(
        sa.select(policies.Term.effective_on)
        .join(policies.Policy, policies.Policy.id == policies.Term.policy_id)
        .join(billing.Installment, billing.Installment.term_id == policies.Term.id)
        .where(
            policies.Policy.number == policy_no,
            billing.Installment.invoice_id.is_not(None),
        )
        .order_by(
            (policies.Term.payment_plan == policies.PaymentPlan.IN_FULL).desc(),
            policies.Term.effective_on.desc(),
        )
        .limit(1)
    )


def _whole(scene: Scene) -> Sequence[billing.Invoice]:
    """The bills of the term that last to its end, locked: its own and those of changes of it.

    Bills of months before stay. Raises NotOnOneBill, PartlyPaid.
    """
    on_term = sa.select(billing.Installment.invoice_id).where(
        billing.Installment.term_id == scene.term.id, billing.Installment.invoice_id.is_not(None)
    )
    invoices = scene.session.scalars(
        sa.select(billing.Invoice)
        .where(
            billing.Invoice.id.in_(on_term),
            billing.Invoice.period_end_on == scene.term.expires_on,
        )
        .order_by(billing.Invoice.id)
        .with_for_update()
    ).all()
    if not invoices or scene.term.payment_plan is not policies.PaymentPlan.IN_FULL:
        raise NotOnOneBill()
    if any(invoice.state is billing.InvoiceState.WRITTEN_OFF for invoice in invoices):
        raise NotOnOneBill()
    if any(invoice.open_cents < invoice.total_cents for invoice in invoices):
        raise PartlyPaid()
    return invoices


def _monthly(
    scene: Scene, freed: Sequence[replanning.Part], begins_on: datetime.date
) -> list[replanning.Part]:
    """What is free again, split over the months from the bills' first day on."""
    term = scene.term
    plan = plans.standard(scene.session, on=term.effective_on)
    months = installments.schedule(
        plan=installments.named("monthly"),
        effective_on=term.effective_on,
        expires_on=term.expires_on,
        premium_cents=term.premium_cents,
        tax_cents=term.tax_cents,
        lead_days=plan.lead_days,
    )
    left = [month for month in months if month.period_end_on > begins_on]
    premium = money.split(sum(part.premium_cents for part in freed), len(left))
    tax = money.split(sum(part.tax_cents for part in freed), len(left))
    policy_fee = sum(part.policy_fee_cents for part in freed)
    return [
        replanning.Part(
            sequence=place + 1,
            period_start_on=max(month.period_start_on, begins_on),
            period_end_on=month.period_end_on,
            issue_on=month.issue_on,
            due_on=max(month.due_on, begins_on),
            premium_cents=premium[place],
            tax_cents=tax[place],
            policy_fee_cents=policy_fee if place == 0 else 0,
            installment_fee_cents=plan.installment_fee_cents,
        )
        for place, month in enumerate(left)
    ]


def _bill_now(scene: Scene, parts: Sequence[replanning.Part]) -> tuple[int, datetime.date | None]:
    """One bill for what should be out by now, due on its last due day or today; its cents."""
    out = [part for part in parts if part.issue_on <= scene.today]
    if not out:
        return 0, None
    ids = scene.session.scalars(
        sa.select(billing.Installment.id).where(
            billing.Installment.term_id == scene.term.id,
            billing.Installment.sequence.in_([part.sequence for part in out]),
        )
    ).all()
    made = issuing_together.issue(
        scene.session,
        installment_ids=ids,
        due_on=max(scene.today, out[-1].due_on),
        on=scene.today,
        now=scene.ctx.clock.now(),
        rng=scene.ctx.rng,
        who=scene.ask.who,
    )
    db.queue_task(scene.session, returning.TASK, invoice_ids=[made.invoice_id])
    return made.total_cents, made.due_on

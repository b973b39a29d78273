"""The billing run of a day: issues what is due, in batches, and tells the customers."""

from __future__ import annotations

import datetime

from portal.domain.billing.operations import issuing
from portal.domain.payments.queries import payers, standing
from portal.domain.policies import queries as policies
from portal.journeys import context, guest_pay, payer_links, telling

ACTOR = "billing run"
BATCH = 200


def run(ctx: context.Context, *, on: datetime.date) -> int:
    """Issue every installment whose issue day is `on` or before; how many invoices.

    Running it twice, or after it was killed anywhere, issues each installment once.
    """
    with ctx.database.unit_of_work() as session:
        run_id = issuing.start_run(session, on=on, now=ctx.clock.now())
    issued = 0
    while True:
        batch = _batch(ctx, on=on, run_id=run_id)
        issued += batch
        if batch < BATCH:
            break
    with ctx.database.unit_of_work() as session:
        issuing.finish_run(session, run_id=run_id, issued=issued, now=ctx.clock.now())
    return issued


def _batch(ctx: context.Context, *, on: datetime.date, run_id: int) -> int:
    with ctx.database.unit_of_work() as session:
        found = issuing.issue_batch(
            session,
            on=on,
            now=ctx.clock.now(),
            run_id=run_id,
            rng=ctx.rng,
            actor=ACTOR,
            limit=BATCH,
        )
        policy_ids = [invoice.policy_id for invoice in found]
        payers_of = payers.awaiting_bills(session, policy_ids=policy_ids)
        on_autopay = standing.running(session, policy_ids=policy_ids)
        for invoice in found:
            telling.tell_customer(
                session,
                ctx,
                customer_id=invoice.customer_id,
                template="bill",
                key=f"bill:{invoice.number}",
                subject_no=invoice.number,
                pet_name=policies.by_id(session, policy_id=invoice.policy_id, today=on).pet_name,
                amount_cents=invoice.total_cents,
                due_on=invoice.due_on,
                is_on_autopay=invoice.policy_id in on_autopay,
                guest_link=guest_pay.link(ctx, invoice_no=invoice.number),
            )
            payer = payers_of.get(invoice.policy_id)
            if payer is not None:
                telling.tell_payer(
                    session,
                    ctx,
                    payer=payer,
                    template="payer_bill",
                    key=f"payer_bill:{invoice.number}",
                    subject_no=invoice.number,
                    secret=True,
                    pet_name=payer.pet_name,
                    amount_cents=invoice.total_cents,
                    due_on=invoice.due_on,
                    link=payer_links.page(ctx, payer=payer),
                )
        return len(found)

"""Mails the bills of a run to those who pay them, each once."""

from __future__ import annotations

from collections.abc import Sequence

from portal.domain.billing.operations import issuing
from portal.domain.payments.queries import payers, standing
from portal.domain.policies import queries as policies
from portal.journeys import context, guest_pay, payer_links, telling


def tell(ctx: context.Context, *, invoice_ids: Sequence[int]) -> None:
    """Queue the mail of each bill, and one to whoever else pays it. Twice tells once."""
    with ctx.database.unit_of_work() as session:
        found = issuing.issued(session, invoice_ids=invoice_ids)
        policy_ids = [invoice.policy_id for invoice in found]
        payers_of = payers.awaiting_bills(session, policy_ids=policy_ids)
        on_autopay = standing.running(session, policy_ids=policy_ids)
        names = policies.pet_names(session, policy_ids=policy_ids)
        for invoice in found:
            pet_name = names[invoice.policy_id]
            telling.tell_customer(
                session,
                ctx,
                customer_id=invoice.customer_id,
                template="bill",
                key=f"bill:{invoice.number}",
                subject_no=invoice.number,
                pet_name=pet_name,
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

"""Tells who pays a bill that it was withdrawn, written off or is owed again; commits nothing.

A bill in the place of another tells of itself.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import voiding
from portal.domain.billing.queries import held
from portal.domain.ledger import models as ledger
from portal.domain.payments.queries import payers
from portal.domain.policies import queries as policies
from portal.journeys import context, payer_links, telling


def withdrawn(session: orm.Session, ctx: context.Context, done: voiding.Voided) -> None:
    """Queue the mail of a bill without another in its place.

    Says whether its days are billed again, and what of its money can be used now: nothing while a
    pet's death holds the policy, whose money a person takes care of.
    """
    invoice = session.get_one(billing.Invoice, done.invoice_id)
    is_held = bool(held.bills_held(session, invoice_ids=[invoice.id]))
    _tell(
        session,
        ctx,
        invoice,
        what="withdrawn",
        cents=invoice.total_cents,
        freed_cents=0 if is_held else sum(done.freed.values()),
        is_billed_again=bool(done.installment_ids) and not is_held,
    )


def written(
    session: orm.Session,
    ctx: context.Context,
    invoice: billing.Invoice,
    *,
    cents: int,
    is_back: bool,
) -> None:
    """Queue the mail of what was written off of a bill, or, with `is_back`, is owed again.

    Nothing is asked for while a pet's death holds the policy.
    """
    if is_back and held.bills_held(session, invoice_ids=[invoice.id]):
        return
    _tell(
        session,
        ctx,
        invoice,
        what="written_back" if is_back else "written_off",
        cents=cents,
        is_paid_in_part=invoice.total_cents > cents,
        is_past=invoice.due_on < ctx.clock.today(),
    )


def _tell(
    session: orm.Session,
    ctx: context.Context,
    invoice: billing.Invoice,
    *,
    what: str,
    cents: int,
    freed_cents: int = 0,
    **view: object,
) -> None:
    """To the owner, and to whoever else was asked to pay it: what lies free is the owner's."""
    ids, key = (
        [invoice.policy_id],
        f"bill_closed:{invoice.number}:{_entries(session, invoice.number)}",
    )
    about = {
        "template": "bill_closed",
        "subject_no": invoice.number,
        "what": what,
        "number": invoice.number,
        "pet_name": policies.pet_names(session, policy_ids=ids)[invoice.policy_id],
        "due_on": invoice.due_on,
        "cents": cents,
        **view,
    }
    telling.tell_customer(
        session,
        ctx,
        customer_id=invoice.customer_id,
        key=key,
        freed_cents=freed_cents,
        link=f"{ctx.base_url}/invoices/{invoice.number}",
        for_payer=False,
        **about,
    )
    payer = payers.awaiting_bills(session, policy_ids=ids).get(invoice.policy_id)
    if payer is None or payer.customer_id != invoice.customer_id:
        return  # also who pays for another owner, who has the policy since
    telling.tell_payer(
        session,
        ctx,
        payer=payer,
        key=f"payer_{key}",
        secret=True,
        freed_cents=0,
        link=payer_links.page(ctx, payer=payer),
        for_payer=True,
        **about,
    )


def _entries(session: orm.Session, number: str) -> int:
    """How many entries are about the bill: each closing of it has posted one more."""
    session.flush()
    return session.scalar(
        sa.select(sa.func.count()).select_from(ledger.Entry).where(ledger.Entry.subject == number)
    )

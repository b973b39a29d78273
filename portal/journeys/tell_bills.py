"""Mails the bills of a run to those who pay them, each once; to some the bills of all pets in one.

A run issues its bills in batches, each told by a job. Bills of a customer with one bill a month
for all pets are told when the run is over: then all of a day are there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from sqlalchemy import orm

from portal.domain.billing.operations import issuing
from portal.domain.billing.queries import held, joint
from portal.domain.payments.queries import payers, standing
from portal.domain.policies import queries as policies
from portal.journeys import context, guest_pay, payer_links, telling

CUSTOMERS = 200  # told in one transaction


@dataclasses.dataclass(frozen=True, kw_only=True)
class About:
    """What a mail says of policies: pets' names, which are on autopay, who else pays."""

    names: Mapping[int, str]
    on_autopay: frozenset[int]
    payers_of: Mapping[int, payers.PayerView]


def tell(ctx: context.Context, *, invoice_ids: Sequence[int]) -> None:
    """Queue the mail of each bill, and one to whoever else pays it. Twice tells once.

    Bills that are told together are left to `tell_together`.
    """
    with ctx.database.unit_of_work() as session:
        later = joint.told_together(session, invoice_ids=invoice_ids)
        now = [id for id in invoice_ids if id not in later]
        found = _not_held(session, issuing.issued(session, invoice_ids=now))
        about = _about(session, found)
        for invoice in found:
            _tell_one(session, ctx, invoice, about)


def tell_together(ctx: context.Context, *, run_id: int) -> None:
    """Queue one mail for the bills of a run of each customer who wants them together.

    One for each due day; a single bill is told as any other. Twice tells once.
    """
    after = 0
    while True:
        with ctx.database.unit_of_work() as session:
            found = joint.bills_of_run(session, run_id=run_id, after=after, customers=CUSTOMERS)
            for days in found.values():
                for invoice_ids in days.values():
                    _tell_day(session, ctx, invoice_ids)
        if not found:
            return
        after = max(found)


def _tell_day(session: orm.Session, ctx: context.Context, invoice_ids: Sequence[int]) -> None:
    found = _not_held(session, issuing.issued(session, invoice_ids=invoice_ids))
    if not found:
        return
    about = _about(session, found)
    first = found[0]
    if len(found) == 1:
        _tell_one(session, ctx, first, about)
        return
    waiting = [one for one in found if one.policy_id not in about.on_autopay]
    telling.tell_customer(
        session,
        ctx,
        customer_id=first.customer_id,
        template="bills_together",
        key=f"bills:{first.number}",
        subject_no=first.number,
        count=len(found),
        due_on=first.due_on,
        total_cents=sum(one.total_cents for one in found),
        to_pay_cents=sum(one.total_cents for one in waiting),
        numbers=[one.number for one in waiting],
        bills=[
            (about.names[one.policy_id], one.total_cents, one.policy_id in about.on_autopay)
            for one in found
        ],
    )
    for invoice in found:
        _tell_payer(session, ctx, invoice, about)


def _not_held(session: orm.Session, found: Sequence[issuing.Issued]) -> Sequence[issuing.Issued]:
    """Those that anybody is told of: nothing is asked for while a whole policy is held."""
    held_now = held.bills_held(session, invoice_ids=[one.invoice_id for one in found])
    return [one for one in found if one.invoice_id not in held_now]


def _about(session: orm.Session, found: Sequence[issuing.Issued]) -> About:
    ids = [invoice.policy_id for invoice in found]
    return About(
        names=policies.pet_names(session, policy_ids=ids),
        on_autopay=frozenset(standing.running(session, policy_ids=ids)),
        payers_of=payers.awaiting_bills(session, policy_ids=ids),
    )


def _tell_one(
    session: orm.Session, ctx: context.Context, invoice: issuing.Issued, about: About
) -> None:
    telling.tell_customer(
        session,
        ctx,
        customer_id=invoice.customer_id,
        template="bill",
        key=f"bill:{invoice.number}",
        subject_no=invoice.number,
        pet_name=about.names[invoice.policy_id],
        amount_cents=invoice.total_cents,
        due_on=invoice.due_on,
        is_on_autopay=invoice.policy_id in about.on_autopay,
        guest_link=guest_pay.link(ctx, invoice_no=invoice.number),
    )
    _tell_payer(session, ctx, invoice, about)


def _tell_payer(
    session: orm.Session, ctx: context.Context, invoice: issuing.Issued, about: About
) -> None:
    payer = about.payers_of.get(invoice.policy_id)
    if payer is None or payer.customer_id != invoice.customer_id:
        return  # also who pays for another owner, who has the policy since
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

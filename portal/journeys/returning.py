"""Settles what a change of a term leaves over: bills it, or gives it back to whoever paid."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import crediting, issuing, replan
from portal.domain.billing.queries import plans
from portal.domain.billing.rules import replanning
from portal.domain.payments import models as payments
from portal.domain.payments import rules
from portal.domain.payments.operations import refunding
from portal.domain.policies import models as policies
from portal.journeys import context, freeing
from portal.kernel import actor, db

TASK = "tell_bills"
BACK = ("returned_cents", "refunded_cents", "others_returned_cents", "others_refunded_cents")


def settle(
    session: orm.Session,
    ctx: context.Context,
    *,
    term: policies.Term,
    policy: policies.Policy,
    left: replanning.Leftover,
    owed: replanning.Fees,
    counted: Sequence[replan.Billed],
    fees: Sequence[replan.Billed],
    number: str,
    who: actor.Actor,
) -> dict[str, int]:
    """Bill what is above zero and give back what is below; the caller has locked the account.

    `owed` fees are billed as well, `fees` go back whole. Cents billed at once; given back to the
    holder of the policy, and what of it is refunded; and the same for all others. `number` is of
    the change.
    """
    billed = 0
    back = dict.fromkeys(BACK, 0)
    more = {
        "premium_cents": max(left.premium_cents, 0),
        "tax_cents": max(left.tax_cents, 0),
        **dataclasses.asdict(owed),
    }
    if any(more.values()):
        billed = _bill_rest(session, ctx, term=term, more=more, who=who)
    parts = replan.to_return(
        counted,
        premium_cents=max(-left.premium_cents, 0),
        tax_cents=max(-left.tax_cents, 0),
    ) | {fee.line_id: fee.room_cents for fee in fees if fee.room_cents}
    if parts:
        for customer_id, mine in _by_customer(parts, [*counted, *fees]).items():
            whose, key = "", number
            if customer_id != policy.customer_id:
                whose, key = "others_", f"{number}:{customer_id}"
            back[f"{whose}returned_cents"] += sum(mine.values())
            back[f"{whose}refunded_cents"] += _give_back(
                session, ctx, customer_id=customer_id, parts=mine, key=key, number=number, who=who
            )
    return {"billed_now_cents": billed, **back}


def _bill_rest(
    session: orm.Session,
    ctx: context.Context,
    *,
    term: policies.Term,
    more: dict[str, int],
    who: actor.Actor,
) -> int:
    today = ctx.clock.today()
    due_on = today + datetime.timedelta(days=plans.standard(session, on=today).lead_days)
    begins = min(max(today, term.effective_on), term.expires_on - datetime.timedelta(days=1))
    installment_id = replan.add(
        session,
        term_id=term.id,
        period=(begins, term.expires_on),
        due_on=due_on,
        today=today,
        **more,
    )
    return _issue(session, ctx, installment_id=installment_id, who=who).total_cents


def bill(
    session: orm.Session,
    ctx: context.Context,
    *,
    term_id: int,
    sequence: int,
    who: actor.Actor,
) -> issuing.Issued:
    """Bill one planned installment of the term at once."""
    installment_id = session.scalars(
        sa.select(billing.Installment.id).where(
            billing.Installment.term_id == term_id, billing.Installment.sequence == sequence
        )
    ).one()
    return _issue(session, ctx, installment_id=installment_id, who=who)


def _issue(
    session: orm.Session, ctx: context.Context, *, installment_id: int, who: actor.Actor
) -> issuing.Issued:
    made = issuing.issue_now(
        session,
        installment_id=installment_id,
        on=ctx.clock.today(),
        now=ctx.clock.now(),
        rng=ctx.rng,
        who=who,
    )
    db.queue_task(session, TASK, invoice_ids=[made.invoice_id])
    return made


def _by_customer(
    parts: dict[int, int], lines: Sequence[replan.Billed]
) -> dict[int, dict[int, int]]:
    """The lines by the customer of their bill, in order of id."""
    whose = {line.line_id: line.customer_id for line in lines}
    found: dict[int, dict[int, int]] = {id: {} for id in sorted({whose[line] for line in parts})}
    for line_id, cents in parts.items():
        found[whose[line_id]][line_id] = cents
    return found


def _give_back(
    session: orm.Session,
    ctx: context.Context,
    *,
    customer_id: int,
    parts: dict[int, int],
    key: str,
    number: str,
    who: actor.Actor,
) -> int:
    """Credit the lines; what had been paid goes back to the method that paid it. Cents refunded.

    Money of a payment that a bank claims stays unapplied.
    """
    now, today = ctx.clock.now(), ctx.clock.today()
    freed = freeing.open_up(
        session,
        customer_id=customer_id,
        parts=parts,
        terms=freeing.Terms(key=key, memo=number, who=who, now=now, today=today),
    )
    crediting.return_premium(
        session,
        key=f"return:{key}",
        customer_id=customer_id,
        parts=parts,
        subject=number,
        reason="",
        now=now,
        today=today,
        actor=who.label,
        rng=ctx.rng,
    )
    refunded = 0
    for source, cents in freed.items():
        if not source.startswith("PAY-"):
            continue
        payment_id = session.scalars(
            sa.select(payments.Payment.id).where(payments.Payment.number == source)
        ).one()
        payment = db.lock_row(session, payments.Payment, payment_id)
        try:
            refunding.approve(
                session,
                payment=payment,
                amount_cents=cents,
                key=f"return:{number}:{source}",
                subject=number,
                reason="",
                now=now,
                today=today,
                who=who,
                rng=ctx.rng,
            )
        except rules.RefundLocked:
            continue
        refunded += cents
    return refunded

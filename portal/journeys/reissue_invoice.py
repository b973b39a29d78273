"""Withdraws a bill and bills the same installments at once on another; commits nothing."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import allocating, issuing, issuing_together, voiding
from portal.domain.payments.operations import unapplied
from portal.journeys import context, freeing, returning, void_invoice
from portal.kernel import actor, db, errors, msgids

LATEST = datetime.timedelta(days=90)  # after today, or after the first due day


class NothingToReissue(errors.DomainError):
    """No plan made the bill, or nothing of it is wanted any more."""

    code = "nothing_to_reissue"
    message = msgids.N_("No installment would be on the new bill. Void this one instead.")


class DueDayWrong(errors.DomainError):
    """Neither the first due day nor a later one."""

    code = "reissue_due_day"
    message = msgids.N_("Choose %(first_on)s, the first due day, or a day up to %(last_on)s.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reissued:
    """The bill that was withdrawn, the one in its place, and what was used for that again."""

    voided: voiding.Voided
    issued: issuing.Issued
    used_cents: int


def reissue(
    session: orm.Session,
    ctx: context.Context,
    *,
    invoice_id: int,
    due_on: datetime.date | None,
    leaves_unapplied: bool,
    reason: str,
    who: actor.Actor,
) -> Reissued:
    """Void the bill and issue another in its place, due on its first due day or a later one.

    The money that stood on it pays the new one by the plan's rule, unless it is left unapplied; so
    does what a bank kept at our loss, which stays ours then.
    Raises NothingToReissue, DueDayWrong, NotBillable and what `void_invoice.void` raises.
    """
    now, today = ctx.clock.now(), ctx.clock.today()
    first_on = session.scalars(
        sa.select(billing.Invoice.due_on).where(billing.Invoice.id == invoice_id)
    ).one()
    day, last_on = due_on or first_on, max(first_on, today) + LATEST
    if not first_on <= day <= last_on:
        raise DueDayWrong(first_on=first_on, last_on=last_on)
    voided = void_invoice.void(
        session,
        ctx,
        invoice_id=invoice_id,
        reason=reason,
        who=who,
        is_used_again=not leaves_unapplied,
    )
    if not voided.installment_ids:
        raise NothingToReissue()
    made = issuing_together.issue(
        session,
        installment_ids=voided.installment_ids,
        due_on=day,
        on=today,
        now=now,
        rng=ctx.rng,
        who=who,
        replaces_id=invoice_id,
    )
    used = 0 if leaves_unapplied else _pay_again(session, voided, made, now, today, who)
    db.queue_task(session, returning.TASK, invoice_ids=[made.invoice_id])
    return Reissued(voided=voided, issued=made, used_cents=used)


def _pay_again(
    session: orm.Session,
    voided: voiding.Voided,
    made: issuing.Issued,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> int:
    """Use what stood on the one bill for the other; the cents. A bank has kept what it kept."""
    allocating.lock_invoices(session, invoice_ids=[made.invoice_id])
    key = f"reissue:{voided.number}"
    used = unapplied.use_again(
        session,
        customer_id=made.customer_id,
        invoice_id=made.invoice_id,
        freed=voided.freed,
        key=key,
        now=now,
        today=today,
        who=who,
    )
    terms = freeing.Terms(key=key, memo=voided.number, who=who, now=now, today=today)
    freeing.without_kept(session, freed=voided.freed, terms=terms)
    return used

"""Takes over what Stripe says of a chargeback: its state, and every cent that it moved, once."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.billing import models as billing
from portal.domain.billing.operations import allocating, books
from portal.domain.ledger import rules as ledger
from portal.domain.payments import models, returns, rules
from portal.domain.payments.operations import keeping, settling
from portal.domain.payments.queries import chargebacks
from portal.domain.payments.states import ChargebackState, IfLost
from portal.kernel import actor, db, ids


@dataclasses.dataclass(frozen=True, kw_only=True)
class Move:
    """Money that Stripe moved for it: taken (below zero) or given back, and the fee; cents."""

    ref: str
    amount_cents: int
    fee_cents: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
    """A chargeback as it stands at Stripe; amounts in cents, moments in UTC."""

    stripe_ref: str
    event: rules.ChargebackEvent
    reason: str
    amount_cents: int
    opened_at: datetime.datetime
    evidence_due_at: datetime.datetime | None
    is_answered: bool
    moves: tuple[Move, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """What became of it: the state before (None when it is new) and after; cents that are due
    again, and cents that came back after a loss and wait for the customer's bills.
    """

    chargeback_id: int
    number: str
    before: ChargebackState | None
    after: ChargebackState
    is_inquiry: bool
    due_again_cents: int = 0
    regained_cents: int = 0

    @property
    def is_step(self) -> bool:
        """Whether its state changed, or it is new."""
        return self.before is not self.after


def lock(session: orm.Session, *, payment_id: int) -> models.Payment:
    """Lock in the one order: customer, every invoice the payment stands on, payment."""
    row = session.execute(
        sa.select(models.Payment.customer_id, models.Payment.number).where(
            models.Payment.id == payment_id
        )
    ).one()
    books.lock_customer(session, customer_id=row.customer_id)
    invoice_ids = session.scalars(
        sa.select(billing.InvoiceLine.invoice_id)
        .join(billing.Allocation, billing.Allocation.line_id == billing.InvoiceLine.id)
        .where(billing.Allocation.source == row.number)
        .distinct()
        .order_by(billing.InvoiceLine.invoice_id)
    ).all()
    allocating.lock_invoices(session, invoice_ids=invoice_ids)
    return db.lock_row(session, models.Payment, payment_id)


def absorb(
    session: orm.Session,
    *,
    payment: models.Payment,
    report: Report,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
    rng: ids.Bits,
) -> Change:
    """Take the report over for the (locked, settled) payment; the same again changes nothing.

    A state that has no place after the one that is known is an older word, and changes none. Each
    movement is posted under Stripe's reference of it, whatever the state says.
    """
    known = session.scalar(
        sa.select(models.Chargeback)
        .where(models.Chargeback.stripe_ref == report.stripe_ref)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = known or _new(session, payment, report, now=now, rng=rng)
    before = None if known is None else known.state
    if before is not None and rules.CHARGEBACKS.allows(before, report.event):
        found.state = rules.CHARGEBACKS.next(before, report.event)
        if found.state is not before and found.state in rules.ANSWERABLE:
            _ask_anew(found)
    posted = [_post(session, found, payment, move, now, today, who) for move in report.moves]
    _take_over(found, report, moved=bool(report.moves), now=now)
    session.flush()
    due_again = regained = 0
    if found.state in rules.KEPT_BY_THE_BANK and found.held_cents > 0:
        due_again = keeping.lose(
            session, chargeback=found, payment=payment, now=now, today=today, who=who
        )
    elif found.state is ChargebackState.WON and found.held_cents < 0:
        regained = keeping.regain(
            session, chargeback=found, payment=payment, now=now, today=today, who=who
        )
    found.outcome = _outcome(found, due_again_cents=due_again)
    session.flush()
    change = Change(
        chargeback_id=found.id,
        number=found.number,
        before=before,
        after=found.state,
        is_inquiry=found.is_inquiry,
        due_again_cents=due_again,
        regained_cents=regained,
    )
    if change.is_step or any(posted):
        _audit(session, found, payment, who=who, now=now, before=str(before or ""))
    if found.state is ChargebackState.WON and change.is_step:
        _send_held_refunds(session, payment_id=payment.id)
    return change


def is_late_return(payment: models.Payment, reason: str) -> bool:
    """Whether a claim is the late return of a debit: final, and with another fee."""
    return payment.method_kind == settling.DEBIT and reason in returns.LATE_RETURNS


def choose_if_lost(
    session: orm.Session,
    *,
    chargeback: models.Chargeback,
    if_lost: IfLost,
    who: actor.Actor,
    now: datetime.datetime,
) -> None:
    """Decide beforehand what becomes of the money if the bank keeps it. Raises ChargebackOver."""
    if chargeback.closed_at is not None:
        raise rules.ChargebackOver(number=chargeback.number)
    if chargeback.if_lost is if_lost:
        return
    chargeback.if_lost = if_lost
    audit.record(
        session,
        who=who,
        action="payments.chargeback_choice",
        subject=chargeback.number,
        now=now,
        customer_id=chargeback.customer_id,
        if_lost=str(if_lost),
    )


def keep_case(session: orm.Session, *, chargeback_id: int, case_no: str) -> None:
    """Write down which case is about the chargeback."""
    session.get_one(models.Chargeback, chargeback_id).case_no = case_no
    session.flush()


def _new(
    session: orm.Session,
    payment: models.Payment,
    report: Report,
    *,
    now: datetime.datetime,
    rng: ids.Bits,
) -> models.Chargeback:
    made = models.Chargeback(
        number=ids.new(ids.Prefix.CHARGEBACK, rng),
        stripe_ref=report.stripe_ref,
        payment_id=payment.id,
        customer_id=payment.customer_id,
        state=rules.CHARGEBACK_STATES[report.event],
        reason=report.reason,
        is_inquiry=not report.moves,
        amount_cents=report.amount_cents,
        fee_cents=0,
        held_cents=0,
        owed_cents=0,
        taken_cents=0,
        absorbed_cents=0,
        if_lost=IfLost.DUE_AGAIN,
        opened_at=report.opened_at,
        evidence_attempt=0,
        checked_at=now,
    )
    session.add(made)
    session.flush()
    return made


def _ask_anew(found: models.Chargeback) -> None:
    """The bank asks once more: what was sent in the round before does not answer this one."""
    found.evidence_asked_at = found.evidence_submitted_at = None
    found.evidence_error = ""


def _take_over(
    found: models.Chargeback, report: Report, *, moved: bool, now: datetime.datetime
) -> None:
    """What may change beside the state."""
    found.reason = report.reason
    found.is_inquiry = str(found.state).startswith("warning") and not moved
    found.amount_cents = report.amount_cents
    found.evidence_due_at = report.evidence_due_at
    found.checked_at = now
    counts = report.is_answered and found.state not in rules.ANSWERABLE  # else of a round before
    if counts and found.evidence_submitted_at is None:
        found.evidence_submitted_at = now
    is_over = found.state in rules.CHARGEBACK_ENDS
    if is_over and found.closed_at is None:
        found.closed_at = now
    elif not is_over:
        found.closed_at = None


def _post(
    session: orm.Session,
    found: models.Chargeback,
    payment: models.Payment,
    move: Move,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
) -> bool:
    taken = move.amount_cents < 0
    posted = books.post(
        session,
        key=f"chargeback:{move.ref}",
        event=ledger.Event.CHARGEBACK_OPENED if taken else ledger.Event.CHARGEBACK_WON,
        booked_on=today,
        now=now,
        subject=found.number,
        actor=who.label,
        postings=ledger.chargeback_moved(
            amount_cents=move.amount_cents,
            fee_cents=move.fee_cents,
            is_return=is_late_return(payment, found.reason),
        ),
        memo=payment.number,
    )
    if posted:
        found.held_cents -= move.amount_cents
        found.fee_cents += move.fee_cents
    return posted


def _outcome(found: models.Chargeback, *, due_again_cents: int) -> str:
    """How it ended in a word: won, closed (an inquiry), due_again, absorbed; "" while it runs.

    It is due_again where bills opened again, now or when the loss was split before.
    """
    if found.state in rules.KEPT_BY_THE_BANK:
        was_due = due_again_cents or found.outcome == IfLost.DUE_AGAIN
        return str(IfLost.DUE_AGAIN if was_due else IfLost.ABSORBED)
    ends = {ChargebackState.WON: "won", ChargebackState.WARNING_CLOSED: "closed"}
    return ends.get(found.state, "")


def _send_held_refunds(session: orm.Session, *, payment_id: int) -> None:
    """Refunds that were approved and held while the bank claimed the payment may go now."""
    for refund_id in chargebacks.unsent_refunds(session, payment_id=payment_id):
        db.queue_task(session, "send_refund", refund_id=refund_id)


def _audit(
    session: orm.Session,
    found: models.Chargeback,
    payment: models.Payment,
    *,
    who: actor.Actor,
    now: datetime.datetime,
    before: str,
) -> None:
    audit.record(
        session,
        who=who,
        action=f"payments.chargeback_{found.state}",
        subject=found.number,
        now=now,
        customer_id=found.customer_id,
        payment=payment.number,
        amount_cents=found.amount_cents,
        before=before,
        outcome=found.outcome,
    )

"""Places the holds of a case and keeps them right; what is foreseen comes from elsewhere."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import holds
from portal.domain.disputes import rules
from portal.domain.disputes.queries import facts
from portal.journeys import foreseeing
from portal.kernel import msgids

REASON = msgids.N_("Disputed by the customer")
# What is stopped on a disputed line: taking it, chasing it, and a fee for not having paid it.
ON_A_LINE = (billing.HoldKind.AUTOPAY, billing.HoldKind.OVERDUE, billing.HoldKind.LATE_FEE)


def pause_lines(
    session: orm.Session,
    *,
    case_no: str,
    customer_id: int,
    invoice_no: str,
    lines: Sequence[foreseeing.LineHold],
    now: datetime.datetime,
) -> None:
    """Hold each line's cents for the case. Raises holds.HeldAlready on a second hold."""
    for line in lines:
        for kind in ON_A_LINE:
            holds.place(
                session,
                kind=kind,
                customer_id=customer_id,
                subject=invoice_no,
                line_number=line.line_number,
                amount_cents=line.cents,
                reason=REASON,
                owner=case_no,
                now=now,
            )


def follow_open(session: orm.Session, *, customer_id: int, now: datetime.datetime) -> None:
    """Pause what is open on lines of open cases and not paused: it opened again, or another
    case that paused it has ended. A line of two cases is paused once, for the older of them.
    """
    seen: set[tuple[str, int]] = set()
    for line in facts.pausable_lines(session, customer_id=customer_id):
        if (line.invoice_no, line.line_number) in seen:
            continue
        seen.add((line.invoice_no, line.line_number))
        wanted = rules.held_cents(line.disputed_cents, line.open_cents)
        if line.held_cents == wanted:
            continue
        if line.held_cents:
            holds.resize(
                session,
                owner=line.case_no,
                subject=line.invoice_no,
                line_number=line.line_number,
                amount_cents=wanted,
            )
            continue
        pause_lines(
            session,
            case_no=line.case_no,
            customer_id=customer_id,
            invoice_no=line.invoice_no,
            lines=[foreseeing.LineHold(line.line_number, wanted)],
            now=now,
        )


def set_aside(
    session: orm.Session,
    *,
    case_no: str,
    customer_id: int,
    payment_no: str,
    cents: int,
    now: datetime.datetime,
) -> None:
    """Keep the unapplied part of a payment off every other bill until the case ends.

    What another case has set aside already stays with that one.
    """
    if cents <= 0 or holds.set_aside_by_others(session, payment_no=payment_no, case_no=case_no):
        return
    holds.place(
        session,
        kind=billing.HoldKind.ALLOCATION,
        customer_id=customer_id,
        subject=payment_no,
        line_number=None,
        amount_cents=cents,
        reason=REASON,
        owner=case_no,
        now=now,
    )

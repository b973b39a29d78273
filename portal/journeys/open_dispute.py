"""Opens a dispute: one case, its holds, its acknowledgement, in one transaction."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from sqlalchemy import orm

from portal.domain.billing.operations import books
from portal.domain.disputes import categories
from portal.domain.disputes.operations import raising, writing
from portal.journeys import (
    case_letters,
    case_opening,
    context,
    foreseeing,
    pausing,
    taking_files,
)
from portal.kernel import actor, msgids

NOT_OPEN_ANY_MORE = msgids.N_(
    "This payment, or a part of it, arrived for something that was not open any more. "
    "We have set that part aside and will find out where it belongs."
)
STILL_UNKNOWN = msgids.N_(
    "We have not learned for a whole day whether this payment was taken. Its bills are neither "
    "paid nor free to be paid again. We are finding out with our payment partner."
)


def once_key_of(*, customer_id: int, once_key: str) -> str:
    """The key under which a form's one dispute is kept."""
    return f"form:{customer_id}:{once_key}"


def raise_dispute(
    ctx: context.Context,
    *,
    customer_id: int,
    category: categories.Category,
    invoice_no: str | None = None,
    payment_no: str | None = None,
    policy_no: str | None = None,
    line_numbers: Sequence[int] = (),
    words: str,
    files: Sequence[taking_files.Upload] = (),
    once_key: str,
    who: actor.Actor,
) -> str:
    """Raise a dispute about a bill (all lines, or those named), a payment, or neither.

    The number of the case: a new one; the same as before for the same `once_key`; or that of an
    open case about one of the lines, to which the words, files and other lines are added then.
    The disputed lines are paused for autopay, overdue follow-up and late fees, up to what is
    open on them; a line that was declined before is not paused again. The unapplied part of a
    disputed payment is set aside.
    Raises NoSuchSubject, LineNotOnBill, WordsMissing, WordsTooLong, FileRefused; all before
    anything is changed.
    """
    raising.clean_words(words)
    kept = taking_files.keep(ctx, files)
    key = once_key_of(customer_id=customer_id, once_key=once_key)
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        books.lock_customer(session, customer_id=customer_id)
        known = writing.case_with_message(session, once_key=key)
        if known is not None:
            return known
        seen = foreseeing.foresee(
            session,
            customer_id=customer_id,
            category=category,
            invoice_no=invoice_no,
            payment_no=payment_no,
            policy_no=policy_no,
            line_numbers=line_numbers,
            hours=ctx.hours,
            now=now,
        )
        join = _join if seen.joins else _open
        number = join(
            session,
            ctx,
            customer_id=customer_id,
            seen=seen,
            words=words,
            files=kept,
            once_key=key,
            who=who,
            now=now,
        )
        _pause(session, number=number, customer_id=customer_id, seen=seen, now=now)
    return number


def raise_for_payment(
    session: orm.Session,
    ctx: context.Context,
    *,
    payment_no: str,
    customer_id: int,
    now: datetime.datetime,
    words: str = NOT_OPEN_ANY_MORE,
) -> str:
    """Open the system's own case about a payment, inside the caller's transaction.

    One per payment and `words`, which say why: the number of the case that is there, or of the
    new one. The unapplied part is set aside. The caller has locked the customer's account and
    written the payment.
    """
    session.flush()
    key = f"payment:{payment_no}" if words == NOT_OPEN_ANY_MORE else f"unknown:{payment_no}"
    known = writing.case_with_message(session, once_key=key)
    if known is not None:
        return known
    seen = foreseeing.foresee(
        session,
        customer_id=customer_id,
        category=categories.Category.PAYMENT_NOT_CREDITED,
        payment_no=payment_no,
        hours=ctx.hours,
        now=now,
    )
    if seen.joins:
        _note(session, ctx, customer_id=customer_id, seen=seen, body=words, once_key=key, now=now)
        return seen.joins
    number = _open(
        session,
        ctx,
        customer_id=customer_id,
        seen=seen,
        words=words,
        files=(),
        once_key=key,
        who=actor.system(ctx.brand),
        now=now,
    )
    _pause(session, number=number, customer_id=customer_id, seen=seen, now=now)
    return number


def _note(
    session: orm.Session,
    ctx: context.Context,
    *,
    customer_id: int,
    seen: foreseeing.Foresight,
    body: str,
    once_key: str,
    now: datetime.datetime,
) -> None:
    """The payment has an open case: note it there, once, and set money that came aside for it."""
    is_new = writing.add_note(
        session,
        number=seen.joins,
        body=body,
        once_key=once_key,
        who=actor.system(ctx.brand),
        hours=ctx.hours,
        now=now,
    )
    if is_new:
        pausing.set_aside(
            session,
            case_no=seen.joins,
            customer_id=customer_id,
            payment_no=seen.about.payment_no,
            cents=seen.set_aside_cents,
            now=now,
        )


def _open(
    session: orm.Session,
    ctx: context.Context,
    *,
    customer_id: int,
    seen: foreseeing.Foresight,
    words: str,
    files: Sequence[writing.KeptFile],
    once_key: str,
    who: actor.Actor,
    now: datetime.datetime,
) -> str:
    number = case_opening.begin(
        session,
        ctx,
        customer_id=customer_id,
        about=seen.about,
        urgency=seen.urgency,
        words=words,
        files=files,
        once_key=once_key,
        who=who,
        now=now,
    )
    case_letters.received(
        session,
        ctx,
        number=number,
        customer_id=customer_id,
        seen=seen,
        by_us=who.kind is actor.ActorKind.SYSTEM,
    )
    return number


def _join(
    session: orm.Session,
    ctx: context.Context,
    *,
    customer_id: int,
    seen: foreseeing.Foresight,
    words: str,
    files: Sequence[writing.KeptFile],
    once_key: str,
    who: actor.Actor,
    now: datetime.datetime,
) -> str:
    """Add to the open case instead of opening a second one about the same line."""
    raising.join_lines(session, number=seen.joins, lines=seen.about.lines, who=who, now=now)
    writing.add_message(
        session,
        number=seen.joins,
        body=words,
        once_key=once_key,
        files=files,
        who=who,
        hours=ctx.hours,
        now=now,
        rng=ctx.rng,
    )
    return seen.joins


def _pause(
    session: orm.Session,
    *,
    number: str,
    customer_id: int,
    seen: foreseeing.Foresight,
    now: datetime.datetime,
) -> None:
    if seen.about.invoice_no:
        pausing.pause_lines(
            session,
            case_no=number,
            customer_id=customer_id,
            invoice_no=seen.about.invoice_no,
            lines=seen.holds,
            now=now,
        )
    if seen.about.payment_no and not seen.joins:
        pausing.set_aside(
            session,
            case_no=number,
            customer_id=customer_id,
            payment_no=seen.about.payment_no,
            cents=seen.set_aside_cents,
            now=now,
        )

"""Messages with their files, and internal notes; two tables that never meet."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.disputes import models, rules
from portal.domain.disputes.operations import raising, stepping
from portal.kernel import actor, business_clock, ids


@dataclasses.dataclass(frozen=True, kw_only=True)
class KeptFile:
    """A file whose bytes are stored already, under their SHA-256."""

    name: str
    media_type: str
    size_bytes: int
    sha256: str


def first_words(
    session: orm.Session,
    *,
    number: str,
    once_key: str,
    files: Sequence[KeptFile],
    who: actor.Actor,
    now: datetime.datetime,
    rng: ids.Bits,
) -> None:
    """Put the words that raised the case, and their files, at the head of its thread."""
    case = stepping.lock(session, number=number)
    _write(
        session, case, once_key=once_key, body=case.words, files=files, who=who, now=now, rng=rng
    )


def add_message(
    session: orm.Session,
    *,
    number: str,
    body: str,
    once_key: str,
    files: Sequence[KeptFile] = (),
    version: int | None = None,
    who: actor.Actor,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
    rng: ids.Bits,
) -> bool:
    """Add a message of the customer or of staff; False when `once_key` was written before.

    A customer's message while we wait for one lets the clock run again. The first message of
    staff ends the clock of the first reply; a case that nobody took becomes theirs.
    Raises NoSuchCase, StaleCase, NotAllowed, WordsMissing, WordsTooLong.
    """
    text = raising.clean_words(body)
    if message_known(session, once_key=once_key):
        return False
    case = stepping.lock(session, number=number, version=version)
    if message_known(session, once_key=once_key):
        return False
    mine = who.kind is actor.ActorKind.CUSTOMER
    if not mine:
        take_if_free(session, case, who=who, hours=hours, now=now)
        stepping.answered(case, now=now)
    event = rules.CaseEvent.CUSTOMER_REPLIED if mine else rules.CaseEvent.REPLY
    stepping.step(session, case, event, hours=hours, now=now)
    _write(session, case, once_key=once_key, body=text, files=files, who=who, now=now, rng=rng)
    stepping.record(
        session,
        case,
        who=who,
        action="customer_wrote" if mine else "replied",
        now=now,
        files=len(files),
    )
    return True


def ask_customer(
    session: orm.Session,
    *,
    number: str,
    body: str,
    once_key: str,
    version: int | None,
    who: actor.Actor,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
    rng: ids.Bits,
) -> bool:
    """Ask the customer something; our clock pauses. False when `once_key` was written before.

    Raises NoSuchCase, StaleCase, NotAllowed, WordsMissing, WordsTooLong.
    """
    text = raising.clean_words(body)
    if message_known(session, once_key=once_key):
        return False
    case = stepping.lock(session, number=number, version=version)
    take_if_free(session, case, who=who, hours=hours, now=now)
    stepping.answered(case, now=now)
    stepping.step(session, case, rules.CaseEvent.ASK_CUSTOMER, hours=hours, now=now)
    _write(
        session, case, once_key=once_key, body=text, files=(), who=who, now=now, rng=rng, asks=True
    )
    stepping.record(session, case, who=who, action="asked", now=now)
    return True


def add_note(
    session: orm.Session,
    *,
    number: str,
    body: str,
    once_key: str,
    who: actor.Actor,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
) -> bool:
    """Keep an internal note; False when `once_key` was written before.

    Raises NoSuchCase, WordsMissing, WordsTooLong.
    """
    text = raising.clean_words(body)
    case = stepping.lock(session, number=number)
    known = session.scalar(sa.select(models.Note.id).where(models.Note.once_key == once_key))
    if known is not None:
        return False
    stepping.step(session, case, rules.CaseEvent.NOTE, hours=hours, now=now)
    session.add(
        models.Note(dispute_id=case.id, once_key=once_key, author_name=who.label, body=text, at=now)
    )
    stepping.record(session, case, who=who, action="noted", now=now)
    return True


def take_if_free(
    session: orm.Session,
    case: models.Dispute,
    *,
    who: actor.Actor,
    hours: business_clock.BusinessClock,
    now: datetime.datetime,
) -> None:
    """Whoever answers a case that nobody has taken has taken it."""
    if case.state not in rules.UNTAKEN:
        return
    case.owner_id = who.id
    stepping.step(session, case, rules.CaseEvent.TAKE, hours=hours, now=now)
    stepping.record(session, case, who=who, action="taken", now=now)


def message_known(session: orm.Session, *, once_key: str) -> bool:
    """Whether a message with this key stands already."""
    found = session.scalar(sa.select(models.Message.id).where(models.Message.once_key == once_key))
    return found is not None


def case_with_message(session: orm.Session, *, once_key: str) -> str | None:
    """The number of the case that holds the message with this key, or None."""
    return session.scalar(
        sa.select(models.Dispute.number)
        .join(models.Message, models.Message.dispute_id == models.Dispute.id)
        .where(models.Message.once_key == once_key)
    )


def _write(
    session: orm.Session,
    case: models.Dispute,
    *,
    once_key: str,
    body: str,
    files: Sequence[KeptFile],
    who: actor.Actor,
    now: datetime.datetime,
    rng: ids.Bits,
    asks: bool = False,
) -> None:
    message = models.Message(
        dispute_id=case.id,
        once_key=once_key,
        author_kind=who.kind,
        author_name=who.label,
        body=body,
        asks=asks,
        at=now,
    )
    session.add(message)
    session.flush()
    for file in files:
        session.add(
            models.Attachment(
                number=ids.new(ids.Prefix.ATTACHMENT, rng),
                dispute_id=case.id,
                message_id=message.id,
                name=file.name,
                media_type=file.media_type,
                size_bytes=file.size_bytes,
                sha256=file.sha256,
                added_at=now,
            )
        )
    session.flush()

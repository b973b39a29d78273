"""Evidence for the bank: released once a round by a person, sent by a job, read-only after."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.payments import models, rules
from portal.kernel import actor, db

WORDS = "uncategorized_text"  # the field that a person writes; the others are facts


def release(
    session: orm.Session,
    *,
    chargeback: models.Chargeback,
    words: str,
    facts: Mapping[str, str],
    who: actor.Actor,
    now: datetime.datetime,
) -> None:
    """Keep exactly what the bank will read and queue its sending; nothing of it changes after.

    Raises EvidenceMissing, EvidenceTooLong, AnsweredAlready.
    """
    kept = words.replace("\r\n", "\n").replace("\x00", "").strip()
    if not kept:
        raise rules.EvidenceMissing()
    if len(kept) > rules.EVIDENCE_MOST:
        raise rules.EvidenceTooLong(most=rules.EVIDENCE_MOST)
    if not may_answer(chargeback, now=now):
        raise rules.AnsweredAlready(number=chargeback.number)
    chargeback.evidence = {**facts, WORDS: kept}
    chargeback.evidence_by = who.label
    chargeback.evidence_asked_at = now
    chargeback.evidence_attempt += 1
    chargeback.evidence_error = ""
    _audit(session, chargeback, action="released", who=who, now=now)
    db.queue_task(session, "send_evidence", chargeback_id=chargeback.id)


def may_answer(chargeback: models.Chargeback, *, now: datetime.datetime) -> bool:
    """Whether the bank still waits and nothing was released."""
    return (
        chargeback.state in rules.ANSWERABLE
        and chargeback.evidence_asked_at is None
        and chargeback.evidence_submitted_at is None
        and (chargeback.evidence_due_at is None or now <= chargeback.evidence_due_at)
    )


def is_to_be_sent(chargeback: models.Chargeback) -> bool:
    """Whether evidence was released that Stripe has not confirmed."""
    return (
        chargeback.closed_at is None
        and chargeback.evidence_asked_at is not None
        and chargeback.evidence_submitted_at is None
    )


def refuse(
    session: orm.Session,
    *,
    chargeback: models.Chargeback,
    code: str,
    who: actor.Actor,
    now: datetime.datetime,
) -> None:
    """Stripe certainly did not take it: it can be written again, under a new attempt."""
    if not is_to_be_sent(chargeback):
        return
    chargeback.evidence_asked_at = None
    chargeback.evidence_error = code
    _audit(session, chargeback, action="refused", who=who, now=now, code=code)


def _audit(
    session: orm.Session,
    chargeback: models.Chargeback,
    *,
    action: str,
    who: actor.Actor,
    now: datetime.datetime,
    **data: object,
) -> None:
    audit.record(
        session,
        who=who,
        action=f"payments.evidence_{action}",
        subject=chargeback.number,
        now=now,
        customer_id=chargeback.customer_id,
        attempt=chargeback.evidence_attempt,
        **data,
    )

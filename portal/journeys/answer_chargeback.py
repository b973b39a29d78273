"""Answering a bank: evidence is released once by a person and sent by a job; and who loses."""

from __future__ import annotations

import structlog

from portal.domain.payments import models
from portal.domain.payments.operations import answering, charging_back
from portal.domain.payments.queries import chargebacks
from portal.domain.payments.states import IfLost
from portal.domain.reports.queries import evidence_facts
from portal.gateways import ports
from portal.journeys import context, draft_evidence, follow_chargeback
from portal.kernel import actor

log = structlog.get_logger("portal.payments")
WHO = actor.system("chargebacks")


def release(ctx: context.Context, *, number: str, words: str, who: actor.Actor) -> None:
    """Release what a person wrote, with the facts beside it; a job sends it at once, once.

    Raises NoSuchChargeback, EvidenceMissing, EvidenceTooLong, AnsweredAlready.
    """
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        found = chargebacks.of_number(session, number=number, lock=True)
        facts = evidence_facts.of(session, number=number)
        answering.release(
            session,
            chargeback=found,
            words=words,
            facts=draft_evidence.fields(facts, zone=ctx.clock.zone),
            who=who,
            now=now,
        )


def choose_if_lost(ctx: context.Context, *, number: str, if_lost: IfLost, who: actor.Actor) -> None:
    """Decide what becomes of the money if the bank keeps it.

    Raises NoSuchChargeback, ChargebackOver.
    """
    with ctx.database.unit_of_work() as session:
        found = chargebacks.of_number(session, number=number, lock=True)
        charging_back.choose_if_lost(
            session, chargeback=found, if_lost=if_lost, who=who, now=ctx.clock.now()
        )


def send(ctx: context.Context, *, chargeback_id: int) -> None:
    """Send released evidence; its key makes a second call harmless.

    Raises GatewayUnknown when no answer came: the job tries again with the same key and words.
    Where Stripe refuses, the chargeback is read again and the words can be written anew.
    """
    with ctx.database.reading() as session:
        found = session.get_one(models.Chargeback, chargeback_id)
    if not answering.is_to_be_sent(found):
        return
    try:
        view = ctx.payments.submit_evidence(
            key=f"{found.number}:evidence:{found.evidence_attempt}",
            chargeback_ref=found.stripe_ref,
            evidence=found.evidence,
        )
    except ports.GatewayRefused as refused:
        log.error("evidence_refused", chargeback=found.number, code=refused.code)
        follow_chargeback.read(ctx, chargeback_ref=found.stripe_ref, who=WHO)
        with ctx.database.unit_of_work() as session:
            again = chargebacks.of_number(session, number=found.number, lock=True)
            answering.refuse(
                session, chargeback=again, code=refused.code, who=WHO, now=ctx.clock.now()
            )
        return
    follow_chargeback.absorb(ctx, view=view, who=WHO)


def recheck(ctx: context.Context) -> int:
    """Send what was released and not confirmed, re-read what runs; how many were looked at."""
    with ctx.database.reading() as session:
        unsent, running = chargebacks.unsent(session), chargebacks.running(session)
    for chargeback_id in unsent:
        try:
            send(ctx, chargeback_id=chargeback_id)
        except ports.GatewayUnknown as trouble:
            log.warning("evidence_not_sent", id=chargeback_id, kind=type(trouble).__name__)
    for ref in running:
        try:
            follow_chargeback.read(ctx, chargeback_ref=ref, who=WHO)
        except (ports.GatewayUnknown, ports.GatewayRefused) as trouble:
            log.warning("chargeback_not_read", chargeback=ref, kind=type(trouble).__name__)
    return len(unsent) + len(running)

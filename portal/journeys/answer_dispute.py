"""Words on a case: the customer's, the staff's, a question that pauses the clock, a note."""

from __future__ import annotations

from collections.abc import Sequence

from portal.domain.disputes.operations import raising, stepping, writing
from portal.journeys import case_letters, context, taking_files
from portal.kernel import actor


def customer_wrote(
    ctx: context.Context,
    *,
    number: str,
    customer_id: int,
    words: str,
    files: Sequence[taking_files.Upload] = (),
    once_key: str,
    who: actor.Actor,
) -> bool:
    """Add the owner's message; False when this form was sent before.

    Raises NoSuchCase for a stranger's case, NotAllowed on a closed one, WordsMissing,
    WordsTooLong, FileRefused.
    """
    raising.clean_words(words)
    kept = taking_files.keep(ctx, files)
    with ctx.database.unit_of_work() as session:
        stepping.find(session, number=number, customer_id=customer_id)
        return writing.add_message(
            session,
            number=number,
            body=words,
            once_key=f"message:{customer_id}:{once_key}",
            files=kept,
            who=who,
            hours=ctx.hours,
            now=ctx.clock.now(),
            rng=ctx.rng,
        )


def reply(
    ctx: context.Context,
    *,
    number: str,
    version: int,
    words: str,
    files: Sequence[taking_files.Upload] = (),
    once_key: str,
    who: actor.Actor,
) -> bool:
    """Answer the customer, who is told by mail; False when this form was sent before.

    A case that nobody took becomes `who`'s. Raises NoSuchCase, StaleCase, NotAllowed,
    WordsMissing, WordsTooLong, FileRefused.
    """
    raising.clean_words(words)
    kept = taking_files.keep(ctx, files)
    key = f"reply:{who.id}:{once_key}"
    with ctx.database.unit_of_work() as session:
        written = writing.add_message(
            session,
            number=number,
            body=words,
            once_key=key,
            files=kept,
            version=version,
            who=who,
            hours=ctx.hours,
            now=ctx.clock.now(),
            rng=ctx.rng,
        )
        if written:
            case_letters.answered(
                session,
                ctx,
                case=stepping.lock(session, number=number),
                once_key=key,
                words=raising.clean_words(words),
                from_name=who.label,
                asks=False,
            )
    return written


def ask(
    ctx: context.Context,
    *,
    number: str,
    version: int,
    words: str,
    once_key: str,
    who: actor.Actor,
) -> bool:
    """Ask the customer by mail and pause the clock; False when this form was sent before.

    Raises NoSuchCase, StaleCase, NotAllowed, WordsMissing, WordsTooLong.
    """
    key = f"reply:{who.id}:{once_key}"
    with ctx.database.unit_of_work() as session:
        written = writing.ask_customer(
            session,
            number=number,
            body=words,
            once_key=key,
            version=version,
            who=who,
            hours=ctx.hours,
            now=ctx.clock.now(),
            rng=ctx.rng,
        )
        if written:
            case_letters.answered(
                session,
                ctx,
                case=stepping.lock(session, number=number),
                once_key=key,
                words=raising.clean_words(words),
                from_name=who.label,
                asks=True,
            )
    return written


def note(ctx: context.Context, *, number: str, words: str, once_key: str, who: actor.Actor) -> bool:
    """Keep an internal note; False when this form was sent before.

    Raises NoSuchCase, WordsMissing, WordsTooLong.
    """
    with ctx.database.unit_of_work() as session:
        return writing.add_note(
            session,
            number=number,
            body=words,
            once_key=f"note:{who.id}:{once_key}",
            who=who,
            hours=ctx.hours,
            now=ctx.clock.now(),
        )

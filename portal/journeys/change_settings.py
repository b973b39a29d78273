"""A customer's own changes of name, phone, address and language."""

from __future__ import annotations

from portal.domain.identity.operations import customers
from portal.journeys import context
from portal.kernel import actor


def contact(
    ctx: context.Context,
    *,
    customer_id: int,
    first_name: str,
    last_name: str,
    phone: str,
    street: str,
    city: str,
    state: str,
    zip_code: str,
    who: actor.Actor,
) -> tuple[str, ...]:
    """Change name, phone and address; which fields changed. Raises the errors of identity rules."""
    with ctx.database.unit_of_work() as session:
        return customers.update_contact(
            session,
            customer_id=customer_id,
            first_name=first_name,
            last_name=last_name,
            phone=phone,
            street=street,
            city=city,
            state=state,
            zip_code=zip_code,
            now=ctx.clock.now(),
            who=who,
        )


def language(ctx: context.Context, *, customer_id: int, language: str, who: actor.Actor) -> None:
    """Pages and mails speak `language` ("en" or "es") from now on."""
    with ctx.database.unit_of_work() as session:
        customers.change_language(
            session, customer_id=customer_id, language=language, now=ctx.clock.now(), who=who
        )

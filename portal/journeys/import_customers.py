"""Takes on the customers, pets, policies and terms of a file: all of it or none."""

from __future__ import annotations

import dataclasses

from sqlalchemy import orm

from portal.domain.billing.rules import installments
from portal.domain.identity import queries as identity
from portal.domain.identity import rules
from portal.domain.identity.operations import customers
from portal.domain.policies import operations, queries
from portal.journeys import context, customer_rows, enrol
from portal.kernel import actor, errors, msgids


class PolicyOfAnother(errors.DomainError):
    """The policy number belongs to another customer's policy, or to another pet's."""

    code = "policy_of_another"
    message = msgids.N_("The policy %(number)s belongs to another pet.")


class PersonDiffers(errors.DomainError):
    """Two lines name one mail address and do not agree about the rest of the customer."""

    code = "person_differs"
    message = msgids.N_("Name or address differ from line %(line)s, which has the same e-mail.")


_COLUMN_OF: dict[type[errors.DomainError], str] = {
    customers.EmailTaken: "email",
    PersonDiffers: "email",
    rules.StateUnknown: "policy_state",
    operations.PetNameMissing: "pet_name",
    operations.PolicyNumberWrong: "policy_number",
    operations.PolicyNumberTaken: "policy_number",
    operations.PolicyCancelled: "policy_number",
    PolicyOfAnother: "policy_number",
    operations.TermEmpty: "expires_on",
    operations.TermOverlaps: "effective_on",
    operations.PremiumMissing: "premium",
    operations.InstallmentsWrong: "installments",
    installments.PlanDoesNotFit: "payment_plan",
}


@dataclasses.dataclass(kw_only=True)
class Counts:
    """How many were made."""

    customers: int = 0
    policies: int = 0
    terms: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
    """What came of a file: what was made (or would be), what is wrong; `kept` when committed."""

    lines: int
    made: Counts
    errors: tuple[customer_rows.LineError, ...]
    kept: bool


class _Undone(Exception):
    """Takes everything back that this file did."""


def run(ctx: context.Context, *, data: bytes, dry_run: bool, who: actor.Actor) -> Report:
    """Import a file in one transaction; with an error in it, or as a dry run, nothing stays.

    A customer or policy that is here already is used as it stands and not changed; a term that
    overlaps one of its policy is an error, so a file taken twice changes nothing.
    """
    rows, wrong = customer_rows.read(data)
    faults = list(wrong)
    made = Counts()
    kept = False
    try:
        with ctx.database.unit_of_work() as session:
            faults += _apply(session, ctx, rows=rows, made=made, who=who)
            if faults or dry_run:
                raise _Undone
        kept = True
    except _Undone:
        kept = False
    faults.sort(key=lambda fault: (fault.line, fault.column))
    return Report(lines=len(rows), made=made, errors=tuple(faults), kept=kept)


def _apply(
    session: orm.Session,
    ctx: context.Context,
    *,
    rows: tuple[customer_rows.Row, ...],
    made: Counts,
    who: actor.Actor,
) -> list[customer_rows.LineError]:
    faults = []
    first_lines: dict[str, customer_rows.Row] = {}
    for row in rows:
        try:
            first = first_lines.setdefault(row.person.email, row)
            if first.person != row.person:
                raise PersonDiffers(line=first.line)
            with session.begin_nested():
                counted = _take(session, ctx, row=row, who=who)
        except errors.DomainError as wrong:
            column = _COLUMN_OF.get(type(wrong), "")
            faults.append(customer_rows.LineError(line=row.line, column=column, message=str(wrong)))
            continue
        made.customers += counted.customers
        made.policies += counted.policies
        made.terms += counted.terms
    return faults


def _take(
    session: orm.Session, ctx: context.Context, *, row: customer_rows.Row, who: actor.Actor
) -> Counts:
    counted = Counts(terms=1)
    known = identity.customer_by_email(session, email=row.person.email)
    if known is None:
        customer_id = _customer(session, ctx, person=row.person, who=who)
        counted.customers = 1
    else:
        customer_id = known.id
    policy = _policy(session, ctx, row=row, customer_id=customer_id)
    if policy is not None:
        operations.note_claim(session, policy_id=policy.id, filed_on=row.claim_filed_on)
        enrol.begin_term(session, ctx, policy_id=policy.id, terms=row.terms, who=who)
        return counted
    enrolled = enrol.enrol_policy(
        session,
        ctx,
        customer_id=customer_id,
        pet_name=row.pet_name,
        species=row.species,
        breed=row.breed,
        born_on=row.born_on,
        us_state=row.us_state,
        received_on=row.received_on,
        policy_no=row.policy_no,
        terms=row.terms,
        who=who,
    )
    operations.note_claim(session, policy_id=enrolled.policy_id, filed_on=row.claim_filed_on)
    counted.policies = 1
    return counted


def _customer(
    session: orm.Session,
    ctx: context.Context,
    *,
    person: customer_rows.Person,
    who: actor.Actor,
) -> int:
    made = customers.create_customer(
        session, **dataclasses.asdict(person), now=ctx.clock.now(), who=who, rng=ctx.rng
    )
    return made.id


def _policy(
    session: orm.Session, ctx: context.Context, *, row: customer_rows.Row, customer_id: int
) -> queries.PolicyView | None:
    """The policy that the line's term belongs to, if it is here already."""
    today = ctx.clock.today()
    name = row.pet_name.casefold()
    if row.policy_no:
        found = queries.by_number(session, policy_no=row.policy_no, today=today)
        if found and (found.customer_id != customer_id or found.pet_name.casefold() != name):
            raise PolicyOfAnother(number=row.policy_no)
        return found
    held = queries.of_customer(session, customer_id=customer_id, today=today)
    same = [one for one in held if one.pet_name.casefold() == name and one.state == "active"]
    return same[0] if same else None

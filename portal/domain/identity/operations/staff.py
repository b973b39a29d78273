"""Members of staff: added with a role; they choose their password by a mailed link."""

from __future__ import annotations

import datetime

from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.identity import models, queries, rules
from portal.domain.identity.operations import customers
from portal.kernel import actor


def add_staff(
    session: orm.Session,
    *,
    email: str,
    name: str,
    role: models.Role,
    now: datetime.datetime,
    who: actor.Actor,
) -> models.Staff:
    """A new member of staff without a password. Raises EmailTaken, EmailUnreadable, NameMissing."""
    address = rules.email(email)
    customers.refuse_taken(session, email=address)
    person = models.Staff(email=address, name=rules.name(name), role=role, created_at=now)
    session.add(person)
    session.flush()
    audit.record(
        session,
        who=who,
        action="identity.staff_added",
        subject=queries.staff_number(person.id),
        now=now,
        personal={"email": address},
        role=str(role),
    )
    return person

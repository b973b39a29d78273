"""Customers and staff for tests, and browsers signed in as them by a real session row."""

from __future__ import annotations

import datetime
import itertools

from portal.domain.identity import models
from portal.domain.identity.operations import sessions
from portal.kernel import actor, ids

NOW = datetime.datetime(2026, 11, 24, 15, 0, tzinfo=datetime.UTC)
_count = itertools.count(1)


def make_customer(database, **given) -> models.Customer:
    """A customer who is activated and has no password, unless `given` says otherwise."""
    n = next(_count)
    values = {
        "number": ids.new(ids.Prefix.CUSTOMER),
        "first_name": "Maria",
        "last_name": "Alvarez",
        "email": f"maria{n}@example.test",
        "phone": "217-555-0134",
        "street": "12 Elm Street",
        "city": "Springfield",
        "state": "IL",
        "zip": "62704",
        "language": "en",
        "activated_at": NOW,
        "created_at": NOW,
    } | given
    return _add(database, models.Customer(**values))


def make_staff(database, role: str = "specialist", **given) -> models.Staff:
    """A member of staff with `role`."""
    n = next(_count)
    values = {
        "email": f"grace{n}@example.test",
        "name": "Grace Lindqvist",
        "role": models.Role(role),
        "created_at": NOW,
    } | given
    return _add(database, models.Staff(**values))


def owner(customer) -> actor.Actor:
    """The customer as a doer."""
    return actor.Actor(
        kind=actor.ActorKind.CUSTOMER,
        label=f"{customer.first_name} {customer.last_name}",
        id=customer.id,
        role="customer",
    )


def visitor() -> actor.Actor:
    """Somebody who is not signed in."""
    return actor.Actor(kind=actor.ActorKind.SYSTEM, label="visitor", address="127.0.0.1")


def begin_session(database, person, *, now: datetime.datetime = NOW) -> str:
    """Begin a session of a customer or member of staff; its secret token."""
    mine = {"staff_id" if isinstance(person, models.Staff) else "customer_id": person.id}
    with database.unit_of_work() as session:
        return sessions.start(session, now=now, device="Test", address="127.0.0.1", **mine)


def sign_in(client, person, *, now: datetime.datetime = NOW):
    """Sign the Flask test client in as `person` and give it back."""
    context = client.application.extensions["portal_context"]
    token = begin_session(context.database, person, now=now)
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
        cookie.permanent = True
    return client


def reload(database, person):
    """The person's row as it stands now."""
    with database.reading() as session:
        return session.get_one(type(person), person.id)


def _add(database, row):
    with database.unit_of_work() as session:
        session.add(row)
    return row

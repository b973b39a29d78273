"""Customers: made, their contact, language and mail address changed; sees to the audit log."""

from __future__ import annotations

import datetime
import random

from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.identity import models, queries, rules
from portal.kernel import actor, db, errors, ids, languages, msgids

LANGUAGES = tuple(languages.NAMES)


class EmailTaken(errors.DomainError):
    """Another account, of a customer or of staff, has this mail address."""

    code = "email_taken"
    message = msgids.N_("This e-mail address belongs to another account.")


def refuse_taken(session: orm.Session, *, email: str) -> None:
    """Raise EmailTaken when an account of a customer or of staff has this mail address."""
    if queries.email_taken(session, email=email):
        raise EmailTaken()


def create_customer(
    session: orm.Session,
    *,
    first_name: str,
    last_name: str,
    email: str,
    street: str = "",
    city: str = "",
    state: str = "",
    zip_code: str = "",
    phone: str = "",
    language: str = "en",
    now: datetime.datetime,
    who: actor.Actor,
    rng: random.Random,
) -> models.Customer:
    """A new customer, not activated. Raises EmailTaken and the errors of `rules`."""
    address = rules.email(email)
    refuse_taken(session, email=address)
    customer = models.Customer(
        number=ids.new(ids.Prefix.CUSTOMER, rng),
        first_name=rules.name(first_name),
        last_name=rules.name(last_name),
        email=address,
        phone=phone.strip()[:40],
        street=" ".join(street.split())[:120],
        city=" ".join(city.split())[:80],
        state=rules.state(state) if state else "",
        zip=rules.zip_code(zip_code) if zip_code else "",
        language=language if language in LANGUAGES else "en",
        created_at=now,
    )
    session.add(customer)
    session.flush()
    audit.record(
        session,
        who=who,
        action="identity.customer_created",
        subject=customer.number,
        customer_id=customer.id,
        now=now,
        personal={"email": address},
    )
    return customer


def update_contact(
    session: orm.Session,
    *,
    customer_id: int,
    first_name: str,
    last_name: str,
    phone: str,
    street: str,
    city: str,
    state: str,
    zip_code: str,
    now: datetime.datetime,
    who: actor.Actor,
) -> tuple[str, ...]:
    """Change name, phone and address; the names of the fields that changed.

    Raises the errors of `rules` for a name, state or ZIP code that cannot be.
    """
    customer = db.lock_row(session, models.Customer, customer_id)
    wanted = {
        "first_name": rules.name(first_name),
        "last_name": rules.name(last_name),
        "phone": phone.strip()[:40],
        "street": " ".join(street.split())[:120],
        "city": " ".join(city.split())[:80],
        "state": rules.state(state),
        "zip": rules.zip_code(zip_code),
    }
    before = {field: getattr(customer, field) for field in wanted}
    changed = tuple(field for field, value in wanted.items() if before[field] != value)
    if not changed:
        return ()
    for field in changed:
        setattr(customer, field, wanted[field])
    audit.record(
        session,
        who=who,
        action="identity.contact_changed",
        subject=customer.number,
        customer_id=customer.id,
        now=now,
        personal={
            "before": {field: before[field] for field in changed},
            "after": {field: wanted[field] for field in changed},
        },
        fields=list(changed),
    )
    return changed


def change_language(
    session: orm.Session,
    *,
    customer_id: int,
    language: str,
    now: datetime.datetime,
    who: actor.Actor,
) -> None:
    """Pages and mails speak `language` ("en" or "es") from now on."""
    customer = db.lock_row(session, models.Customer, customer_id)
    if language not in LANGUAGES:
        raise ValueError(f"no language {language!r}")
    if customer.language == language:
        return
    customer.language = language
    audit.record(
        session,
        who=who,
        action="identity.language_changed",
        subject=customer.number,
        customer_id=customer.id,
        now=now,
        language=language,
    )


def change_email(
    session: orm.Session,
    *,
    customer_id: int,
    email: str,
    now: datetime.datetime,
    who: actor.Actor,
) -> str:
    """Put the confirmed `email` in the place of the old one, which is given back.

    Raises EmailTaken.
    """
    customer = db.lock_row(session, models.Customer, customer_id)
    address, before = rules.email(email), customer.email
    if address == before:
        return before
    refuse_taken(session, email=address)
    customer.email = address
    session.flush()
    audit.record(
        session,
        who=who,
        action="identity.email_changed",
        subject=customer.number,
        customer_id=customer.id,
        now=now,
        personal={"before": before, "after": address},
    )
    return before

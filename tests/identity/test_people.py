"""Customers and staff are made and changed with an audit event each; addresses stay unique."""

import random

import pytest
import sqlalchemy as sa

from portal.domain.identity import models, queries, rules
from portal.domain.identity.operations import customers, staff
from portal.kernel import actor, ids
from tests.support import people

WHO = actor.system("test")


def create(database, **given):
    values = {"first_name": "Maria", "last_name": "Alvarez", "email": "Maria@Example.test"} | given
    with database.unit_of_work() as session:
        return customers.create_customer(
            session, **values, now=people.NOW, who=WHO, rng=random.Random(1)
        )


def events(database):
    with database.reading() as session:
        return session.execute(
            sa.text("SELECT action, subject, data, personal FROM audit_event ORDER BY id")
        ).all()


def test_a_new_customer_has_a_public_number_and_is_not_activated(database):
    made = create(database, zip_code="627041234", state="il")
    assert ids.is_valid(made.number, ids.Prefix.CUSTOMER)
    assert (made.email, made.zip, made.state) == ("maria@example.test", "62704-1234", "IL")
    assert made.activated_at is None
    [event] = events(database)
    assert (event.action, event.subject) == ("identity.customer_created", made.number)
    assert "maria" not in str(event.data)
    assert event.personal == {"email": "maria@example.test"}


@pytest.mark.parametrize("make", [people.make_customer, people.make_staff])
def test_an_address_belongs_to_one_account_of_either_kind(database, make):
    make(database, email="maria@example.test")
    with pytest.raises(customers.EmailTaken):
        create(database)


def test_a_customer_is_not_added_to_the_staff_under_the_same_address(database):
    create(database)
    with pytest.raises(customers.EmailTaken), database.unit_of_work() as session:
        staff.add_staff(
            session, email="maria@example.test", name="M A", role=models.Role.FINANCE,
            now=people.NOW, who=WHO,
        )  # fmt: skip


def test_an_account_that_is_not_activated_cannot_be_signed_in_to(database):
    create(database)
    with database.reading() as session:
        assert queries.accounts(session, email="maria@example.test") == ()


def test_staff_who_left_have_no_account(database):
    grace = people.make_staff(database, is_active=False)
    with database.reading() as session:
        assert queries.accounts(session, email=grace.email) == ()


def test_a_bad_address_makes_nobody(database):
    with pytest.raises(rules.EmailUnreadable):
        create(database, email="maria")
    assert events(database) == []


def test_a_language_we_do_not_speak_is_a_fault_of_ours(database):
    made = create(database)
    with pytest.raises(ValueError, match="no language"), database.unit_of_work() as session:
        customers.change_language(
            session, customer_id=made.id, language="fr", now=people.NOW, who=WHO
        )

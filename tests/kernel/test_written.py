"""A statement that is written out once: its values, what it refuses, what it sees."""

from __future__ import annotations

import psycopg._queries
import pytest
import sqlalchemy as sa

from portal.domain.identity import models
from portal.kernel import answers
from tests.support import people

_customer = models.Customer.__table__
_NAMES = answers.Written(
    sa.select(_customer.c.first_name, sa.literal("100 %").label("sure"))
    .where(_customer.c.number == sa.bindparam("number"))
    .limit(1)
)


def test_what_is_part_of_it_is_kept_and_what_is_named_is_asked_for(database):
    maria = people.make_customer(database, first_name="Maria")
    with database.reading() as session:
        assert _NAMES.ask(session, {"number": maria.number}).all() == [("Maria", "100 %")]
        assert _NAMES.ask(session, {"number": "nobody"}).all() == []


def test_it_sees_what_its_own_transaction_changed(database):
    maria = people.make_customer(database, first_name="Maria")
    with database.unit_of_work() as session:
        session.get_one(models.Customer, maria.id).first_name = "Marie"
        assert _NAMES.ask(session, {"number": maria.number}).scalar_one() == "Marie"


def test_a_list_of_values_is_refused(database):
    listed = answers.Written(sa.select(_customer.c.id).where(_customer.c.id.in_([1, 2])))
    with database.reading() as session, pytest.raises(ValueError, match="no lists"):
        listed.ask(session, {})


def test_the_driver_remembers_statements_as_long_as_a_pages(database):
    """The name is the driver's own: another version may have another."""
    assert psycopg._queries.MAX_CACHED_STATEMENT_LENGTH > 16_000
    assert "MAX_CACHED_STATEMENT_LENGTH" in psycopg._queries.PostgresQuery.convert.__globals__

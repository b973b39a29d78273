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
        assert _NAMES.row(session, {"number": maria.number}) == ("Maria", "100 %")
        assert _NAMES.value(session, {"number": maria.number}) == "Maria"
        assert _NAMES.row(session, {"number": "nobody"}) is None
        assert _NAMES.value(session, {"number": "nobody"}) is None


def test_it_sees_what_its_own_transaction_changed(database):
    maria = people.make_customer(database, first_name="Maria")
    with database.unit_of_work() as session:
        session.get_one(models.Customer, maria.id).first_name = "Marie"
        assert _NAMES.value(session, {"number": maria.number}) == "Marie"


def test_a_list_of_values_is_refused(database):
    listed = answers.Written(sa.select(_customer.c.id).where(_customer.c.id.in_([1, 2])))
    with database.reading() as session, pytest.raises(ValueError, match="no lists"):
        listed.row(session, {})


def test_what_fails_is_told_by_sqlalchemy_and_a_broken_connection_is_thrown_away(
    database, owner_engine
):
    maria = people.make_customer(database, first_name="Maria")
    wrong = answers.Written(sa.select(sa.literal_column("no_such_column")))
    with database.reading() as session, pytest.raises(sa.exc.ProgrammingError):
        wrong.row(session, {})
    with database.reading() as session:
        process = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with owner_engine.connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({process})")
        with pytest.raises(sa.exc.OperationalError):
            _NAMES.row(session, {"number": maria.number})
    with database.reading() as session:
        assert _NAMES.value(session, {"number": maria.number}) == "Maria"


def test_the_driver_remembers_statements_as_long_as_a_pages(database):
    """The name is the driver's own: another version may have another."""
    assert psycopg._queries.MAX_CACHED_STATEMENT_LENGTH > 16_000
    assert "MAX_CACHED_STATEMENT_LENGTH" in psycopg._queries.PostgresQuery.convert.__globals__

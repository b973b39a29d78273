"""Browsers signed in as each member of staff."""

from __future__ import annotations

import pytest

from tests.support import people


@pytest.fixture
def specialist(database):
    """Grace, a specialist."""
    return people.make_staff(database, "specialist", name="Grace Lindqvist")


@pytest.fixture
def supervisor(database):
    """Omar, a supervisor."""
    return people.make_staff(database, "supervisor", name="Omar Haddad")


@pytest.fixture
def finance(database):
    """Ada, of finance."""
    return people.make_staff(database, "finance", name="Ada Brooks")


@pytest.fixture
def desk(client, specialist):
    """A browser signed in as the specialist."""
    return people.sign_in(client, specialist)


@pytest.fixture
def supervisor_desk(app, supervisor):
    """A browser signed in as the supervisor."""
    return people.sign_in(app.test_client(), supervisor)


@pytest.fixture
def finance_desk(app, finance):
    """A browser signed in as finance."""
    return people.sign_in(app.test_client(), finance)

"""Mailed links: only a hash is stored, they end, and of two who spend one only one succeeds."""

import concurrent.futures
import datetime

import pytest
import sqlalchemy as sa
import sqlalchemy.exc

from portal.domain.identity import models
from portal.domain.identity.operations import links
from tests.support import people

SIGN_IN = models.LinkPurpose.SIGN_IN
PASSWORD = models.LinkPurpose.PASSWORD


def issue(database, customer, *, purpose=SIGN_IN, now=people.NOW):
    with database.unit_of_work() as session:
        return links.issue(
            session, purpose=purpose, customer_id=customer.id, email=customer.email, now=now
        )


def spend(database, token, *, purpose=SIGN_IN, now=people.NOW):
    with database.unit_of_work() as session:
        return links.spend(session, token=token, purpose=purpose, now=now)


def test_only_a_hash_of_the_token_is_stored(database):
    token = issue(database, people.make_customer(database))
    assert len(token) >= 43  # 256 bits
    with database.reading() as session:
        row = session.scalars(sa.select(models.Link)).one()
    assert token not in (row.token_hash, row.email)


def test_of_many_who_spend_a_link_at_once_one_succeeds(database):
    token = issue(database, people.make_customer(database))

    def one(_):
        try:
            spend(database, token)
        except links.LinkNotUsable as over:
            return over.reason
        return "mine"

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(8))) == ["mine"] + ["spent"] * 7


@pytest.mark.parametrize(
    ("purpose", "life"),
    [
        (models.LinkPurpose.SIGN_IN, datetime.timedelta(minutes=15)),
        (models.LinkPurpose.ACTIVATE, datetime.timedelta(hours=24)),
        (models.LinkPurpose.PASSWORD, datetime.timedelta(hours=1)),
        (models.LinkPurpose.CHANGE_EMAIL, datetime.timedelta(hours=24)),
    ],
)
def test_a_link_lives_as_long_as_its_purpose_allows(database, purpose, life):
    maria = people.make_customer(database)
    token = issue(database, maria, purpose=purpose)
    with pytest.raises(links.LinkNotUsable) as over:
        spend(database, token, purpose=purpose, now=people.NOW + life)
    assert over.value.reason == "expired"
    moment = datetime.timedelta(seconds=1)
    assert spend(database, token, purpose=purpose, now=people.NOW + life - moment)


def test_a_link_opens_nothing_but_its_purpose(database):
    token = issue(database, people.make_customer(database))
    with pytest.raises(links.LinkNotUsable) as over:
        spend(database, token, purpose=PASSWORD)
    assert over.value.reason == "unknown"


def test_a_new_link_ends_older_ones_of_its_purpose_and_person_only(database):
    maria, lee = people.make_customer(database), people.make_customer(database)
    older = issue(database, maria)
    other_purpose = issue(database, maria, purpose=PASSWORD)
    other_person = issue(database, lee)
    newer = issue(database, maria)
    with pytest.raises(links.LinkNotUsable) as over:
        spend(database, older)
    assert over.value.reason == "expired"
    assert spend(database, newer).customer_id == maria.id
    assert spend(database, other_person).customer_id == lee.id
    assert spend(database, other_purpose, purpose=PASSWORD)


def test_the_database_itself_refuses_a_link_to_sign_in_for_staff(database):
    grace = people.make_staff(database)
    with pytest.raises(sqlalchemy.exc.IntegrityError), database.unit_of_work() as session:
        links.issue(session, purpose=SIGN_IN, staff_id=grace.id, email=grace.email, now=people.NOW)

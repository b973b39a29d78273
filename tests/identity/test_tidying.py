"""Old counts, links and sessions are deleted; what is live or recent stays."""

import datetime

import sqlalchemy as sa

from portal.domain.identity import models
from portal.domain.identity.operations import links, sessions, throttling
from portal.journeys import throttle, tidy_access
from tests.support import people


def count(database, table):
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table))


def test_only_what_is_long_over_is_deleted(quiet_ctx):
    database, clock = quiet_ctx.database, quiet_ctx.clock
    maria = people.make_customer(database)

    def make():
        people.begin_session(database, maria, now=clock.now())
        throttle.take(quiet_ctx, throttling.per_account("test", "maria", most=5))
        with database.unit_of_work() as session:
            links.issue(
                session, purpose=models.LinkPurpose.ACTIVATE, customer_id=maria.id,
                email=maria.email, now=clock.now(),
            )  # fmt: skip

    make()
    clock.advance(datetime.timedelta(days=121))
    make()
    tidy_access.run(quiet_ctx)
    for table in (models.Session, models.Link, models.Throttle):
        assert count(database, table) == 1
    tidy_access.run(quiet_ctx)
    assert count(database, models.Session) == 1


def test_a_session_that_was_ended_goes_before_its_time(quiet_ctx):
    database, clock = quiet_ctx.database, quiet_ctx.clock
    maria = people.make_customer(database)
    people.begin_session(database, maria)
    with database.unit_of_work() as session:
        sessions.end_all(session, now=clock.now(), customer_id=maria.id)
    clock.advance(datetime.timedelta(days=91))
    tidy_access.run(quiet_ctx)
    assert count(database, models.Session) == 0

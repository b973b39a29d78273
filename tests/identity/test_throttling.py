"""Tries are counted per account and per address, also when they come all at once."""

import concurrent.futures
import datetime

import pytest
import sqlalchemy as sa

from portal.domain.identity import models
from portal.domain.identity.operations import passwords, throttling
from portal.journeys import sign_in, throttle
from portal.kernel import actor
from tests.support import people

PASSWORD = "seven green boats"


def visitor(address="203.0.113.7"):
    return actor.Actor(kind=actor.ActorKind.SYSTEM, label="visitor", address=address)


def attempt(ctx, email, password, address="203.0.113.7"):
    return sign_in.with_password(ctx, email=email, password=password, who=visitor(address))


def counts(database):
    with database.reading() as session:
        return dict(session.execute(sa.select(models.Throttle.key, models.Throttle.count)).all())


def test_the_eleventh_try_on_an_account_is_refused_from_any_address(quiet_ctx):
    for n in range(10):
        with pytest.raises(sign_in.WrongPassword):
            attempt(quiet_ctx, "maria@example.test", "x", f"203.0.113.{n}")
    with pytest.raises(throttling.TooManyTries) as refused:
        attempt(quiet_ctx, " MARIA@example.test", "x", "203.0.113.99")
    assert refused.value.retry_at == quiet_ctx.clock.now() + datetime.timedelta(minutes=15)


def test_the_thirty_first_try_from_an_address_is_refused_on_any_account(quiet_ctx):
    for n in range(30):
        with pytest.raises(sign_in.WrongPassword):
            attempt(quiet_ctx, f"m{n}@example.test", "x")
    with pytest.raises(throttling.TooManyTries):
        attempt(quiet_ctx, "other@example.test", "x")


def test_a_right_password_costs_no_try(quiet_ctx):
    maria = people.make_customer(quiet_ctx.database, password_hash=passwords.hashed(PASSWORD))
    for _ in range(12):
        attempt(quiet_ctx, maria.email, PASSWORD)
    assert set(counts(quiet_ctx.database).values()) == {0}


def test_a_right_password_does_not_wash_off_the_wrong_ones_before(quiet_ctx):
    maria = people.make_customer(quiet_ctx.database, password_hash=passwords.hashed(PASSWORD))
    for _ in range(4):
        with pytest.raises(sign_in.WrongPassword):
            attempt(quiet_ctx, maria.email, "x")
    attempt(quiet_ctx, maria.email, PASSWORD)
    assert set(counts(quiet_ctx.database).values()) == {4}


def test_tries_that_come_at_once_are_all_counted(quiet_ctx):
    limit = throttling.per_account("test", "maria", most=5)

    def one(_):
        try:
            throttle.take(quiet_ctx, limit)
        except throttling.TooManyTries:
            return False
        return True

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        allowed = sum(pool.map(one, range(24)))
    assert allowed == 5
    assert counts(quiet_ctx.database) == {limit.row_key: 24}


def test_the_table_holds_neither_addresses_nor_names(quiet_ctx):
    with pytest.raises(sign_in.WrongPassword):
        attempt(quiet_ctx, "maria@example.test", "x")
    keys = " ".join(counts(quiet_ctx.database))
    assert "maria" not in keys
    assert "203.0.113" not in keys


def test_an_ipv6_household_is_one_address():
    one = throttling.per_address("x", "2001:db8:1:2::1", most=1)
    same = throttling.per_address("x", "2001:db8:1:2:ffff::9", most=1)
    other = throttling.per_address("x", "2001:db8:1:3::1", most=1)
    assert one == same != other


def test_counts_of_past_windows_are_forgotten(quiet_ctx):
    limit = throttling.per_account("test", "maria", most=5)
    throttle.take(quiet_ctx, limit)
    with quiet_ctx.database.unit_of_work() as session:
        assert throttling.forget_old(session, now=quiet_ctx.clock.now()) == 0
    quiet_ctx.clock.advance(datetime.timedelta(minutes=31))
    with quiet_ctx.database.unit_of_work() as session:
        assert throttling.forget_old(session, now=quiet_ctx.clock.now()) == 1

"""Passwords are stored as argon2id hashes and renewed when the parameters change."""

import time
import unicodedata

import argon2
import pytest

from portal.domain.identity.operations import passwords
from portal.journeys import sign_in
from portal.kernel import actor
from tests.support import people

PASSWORD = "seven green boats"
VISITOR = actor.Actor(kind=actor.ActorKind.SYSTEM, label="visitor", address="203.0.113.7")


@pytest.fixture(autouse=True)
def quick_passwords():
    """Nothing is quick here: these tests are about the hashes that customers have."""
    passwords._nobody.cache_clear()
    yield
    passwords._nobody.cache_clear()


def test_a_hash_is_argon2id_and_opens_for_its_password_only():
    stored = passwords.hashed(PASSWORD)
    assert stored.startswith("$argon2id$")
    assert passwords.matches(stored, PASSWORD)
    assert not passwords.matches(stored, PASSWORD + " ")
    assert not passwords.matches(stored, "")


def test_two_hashes_of_one_password_differ():
    assert passwords.hashed(PASSWORD) != passwords.hashed(PASSWORD)


def test_the_same_letters_typed_otherwise_are_the_same_password():
    typed = "contraseña única"
    stored = passwords.hashed(unicodedata.normalize("NFD", typed))
    assert passwords.matches(stored, unicodedata.normalize("NFC", typed))


def test_no_hash_and_a_broken_hash_open_for_nothing():
    assert not passwords.matches(None, PASSWORD)
    assert not passwords.matches("broken", PASSWORD)


def test_an_unknown_account_takes_as_long_as_a_known_one():
    stored = passwords.hashed(PASSWORD)

    def took(hash_or_none):
        begun = time.perf_counter()
        passwords.matches(hash_or_none, "something else")
        return time.perf_counter() - begun

    took(None)
    known = min(took(stored) for _ in range(3))
    unknown = min(took(None) for _ in range(3))
    assert unknown > known / 3


def test_a_hash_of_older_parameters_is_renewed_at_sign_in(quiet_ctx):
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)
    maria = people.make_customer(quiet_ctx.database, password_hash=weak.hash(PASSWORD))
    assert passwords.is_outdated(maria.password_hash)
    sign_in.with_password(quiet_ctx, email=maria.email, password=PASSWORD, who=VISITOR)
    renewed = people.reload(quiet_ctx.database, maria).password_hash
    assert not passwords.is_outdated(renewed)
    assert passwords.matches(renewed, PASSWORD)

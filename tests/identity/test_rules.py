"""What a password, a mail address, a name, a ZIP code and a state must be."""

import pytest

from portal.domain.identity import rules

OWN = ("Maria Alvarez", "maria.a@example.test")


@pytest.mark.parametrize(
    "password",
    [
        "seven green boats",
        "demo-password-2026",
        "maria-loves-green-boats",
        "Ünïcödé-pässwörd",
        "x9!kQ2#mZ7$w",
        "a" * 4 + "bcdefg" * 30,
    ],
)
def test_a_long_password_of_ones_own_is_taken(password):
    rules.check_password(password, own=OWN)


@pytest.mark.parametrize(
    ("password", "error"),
    [
        ("", rules.PasswordTooShort),
        ("elevenchars", rules.PasswordTooShort),
        ("x1" * 101, rules.PasswordTooLong),
        ("password1234", rules.PasswordTooCommon),
        ("PASSWORD1234", rules.PasswordTooCommon),
        ("aaaaaaaaaaaa", rules.PasswordTooCommon),
        ("abababababab", rules.PasswordTooCommon),
        ("MariaAlvarez1", rules.PasswordIsOwnName),
        ("alvarezmaria", rules.PasswordIsOwnName),
        ("maria.a@example.test", rules.PasswordIsOwnName),
        ("maria1maria2", rules.PasswordIsOwnName),
    ],
)
def test_a_password_that_others_would_guess_is_refused(password, error):
    with pytest.raises(error):
        rules.check_password(password, own=OWN)


def test_every_common_password_of_the_list_is_long_enough_to_matter():
    assert min(map(len, rules.COMMON)) >= rules.LEAST_PASSWORD


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Maria@Example.TEST ", "maria@example.test"),
        ("o'neil+bills@mail.example.co", "o'neil+bills@mail.example.co"),
    ],
)
def test_a_mail_address_is_kept_in_lower_case(typed, kept):
    assert rules.email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "", "maria", "maria@", "@example.test", "maria@example", "a b@example.test",
        "a@b@example.test", "a@example.test\nBcc: x@y.test", "a@example.test, b@example.test",
        "<a@example.test>", "a@-.test\x00", "a" * 250 + "@example.test", "a@exa_mple.test",
    ],
)  # fmt: skip
def test_what_is_no_mail_address_is_refused(typed):
    with pytest.raises(rules.EmailUnreadable):
        rules.email(typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("62704", "62704"), (" 62704-1234 ", "62704-1234"), ("627041234", "62704-1234")],
)
def test_a_zip_code_has_five_digits_or_nine(typed, kept):
    assert rules.zip_code(typed) == kept


@pytest.mark.parametrize("typed", ["", "6270", "627045", "62704-12", "ABCDE", "６２７０４"])
def test_what_is_no_zip_code_is_refused(typed):
    with pytest.raises(rules.ZipUnreadable):
        rules.zip_code(typed)


def test_a_state_is_one_of_the_fifty_the_district_or_puerto_rico():
    assert rules.state(" il ") == "IL"
    assert len(rules.US_STATES) == 52
    with pytest.raises(rules.StateUnknown):
        rules.state("XX")


@pytest.mark.parametrize("typed", ["", "  ", "x" * 81, "Maria\x00", "\u202eairaM"])
def test_what_is_no_name_is_refused(typed):
    with pytest.raises(rules.NameMissing):
        rules.name(typed)


@pytest.mark.parametrize(
    "typed", ["Win at evil.example", "PRIZE.COM", "www.x", "Ana http://x", "Ana bcc: x@y.z"]
)
def test_an_address_is_no_name_for_names_stand_in_mails_to_strangers(typed):
    with pytest.raises(rules.NameIsLink):
        rules.name(typed)


@pytest.mark.parametrize("typed", ["J.R. Smith", "A. St.Clair", "Ana Ruiz Jr.", "Mr. Biscuit"])
def test_a_name_may_be_shortened(typed):
    assert rules.name(typed) == typed


def test_a_name_keeps_its_letters_and_loses_odd_spaces():
    assert rules.name("  María   José\tÑandú ") == "María José Ñandú"

"""What a name, an address, a mail address and a password must be; pure, knows no person stored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from portal.kernel import errors, msgids

LEAST_PASSWORD = 12
MOST_PASSWORD = 200  # longer ones only cost us time
LEAST_OWN_LETTERS = 8  # what must be left of a password without the person's own words
LEAST_DISTINCT = 5
SHORTEST_OWN_WORD = 3
MOST_EMAIL = 254
EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]+")
ZIP = re.compile(r"([0-9]{5})(?:-?[0-9]{4})?")
# Names stand in mails to strangers, where an address would become a link of ours.
LINK = re.compile(r"@|://|\b(?:www|WWW)\.|\.(?:[a-z]{2,}|[A-Z]{2,})\b")
WORDS = re.compile(r"[^\W_]+")
# Those of twelve characters or more that stand at the head of every list of leaked passwords.
_COMMON = """
    123456789012 1234567890123 12345678901234 123456789123 1234567891011 012345678910
    111222333444 112233445566 123123123123 121212121212 123qweasdzxc 1q2w3e4r5t6y 1qaz2wsx3edc
    1q2w3e4r5t6y7u qwertyuiop12 qwertyuiop123 qwertyuiop[] qwerty123456 qwerty1234567 qwertyqwerty
    asdfghjkl123 zxcvbnm12345 abcdefghijkl abcdefg12345 abc123abc123 a1b2c3d4e5f6 password1234
    password12345 password123456 passwordpassword password2024 password2025 password2026
    passw0rd1234 p@ssw0rd1234 mypassword123 iloveyou1234 iloveyouiloveyou iloveyousomuch
    letmein12345 letmeinletmein welcome12345 welcome123456 administrator admin1234567 changeme1234
    changemeplease trustno1trustno1 sunshine1234 princess1234 football1234 baseball1234
    superman1234 dragon123456 monkey123456 michael12345 jennifer1234 correcthorsebatterystaple
    mydogsname123 ilovemydog123 ilovemycat123 ilovemydogs12 ilovemycats12 petinsurance
    petinsurance1 petinsurance123
"""
COMMON = frozenset(_COMMON.split())

US_STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia",
    "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois",
    "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana",
    "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada",
    "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York",
    "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon",
    "PA": "Pennsylvania", "PR": "Puerto Rico", "RI": "Rhode Island", "SC": "South Carolina",
    "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin",
    "WY": "Wyoming",
}  # fmt: skip


class PasswordTooShort(errors.DomainError):
    """Fewer than `LEAST_PASSWORD` characters."""

    code = "password_too_short"
    message = msgids.N_("Use 12 characters or more. A few words in a row are easy to remember.")


class PasswordTooLong(errors.DomainError):
    """More than `MOST_PASSWORD` characters."""

    code = "password_too_long"
    message = msgids.N_("Use 200 characters or fewer.")


class PasswordTooCommon(errors.DomainError):
    """One that everybody tries first."""

    code = "password_too_common"
    message = msgids.N_("This password is easy to guess. Choose one that nobody else would.")


class PasswordIsOwnName(errors.DomainError):
    """Made of little more than the person's own name or mail address."""

    code = "password_is_own_name"
    message = msgids.N_("Choose a password that is not made of your name or e-mail address.")


class EmailUnreadable(errors.DomainError):
    """What was typed is no mail address."""

    code = "email_unreadable"
    message = msgids.N_("Enter an e-mail address like maria@example.com.")


class ZipUnreadable(errors.DomainError):
    """What was typed is no ZIP code."""

    code = "zip_unreadable"
    message = msgids.N_("Enter the five digits of the ZIP code, like 62704.")


class StateUnknown(errors.DomainError):
    """No state of the United States has these two letters."""

    code = "state_unknown"
    message = msgids.N_("Choose a state.")


class NameMissing(errors.DomainError):
    """A name is empty, too long, or holds characters that no name has."""

    code = "name_missing"
    message = msgids.N_("Enter a name of up to 80 letters.")


class NameIsLink(NameMissing):
    """A web or mail address stands in a name."""

    code = "name_is_link"
    message = msgids.N_("Enter a name, without an address of a page or mailbox.")


def check_password(password: str, *, own: Iterable[str]) -> None:
    """Refuse a bad password; `own` are the person's names and mail address.

    Raises PasswordTooShort, PasswordTooLong, PasswordTooCommon, PasswordIsOwnName.
    """
    if len(password) < LEAST_PASSWORD:
        raise PasswordTooShort()
    if len(password) > MOST_PASSWORD:
        raise PasswordTooLong()
    bare = password.lower()
    if bare in COMMON or len(set(bare)) < LEAST_DISTINCT:
        raise PasswordTooCommon()
    words = {word for text in own for word in WORDS.findall(text.lower())}
    left = bare
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= SHORTEST_OWN_WORD:
            left = left.replace(word, "")
    if left != bare and len(left) < LEAST_OWN_LETTERS:
        raise PasswordIsOwnName()


def email(text: str) -> str:
    """A mail address as it is kept: without spaces around it, in lower case.

    Raises EmailUnreadable.
    """
    address = text.strip().lower()
    if len(address) > MOST_EMAIL or not address.isprintable() or not EMAIL.fullmatch(address):
        raise EmailUnreadable()
    return address


def name(text: str, *, longest: int = 80) -> str:
    """A name with single spaces. Raises NameMissing when nothing readable is left."""
    bare = " ".join(text.split())
    if not bare or len(bare) > longest or any(unicodedata.category(c)[0] == "C" for c in bare):
        raise NameMissing()
    if LINK.search(bare):
        raise NameIsLink()
    return bare


def zip_code(text: str) -> str:
    """A ZIP code as it is kept, five digits or nine with a dash. Raises ZipUnreadable."""
    bare = text.strip()
    found = ZIP.fullmatch(bare)
    if found is None:
        raise ZipUnreadable()
    return bare if len(bare) != 9 else f"{bare[:5]}-{bare[5:]}"


def state(text: str) -> str:
    """The two letters of a state, in capitals. Raises StateUnknown."""
    letters = text.strip().upper()
    if letters not in US_STATES:
        raise StateUnknown()
    return letters

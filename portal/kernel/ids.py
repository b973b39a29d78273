"""Public numbers: random, with a check character, never a row id; knows no table.

A number is a prefix, a dash, ten random characters and one check character, `INV-7K3MQ2XW9TV`,
in an alphabet of 32 without I, L, O and U (Crockford's). Ten characters are 50 bits: among the
hundred million invoices of seven years a new one meets an old one once in ten million draws.

The check character makes the eleven characters a word of a code over the field of 32 elements:
any one wrong character is found, and any two neighbours changed over.
"""

from __future__ import annotations

import enum
import random
import re
from typing import Protocol

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_LENGTH = 10
NUMBER_LENGTH = 3 + 1 + RANDOM_LENGTH + 1
BITS = 5
# x^5 + x^2 + 1: with it, doubling runs through all 31 elements but zero.
FIELD = 0b100101
LOOKALIKES = str.maketrans("OIL", "011")
NOISE = re.compile(r"[\s\-\u2010-\u2015\u2212_./]+")


class Bits(Protocol):
    """Where the randomness comes from: `random.Random(seed)` or the system's."""

    def getrandbits(self, k: int, /) -> int:
        """A whole number of `k` random bits."""


class Prefix(enum.StrEnum):
    """What a number is the number of."""

    INVOICE = "INV"
    PAYMENT = "PAY"
    DISPUTE = "DSP"
    POLICY = "POL"
    CUSTOMER = "CUS"
    REFUND = "RFD"
    CHARGEBACK = "CBK"
    METHOD = "MTH"
    APPROVAL = "APR"
    CREDIT = "CRE"
    ATTACHMENT = "ATT"
    DRAFT = "DRF"
    ARRANGEMENT = "ARR"
    PAYER = "PYR"
    CHANGE = "CHG"


SYSTEM: Bits = random.SystemRandom()


def new(prefix: Prefix, rng: Bits = SYSTEM) -> str:
    """A new number of 15 characters. With a seeded `rng` the same numbers come again."""
    bits = rng.getrandbits(RANDOM_LENGTH * BITS)
    values = [bits >> BITS * i & 31 for i in reversed(range(RANDOM_LENGTH))]
    body = "".join(ALPHABET[v] for v in values)
    return f"{Prefix(prefix)}-{body}{_check(body)}"


def is_valid(number: str, prefix: Prefix) -> bool:
    """Whether `number` is written as `new(prefix)` writes it, its check character right."""
    head, dash, rest = number.partition("-")
    if head != Prefix(prefix) or not dash or len(rest) != RANDOM_LENGTH + 1:
        return False
    return set(rest) <= set(ALPHABET) and rest[-1] == _check(rest[:-1])


def normalise(text: str) -> str:
    """What somebody typed, as a number is written: "inv 7k3mq 2xw9tv" → "INV-7K3MQ2XW9TV".

    Case, spaces and dashes do not matter, after the prefix o reads as 0 and i, l as 1. Text
    without a known prefix comes back in capitals and without spaces; check it with `is_valid`.
    """
    bare = NOISE.sub("", text).upper()
    if bare[:3] not in set(Prefix):
        return bare
    return f"{bare[:3]}-{bare[3:].translate(LOOKALIKES)}"


def _check(body: str) -> str:
    remainder = 0
    for character in body:
        remainder = _double(remainder) ^ ALPHABET.index(character)
    return ALPHABET[_double(remainder)]


def _double(element: int) -> int:
    doubled = element << 1
    return doubled ^ FIELD if doubled > 31 else doubled

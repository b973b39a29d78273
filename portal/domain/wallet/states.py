"""The words of the wallet: kinds of methods, states of setups and mandates; knows no row."""

from __future__ import annotations

import enum


class MethodKind(enum.StrEnum):
    """How money comes."""

    CARD = "card"
    BANK = "us_bank_account"


class SetupState(enum.StrEnum):
    """Where an attempt to save a method is."""

    STARTED = "started"
    VERIFYING = "verifying"  # two small deposits are on their way to the account
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class ConsentKind(enum.StrEnum):
    """What somebody agreed to."""

    STORE = "store"  # keeping a method for later payments that they make or allow
    DEBIT = "debit"  # the mandate for debits of a bank account
    AUTOPAY = "autopay"  # debits of varying amount on announced days
    SCHEDULED = "scheduled"  # one payment on a chosen day
    ARRANGEMENT = "arrangement"  # a debt in dated parts


class MandateState(enum.StrEnum):
    """Whether a bank account may be debited."""

    ACTIVE = "active"
    REVOKED = "revoked"

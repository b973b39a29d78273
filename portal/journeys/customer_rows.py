"""Reads the CSV of customers, pets, policies and terms; knows its columns, changes nothing.

One line is one term of one policy. `docs/customers-import.md` describes every column.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime
import io
from collections.abc import Callable, Iterator
from typing import Any

from portal.domain.identity import rules
from portal.domain.identity.operations import customers
from portal.domain.policies import models
from portal.journeys import enrol
from portal.kernel import calendars, errors, ids, money, msgids

MOST_LINES = 200_000
YEAR = 12  # months


class Missing(errors.DomainError):
    """A value that every line needs is empty."""

    code = "value_missing"
    message = msgids.N_("A value is needed here.")


class DayUnreadable(errors.DomainError):
    """Not a day written as the calendar of ISO 8601 writes it."""

    code = "day_unreadable"
    message = msgids.N_("Write the day like 2026-11-24.")


class NotOneOf(errors.DomainError):
    """A word that is none of those the column knows."""

    code = "not_one_of"
    message = msgids.N_("Write one of: %(known)s.")


class NumberUnreadable(errors.DomainError):
    """Not a whole number."""

    code = "number_unreadable"
    message = msgids.N_("Write a whole number.")


class TooLong(errors.DomainError):
    """More characters than the column takes."""

    code = "value_too_long"
    message = msgids.N_("Write at most %(most)s characters.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class LineError:
    """What is wrong where: the line (the header is 1), the column or "", a sentence."""

    line: int
    column: str
    message: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Person:
    """The customer of a line; all lines with one mail address must agree."""

    email: str
    first_name: str
    last_name: str
    phone: str
    street: str
    city: str
    state: str
    zip_code: str
    language: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One line, read; amounts in cents, days half-open."""

    line: int
    person: Person
    pet_name: str
    species: str
    breed: str
    born_on: datetime.date | None
    policy_no: str
    us_state: str
    received_on: datetime.date | None
    claim_filed_on: datetime.date | None
    terms: enrol.Terms


def read(data: bytes) -> tuple[tuple[Row, ...], tuple[LineError, ...]]:
    """The lines that can be read, and everything that is wrong with the others."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = data[: wrong.start].count(b"\n") + 1
        return (), (LineError(line=line, column="", message="The file is not UTF-8 text."),)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[Row] = []
    wrong_ones: list[LineError] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        wrong_ones += _wrong_header(header)
        if wrong_ones:
            return (), tuple(wrong_ones)
        for line, values in _lines(reader):
            if len(found) >= MOST_LINES:
                told = f"A file may have {MOST_LINES} lines at most."
                wrong_ones.append(LineError(line=line, column="", message=told))
                break
            row, faults = _row(line, header, values)
            found += [row] if row else []
            wrong_ones += faults
    except csv.Error as broken:
        told = f"This line is not CSV: {broken}."
        wrong_ones.append(LineError(line=reader.line_num, column="", message=told))
    return tuple(found), tuple(wrong_ones)


def _lines(reader: Any) -> Iterator[tuple[int, list[str]]]:
    before = reader.line_num
    for values in reader:
        if any(value.strip() for value in values):
            yield before + 1, values
        before = reader.line_num


def _wrong_header(header: list[str]) -> list[LineError]:
    told = [(name, "This column is unknown.") for name in header if name not in COLUMNS]
    told += [(name, "This column stands twice.") for name in set(header) if header.count(name) > 1]
    told += [
        (name, "This column is missing.")
        for name, column in COLUMNS.items()
        if column.needed and name not in header
    ]
    return [LineError(line=1, column=name, message=words) for name, words in told]


def _row(line: int, header: list[str], values: list[str]) -> tuple[Row | None, list[LineError]]:
    if len(values) != len(header):
        told = f"This line has {len(values)} values, the header {len(header)}."
        return None, [LineError(line=line, column="", message=told)]
    given = dict(zip(header, values, strict=True))
    read_values: dict[str, Any] = {}
    faults: list[LineError] = []
    for name, column in COLUMNS.items():
        try:
            read_values[name] = column.value(given.get(name, "").strip())
        except errors.DomainError as wrong:
            faults.append(LineError(line=line, column=name, message=str(wrong)))
    return (None, faults) if faults else (_made(line, read_values), [])


def _made(line: int, values: dict[str, Any]) -> Row:
    person = {field.name: values[field.name] for field in dataclasses.fields(Person)
              if field.name != "zip_code"}  # fmt: skip
    effective_on = values["effective_on"]
    return Row(
        line=line,
        person=Person(**person, zip_code=values["zip"]),
        pet_name=values["pet_name"],
        species=values["species"],
        breed=values["breed"],
        born_on=values["born_on"],
        policy_no=values["policy_number"],
        us_state=values["policy_state"] or values["state"],
        received_on=values["received_on"],
        claim_filed_on=values["claim_filed_on"],
        terms=enrol.Terms(
            effective_on=effective_on,
            expires_on=values["expires_on"] or calendars.add_months(effective_on, YEAR),
            premium_cents=values["premium"],
            tax_cents=values["tax"],
            policy_fee_cents=values["policy_fee"],
            installment_fee_cents=values["installment_fee"],
            payment_plan=values["payment_plan"],
            installments=values["installments"],
            down_payment_cents=values["down_payment"],
        ),
    )


@dataclasses.dataclass(frozen=True)
class Column:
    """How a value is read; an empty one is an error where it is `needed`, else `without`."""

    read: Callable[[str], Any]
    needed: bool = False
    without: Any = ""

    def value(self, text: str) -> Any:
        """The value of `text`. Raises a DomainError."""
        if text:
            return self.read(text)
        if self.needed:
            raise Missing()
        return self.without


def _text(most: int) -> Callable[[str], str]:
    def read_text(text: str) -> str:
        if len(text) > most:
            raise TooLong(most=most)
        return " ".join(text.split())

    return read_text


def _one_of(*known: str) -> Callable[[str], str]:
    def read_word(text: str) -> str:
        if text.lower() not in known:
            raise NotOneOf(known=", ".join(known))
        return text.lower()

    return read_word


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as wrong:
        raise DayUnreadable() from wrong


def _cents(text: str) -> int:
    return money.Money.parse(text).cents


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 4:
        raise NumberUnreadable()
    return int(text)


_PLANS = tuple(str(plan) for plan in models.PaymentPlan)
COLUMNS: dict[str, Column] = {
    "email": Column(rules.email, needed=True),
    "first_name": Column(rules.name, needed=True),
    "last_name": Column(rules.name, needed=True),
    "phone": Column(_text(40)),
    "street": Column(_text(120), needed=True),
    "city": Column(_text(80), needed=True),
    "state": Column(rules.state, needed=True),
    "zip": Column(rules.zip_code, needed=True),
    "language": Column(_one_of(*customers.LANGUAGES), without="en"),
    "pet_name": Column(_text(60), needed=True),
    "species": Column(_one_of(*map(str, models.Species)), needed=True),
    "breed": Column(_text(80)),
    "born_on": Column(_day, without=None),
    "policy_number": Column(ids.normalise),
    "policy_state": Column(rules.state),
    "received_on": Column(_day, without=None),
    "claim_filed_on": Column(_day, without=None),
    "effective_on": Column(_day, needed=True),
    "expires_on": Column(_day, without=None),
    "premium": Column(_cents, needed=True),
    "tax": Column(_cents, without=0),
    "policy_fee": Column(_cents, without=0),
    "installment_fee": Column(_cents, without=0),
    "payment_plan": Column(_one_of(*_PLANS), without="monthly"),
    "installments": Column(_whole, without=0),
    "down_payment": Column(_cents, without=0),
}

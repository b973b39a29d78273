"""Rows of a made-up book for measuring: what each table gets for one customer; knows no database.

The amounts come from the real rules (installments, entries); names and habits are made up.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from portal.domain.billing.rules import installments
from portal.domain.billing.rules.charges import PLANNED
from portal.domain.ledger import rules as ledger
from portal.kernel import calendars, ids

ACTOR = "scale seed"
OLDEST_DAYS, NEWEST_DAYS = 440, 366  # when the first term of a policy began, before today
TERMS = 2
FIRST_NAMES = ("Maria", "Sam", "Lee", "Ruth", "Jonas", "Priya", "Omar", "Elena", "Hugo", "Wren")
LAST_NAMES = ("Alvarez", "Becker", "Cho", "Diaz", "Evans", "Fontaine", "Gupta", "Hall", "Ito")
PLACES = (("Springfield", "IL", "62704"), ("Dayton", "OH", "45402"), ("Salem", "OR", "97301"))
PETS = (
    ("dog", "Labrador", 58_800),
    ("dog", "Mixed breed", 49_920),
    ("dog", "Bulldog", 98_400),
    ("cat", "Domestic shorthair", 27_600),
    ("cat", "Maine Coon", 34_200),
    ("rabbit", "Holland Lop", 18_000),
)
PET_NAMES = ("Biscuit", "Miso", "Pico", "Luna", "Otis", "Clover", "Mabel", "Ziggy", "Nori")
CARDS = ("visa 4242", "mastercard 4444", "amex 8431", "discover 1117")
PETS_OF_A_CUSTOMER, PETS_WEIGHTS = (1, 2, 3), (70, 23, 7)
PLANS, PLAN_WEIGHTS = ("monthly", "quarterly", "in_full"), (92, 5, 3)
HABITS, HABIT_WEIGHTS = ("prompt", "late", "behind"), (90, 8, 2)
DECLINED_FIRST = 0.02  # the share of payments with a declined one before
STRIPE_PPM, STRIPE_CENTS = 29_000, 30

NULL = r"\N"

Key = Callable[[str], int]  # table -> the next id that is kept for us
Kinds = tuple[tuple[str, int], ...]  # the charges of a bill: kind, cents
Side = tuple[str, int, bool]  # account, cents, whether it names customer and invoice


@dataclasses.dataclass(frozen=True, kw_only=True)
class Terms:
    """What the billing plan says: fees in cents, tax in parts per million, days ahead."""

    installment_fee_cents: int
    policy_fee_cents: int
    tax_ppm: int
    lead_days: int


class Part(NamedTuple):
    """An installment whose bill is out: the row ids of both, and what was planned."""

    key: int
    invoice: int
    plan: installments.Installment


@dataclasses.dataclass(frozen=True, kw_only=True)
class Billed:
    """A bill that is out: the ids it belongs to, its number and its charges."""

    customer: int
    invoice: int
    number: str
    kinds: Kinds

    @property
    def cents(self) -> int:
        """What all charges come to."""
        return sum(cents for _, cents in self.kinds)


# table -> its columns, in the order in which the tables are filled
COLUMNS = {
    "customer": "id number first_name last_name email street city state zip activated_at "
    "created_at",
    "pet": "id customer_id name species breed",
    "policy": "id number customer_id pet_id us_state state created_at",
    "term": "id policy_id number effective_on expires_on premium_cents tax_cents "
    "policy_fee_cents installment_fee_cents payment_plan installments created_at",
    "term_segment": "id term_id starts_on ends_on premium_cents",
    "invoice": "id number customer_id policy_id state issued_on due_on period_start_on "
    "period_end_on total_cents open_cents paid_on created_at",
    "installment": "id term_id sequence period_start_on period_end_on issue_on due_on "
    "premium_cents tax_cents policy_fee_cents installment_fee_cents invoice_id",
    "invoice_line": "id invoice_id number kind amount_cents open_cents rule installment_id",
    "payment": "id number customer_id amount_cents state planned once_key method_label "
    "stripe_ref charge_ref failure_code fee_cents created_at checked_at settled_at",
    "payment_reservation": "id payment_id invoice_id cents released_at",
    "allocation": "id line_id source cents rule at",
    "account_balance": "customer_id receivable_cents",
    "ledger_entry": "id key event booked_on posted_at subject actor",
    "ledger_line": "id entry_id account amount_cents customer_id invoice_id",
}
KEYED = tuple(table for table in COLUMNS if table != "account_balance")


class Book:
    """Rows of many tables as lines for COPY; `keys` gives ids, `rng` everything made up."""

    def __init__(
        self, *, today: datetime.date, terms: Terms, keys: Key, rng: random.Random
    ) -> None:
        self.rows: dict[str, list[str]] = {table: [] for table in COLUMNS}
        self.policies = self.invoices = 0
        self._today, self._terms, self._key, self._rng = today, terms, keys, rng

    def add_customer(self, *, most: int) -> None:
        """Make up one customer with one to three policies, `most` at most."""
        rng, customer = self._rng, self._key("customer")
        city, state, zip_code = rng.choice(PLACES)
        began = self._today - datetime.timedelta(days=rng.randint(NEWEST_DAYS, OLDEST_DAYS))
        self._put(
            "customer",
            customer,
            ids.new(ids.Prefix.CUSTOMER, rng),
            rng.choice(FIRST_NAMES),
            rng.choice(LAST_NAMES),
            f"owner{customer}@scale.example",
            f"{rng.randint(1, 999)} Elm Street",
            city,
            state,
            zip_code,
            _at(began),
            _at(began),
        )
        (count,) = rng.choices(PETS_OF_A_CUSTOMER, PETS_WEIGHTS)
        (habit,) = rng.choices(HABITS, HABIT_WEIGHTS)
        owed = 0
        for _ in range(min(count, most)):
            owed += self._add_policy(customer, state=state, began=began, habit=habit)
        self._put("account_balance", customer, owed)

    def _add_policy(self, customer: int, *, state: str, began: datetime.date, habit: str) -> int:
        """One pet, its policy, two terms, their bills; what is owed on them in cents."""
        rng, pet, policy = self._rng, self._key("pet"), self._key("policy")
        species, breed, premium = rng.choice(PETS)
        (plan,) = rng.choices(PLANS, PLAN_WEIGHTS)
        number = ids.new(ids.Prefix.POLICY, rng)
        self._put("pet", pet, customer, rng.choice(PET_NAMES), species, breed)
        self._put("policy", policy, number, customer, pet, state, "active", _at(began))
        self.policies += 1
        owed, card = 0, rng.choice(CARDS)
        for place in range(TERMS):
            start = calendars.add_months(began, 12 * place)
            for invoice in self._add_term(policy, place + 1, start, plan, premium):
                paid_on = self._paid_on(invoice, habit)
                owed += self._add_invoice(customer, policy, invoice, paid_on, card)
        return owed

    def _add_term(
        self, policy: int, number: int, start: datetime.date, plan: str, premium: int
    ) -> Iterator[Part]:
        """One term with all its installments; those whose bill is out by today."""
        terms, term = self._terms, self._key("term")
        tax = installments.term_tax(premium, terms.tax_ppm)
        parts = _schedule(terms, plan, start, premium, tax)
        self._put(
            "term",
            term,
            policy,
            number,
            start,
            parts[-1].period_end_on,
            premium,
            tax,
            terms.policy_fee_cents,
            terms.installment_fee_cents,
            plan,
            len(parts),
            _at(parts[0].issue_on),
        )
        segment, end = self._key("term_segment"), parts[-1].period_end_on
        self._put("term_segment", segment, term, start, end, premium)
        for part in parts:
            key, is_billed = self._key("installment"), part.issue_on <= self._today
            invoice = self._key("invoice") if is_billed else 0
            self._put(
                "installment",
                key,
                term,
                part.sequence,
                part.period_start_on,
                part.period_end_on,
                part.issue_on,
                part.due_on,
                part.premium_cents,
                part.tax_cents,
                part.policy_fee_cents,
                part.installment_fee_cents,
                invoice or NULL,
            )
            if is_billed:
                yield Part(key, invoice, part)

    def _paid_on(self, billed: Part, habit: str) -> datetime.date | None:
        """When this bill was paid, if it was by today."""
        due_on, rng = billed.plan.due_on, self._rng
        days = {"prompt": rng.randint(-12, 0), "late": rng.randint(4, 20)}.get(habit, 45)
        on = max(due_on + datetime.timedelta(days=days), billed.plan.issue_on)
        return on if on < self._today else None

    def _add_invoice(
        self,
        customer: int,
        policy: int,
        billed: Part,
        paid_on: datetime.date | None,
        card: str,
    ) -> int:
        """One bill with its lines and entry, paid where there is a day; what it still asks for."""
        key, invoice, part = billed
        number = ids.new(ids.Prefix.INVOICE, self._rng)
        total = part.total_cents
        left = 0 if paid_on else total
        issued_at = _at(part.issue_on)
        self._put(
            "invoice",
            invoice,
            number,
            customer,
            policy,
            "paid" if paid_on else "issued",
            part.issue_on,
            part.due_on,
            part.period_start_on,
            part.period_end_on,
            total,
            left,
            paid_on or NULL,
            issued_at,
        )
        bill = Billed(customer=customer, invoice=invoice, number=number, kinds=_kinds(part))
        rule = f"installment-{part.sequence}"
        lines = []
        for place, (kind, cents) in enumerate(bill.kinds, start=1):
            line = self._key("invoice_line")
            lines.append(line)
            open_cents = 0 if paid_on else cents
            self._put("invoice_line", line, invoice, place, kind, cents, open_cents, rule, key)
        sides = _issued(bill.kinds)
        self._post(bill, number, ledger.Event.INVOICE_ISSUED, "issued", part.issue_on, sides)
        self.invoices += 1
        if paid_on:
            self._add_payment(bill, lines, paid_on, card)
        return left

    def _add_payment(
        self, bill: Billed, lines: Sequence[int], on: datetime.date, card: str
    ) -> None:
        """A settled payment of the whole bill; now and then one that was declined before."""
        if self._rng.random() < DECLINED_FIRST:
            self._attempt(bill, on, card, failure="card_declined")
        fee = bill.cents * STRIPE_PPM // 1_000_000 + STRIPE_CENTS
        number, at = self._attempt(bill, on, card, fee=fee), _at(on)
        for line, (_, cents) in zip(lines, bill.kinds, strict=True):
            self._put("allocation", self._key("allocation"), line, number, cents, "B", at)
        sides = _settled(bill.kinds)
        self._post(bill, number, ledger.Event.PAYMENT_SETTLED, "settled", on, sides)
        self._post(bill, number, ledger.Event.STRIPE_FEE, "fee", on, _fee(fee))

    def _attempt(
        self,
        bill: Billed,
        on: datetime.date,
        card: str,
        *,
        fee: int | None = None,
        failure: str = "",
    ) -> str:
        """A payment row and its reservation, let go of again; the payment's number."""
        payment, number = self._key("payment"), ids.new(ids.Prefix.PAYMENT, self._rng)
        at = _at(on)
        self._put(
            "payment",
            payment,
            number,
            bill.customer,
            bill.cents,
            "failed" if failure else "settled",
            json.dumps([[bill.number, bill.cents]]),
            f"scale-{number}",
            card,
            f"pi_scale{payment}",
            NULL if failure else f"ch_scale{payment}",
            failure,
            NULL if failure else fee,
            at,
            at,
            NULL if failure else at,
        )
        reservation = self._key("payment_reservation")
        self._put("payment_reservation", reservation, payment, bill.invoice, bill.cents, at)
        return number

    def _post(
        self,
        bill: Billed,
        subject: str,
        event: ledger.Event,
        fact: str,
        on: datetime.date,
        sides: Sequence[Side],
    ) -> None:
        """One entry about `subject` with its sides."""
        entry = self._key("ledger_entry")
        self._put("ledger_entry", entry, f"{fact}:{subject}", event, on, _at(on), subject, ACTOR)
        for account, cents, is_named in sides:
            names = (bill.customer, bill.invoice) if is_named else (NULL, NULL)
            self._put("ledger_line", self._key("ledger_line"), entry, account, cents, *names)

    def _put(self, table: str, *values: object) -> None:
        """One line for COPY; nothing that is made up here needs escaping."""
        self.rows[table].append("\t".join(map(str, values)))


# A book has few different premiums, terms and bills: what the rules say of each is asked once.
@functools.lru_cache(maxsize=8192)
def _schedule(
    terms: Terms, plan: str, start: datetime.date, premium_cents: int, tax_cents: int
) -> tuple[installments.Installment, ...]:
    return installments.schedule(
        plan=installments.named(plan),
        effective_on=start,
        expires_on=calendars.add_months(start, 12),
        premium_cents=premium_cents,
        tax_cents=tax_cents,
        installment_fee_cents=terms.installment_fee_cents,
        policy_fee_cents=terms.policy_fee_cents,
        lead_days=terms.lead_days,
    )


def _kinds(part: installments.Installment) -> Kinds:
    amounts = [(str(kind), getattr(part, f"{kind}_cents")) for kind in PLANNED]
    return tuple((kind, cents) for kind, cents in amounts if cents)


@functools.lru_cache(maxsize=1024)
def _issued(kinds: Kinds) -> tuple[Side, ...]:
    return _sides(ledger.invoice_issued(_charges(kinds)))


@functools.lru_cache(maxsize=1024)
def _settled(kinds: Kinds) -> tuple[Side, ...]:
    charges = _charges(kinds)
    total = sum(cents for _, cents in kinds)
    return _sides(ledger.payment_settled(amount_cents=total, applied=charges, customer_id=0))


@functools.lru_cache(maxsize=1024)
def _fee(cents: int) -> tuple[Side, ...]:
    return _sides(ledger.stripe_fee(fee_cents=cents))


def _charges(kinds: Kinds) -> list[ledger.Charge]:
    return [ledger.Charge(kind=kind, cents=c, customer_id=0, invoice_id=0) for kind, c in kinds]


def _sides(postings: Sequence[ledger.Posting]) -> tuple[Side, ...]:
    return tuple((str(p.account), p.cents, p.customer_id is not None) for p in postings)


@functools.lru_cache(maxsize=4096)
def _at(day: datetime.date) -> str:
    """Noon of the day in New York, about, as PostgreSQL reads it."""
    return f"{day} 16:00+00"

"""What the pay page shows: bills, ways to pay, and what the choice made so far would do."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping

from sqlalchemy import orm

from portal.domain.billing.queries import after_paying
from portal.domain.billing.rules import chosen_day, paying
from portal.domain.payments.queries import bills, drafts, methods
from portal.domain.wallet import queries as wallet
from portal.journeys import pay_invoices
from portal.kernel import errors, money
from portal.web.customer import pay_later, upcoming
from portal.web.shared import once

NEW = "new"
ALL, SOME = "all", "some"
NOW, LATER = "now", "later"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Typed:
    """What the payer chose and typed, as it was sent; kept when something is wrong with it."""

    numbers: tuple[str, ...] = ()
    method: str = ""
    keep: bool = False
    much: str = ALL
    amount: str = ""
    credit: bool = True
    ahead: bool = False
    when: str = NOW
    day: str | None = None  # None: the page offers one

    @classmethod
    def of(cls, form: Mapping, numbers: list[str]) -> Typed:
        """What a form holds."""
        return cls(
            numbers=tuple(dict.fromkeys(numbers)),
            method=form.get("with", ""),
            keep=bool(form.get("keep")),
            much=SOME if form.get("much") == SOME else ALL,
            amount=form.get("amount", "")[:40],
            credit=bool(form.get("credit")),
            ahead=bool(form.get("ahead")),
            when=LATER if form.get("when") == LATER else NOW,
            day=form.get("day", "")[:40],
        )

    def wish(self) -> paying.Wish:
        """How much is to be paid. Raises money.MoneyError for an amount that can't be read."""
        return paying.Wish(
            cents=self.cents(),
            use_credit=self.credit,
            pays_ahead=self.ahead and self.much == SOME,
        )

    def cents(self) -> int | None:
        """The typed amount, None for all of it. Raises money.MoneyError."""
        return None if self.much == ALL else money.Money.parse(self.amount).cents


@dataclasses.dataclass(frozen=True, kw_only=True)
class Choice:
    """A bill that can be paid now."""

    number: str
    pet_name: str
    due_on: datetime.date
    cents: int
    is_late: bool
    paused_cents: int
    paid_to: datetime.date | None
    planned: tuple[drafts.DraftView, ...] = ()  # what is to be taken of it later


@dataclasses.dataclass(frozen=True, kw_only=True)
class PayPage:
    """What the page shows; amounts in cents. `plan` is None while the amount is wrong.

    `later` is what becomes of it on another day, None where that was not chosen.
    """

    choices: tuple[Choice, ...]
    typed: Typed
    methods: tuple[wallet.MethodView, ...]
    once_key: str
    owed_cents: int
    under_way_cents: int
    credit_cents: int
    plan: paying.Plan | None
    wrong: errors.DomainError | None = None
    later: pay_later.Later | None = None
    days: tuple[datetime.date, datetime.date] | None = None  # the first and last to choose from

    @property
    def wrong_field(self) -> str:
        """The field that `wrong` is about, "" for none of them."""
        return "amount" if self.later is None else self.later.field

    @property
    def chosen(self) -> tuple[tuple[Choice, paying.Effect], ...]:
        """The chosen bills with what each gets."""
        effects = {e.invoice_no: e for e in self.plan.effects} if self.plan else {}
        return tuple((c, effects[c.number]) for c in self.choices if c.number in effects)


def page(session: orm.Session, *, customer_id: int, typed: Typed, today: datetime.date) -> PayPage:
    """The page for what was typed so far; eleven statements at most, more for another day."""
    found = bills.open_bills(session, customer_id=customer_id)
    waiting = drafts.by_invoice(drafts.not_over(session, customer_id=customer_id))
    days = after_paying.paid_to(session, customer_id=customer_id)
    saved = methods.offered(session, customer_id=customer_id, today=today)
    choices = tuple(
        Choice(
            number=bill.number,
            pet_name=bill.pet_name,
            due_on=bill.due_on,
            cents=bill.to_pay_cents,
            is_late=bill.is_past_due(today),
            paused_cents=bill.disputed_cents,
            paid_to=days.get(bill.number),
            planned=tuple(upcoming.nearest(waiting.get(bill.number, ()))),
        )
        for bill in found.bills
        if bill.to_pay_cents > 0
    )
    known = {choice.number for choice in choices}
    typed = dataclasses.replace(
        typed,
        numbers=tuple(n for n in typed.numbers if n in known) or _first(choices),
        method=typed.method or next((m.number for m in saved if not m.is_refused), NEW),
    )
    has_credit = found.unapplied_cents > 0 and choices
    credit = pay_invoices.credit_cents(session, customer_id=customer_id) if has_credit else 0
    typed = dataclasses.replace(
        typed,
        credit=typed.credit and credit > 0,
        day=_day(choices, typed, today) if typed.day is None else typed.day,
    )
    plan, wrong, later = None, None, None
    if choices and typed.when == LATER:
        later = _later(session, customer_id, typed)
        plan, wrong = later.seen.plan if later.seen else None, later.wrong
    elif choices:
        plan, wrong = _plan(session, customer_id, typed, today)
    return PayPage(
        choices=choices,
        typed=typed,
        methods=saved,
        once_key=once.new_key(),
        owed_cents=found.owed_cents,
        under_way_cents=found.under_way_cents,
        credit_cents=credit,
        plan=plan,
        wrong=wrong,
        later=later,
        days=(chosen_day.first_on(today), chosen_day.last_on(today)),
    )


def _later(session: orm.Session, customer_id: int, typed: Typed) -> pay_later.Later:
    try:
        cents = typed.cents()
    except money.MoneyError as wrong:
        return pay_later.Later(wrong=wrong)
    return pay_later.look(
        session,
        customer_id=customer_id,
        numbers=typed.numbers,
        method=typed.method,
        day=typed.day,
        cents=cents,
    )


def _day(choices: tuple[Choice, ...], typed: Typed, today: datetime.date) -> str:
    """The day that is offered: the first due day of the choice, as far as it can be chosen."""
    first, last = chosen_day.first_on(today), chosen_day.last_on(today)
    due = min((c.due_on for c in choices if c.number in typed.numbers), default=first)
    return min(max(due, first), last).isoformat()


def _plan(
    session: orm.Session, customer_id: int, typed: Typed, today: datetime.date
) -> tuple[paying.Plan | None, errors.DomainError | None]:
    try:
        wish = typed.wish()
        return (
            pay_invoices.preview(
                session,
                customer_id=customer_id,
                invoice_nos=typed.numbers,
                wish=wish,
                today=today,
            ),
            None,
        )
    except (money.MoneyError, paying.AmountRefused) as wrong:
        return None, wrong


def _first(choices: tuple[Choice, ...]) -> tuple[str, ...]:
    """All that is late, else the bill that is due first; what is planned only if all is."""
    free = tuple(c for c in choices if not c.planned) or choices
    late = tuple(c.number for c in free if c.is_late)
    return late or tuple(c.number for c in free[:1])

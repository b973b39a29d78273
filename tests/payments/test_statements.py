"""What a statement is made of equals the books on that day, and what is booked later leaves it."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.billing.operations import crediting
from portal.domain.billing.rules import aging, statement
from portal.domain.ledger.rules import Event
from portal.domain.payments.queries import statements
from portal.kernel import ids
from tests.support import bills, people

DAY = datetime.date
TODAY = bills.TODAY


@pytest.fixture
def year(database):
    """Eleven bills of Biscuit, some paid, one paid too much; a credit of ours in October."""
    bill = bills.make_bill(database, effective_on=DAY(2026, 1, 28))
    bills.pay(database, *bill.invoices[:4], on=DAY(2026, 5, 2))
    bills.pay(database, *bill.invoices[4:8], on=DAY(2026, 9, 30))
    bills.pay(database, bill.invoices[8], cents=10_000, on=DAY(2026, 10, 1))
    with database.unit_of_work() as session:
        crediting.goodwill(
            session,
            key="goodwill:1",
            customer_id=bill.customer.id,
            cents=606,
            subject="DSP-1",
            reason="Sorry.",
            now=bills.at(DAY(2026, 10, 31)),
            today=DAY(2026, 10, 31),
            actor="test",
            rng=ids.SYSTEM,
        )
    bills.make_bill(database, effective_on=DAY(2026, 3, 15))  # a stranger's
    return bill


def account(database, customer, period):
    with database.reading() as session:
        return statements.account(
            session, customer_id=customer.id, starts_on=period.starts_on, ends_on=period.ends_on
        )


def books_on(database, customer, before):
    """Open on bills and unapplied money by what was booked before a day."""
    sums = sa.text(
        "SELECT coalesce(sum(l.amount_cents) FILTER (WHERE l.account IN ('1100', '1110')), 0),"
        " coalesce(-sum(l.amount_cents) FILTER (WHERE l.account = '2210'), 0)"
        " FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id"
        " WHERE l.customer_id = :id AND e.booked_on < :before"
    )
    with database.reading() as session:
        return tuple(map(int, session.execute(sums, {"id": customer.id, "before": before}).one()))


def test_every_month_equals_the_books_and_the_months_sum_to_the_year(database, year):
    whole = account(database, year.customer, statement.Period(2026))
    assert whole.since == DAY(2026, 1, 8)
    lines, closing = [], whole.found.opening
    for month in range(1, 13):
        period = statement.Period(2026, month)
        found = account(database, year.customer, period).found
        assert found.opening == closing
        closing = found.closing
        books = books_on(database, year.customer, period.ends_on)
        assert (closing.open_cents, closing.unapplied_cents) == books
        lines += found.lines
    assert lines == list(whole.found.lines)
    assert closing == whole.found.closing
    assert {line.movement.event for line in lines} == {
        Event.INVOICE_ISSUED,
        Event.PAYMENT_SETTLED,
        Event.GOODWILL_CREDIT,
    }


def test_a_past_month_is_told_the_same_whatever_is_booked_later(database, year):
    october = statement.Period(2026, 10)
    before = account(database, year.customer, october)
    bills.pay(database, *year.invoices[9:], on=TODAY)
    bills.make_bill(database, customer=year.customer, pet_name="Miso")
    assert account(database, year.customer, october) == before


def test_what_is_open_is_told_by_its_age_at_the_end_and_sums_to_the_books(database, year):
    october = account(database, year.customer, statement.Period(2026, 10))
    by_day = [(october.bills[bill].due_on, c) for bill, c in october.found.closing.bills.items()]
    sums = aging.totals(by_day, as_of=DAY(2026, 10, 31))
    assert sums[aging.Bucket.DAYS_1_30] == 6606 - 606  # due on the 28th, credited in part
    assert sum(sums.values()) == books_on(database, year.customer, DAY(2026, 11, 1))[0]


def test_the_months_list_what_moved_newest_first(database, year):
    with database.reading() as session:
        every = statements.months(session, customer_id=year.customer.id, today=TODAY)
    assert [row.starts_on.month for row in every.rows] == list(range(11, 0, -1))
    for row in every.rows:
        period = statement.Period(row.starts_on.year, row.starts_on.month)
        found = account(database, year.customer, period).found
        assert row.charged_cents == found.charged_cents
        assert row.paid_cents == found.paid_cents
        assert row.balance_cents == found.closing.balance_cents
    assert every.next == ""
    with database.reading() as session:
        later = statements.months(session, customer_id=year.customer.id, today=DAY(2026, 3, 1))
    assert [row.starts_on.month for row in later.rows] == [2, 1]


def test_many_months_come_in_pages_and_none_twice(database):
    customer = people.make_customer(database)
    for year in (2023, 2024, 2025, 2026):
        bills.make_bill(database, customer=customer, effective_on=DAY(year, 1, 28))
    seen, cursor = [], ""
    for _ in range(2):
        with database.reading() as session:
            page = statements.months(session, customer_id=customer.id, today=TODAY, cursor=cursor)
        seen += [row.starts_on for row in page.rows]
        cursor = page.next
    assert cursor == ""
    assert len(seen) == 47 > statements.SIZE
    assert seen == sorted(set(seen), reverse=True)


@pytest.mark.parametrize("cursor", ["", "nonsense", "WyIyMDI2LTk5Il0"])
def test_a_cursor_that_is_none_of_ours_means_the_first_page(database, year, cursor):
    with database.reading() as session:
        page = statements.months(session, customer_id=year.customer.id, today=TODAY, cursor=cursor)
    assert page.rows[0].starts_on == DAY(2026, 11, 1)


def test_before_anything_moved_there_is_no_account(database, year):
    assert account(database, year.customer, statement.Period(2025)) is None
    assert account(database, people.make_customer(database), statement.Period(2026)) is None

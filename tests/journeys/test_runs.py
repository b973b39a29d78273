"""Billing and earning runs: once per installment, one earning entry a day, to the cent."""

from __future__ import annotations

import datetime

import sqlalchemy as sa

from portal.domain.billing.queries import earned
from portal.domain.billing.rules import earning, term_premium
from portal.journeys import earn_premium, run_billing
from tests.support import bills, drafting, jobs, paying

DAY = datetime.timedelta(days=1)


def test_a_run_bills_what_is_due_and_tells_the_customer(quiet_ctx, database, clock):
    bill = bills.make_bill(database, through=datetime.date(2026, 1, 1))
    assert run_billing.run(quiet_ctx, on=clock.today()) == 1
    assert run_billing.run(quiet_ctx, on=clock.today()) == 0
    (invoice,) = bills.invoices_of(database, policy_id=bill.policy.id)
    assert invoice.issued_on == clock.today()
    jobs.run_all(quiet_ctx)
    assert paying.mails(quiet_ctx, "bill") == 1
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_who_is_on_autopay_is_not_asked_to_pay_the_bill(ctx, sandbox, database, clock):
    bill = bills.make_bill(database, through=datetime.date(2026, 1, 1))
    card = paying.save_card(ctx, sandbox, bill.customer)
    drafting.join(ctx, bill, card)
    assert run_billing.run(ctx, on=clock.today()) == 1
    jobs.run_all(ctx)
    with ctx.database.reading() as session:
        text, html = session.execute(
            sa.text("SELECT text, html FROM mail WHERE template = 'bill'")
        ).one()
    for words in (text, html):
        assert "Autopay pays it: you need do nothing." in words
        assert "/pay" not in words
        assert "somebody else pays?" not in words


def test_a_cancelled_policy_is_not_billed_for_what_begins_later(quiet_ctx, database, clock):
    bill = bills.make_bill(database, through=datetime.date(2026, 1, 1))
    with database.unit_of_work() as session:
        session.execute(
            sa.text("UPDATE policy SET cancelled_on = :day WHERE id = :id"),
            {"day": bill.term.effective_on, "id": bill.policy.id},
        )
    assert run_billing.run(quiet_ctx, on=clock.today()) == 0


def test_every_day_is_earned_once_and_missed_days_are_made_good(quiet_ctx, database, clock):
    first = datetime.date(2026, 10, 1)
    bill = bills.make_bill(database, effective_on=first)
    term = term_premium.level(
        effective_on=bill.term.effective_on,
        expires_on=bill.term.expires_on,
        premium_cents=bill.term.premium_cents,
    )
    assert earn_premium.run(quiet_ctx, on=first + DAY) == earning.earned_on(term, first)
    assert earn_premium.run(quiet_ctx, on=first + DAY) == 0
    missed = earn_premium.run(quiet_ctx, on=first + 11 * DAY)
    assert missed == sum(earning.earned_on(term, first + i * DAY) for i in range(1, 11))
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_whole_term_earns_its_premium(quiet_ctx, database):
    bill = bills.make_bill(database, effective_on=datetime.date(2024, 2, 1), plan="in_full")
    with database.reading() as session:
        days = (bill.term.effective_on, bill.term.expires_on, bill.term.expires_on + 400 * DAY)
        sums = [earned.earned_through(session, day=day) for day in days]
    assert 0 < sums[0] < sums[1] == sums[2] == bill.term.premium_cents


def test_the_query_agrees_with_the_rule_on_every_day(quiet_ctx, database):
    bill = bills.make_bill(database, effective_on=datetime.date(2026, 1, 31), premium_cents=38_647)
    term = term_premium.level(
        effective_on=bill.term.effective_on,
        expires_on=bill.term.expires_on,
        premium_cents=bill.term.premium_cents,
    )
    with database.reading() as session:
        for i in range(-1, 370, 7):
            day = bill.term.effective_on + i * DAY
            expected = max(earning.earned_through(term, day), 0)
            assert earned.earned_through(session, day=day) == expected

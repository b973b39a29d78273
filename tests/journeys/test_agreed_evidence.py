"""A bank reads what was agreed to before a payment was taken while nobody was present."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
import sqlalchemy as sa

from portal.domain.reports.queries import evidence_facts
from portal.journeys import announce_drafts, draft_evidence, keep_method, schedule_payment
from tests.support import autopaying, bills, charging, drafting, jobs, paying, people, planning

HOME = {"address": "203.0.113.80", "device": "Firefox at home"}


@pytest.fixture(autouse=True)
def at_home(monkeypatch):
    """The owner agrees at home."""
    owner = people.owner
    monkeypatch.setattr(people, "owner", lambda who: dataclasses.replace(owner(who), **HOME))


@pytest.fixture
def bill(database):
    return planning.late_bill(database)


@pytest.fixture
def later(database):
    """Due on 12 December, so that it can be announced in time."""
    return bills.make_bill(database, effective_on=datetime.date(2026, 12, 12))


def taken_and_claimed(ctx, clock, sandbox, bill):
    """What the bank would read of the first draft, after it was taken; its draft."""
    jobs.run_all(ctx)  # the mails go out
    draft = planning.waiting(ctx, bill)[0]
    drafting.to_day(ctx, clock, sandbox, draft.due_on)
    drafting.collect(ctx)
    charging.hear(ctx, sandbox)
    (attempt,) = drafting.attempts(ctx, draft.number)
    return evidence(ctx, charging.claim(ctx, sandbox, attempt.number))


def evidence(ctx, number):
    with ctx.database.reading() as session:
        facts = evidence_facts.of(session, number=number)
    return draft_evidence.text(facts, zone=ctx.clock.zone)


def lines(text, start):
    return [line for line in text.splitlines() if line.startswith(start)]


def mails(text):
    """The mails that announced it."""
    return lines(text.partition("announced by mail:\n")[2].partition("\n\n")[0], "- ")


def test_for_a_bill_taken_by_autopay_it_quotes_the_consent(ctx, clock, sandbox, later):
    autopaying.join(ctx, later, paying.save_card(ctx, sandbox, later.customer))
    text = taken_and_claimed(ctx, clock, sandbox, later)
    (line,) = lines(text, "- Autopay, 24 Nov 2026")
    assert "address 203.0.113.80, Firefox at home, text version autopay-2026-11" in line
    assert "each bill of Biscuit" in line


def test_for_a_chosen_day_it_quotes_the_consent(ctx, clock, sandbox, bill):
    planning.schedule(ctx, bill, paying.save_card(ctx, sandbox, bill.customer))
    text = taken_and_claimed(ctx, clock, sandbox, bill)
    (line,) = lines(text, "- Payment on a chosen day, 24 Nov 2026")
    assert "address 203.0.113.80, Firefox at home, text version scheduled-2026-11" in line
    assert "to take $66.08 from Visa 4242 on Friday 4 December 2026" in line


def test_for_a_part_of_an_arrangement_it_quotes_the_consent(ctx, clock, sandbox, bill):
    planning.propose(ctx, bill, paying.save_card(ctx, sandbox, bill.customer))
    text = taken_and_claimed(ctx, clock, sandbox, bill)
    (line,) = lines(text, "- Payment in parts, 24 Nov 2026")
    assert "address 203.0.113.80, Firefox at home, text version arrangement-2026-11" in line
    assert "to take $66.08 in parts" in line


def test_a_draft_that_joining_announced_names_that_mail(ctx, clock, sandbox, later):
    autopaying.join(ctx, later, paying.save_card(ctx, sandbox, later.customer))
    text = taken_and_claimed(ctx, clock, sandbox, later)
    assert "It was planned for 12 Dec 2026, $66.08 at most." in text
    assert mails(text) == [f"- 24 Nov 2026, 10:00, to {later.customer.email}"]


def test_a_draft_that_was_announced_later_names_only_its_own_mail(ctx, clock, sandbox, later):
    card = paying.save_card(ctx, sandbox, later.customer)
    drafting.join(ctx, later, card)  # announces nothing
    drafting.to_day(ctx, clock, sandbox, datetime.date(2026, 11, 25))
    announce_drafts.run(ctx, on=clock.today())
    text = taken_and_claimed(ctx, clock, sandbox, later)
    assert mails(text) == [f"- 25 Nov 2026, 10:00, to {later.customer.email}"]


def test_a_draft_whose_card_the_backup_replaced_names_the_mail_on_joining(
    ctx, clock, sandbox, later
):
    first = paying.save_card(ctx, sandbox, later.customer)
    second = paying.save_card(ctx, sandbox, later.customer, "5555555555554444")
    autopaying.join(ctx, later, first, backup=second)
    who = people.owner(later.customer)
    keep_method.remove(ctx, customer_id=later.customer.id, number=first, who=who)
    text = taken_and_claimed(ctx, clock, sandbox, later)
    assert len(lines(text, "- Autopay, ")) == 1
    assert mails(text) == [f"- 24 Nov 2026, 10:00, to {later.customer.email}"]


def test_a_chosen_day_that_was_changed_names_both_mails(ctx, clock, sandbox, bill):
    number = planning.schedule(ctx, bill, paying.save_card(ctx, sandbox, bill.customer))
    jobs.run_all(ctx)
    clock.advance(datetime.timedelta(hours=1))
    schedule_payment.change_day(
        ctx,
        customer_id=bill.customer.id,
        number=number,
        draft_on=datetime.date(2026, 12, 2),
        language="en",
        who=people.owner(bill.customer),
    )
    text = taken_and_claimed(ctx, clock, sandbox, bill)
    assert "It was planned for 2 Dec 2026, $66.08 at most." in text
    assert [line[:20] for line in mails(text)] == ["- 24 Nov 2026, 10:00", "- 24 Nov 2026, 11:00"]


def test_a_part_names_the_mail_that_listed_every_part(ctx, clock, sandbox, bill):
    planning.propose(ctx, bill, paying.save_card(ctx, sandbox, bill.customer))
    text = taken_and_claimed(ctx, clock, sandbox, bill)
    assert "It was planned for 1 Dec 2026, $22.03 at most." in text
    assert mails(text) == [f"- 24 Nov 2026, 10:00, to {bill.customer.email}"]


def test_a_mail_that_never_went_out_is_not_named(ctx, clock, sandbox, bill):
    planning.schedule(ctx, bill, paying.save_card(ctx, sandbox, bill.customer))
    with ctx.database.unit_of_work() as session:
        session.execute(sa.text("UPDATE mail SET state = 'failed', attempts = 9"))
    text = taken_and_claimed(ctx, clock, sandbox, bill)
    assert "It was planned for 4 Dec 2026, $66.08 at most." in text
    assert mails(text) == []


def test_the_consent_to_autopay_is_not_quoted_for_a_payment_by_hand(ctx, sandbox, later):
    card = paying.save_card(ctx, sandbox, later.customer)
    autopaying.join(ctx, later, card)
    begun = paying.begin(ctx, later.customer, method=card)
    charging.hear(ctx, sandbox)
    text = evidence(ctx, charging.claim(ctx, sandbox, begun.number))
    assert lines(text, "- Autopay") == []
    assert "It was planned" not in text

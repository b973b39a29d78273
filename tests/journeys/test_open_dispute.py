"""Raising a dispute: what it pauses, what it links to, and that it happens once."""

from __future__ import annotations

import datetime
from concurrent import futures

import pytest
import sqlalchemy as sa

from portal.domain.billing.operations import books
from portal.domain.disputes import models
from portal.domain.disputes.queries import owner
from portal.domain.disputes.rules import CaseState
from portal.domain.policies import models as policies
from portal.journeys import (
    answer_dispute,
    foreseeing,
    open_dispute,
    taking_files,
    work_dispute,
)
from portal.kernel import transitions
from tests.support import bills, cases, people

KINDS = ["autopay", "late_fee", "overdue"]


pytestmark = pytest.mark.usefixtures("books_hold")


@pytest.fixture
def bill(database):
    """A bill of 66.08: premium 62.45, tax 0.63, installment fee 3.00."""
    return bills.make_bill(database)


def count(database) -> int:
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(models.Dispute))


def test_one_line_is_paused_and_the_rest_stays_due(quiet_ctx, database, bill):
    number = cases.raise_case(
        quiet_ctx, bill.customer, invoice_no=bill.number, line_numbers=[3], category="fee"
    )
    held = cases.holds(database, number)
    assert held == [(kind, bill.number, 3, 300) for kind in KINDS]
    with database.reading() as session:
        mine = owner.own_case(session, customer_id=bill.customer.id, number=number)
    assert mine.bill.paused_cents == 300
    assert mine.bill.still_due_cents == bill.invoice.open_cents - 300


def test_a_whole_bill_means_all_its_lines(quiet_ctx, database, bill):
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    held = cases.holds(database, number)
    assert len(held) == 9
    assert sum(cents for kind, _, _, cents in held if kind == "overdue") == 6608
    assert cases.row(database, number).disputed_cents == 6608


def test_no_more_is_paused_than_is_open(quiet_ctx, database, bill):
    bills.pay(database, bill.invoice, cents=6500)
    with database.reading() as session:
        seen = foreseeing.foresee(
            session,
            customer_id=bill.customer.id,
            category=cases.Category.WRONG_AMOUNT,
            invoice_no=bill.number,
            hours=quiet_ctx.hours,
            now=quiet_ctx.clock.now(),
        )
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    held = [h for h in cases.holds(database, number) if h[0] == "overdue"]
    assert sum(cents for *_, cents in held) == seen.paused_cents == 108
    assert cases.row(database, number).disputed_cents == 6608


def test_a_paid_bill_can_be_disputed_and_nothing_is_paused(quiet_ctx, database, bill):
    bills.pay(database, bill.invoice)
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    assert cases.holds(database, number) == []


def test_the_unapplied_part_of_a_disputed_payment_is_set_aside(quiet_ctx, database, bill):
    payment_no = bills.pay(database, bill.invoice, cents=10_000)
    number = cases.raise_case(
        quiet_ctx, bill.customer, payment_no=payment_no, category="charged_twice"
    )
    assert cases.holds(database, number) == [("allocation", payment_no, None, 3392)]
    assert cases.row(database, number).disputed_cents == 10_000


def test_the_same_form_sent_twice_opens_one_case(quiet_ctx, database, bill):
    given = {"invoice_no": bill.number, "once_key": "same"}
    first = cases.raise_case(quiet_ctx, bill.customer, **given)
    second = cases.raise_case(quiet_ctx, bill.customer, **given)
    assert first == second
    assert count(database) == 1
    assert len(cases.mails(database, first)) == 1


def test_the_same_form_sent_twice_at_once_opens_one_case(quiet_ctx, database, bill):
    given = {"invoice_no": bill.number, "once_key": "same"}
    with futures.ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(cases.raise_case, quiet_ctx, bill.customer, **given) for _ in "ab"]
    assert len({future.result() for future in sent}) == 1
    assert count(database) == 1


def test_the_same_key_of_another_customer_is_another_form(quiet_ctx, database, bill):
    other = bills.make_bill(database)
    cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, once_key="same")
    cases.raise_case(quiet_ctx, other.customer, invoice_no=other.number, once_key="same")
    assert count(database) == 2


def test_a_line_in_an_open_case_is_added_to_that_case(quiet_ctx, database, bill):
    first = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, line_numbers=[3])
    second = cases.raise_case(
        quiet_ctx,
        bill.customer,
        invoice_no=bill.number,
        line_numbers=[2, 3],
        words="And the tax too.",
        once_key="more",
    )
    assert second == first
    assert count(database) == 1
    held = [h for h in cases.holds(database, first) if h[0] == "overdue"]
    assert [(line, cents) for _, _, line, cents in held] == [(2, 63), (3, 300)]
    with database.reading() as session:
        mine = owner.own_case(session, customer_id=bill.customer.id, number=first)
        key = open_dispute.once_key_of(customer_id=bill.customer.id, once_key="more")
        assert owner.raised_with(session, customer_id=bill.customer.id, once_key=key) is None
    assert [m.body for m in mine.messages] == ["This does not look right.", "And the tax too."]
    assert mine.disputed_cents == 363


def test_another_line_of_the_bill_is_a_case_of_its_own(quiet_ctx, database, bill):
    first = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, line_numbers=[3])
    second = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, line_numbers=[2])
    assert first != second
    assert len(cases.holds(database, second)) == 3


def test_a_declined_line_raised_again_is_not_paused(quiet_ctx, database, bill):
    grace = people.make_staff(database)
    given = {"invoice_no": bill.number, "line_numbers": [3]}
    first = cases.raise_case(quiet_ctx, bill.customer, **given)
    cases.take(quiet_ctx, first, grace)
    cases.resolve(quiet_ctx, first, grace, cases.decision())
    second = cases.raise_case(quiet_ctx, bill.customer, **given)
    assert second != first
    assert cases.holds(database, second) == []


def test_a_line_that_was_upheld_is_paused_when_raised_again(quiet_ctx, database, bill):
    grace = people.make_staff(database)
    given = {"invoice_no": bill.number, "line_numbers": [3]}
    first = cases.raise_case(quiet_ctx, bill.customer, **given)
    cases.take(quiet_ctx, first, grace)
    cases.resolve(quiet_ctx, first, grace, cases.decision(outcome="upheld"))
    second = cases.raise_case(quiet_ctx, bill.customer, **given)
    assert len(cases.holds(database, second)) == 3


@pytest.mark.parametrize("about", ["invoice_no", "payment_no", "policy_no"])
def test_what_is_somebody_elses_cannot_be_disputed(quiet_ctx, database, bill, about):
    other = bills.make_bill(database)
    numbers = {
        "invoice_no": other.number,
        "payment_no": bills.pay(database, other.invoice),
        "policy_no": other.policy.number,
    }
    with pytest.raises(foreseeing.NoSuchSubject):
        cases.raise_case(quiet_ctx, bill.customer, **{about: numbers[about]})
    assert count(database) == 0


def test_a_line_that_the_bill_does_not_have_is_refused(quiet_ctx, bill):
    with pytest.raises(foreseeing.LineNotOnBill):
        cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, line_numbers=[3, 9])


def test_sixty_days_after_the_bill_it_is_late_and_still_taken(quiet_ctx, database, bill, clock):
    issued_at = bills.at(bill.invoice.issued_on)
    clock.set(issued_at + datetime.timedelta(days=60))
    in_time = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, line_numbers=[3])
    clock.advance(datetime.timedelta(days=1))
    late = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, line_numbers=[2])
    assert not cases.row(database, in_time).is_late
    assert cases.row(database, late).is_late


def test_a_case_whose_cover_ends_soon_is_urgent(quiet_ctx, database, bill):
    with database.unit_of_work() as session:
        session.execute(
            sa.update(policies.Policy)
            .where(policies.Policy.id == bill.policy.id)
            .values(cancelled_on=quiet_ctx.clock.today() + datetime.timedelta(days=10))
        )
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, category="fee")
    assert cases.row(database, number).priority == "P1"


def test_the_customer_is_told_at_once_in_their_language(quiet_ctx, database):
    ana = people.make_customer(database, first_name="Ana", language="es")
    bill = bills.make_bill(database, customer=ana)
    number = cases.raise_case(quiet_ctx, ana, invoice_no=bill.number, line_numbers=[3])
    (mail,) = cases.mails(database, number)
    assert mail.template == "dispute_received"
    assert mail.language == "es"
    assert number in mail.text
    assert "$3.00" in mail.text
    assert "$63.08" in mail.text


def test_money_for_nothing_open_opens_one_case_of_the_system(quiet_ctx, database, bill):
    payment_no = bills.pay(database, bill.invoice, cents=10_000)
    numbers = set()
    for _ in range(2):
        with database.unit_of_work() as session:
            books.lock_customer(session, customer_id=bill.customer.id)
            numbers.add(
                open_dispute.raise_for_payment(
                    session,
                    quiet_ctx,
                    payment_no=payment_no,
                    customer_id=bill.customer.id,
                    now=quiet_ctx.clock.now(),
                )
            )
    (number,) = numbers
    assert cases.holds(database, number) == [("allocation", payment_no, None, 3392)]
    assert cases.row(database, number).state is CaseState.NEW
    (mail,) = cases.mails(database, number)
    assert "We are looking into a payment" in mail.subject


def test_empty_words_and_bad_files_change_nothing(quiet_ctx, database, bill):
    with pytest.raises(open_dispute.raising.WordsMissing):
        cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, words="  \n ")
    bad = taking_files.Upload(name="notes.exe", data=b"MZ\x90\x00" + b"\x00" * 100)
    with pytest.raises(taking_files.FileOfWrongKind):
        cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, files=[bad])
    assert count(database) == 0


def test_a_closed_case_takes_no_more_words(quiet_ctx, database, bill):
    from_owner = people.owner(bill.customer)
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    work_dispute.withdraw(quiet_ctx, number=number, customer_id=bill.customer.id, who=from_owner)
    with pytest.raises(transitions.NotAllowed):
        answer_dispute.customer_wrote(
            quiet_ctx,
            number=number,
            customer_id=bill.customer.id,
            words="One more thing.",
            once_key="x",
            who=from_owner,
        )

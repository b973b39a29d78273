"""Cases that share lines or money: what one of them ends, the other still holds."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.domain.billing.rules import spreading
from portal.domain.disputes import models
from portal.domain.payments.rules import PaymentEvent, RefundTooLarge
from portal.journeys import money_actions, open_dispute, work_dispute
from tests.support import bills, cases, people

pytestmark = pytest.mark.usefixtures("books_hold")


@pytest.fixture
def grace(database):
    return people.make_staff(database)


def withdraw(ctx, customer, number):
    work_dispute.withdraw(ctx, number=number, customer_id=customer.id, who=people.owner(customer))


def reopen(ctx, customer, number):
    work_dispute.reopen(
        ctx,
        number=number,
        customer_id=customer.id,
        words="Please look again.",
        once_key=cases.key(),
        who=people.owner(customer),
    )


def held(database, number, kind="overdue"):
    return {line: cents for k, _, line, cents in cases.holds(database, number) if k == kind}


@pytest.fixture
def shared(quiet_ctx, database):
    """Line 2 stands in two open cases; the second of them pauses it."""
    bill = bills.make_bill(database)
    about = {"invoice_no": bill.number}
    first = cases.raise_case(quiet_ctx, bill.customer, line_numbers=[1], **about)
    second = cases.raise_case(quiet_ctx, bill.customer, line_numbers=[2], **about)
    assert cases.raise_case(quiet_ctx, bill.customer, line_numbers=[1, 2], **about) == first
    assert held(database, second) == {2: 63}
    return bill, first, second


def test_a_line_stays_paused_for_the_other_case_when_one_is_withdrawn(quiet_ctx, database, shared):
    bill, first, second = shared
    withdraw(quiet_ctx, bill.customer, second)
    assert held(database, second) == {}
    assert held(database, first) == {1: 6245, 2: 63}


def test_a_paid_line_of_two_cases_that_opens_again_is_paused_once(quiet_ctx, database, grace):
    bill = bills.make_bill(database)
    payment_no = bills.pay(database, bill.invoice)
    about = {"invoice_no": bill.number, "line_numbers": [1]}
    first = cases.raise_case(quiet_ctx, bill.customer, **about)
    withdraw(quiet_ctx, bill.customer, first)
    second = cases.raise_case(quiet_ctx, bill.customer, **about)
    reopen(quiet_ctx, bill.customer, first)
    third = cases.raise_case(quiet_ctx, bill.customer, payment_no=payment_no)
    cases.take(quiet_ctx, third, grace)
    cases.resolve(quiet_ctx, third, grace, cases.refund(payment_no, 6_608, freed_by="take_back"))
    assert held(database, first) | held(database, second) == {1: 6245}


@pytest.mark.parametrize("how", ["raised", "followed"])
def test_a_declined_line_of_a_reopened_case_is_not_paused_without_a_specialist(
    quiet_ctx, database, grace, how
):
    bill = bills.make_bill(database)
    payment_no = bills.pay(database, bill.invoice, cents=100)
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    cases.take(quiet_ctx, number, grace)
    cases.resolve(quiet_ctx, number, grace, cases.decision())
    reopen(quiet_ctx, bill.customer, number)
    if how == "raised":
        assert cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number) == number
    else:
        other = cases.raise_case(quiet_ctx, bill.customer, payment_no=payment_no)
        cases.take(quiet_ctx, other, grace)
        cases.resolve(quiet_ctx, other, grace, cases.refund(payment_no, 50, freed_by="take_back"))
    assert cases.holds(database, number) == []


@pytest.fixture
def unapplied(quiet_ctx, database):
    """A settled payment with 30.00 unapplied, all of it set aside by the case about it."""
    bill = bills.make_bill(database)
    number = bills.pay(database, bill.invoice, cents=bill.invoice.open_cents + 3_000)
    case = cases.raise_case(quiet_ctx, bill.customer, payment_no=number)
    assert held(database, case, "allocation") == {None: 3_000}
    return bill, number, case


def test_money_set_aside_by_one_case_is_not_refunded_by_another(
    quiet_ctx, database, grace, unapplied
):
    bill, number, case = unapplied
    other = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    cases.take(quiet_ctx, other, grace)
    with pytest.raises(money_actions.NotFreed):
        cases.resolve(quiet_ctx, other, grace, cases.refund(number, 2_000))
    with pytest.raises((spreading.DoesNotFit, RefundTooLarge)):
        cases.resolve(quiet_ctx, other, grace, cases.refund(number, 7_000, freed_by="credit"))
    cases.resolve(quiet_ctx, other, grace, cases.refund(number, 2_000, freed_by="credit"))
    assert held(database, case, "allocation") == {None: 3_000}
    cases.take(quiet_ctx, case, grace)
    cases.resolve(quiet_ctx, case, grace, cases.refund(number, 3_000))


def test_a_withdrawn_case_about_a_payment_sets_its_money_aside_again_when_reopened(
    quiet_ctx, database, unapplied
):
    bill, _number, case = unapplied
    withdraw(quiet_ctx, bill.customer, case)
    assert cases.holds(database, case) == []
    reopen(quiet_ctx, bill.customer, case)
    assert held(database, case, "allocation") == {None: 3_000}


def test_a_reopened_case_leaves_aside_what_a_newer_case_has_set_aside(
    quiet_ctx, database, unapplied
):
    bill, number, case = unapplied
    withdraw(quiet_ctx, bill.customer, case)
    newer = cases.raise_case(quiet_ctx, bill.customer, payment_no=number)
    reopen(quiet_ctx, bill.customer, case)
    assert held(database, newer, "allocation") == {None: 3_000}
    assert cases.holds(database, case) == []


def test_money_that_settles_under_an_open_case_about_it_is_set_aside_for_that_case(
    quiet_ctx, database
):
    bill = bills.make_bill(database)
    number = bills.begin_payment(
        database, bill.invoice, cents=bill.invoice.open_cents + 500, event=PaymentEvent.PROCESS
    )
    case = cases.raise_case(quiet_ctx, bill.customer, payment_no=number)
    bills.move_payment(database, number, PaymentEvent.SETTLE, now=people.NOW)
    for _ in range(2):
        with database.unit_of_work() as session:
            told = open_dispute.raise_for_payment(
                session,
                quiet_ctx,
                payment_no=number,
                customer_id=bill.customer.id,
                now=people.NOW,
            )
    assert told == case
    assert held(database, case, "allocation") == {None: 500}
    with database.reading() as session:
        notes = session.scalars(sa.select(models.Note.body)).all()
    assert notes == [open_dispute.NOT_OPEN_ANY_MORE]

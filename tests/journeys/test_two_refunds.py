"""Two refunds of one payment: both arrive, and a third stops at what the payment was."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.kernel import errors
from tests.support import bills, cases, charging, jobs, paying, people

FIRST, SECOND = 2_000, 4_608  # of 66.08


def test_two_refunds_of_one_payment_both_arrive_and_stop_at_its_amount(ctx, sandbox, database):
    bill = bills.make_bill(database)
    payment = charging.pay(ctx, sandbox, bill.customer)
    assert paying.row(ctx, payment).amount_cents == FIRST + SECOND
    grace, omar = people.make_staff(database), people.make_staff(database, "supervisor")
    for cents, person in ((FIRST, grace), (SECOND, omar)):
        case = cases.raise_case(ctx, bill.customer, payment_no=payment)
        cases.take(ctx, case, person)
        cases.resolve(ctx, case, person, cases.refund(payment, cents, freed_by="credit"))
        jobs.run_all(ctx)
        charging.hear(ctx, sandbox)
    with database.reading() as session:
        found = session.execute(sa.text("SELECT state, amount_cents FROM refund ORDER BY id")).all()
    assert found == [("succeeded", FIRST), ("succeeded", SECOND)]
    assert paying.row(ctx, payment).refunded_cents == FIRST + SECOND
    there = sandbox.client().v1.refunds.list()
    assert sorted(r.amount for r in there) == [FIRST, SECOND]
    case = cases.raise_case(ctx, bill.customer, payment_no=payment)
    cases.take(ctx, case, grace)
    with pytest.raises(errors.DomainError):
        cases.resolve(ctx, case, grace, cases.refund(payment, 1, freed_by="credit"))
    sandbox.advance(2)
    charging.hear(ctx, sandbox)
    paying.assert_books(ctx)

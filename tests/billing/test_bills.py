"""The factory of bills makes what the real operations make."""

import datetime

from tests.support import bills


def test_one_bill_is_one_installment_of_twelve(database):
    bill = bills.make_bill(database)
    assert [i.total_cents for i in bill.invoices] == [6608]
    assert bill.invoice.due_on == datetime.date(2026, 11, 28)
    assert bill.invoice.issued_on == datetime.date(2026, 11, 8)


def test_a_paid_bill_is_paid_and_leaves_nothing_open(database):
    bill = bills.make_bill(database, effective_on=datetime.date(2026, 8, 28))
    assert len(bill.invoices) == 4
    bills.pay(database, *bill.invoices[:3])
    states = [str(i.state) for i in bills.invoices_of(database, policy_id=bill.policy.id)]
    assert states == ["paid", "paid", "paid", "issued"]
    lines = bills.lines_of(database, bill.invoices[0].number)
    assert [line.open_cents for line in lines] == [0, 0, 0]

"""The owner's dispute pages ask the database little, however much there is, and stay light."""

from __future__ import annotations

import pytest

from portal.journeys import answer_dispute
from tests.support import bills, cases, files, people
from tests.support.statements import counted
from tests.web.test_dispute_new import page


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def maria(client, bill):
    return people.sign_in(client, bill.customer)


@pytest.fixture
def many(quiet_ctx, bill):
    """Four disputes; the newest about the bill, with six messages and their files."""
    for _ in range(3):
        cases.raise_case(quiet_ctx, bill.customer, category="something_else")
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    upload = cases.open_dispute.taking_files.Upload(name="a.pdf", data=files.PDF)
    for n in range(5):
        answer_dispute.customer_wrote(
            quiet_ctx,
            number=number,
            customer_id=bill.customer.id,
            words=f"Message {n}",
            files=[upload],
            once_key=cases.key(),
            who=people.owner(bill.customer),
        )
    return number


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/disputes", 2),
        ("/disputes/new", 1),
        ("/disputes/new?step=which&category=fee", 3),
        ("/disputes/new?step=which&category=fee&invoice={bill}", 5),
        ("/disputes/{case}", 9),
        ("/disputes/{case}/withdraw", 8),
    ],
)
def test_a_page_asks_no_more_than_it_says(maria, database, bill, many, address, most):
    address = address.format(bill=bill.number, case=many)
    with counted() as sent:
        text = page(maria, address)
    assert len(sent) <= most, "\n".join(sent)
    assert len(text.encode()) < 20_000

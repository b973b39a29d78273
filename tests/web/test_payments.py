"""The payments of an owner: what became of each, where the money went, what came back."""

import datetime

import pytest

from portal.domain.payments.rules import PaymentEvent
from tests.support import bills, people, refunding, statements

DAY = datetime.date


@pytest.fixture
def paid(database):
    """A bill and the number of the payment that paid it."""
    bill = bills.make_bill(database)
    return bill, bills.pay(database, bill.invoice, on=DAY(2026, 11, 20))


def page(client, customer, path):
    people.sign_in(client, customer)
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_payment_tells_when_with_what_and_where_it_went(client, paid):
    bill, number = paid
    html = page(client, bill.customer, f"/payments/{number}")
    assert "<h1>We received $66.08</h1>" in html
    assert "Visa 4242" in html
    assert number in html
    assert f'<a href="/invoices/{bill.number}">Biscuit, November</a>' in html
    assert f'href="/payments/{number}.pdf"' in html
    assert f'href="/disputes/new?payment={number}"' in html


@pytest.mark.parametrize(
    ("event", "heading"),
    [
        (PaymentEvent.PROCESS, "$66.08 is on its way"),
        (PaymentEvent.LOSE_ANSWER, "We do not know yet whether $66.08 arrived"),
        (PaymentEvent.FAIL, "We did not receive $66.08"),
        (PaymentEvent.CANCEL, "This payment of $66.08 was not made"),
        (None, "This payment of $66.08 is not finished"),
    ],
)
def test_what_is_not_received_is_never_called_received(client, database, event, heading):
    bill = bills.make_bill(database)
    number = bills.begin_payment(database, bill.invoice, event=event)
    html = page(client, bill.customer, f"/payments/{number}")
    assert f"<h1>{heading}</h1>" in html
    assert "We received" not in html
    assert "Where it went" not in html
    assert ".pdf" not in html
    assert client.get(f"/payments/{number}.pdf").status_code == 404


def test_a_decline_says_why_in_words_and_that_nothing_was_taken(client, database):
    bill = bills.make_bill(database)
    number = bills.begin_payment(
        database, bill.invoice, event=PaymentEvent.FAIL, failure_code="insufficient_funds"
    )
    html = page(client, bill.customer, f"/payments/{number}")
    assert "There was not enough money on the account. Nothing was taken." in html
    assert "insufficient_funds" not in html


def test_a_refund_is_told_with_its_expected_day(client, database, paid):
    bill, number = paid
    refunding.refund_line(database, payment_no=number, invoice_no=bill.number, line=3)
    html = page(client, bill.customer, f"/payments/{number}")
    assert "Refund of $3.00" in html
    assert "On its way to you, expected by Wednesday 9 December" in html
    assert "Refunded to you</th><td>$3.00" in html
    assert "$63.08" in html
    assert "Partly refunded" in page(client, bill.customer, "/payments")


def test_the_list_is_newest_first_and_leaves_out_what_was_only_begun(client, database, paid):
    bill, number = paid
    more = bills.make_bill(database, customer=bill.customer, pet_name="Miso")
    begun = bills.begin_payment(database, more.invoice, event=None)
    bills.move_payment(database, begun, PaymentEvent.CANCEL, now=people.NOW)
    way = bills.begin_payment(database, more.invoice)
    html = page(client, bill.customer, "/payments")
    assert html.index(way) < html.index(number)
    assert begun not in html
    assert "Processing" in html


def test_an_owner_without_payments_reads_what_will_appear(client, database):
    html = page(client, people.make_customer(database), "/payments")
    assert "No payments yet" in html


@pytest.mark.parametrize("path", ["/payments/{}", "/payments/{}.pdf"])
def test_another_customers_number_is_not_found(client, database, paid, path):
    people.sign_in(client, people.make_customer(database))
    assert client.get(path.format(paid[1])).status_code == 404


@pytest.mark.parametrize(("path", "most"), [("/payments", 4), ("/payments/{}", 5)])
def test_the_pages_run_few_statements(client, database, paid, path, most):
    people.sign_in(client, paid[0].customer)
    with statements.counted() as sent:
        client.get(path.format(paid[1]))
    assert len(sent) <= most


def test_the_page_reads_in_spanish(client, paid):
    html = page(client, paid[0].customer, f"/payments/{paid[1]}?lang=es")
    assert "<h1>Recibimos $66.08</h1>" in html
    assert "Where it went" not in html

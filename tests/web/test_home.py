"""The first page of an owner answers: is my pet covered, what do I owe, where do I press."""

import datetime

import pytest

from portal.domain.payments.rules import PaymentEvent
from tests.support import autopaying, bills, cases, people, statements

DAY = datetime.date
PAID_BEFORE = DAY(2026, 8, 28)


def home(client, customer, query=""):
    people.sign_in(client, customer)
    answer = client.get(f"/home{query}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.fixture
def covered(database):
    """Biscuit: three bills paid, one due on 28 November."""
    bill = bills.make_bill(database, effective_on=PAID_BEFORE)
    bills.pay(database, *bill.invoices[:-1])
    return bill


def test_the_heading_says_who_is_covered_and_the_sum_by_when(client, database, covered):
    bills.make_bill(
        database,
        customer=covered.customer,
        pet_name="Miso",
        species="cat",
        effective_on=DAY(2026, 11, 20),
    )
    html = home(client, covered.customer)
    assert "<h1>Biscuit and Miso are covered</h1>" in html
    assert "Pay $132.15" in html
    assert 'href="/pay"' in html


def test_a_bill_that_is_due_shows_its_day_and_the_frond(client, covered):
    html = home(client, covered.customer)
    assert "by <strong>Saturday 28 November</strong>, for Biscuit" in html
    assert "3 of 12 installments paid, 1 due" in html
    assert "Covered. Paid to 27 Nov." in html
    assert "c-sum__when--late" not in html


def test_what_is_past_due_is_told_with_its_sum_and_since_when(client, database):
    bill = bills.make_bill(database, effective_on=DAY(2026, 10, 28))
    html = home(client, bill.customer)
    assert "$66.08 of it is overdue since Wednesday 28 October" in html
    assert "Covered. $66.08 was due on 28 Oct." in html
    assert "<h1>Biscuit is covered</h1>" in html


def test_a_payment_on_its_way_is_never_told_as_paid(client, database):
    bill = bills.make_bill(database)
    bills.begin_payment(database, bill.invoice)
    html = home(client, bill.customer)
    assert "$66.08" in html
    assert "A payment of $66.08 is on its way." in html
    assert "Processing" in html
    assert 'href="/pay"' not in html
    assert "0 of 12 installments paid, 1 due" in html
    assert "Paid " not in html
    assert "Received" not in html


def test_home_bills_and_pay_say_the_same_of_a_late_bill_that_is_being_paid(client, database):
    bill = bills.make_bill(database, effective_on=DAY(2026, 10, 28))
    late, due = bill.invoices
    bills.begin_payment(database, late)
    html = home(client, bill.customer)
    for page in (html, client.get("/invoices").get_data(as_text=True)):
        assert "$132.15</p>" in page
        assert "$66.08 of it is on its way to us" in page
        assert "The rest, $66.07, by <strong>Saturday 28 November</strong>" in page
        assert "Pay $66.07" in page
        assert "verdue" not in page
    assert "c-pet__cover--late" not in html
    pay = client.get("/pay").get_data(as_text=True)
    assert "$66.08 of what you owe is on its way to us" in pay
    assert due.number in pay
    assert late.number not in pay


def test_a_cover_that_has_not_begun_is_not_called_covered(client, database):
    html = home(client, bills.make_bill(database).customer)
    assert "cover begins on Saturday 28 November</h1>" in html
    assert "Cover begins on 28 Nov." in html
    assert "Covered" not in html


def test_nothing_owed_names_the_next_bill(client, database):
    bill = bills.make_bill(database)
    bills.pay(database, bill.invoice)
    html = home(client, bill.customer)
    assert "You owe nothing now" in html
    assert "Next: $66.07 for Biscuit on Monday 28 December" in html
    assert 'href="/pay"' not in html


def test_an_owner_without_a_policy_reads_what_will_appear(client, database):
    html = home(client, people.make_customer(database, first_name="Lee"))
    assert "<h1>Welcome, Lee</h1>" in html
    assert "No pet yet" in html
    assert "No payments yet" in html


def test_an_open_dispute_stands_on_the_page_and_its_amount_is_not_owed(
    client, database, quiet_ctx, covered
):
    number = cases.raise_case(
        quiet_ctx, covered.customer, invoice_no=covered.number, line_numbers=(3,)
    )
    html = home(client, covered.customer)
    assert f"/disputes/{number}" in html
    assert "Expect our answer by" in html
    assert "Pay $63.07" in html


def test_recent_payments_tell_what_became_of_them(client, database, covered):
    bills.begin_payment(
        database, covered.invoice, event=PaymentEvent.FAIL, failure_code="expired_card"
    )
    html = home(client, covered.customer)
    assert "Not received" in html
    assert "Received" in html


def test_a_card_says_that_autopay_is_off_and_where_to_turn_it_on(client, covered):
    html = home(client, covered.customer)
    assert "Set up autopay for Biscuit" in html
    assert f'href="/autopay/{covered.policy.number}"' in html


def test_a_card_says_which_card_autopay_takes_and_when(client, database, quiet_ctx, covered):
    card = autopaying.card(database, covered.customer)
    autopaying.join(quiet_ctx, covered, card)
    html = home(client, covered.customer)
    assert "On, Visa 4242, next on 4 Dec" in html
    assert "Change autopay for Biscuit" in html


def test_the_page_reads_in_spanish(client, covered):
    html = home(client, covered.customer, "?lang=es")
    assert "<h1>Biscuit tiene cobertura</h1>" in html
    assert "sábado 28 de noviembre" in html
    assert "You owe" not in html


def test_the_page_runs_at_most_eight_statements(client, database, covered):
    people.sign_in(client, covered.customer)
    with statements.counted() as sent:
        client.get("/home")
    assert len(sent) <= 8

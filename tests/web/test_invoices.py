"""The bills of an owner: the list, and one bill with its lines and its history."""

import datetime
import pathlib
import re

import pytest

from portal.domain.billing.operations import crediting
from portal.domain.payments.rules import PaymentEvent
from portal.kernel import ids
from tests.support import bills, cases, people, statements

DAY = datetime.date
STATIC = pathlib.Path(__file__).resolve().parents[2] / "static"
WEIGHT_LIMIT = 60_000
ASSETS = ("portal.css", "sprite.svg", "icon.svg", "js/once.js")


@pytest.fixture
def year(database):
    """Eleven bills of Biscuit: nine paid, one overdue since 28 October, one due."""
    bill = bills.make_bill(database, effective_on=DAY(2026, 1, 28))
    bills.pay(database, *bill.invoices[:-2], on=DAY(2026, 10, 1))
    return bill


def page(client, customer, path):
    people.sign_in(client, customer)
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_what_is_overdue_comes_first_with_its_total_and_one_button(client, year):
    html = page(client, year.customer, "/invoices")
    assert html.index("Overdue since Wed 28 Oct") < html.index("Due Sat 28 Nov")
    assert html.index("Due Sat 28 Nov") < html.index("Paid bills")
    assert "$66.06 of it is overdue since Wednesday 28 October" in html
    assert html.count("c-button--main") == 1
    assert "Pay $132.12" in html


def test_paid_bills_are_told_with_their_day(client, year):
    html = page(client, year.customer, "/invoices")
    assert html.count("Paid 1 Oct") == 9


def test_more_than_a_page_is_reached_by_show_more_and_none_twice(client, database):
    first = bills.make_bill(database, effective_on=DAY(2025, 12, 1))
    more = [
        bills.make_bill(
            database, customer=first.customer, pet_name=name, effective_on=DAY(2025, 12, 2)
        )
        for name in ("Miso", "Clover")
    ]
    bills.pay(database, *(i for b in (first, *more) for i in b.invoices))
    seen, path = [], "/invoices"
    people.sign_in(client, first.customer)
    for _ in range(3):
        html = client.get(path).get_data(as_text=True)
        seen += re.findall(r'href="/invoices/(INV-\w+)"', html)
        more_link = re.search(r'href="(\?after=[^"]+)" rel="next"', html)
        if more_link is None:
            break
        path = "/invoices" + more_link[1]
    assert len(seen) == len(set(seen)) == 36


def test_a_cursor_that_is_not_ours_shows_the_first_page(client, year):
    first = page(client, year.customer, "/invoices")
    for cursor in ("x", "WyJub3QgYSBkYXkiLDFd", "%FF%FE"):
        html = page(client, year.customer, f"/invoices?after={cursor}")
        assert html.count("/invoices/INV-") == first.count("/invoices/INV-")


def test_a_bill_that_is_being_paid_is_processing_and_asks_for_nothing(client, database):
    bill = bills.make_bill(database)
    bills.begin_payment(database, bill.invoice)
    html = page(client, bill.customer, "/invoices")
    assert "Processing</span>" in html
    assert 'href="/pay"' not in html
    one = page(client, bill.customer, f"/invoices/{bill.number}")
    assert "Processing" in one
    assert "Please do not pay it again" in one
    assert "/pay?invoice" not in one
    assert "Paid" not in one


def test_a_bill_whose_payment_is_unknown_says_so(client, database):
    bill = bills.make_bill(database)
    bills.begin_payment(database, bill.invoice, event=PaymentEvent.LOSE_ANSWER)
    html = page(client, bill.customer, f"/invoices/{bill.number}")
    assert "We do not know yet whether it is paid" in html
    assert "/pay?invoice" not in html


def test_a_bill_shows_its_lines_with_their_rule_and_adds_up(client, year):
    html = page(client, year.customer, f"/invoices/{year.number}")
    assert "<h1>Biscuit’s November bill</h1>" in html
    assert "Installment 11 of 12" in html
    assert "Illinois premium tax" in html
    assert "None if you pay yearly" in html
    assert f'href="/pay?invoice={year.number}"' in html
    amounts = re.findall(r"<td>\$(\d+)\.(\d\d)</td>", html)
    cents = [int(a + b) for a, b in amounts]
    assert sum(cents[:-1]) == cents[-1] == 6606


def test_a_paid_bill_shows_the_payment_and_nothing_left(client, year):
    html = page(client, year.customer, f"/invoices/{year.invoices[0].number}")
    assert "Paid 1 Oct" in html
    assert "−$66.08" in html
    assert "Left to pay</th><td>$0.00" in html
    assert "$66.08 received, Visa 4242" in html
    assert "/pay?invoice" not in html


def test_a_part_payment_leaves_the_rest(client, database):
    bill = bills.make_bill(database)
    bills.pay(database, bill.invoice, cents=3000)
    html = page(client, bill.customer, f"/invoices/{bill.number}")
    assert "Pay $36.08" in html
    assert "Left to pay</th><td>$36.08" in html


def test_a_disputed_line_is_paused_and_the_rest_stays_due(client, database, quiet_ctx):
    bill = bills.make_bill(database)
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, line_numbers=(3,))
    html = page(client, bill.customer, f"/invoices/{bill.number}")
    assert "$3.00 paused" in html
    assert "Pay $63.08" in html
    assert f"/disputes/{number}" in html
    assert "$3.00 is paused while we look into it" in page(client, bill.customer, "/invoices")


def test_a_bill_wholly_in_dispute_is_not_overdue(client, database, quiet_ctx):
    bill = bills.make_bill(database, effective_on=DAY(2026, 11, 10))
    cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, line_numbers=(1, 2, 3))
    html = page(client, bill.customer, f"/invoices/{bill.number}")
    assert "Paused while we look into it" in html
    assert "Overdue" not in html
    assert "/pay?invoice" not in html


def test_a_credit_is_told_in_words_without_its_inner_reason(client, database):
    bill = bills.make_bill(database)
    line = bills.lines_of(database, bill.number)[2]
    with database.unit_of_work() as session:
        crediting.correct(
            session,
            key="k",
            customer_id=bill.customer.id,
            parts={line.id: 300},
            subject="DSP-X",
            reason="inner words",
            now=people.NOW,
            today=people.NOW.date(),
            actor="Grace",
            rng=ids.SYSTEM,
        )
    html = page(client, bill.customer, f"/invoices/{bill.number}")
    assert "Corrected: it should not have been billed" in html
    assert "inner words" not in html
    assert "Pay $63.08" in html


def test_a_payment_that_failed_stands_in_the_history_and_takes_nothing(client, database):
    bill = bills.make_bill(database)
    bills.begin_payment(database, bill.invoice, event=PaymentEvent.FAIL)
    html = page(client, bill.customer, f"/invoices/{bill.number}")
    assert "$66.08 not received, Visa 4242. Nothing was taken" in html
    assert "Pay $66.08" in html


def test_each_line_and_the_whole_bill_can_be_disputed_from_here(client, year):
    html = page(client, year.customer, f"/invoices/{year.number}")
    assert f'href="/disputes/new?invoice={year.number}"' in html
    for line in (1, 2, 3):
        assert f"/disputes/new?invoice={year.number}&amp;line={line}" in html


@pytest.mark.parametrize("path", ["/invoices/{}", "/invoices/{}.pdf"])
def test_another_customers_number_is_not_found(client, database, year, path):
    people.sign_in(client, people.make_customer(database))
    assert client.get(path.format(year.number)).status_code == 404
    assert client.get(path.format("INV-NOSUCHNUMB")).status_code == 404


def test_a_name_with_markup_in_it_is_shown_as_it_is_written(client, database):
    bill = bills.make_bill(database, pet_name="<b>Rex</b> & Co")
    for path in ("/home", "/invoices", f"/invoices/{bill.number}"):
        html = page(client, bill.customer, path)
        assert "<b>Rex" not in html
        assert "&lt;b&gt;Rex&lt;/b&gt; &amp; Co" in html


@pytest.mark.parametrize(("path", "most"), [("/invoices", 4), ("/invoices/{}", 5)])
def test_the_pages_run_few_statements(client, database, year, path, most):
    people.sign_in(client, year.customer)
    with statements.counted() as sent:
        client.get(path.format(year.number))
    assert len(sent) <= most


@pytest.mark.parametrize("path", ["/home", "/invoices", "/invoices/{}", "/payments"])
def test_a_page_with_all_that_it_loads_stays_under_its_weight(client, year, path):
    html = page(client, year.customer, path.format(year.number))
    weight = sum((STATIC / name).stat().st_size for name in ASSETS)
    assert weight + len(html.encode()) < WEIGHT_LIMIT


@pytest.mark.parametrize("path", ["/invoices", "/invoices/{}"])
def test_the_pages_read_in_spanish(client, year, path):
    html = page(client, year.customer, path.format(year.number) + "?lang=es")
    assert '<html lang="es">' in html
    assert "Biscuit" in html
    for english in ("Your bills", "Overdue", "Due ", "Left to pay", "Something wrong"):
        assert english not in html

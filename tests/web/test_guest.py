"""Paying without an account: one bill, nothing else of anybody, and the same care with money."""

from __future__ import annotations

import datetime
import re

import pytest
import sqlalchemy as sa

from portal.journeys import guest_pay, policy_papers, run_billing, settle_payment
from portal.kernel import actor, ids
from tests.support import bills, cases, forms, jobs, paying, people, statements

KEY = "g" * 24
JSON = {"Accept": "application/json"}


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def link(ctx, bill):
    return guest_pay.link(ctx, invoice_no=bill.number).removeprefix(ctx.base_url)


@pytest.fixture
def guest(paying_app):
    return paying_app.test_client()


def begin(guest, link, cents=6608, key=KEY):
    typed = {
        "csrf_token": forms.token(guest, "/sign-in"),
        "once_key": key,
        "expected_cents": str(cents),
        "with": "new",
    }
    return guest.post(link, data=typed, headers=JSON)


def count(database, table: str) -> int:
    with database.reading() as session:
        return session.scalar(sa.text(f"SELECT count(*) FROM {table}"))


def test_the_link_shows_one_bill_and_nothing_else_of_anybody(guest, link, bill):
    html = guest.get(link).get_data(as_text=True)
    assert "$66.08" in html
    assert bill.customer.first_name in html
    assert bill.pet.name in html
    for hidden in (
        bill.customer.last_name,
        bill.customer.email,
        bill.customer.number,
        bill.policy.number,
        bill.number,
    ):
        assert hidden not in html.replace(link, "")


def test_a_guest_pays_and_the_owner_gets_the_receipt(ctx, sandbox, database, guest, link, bill):
    begun = begin(guest, link).get_json()
    paying.confirm(sandbox, begun["client_secret"])
    shown = guest.get(begun["return_url"].removeprefix(ctx.base_url)).get_data(as_text=True)
    assert "We received $66.08" in shown
    assert paying.mails(ctx, "receipt") == 1
    assert paying.entries(ctx, "payment_settled") == 1
    assert "There is nothing to pay" in guest.get(link).get_data(as_text=True)
    assert count(database, "payment_method") == 0
    paying.assert_books(ctx)


def test_the_guests_pages_keep_to_their_statements(ctx, sandbox, database, guest, link, bill):
    begun = begin(guest, link).get_json()
    paying.confirm(sandbox, begun["client_secret"])
    result = begun["return_url"].removeprefix(ctx.base_url)
    guest.get(result)
    for page in (link, result):
        with statements.counted() as sent:
            assert guest.get(page).status_code == 200
        assert len(sent) <= 7, sent


def test_a_bill_in_dispute_is_not_called_paid(ctx, guest, link, bill):
    cases.raise_case(ctx, bill.customer, invoice_no=bill.number)
    html = guest.get(link).get_data(as_text=True)
    assert "This bill is being looked at" in html
    assert "is paid" not in html
    assert begin(guest, link).status_code == 409


def test_a_bill_of_which_too_little_is_open_is_not_called_paid(ctx, guest, link, bill):
    paying.give(ctx, bill.customer, 6590)
    html = guest.get(link).get_data(as_text=True)
    assert "Too little to be paid alone" in html
    assert "This bill is paid" not in html
    assert begin(guest, link, 18).status_code == 409


def test_a_withdrawn_bill_asks_nobody_for_money(database, guest, link, bill):
    with database.unit_of_work() as session:
        session.execute(sa.text("UPDATE invoice_line SET open_cents = 0"))
        session.execute(sa.text("UPDATE invoice SET state = 'voided', open_cents = 0"))
    assert "There is nothing to pay" in guest.get(link).get_data(as_text=True)
    assert begin(guest, link).status_code == 409


def test_the_owner_and_a_guest_at_once_are_one_charge(ctx, sandbox, guest, link, bill):
    mine = paying.begin(ctx, bill.customer)
    theirs = begin(guest, link).get_json()
    paying.confirm(sandbox, theirs["client_secret"])
    number = theirs["number"]
    with pytest.raises(Exception, match="canceled"):
        paying.confirm(sandbox, mine.client_secret)
    settle_payment.look(ctx, payment_id=paying.row(ctx, number).id, who=actor.system("test"))
    assert paying.row(ctx, number).state == "settled"
    assert len(paying.charges(sandbox)) == 1


def test_a_payment_on_its_way_is_told_and_not_paid_again(ctx, sandbox, guest, link, bill):
    begun = begin(guest, link).get_json()
    paying.confirm(sandbox, begun["client_secret"])  # charged; nobody has told us yet
    answer = begin(guest, link, key="h" * 24)
    assert answer.status_code == 409
    assert len(paying.charges(sandbox)) == 1


@pytest.mark.parametrize("changed", ["xx", "", ".", "é"])
def test_a_link_that_was_changed_opens_nothing(client, ctx, database, changed):
    bill = bills.make_bill(database)
    link = guest_pay.link(ctx, invoice_no=bill.number).removeprefix(ctx.base_url)
    # not the last letter, of which two bits say nothing
    answer = client.get(f"{link[:-6]}{changed}{link[-5:]}")
    assert answer.status_code == 404
    assert "does not work any more" in answer.get_data(as_text=True)


def test_a_link_ends(client, clock, ctx, link):
    clock.set(clock.now() + datetime.timedelta(days=guest_pay.BILL_DAYS + 1))
    assert client.get(link).status_code == 404


def test_a_payment_of_another_bill_is_not_shown(ctx, sandbox, database, guest, link):
    other = bills.make_bill(database)
    number = paying.begin(ctx, other.customer).number
    assert guest.get(f"{link}/{number}").status_code == 404


def test_another_sum_takes_nothing(database, guest, link):
    for cents in (1, 0, 6607, 99_999):
        assert begin(guest, link, cents=cents).status_code == 409
    assert count(database, "payment") == 0


def find(client, policy_no, zip_code):
    return forms.post(client, "/p", policy_no=policy_no, zip_code=zip_code)


def test_policy_number_and_zip_find_the_bill_without_names(client, bill):
    answer = find(client, bill.policy.number.lower(), bill.customer.zip)
    assert answer.status_code == 303
    address = "/p/" + answer.headers["Location"].rpartition("/p/")[2]
    html = client.get(address).get_data(as_text=True)
    assert "$66.08" in html
    assert bill.customer.first_name not in html
    assert bill.pet.name not in html


def test_a_wrong_zip_and_an_unknown_policy_are_answered_alike(client, database, bill):
    paid = bills.make_bill(database)
    for invoice in bills.invoices_of(database, policy_id=paid.policy.id):
        bills.pay(database, invoice)
    asked = [
        (bill.policy.number, "00000"),
        (ids.new(ids.Prefix.POLICY), bill.customer.zip),
        (paid.policy.number, paid.customer.zip),
    ]
    answers = [find(client, *pair) for pair in asked]
    assert {answer.status_code for answer in answers} == {422}
    said = "We found no open bill for this policy number and ZIP code."
    assert all(said in answer.get_data(as_text=True) for answer in answers)


def test_guesses_are_throttled_by_policy(client, bill):
    for _ in range(policy_papers.TRIES_PER_POLICY):
        assert find(client, bill.policy.number, "00000").status_code == 422
    assert find(client, bill.policy.number, bill.customer.zip).status_code == 429


def test_guesses_are_throttled_by_address(client, app, bill):
    for _ in range(policy_papers.TRIES_PER_ADDRESS):
        assert find(client, ids.new(ids.Prefix.POLICY), "00000").status_code == 422
    policy_no, area = bill.policy.number, bill.customer.zip
    assert find(client, policy_no, area).status_code == 429
    assert find(app.test_client(), policy_no, area).status_code == 429  # without our cookie
    elsewhere = app.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    assert find(elsewhere, policy_no, area).status_code == 303


def test_the_mail_of_a_bill_brings_the_link(quiet_ctx, client, database, clock):
    bills.make_bill(database, effective_on=datetime.date(2026, 11, 20))
    clock.set(clock.now() + datetime.timedelta(days=30))
    assert run_billing.run(quiet_ctx, on=clock.today()) > 0
    jobs.run_all(quiet_ctx)
    with database.reading() as session:
        text = session.scalar(sa.text("SELECT text FROM mail WHERE template = 'bill' LIMIT 1"))
    address = re.search(r"(/p/\S+)", text)[1]
    assert client.get(address).status_code == 200


def test_a_signed_in_stranger_sees_no_more(app, ctx, link, database):
    other = people.make_customer(database)
    client = people.sign_in(app.test_client(), other)
    assert client.get(link).status_code == 200


def test_trying_many_cards_is_stopped(sandbox, guest, link):
    answers = [begin(guest, link, key=f"{count:024}").status_code for count in range(12)]
    assert answers[: guest_pay.CARDS_PER_BILL] == [200] * guest_pay.CARDS_PER_BILL
    assert answers[-1] == 429

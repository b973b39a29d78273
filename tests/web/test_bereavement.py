"""The quiet page for a pet that has died: asked, sent, taken back, and silence everywhere after."""

from __future__ import annotations

import datetime

import pytest

from tests.support import autopaying, bills, forms, people
from tests.support import mourning as pets

D = datetime.date
STARTS = D(2026, 8, 1)
DIED = "2026-11-20"


@pytest.fixture
def bill(database):
    return bills.make_bill(database, effective_on=STARTS)


@pytest.fixture
def owner(client, bill):
    return people.sign_in(client, bill.customer)


def address(bill, what: str = "/bereavement") -> str:
    return f"/policies/{bill.policy.number}{what}"


def send(owner, bill, **fields):
    return forms.post(owner, address(bill), **({"on": DIED} | fields))


def test_a_quiet_link_leads_to_a_page_that_says_what_happens(owner, database, bill):
    for invoice in bill.invoices:
        bills.pay(database, invoice)
    assert f'href="{address(bill)}">My pet has died' in owner.get(address(bill, "")).text
    page = owner.get(address(bill) + f"?on={DIED}").text
    assert "We are very sorry about Biscuit" in page
    assert 'value="2026-11-20"' in page
    assert "No more bills and no reminders come." in page
    assert "for the days after 20 Nov 2026" in page
    other = owner.get(address(bill)).text
    assert 'value="2026-11-24"' in other, "the day is today unless another is chosen"


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-11-25", "This day is still to come"),
        ("2026-07-31", "The present term began on Saturday 1 August 2026"),
        ("nonsense", "2026"),
    ],
)
def test_a_day_that_can_not_be_is_said_at_the_field(owner, quiet_ctx, bill, day, said):
    answer = send(owner, bill, on=day)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'href="#on"' in answer.text
    assert pets.holds(quiet_ctx, bill) == []


def test_sent_once_it_says_what_is_stopped_and_asks_for_nothing_any_more(
    owner, quiet_ctx, database, bill
):
    autopaying.join(quiet_ctx, bill, autopaying.card(database, bill.customer))
    first = owner.get(address(bill)).text
    second = owner.get(address(bill)).text
    for page in (first, first, second):
        assert forms.send(owner, page, to=address(bill), on=DIED).status_code == 303
    assert pets.mails(quiet_ctx).count("bereavement") == 1
    told = owner.get(address(bill)).text
    assert "Everything that asks for money is stopped" in told
    assert pets.case(quiet_ctx, bill).number in told
    home = owner.get("/home").text
    assert "We are sorry about Biscuit" in home
    assert "Died on 20 Nov 2026. We take care of everything." in home
    assert 'href="/pay' not in home
    assert "/autopay/" not in home
    policy = owner.get(address(bill, "")).text
    for quiet in ("Bills to come", "Pay the rest at once", "/day", "/in-full", "/autopay/"):
        assert quiet not in policy
    for number in [invoice.number for invoice in bill.invoices]:
        page = owner.get(f"/invoices/{number}").text
        assert f"/invoices/{number}.pdf" in page
        for quiet in ('href="/pay?', "/disputes/new", 'href="/payers"'):
            assert quiet not in page
    assert 'href="/pay?' not in owner.get("/invoices").text
    case = owner.get(f"/disputes/{pets.case(quiet_ctx, bill).number}").text
    assert "About Biscuit" in case
    assert "Take the dispute back" not in case
    assert "if we agree" not in case


def test_a_mistake_is_taken_back_with_the_way_to_autopay(owner, quiet_ctx, bill):
    assert send(owner, bill).status_code == 303
    page = owner.get(address(bill)).text
    back = forms.send(owner, page, to=address(bill, "/bereavement/take-back"))
    assert back.status_code == 303
    said = owner.get(back.location).text
    assert "It is taken back" in said
    assert f'href="/autopay/{bill.policy.number}"' in said
    again = forms.send(owner, page, to=address(bill, "/bereavement/take-back"))
    assert again.status_code == 303
    assert pets.holds(quiet_ctx, bill) == []
    assert "My pet has died" in owner.get(address(bill, "")).text


def test_once_the_cover_is_ended_nothing_is_taken_back(owner, quiet_ctx, bill):
    assert send(owner, bill).status_code == 303
    page = owner.get(address(bill)).text
    pets.end_cover(quiet_ctx, bill, D(2026, 11, 21))
    answer = forms.send(owner, page, to=address(bill, "/bereavement/take-back"))
    assert answer.status_code == 303
    after = owner.get(address(bill)).text
    assert "This policy is cancelled already." in after
    assert "I pressed this by mistake" not in after
    assert "Biscuit was covered through Friday 20 November 2026" in after


def test_it_is_told_in_spanish_too(owner, quiet_ctx, bill):
    assert "Sentimos mucho lo de Biscuit" in owner.get(address(bill) + "?lang=es").text


def test_a_stranger_finds_nothing(owner, database):
    other = bills.make_bill(database, effective_on=STARTS)
    assert owner.get(address(other)).status_code == 404
    for to in (address(other), address(other, "/bereavement/take-back")):
        assert forms.post(owner, "/settings", to=to, on=DIED).status_code == 404


def test_a_death_is_not_among_what_a_bill_is_disputed_for(owner, bill):
    page = owner.get(f"/disputes/new?invoice={bill.number}").text
    assert "bereavement" not in page
    asked = f"/disputes/new?step=which&category=bereavement&invoice={bill.number}"
    assert "My pet has died" not in owner.get(asked).text

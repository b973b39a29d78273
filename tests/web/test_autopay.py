"""The autopay pages: exact days, what is agreed to, other people's numbers, two tabs."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from portal.documents import agreements
from portal.journeys import autopay
from tests.support import autopaying, bills, cases, drafting, forms, paying, people, scoped

DAY = datetime.date


@pytest.fixture
def bill(database):
    """Due on 12 December."""
    return bills.make_bill(database, effective_on=DAY(2026, 12, 12))


@pytest.fixture
def card(database, bill):
    return autopaying.card(database, bill.customer)


@pytest.fixture
def owner(client, bill):
    return people.sign_in(client, bill.customer)


def read(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def send(client, bill, path: str = "", **changed):
    typed = {"was": "off", "days": "0", "backup": "", "agreed": "1"} | changed
    typed["csrf_token"] = forms.token(client, "/settings/language")
    return client.post(f"/autopay/{bill.policy.number}{path}", data=typed)


def page(client, bill) -> str:
    return read(client, f"/autopay/{bill.policy.number}")


def test_each_day_to_choose_says_the_exact_day_of_the_open_bill(owner, bill, card):
    html = page(owner, bill)
    assert "$66.08 on Sat 12 Dec" in html
    assert "$66.08 on Wed 9 Dec" in html
    assert "$66.08 on Fri 4 Dec" in html  # ten days before would be the 2nd, too near
    assert "I authorise Fernhill Pet Insurance to take each bill of Biscuit" in html


def test_without_a_card_the_page_leads_to_adding_one_and_back(owner, bill):
    html = page(owner, bill)
    assert "No card or account is saved" in html
    adding = f"/payment-methods/add?autopay={bill.policy.number}"
    assert f'href="{adding}"' in html
    assert f'action="{adding}"' in read(owner, adding)


def test_a_policy_that_is_none_is_not_carried_along(owner):
    html = read(owner, "/payment-methods/add?autopay=//evil.example")
    assert 'action="/payment-methods/add"' in html


def test_joining_keeps_the_text_of_the_page_and_comes_back_to_the_list(
    owner, quiet_ctx, database, bill, card
):
    answer = send(owner, bill, method=card, days="3")
    assert (answer.status_code, answer.location) == (303, "/autopay")
    html = read(owner, "/autopay")
    assert "Autopay is on for Biscuit" in html
    assert "On, Visa 4242, 3 days before" in html
    assert "Next $66.08 on Wed 9 Dec" in html
    html = page(owner, bill)
    assert "What autopay did" in html
    assert "Save the change" in html


def test_where_it_runs_the_kept_text_is_shown_with_its_day(owner, monkeypatch, bill, card):
    assert "What you agreed to" not in page(owner, bill)
    send(owner, bill, method=card)
    newer = dataclasses.replace(agreements.AUTOPAY, message="A newer text.")
    monkeypatch.setattr(agreements, "AUTOPAY", newer)
    html = page(owner, bill)
    kept = html.partition("What you agreed to on Tuesday 24 November 2026")[2]
    assert "to take each bill of Biscuit from" in kept.partition("</details>")[0]
    assert "A newer text." in kept.partition("</details>")[2]  # to be agreed to with a change


def test_what_somebody_else_agreed_to_is_not_shown_to_the_owner(owner, quiet_ctx, bill, card):
    payer = scoped.view(quiet_ctx, scoped.ask(quiet_ctx, bill))
    theirs = autopaying.card(quiet_ctx.database, bill.customer, payer_id=payer.id)
    autopay.join(
        quiet_ctx,
        customer_id=bill.customer.id,
        policy_no=bill.policy.number,
        method_no=theirs,
        backup_no="",
        days_before=0,
        shown=drafting.AGREED,
        who=people.visitor(),
        payer_id=payer.id,
    )
    html = page(owner, bill)
    assert "only they can change it" in html
    assert "What you agreed to" not in html


def test_a_bill_that_is_due_too_soon_is_offered_to_be_paid_now(client, database):
    bill = bills.make_bill(database)
    people.sign_in(client, bill.customer)
    autopaying.card(database, bill.customer)
    html = page(client, bill)
    assert "$66.08 is due on Saturday 28 November." in html
    assert "Autopay may take it on Friday 4 December at the earliest" in html
    assert f'href="/pay?invoice={bill.number}"' in html


def test_without_agreement_nothing_is_turned_on_and_nothing_typed_is_lost(
    owner, quiet_ctx, bill, card
):
    answer = send(owner, bill, method=card, days="7", agreed="")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Tick the box to agree" in html
    assert 'value="7" checked' in html
    assert autopaying.running(quiet_ctx, bill) is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"days": "4"}, "Choose one of these days."),
        ({"days": "-3"}, "Choose one of these days."),
        ({"days": "٣"}, "Choose one of these days."),
        ({"method": "MTH-0"}, "cannot be used for autopay"),
        ({"method": ""}, "cannot be used for autopay"),
        ({"backup": "MTH-0"}, "cannot be used for autopay"),
        ({"backup": "same"}, "Choose another card or account as the second one"),
    ],
)
def test_forged_choices_are_told_beside_their_field(owner, quiet_ctx, bill, card, typed, said):
    typed = {"method": card} | {k: card if v == "same" else v for k, v in typed.items()}
    answer = send(owner, bill, **typed)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert autopaying.running(quiet_ctx, bill) is None


def test_the_card_of_another_customer_is_refused(owner, quiet_ctx, database, bill):
    other = bills.make_bill(database)
    theirs = autopaying.card(database, other.customer, last4="9999")
    autopaying.card(database, bill.customer)
    answer = send(owner, bill, method=theirs)
    assert answer.status_code == 422
    assert "9999" not in answer.get_data(as_text=True)
    assert autopaying.running(quiet_ctx, bill) is None


@pytest.mark.parametrize("path", ["", "/leave"])
def test_the_policy_of_another_customer_is_not_there(owner, quiet_ctx, database, card, path):
    other = bills.make_bill(database)
    theirs = autopaying.card(database, other.customer)
    autopaying.join(quiet_ctx, other, theirs)
    assert owner.get(f"/autopay/{other.policy.number}{path}").status_code == 404
    assert send(owner, other, path, method=card).status_code == 404
    assert autopaying.running(quiet_ctx, other).method_no == theirs


def test_joining_in_two_tabs_is_once_and_the_second_is_told(owner, quiet_ctx, bill, card):
    assert send(owner, bill, method=card).status_code == 303
    answer = send(owner, bill, method=card)
    assert answer.status_code == 409
    html = answer.get_data(as_text=True)
    assert "Autopay is on for this pet already. Nothing was changed." in html
    assert "Save the change" in html
    assert paying.mails(quiet_ctx, "autopay_joined") == 1


def test_changing_what_another_tab_turned_off_is_told(owner, quiet_ctx, bill, card):
    autopaying.join(quiet_ctx, bill, card)
    autopaying.leave(quiet_ctx, bill)
    answer = send(owner, bill, was="on", method=card, days="3")
    assert answer.status_code == 409
    assert "Autopay is off for this pet. Nothing was changed." in answer.get_data(as_text=True)


def test_leaving_asks_once_more_and_says_what_is_called_off(owner, quiet_ctx, bill, card):
    autopaying.join(quiet_ctx, bill, card)
    html = read(owner, f"/autopay/{bill.policy.number}/leave")
    assert "$66.08 on Sat 12 Dec" in html
    assert "called off" in html
    assert send(owner, bill, "/leave").status_code == 303
    assert "Off, you pay each bill" in read(owner, "/autopay")
    assert send(owner, bill, "/leave").status_code == 303
    assert "Nothing was changed" in read(owner, "/autopay")
    assert owner.get(f"/autopay/{bill.policy.number}/leave").status_code == 303


def test_the_bill_the_list_and_the_pay_page_say_what_autopay_takes(owner, quiet_ctx, bill, card):
    autopaying.join(quiet_ctx, bill, card)
    assert "Autopay, Sat 12 Dec" in read(owner, "/invoices")
    html = read(owner, f"/invoices/{bill.number}")
    assert "Autopay takes it: $66.08 on 12 Dec, from Visa 4242." in html
    assert "If you pay before, nothing is." in html
    assert "$66.08 is planned for 12 Dec" in read(owner, "/pay")


def test_what_is_in_dispute_is_not_said_to_be_taken(owner, quiet_ctx, bill, card):
    autopaying.join(quiet_ctx, bill, card)
    cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    assert "Nothing on Sat 12 Dec: it is paid or paused" in read(owner, "/autopay")


def test_the_page_of_a_card_says_what_removing_it_does(owner, quiet_ctx, database, bill, card):
    autopaying.join(quiet_ctx, bill, card)
    html = read(owner, f"/payment-methods/{card}")
    assert "Autopay for Biscuit ends; you then pay each bill yourself." in html
    spare = autopaying.card(database, bill.customer, last4="4444", brand="mastercard")
    autopaying.change(quiet_ctx, bill, card, backup=spare)
    html = read(owner, f"/payment-methods/{card}")
    assert "Autopay for Biscuit goes on with Mastercard 4444." in html
    assert "has no second one any more" in read(owner, f"/payment-methods/{spare}")


def test_a_policy_that_has_ended_has_no_autopay_page(owner, database, bill, card):
    with database.unit_of_work() as session:
        policy = session.get_one(type(bill.policy), bill.policy.id)
        policy.state, policy.cancelled_on = "cancelled", DAY(2026, 11, 20)
    assert owner.get(f"/autopay/{bill.policy.number}").status_code == 404
    assert send(owner, bill, method=card).status_code == 404
    assert "No pet yet" in read(owner, "/autopay")


def test_the_pages_read_in_spanish(owner, quiet_ctx, bill, card):
    html = read(owner, f"/autopay/{bill.policy.number}?lang=es")
    assert "Pago automático" in html
    assert "Turn autopay on" not in html
    assert autopay.shown(quiet_ctx, pet_name="Biscuit", language="es").text in html

"""A chargeback on the desk: its panel, the draft, sending it once, who bears a loss."""

from __future__ import annotations

import datetime
import re

import pytest

from portal.domain.payments.rules import ChargebackEvent
from portal.kernel import ids
from tests.support import bills, cases, charging, forms, people

CLAIMED = 66_08
NONE_NEAR = re.compile(r"to answer within three days</a></th><td[^>]*>0<")


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def case(quiet_ctx, bill, payment):
    return cases.raise_case(quiet_ctx, bill.customer, payment_no=payment, words="Not mine at all.")


@pytest.fixture
def payment(database, bill):
    return bills.pay(database, bill.invoice)


@pytest.fixture
def number(database, payment, case):
    told = charging.report(ChargebackEvent.CLAIM, charging.taken(CLAIMED), cents=CLAIMED)
    return charging.absorb(database, payment, told, case_no=case).number


def text(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_the_case_and_the_payment_show_the_chargeback_and_its_deadline(desk, number, case, payment):
    for path in (f"/desk/disputes/{case}", f"/desk/payments/{payment}"):
        page = text(desk, path)
        assert f"Chargeback {number}" in page
        assert "8 days left" in page
        assert "$15.00" in page
        assert "Answer the bank…" in page


def test_the_draft_tells_what_we_know_and_no_more(desk, database, bill, payment, number):
    people.begin_session(database, bill.customer, now=people.NOW - datetime.timedelta(days=30))
    page = text(desk, f"/desk/chargebacks/{number}")
    for known in (payment, bill.number, bill.customer.email, "Not mine at all.", "$66.08"):
        assert known in page
    assert "Sign-ins of the customer" not in page  # a new card: nobody knows who had it


def test_evidence_is_edited_and_sent_once_and_is_only_read_after(desk, quiet_ctx, number):
    page = f"/desk/chargebacks/{number}"
    answer = forms.post(desk, page, to=f"{page}/evidence", words="She signed in from home.")
    assert answer.status_code == 302
    kept = charging.row(quiet_ctx, number)
    assert kept.evidence["uncategorized_text"] == "She signed in from home."
    after = text(desk, page)
    assert "Send this evidence" not in after
    assert "She signed in from home." in after
    again = forms.post(desk, page, to=f"{page}/evidence", words="Something else.")
    assert again.status_code == 409
    assert charging.row(quiet_ctx, number).evidence == kept.evidence


def test_evidence_that_is_empty_or_too_long_comes_back_with_the_reason(desk, number):
    page = f"/desk/chargebacks/{number}"
    empty = forms.post(desk, page, to=f"{page}/evidence", words="  ")
    assert empty.status_code == 422
    assert "Write what the bank should know." in empty.get_data(as_text=True)
    long = forms.post(desk, page, to=f"{page}/evidence", words="y" * 20_001)
    assert long.status_code == 422
    assert "y" * 20_001 in long.get_data(as_text=True)


def test_after_the_deadline_nothing_can_be_sent(app, specialist, quiet_ctx, clock, number):
    clock.advance(datetime.timedelta(days=9))
    desk = people.sign_in(app.test_client(), specialist, now=clock.now())
    page = f"/desk/chargebacks/{number}"
    assert "The deadline is over." in text(desk, page)
    assert forms.post(desk, page, to=f"{page}/evidence", words="Late.").status_code == 409
    assert charging.row(quiet_ctx, number).evidence_asked_at is None


def test_who_bears_a_loss_is_chosen_beforehand(desk, quiet_ctx, number):
    page = f"/desk/chargebacks/{number}"
    assert forms.post(desk, page, to=f"{page}/if-lost", if_lost="absorbed").status_code == 302
    assert charging.row(quiet_ctx, number).if_lost == "absorbed"
    assert forms.post(desk, page, to=f"{page}/if-lost", if_lost="nobody").status_code == 400


def test_once_it_is_lost_the_choice_is_over(desk, quiet_ctx, database, payment, number):
    page = f"/desk/chargebacks/{number}"
    token = forms.token(desk, page)
    told = charging.report(ChargebackEvent.LOSE, charging.taken(CLAIMED), cents=CLAIMED)
    charging.absorb(database, payment, told)
    desk.post(f"{page}/if-lost", data={"if_lost": "absorbed", "csrf_token": token})
    assert charging.row(quiet_ctx, number).if_lost == "due_again"
    after = text(desk, page)
    assert "Lost, the bills are due again" in after
    assert "This chargeback has ended." in after


def test_a_refund_of_the_payment_is_refused_in_words(desk, quiet_ctx, case, specialist, number):
    cases.take(quiet_ctx, case, specialist)
    page = f"/desk/disputes/{case}/resolve"
    payment = charging.row(quiet_ctx, number)
    with quiet_ctx.database.reading() as session:
        payment_no = session.get_one(charging.models.Payment, payment.payment_id).number
    answer = forms.post(
        desk,
        page,
        outcome="upheld",
        action="refund",
        amount="10.00",
        payment_no=payment_no,
        answer="Yes.",
        reason="Yes.",
    )
    assert answer.status_code == 422
    assert "The bank has taken this payment back." in answer.get_data(as_text=True)


def test_finance_reads_and_sends_nothing(finance_desk, number):
    page = text(finance_desk, f"/desk/chargebacks/{number}")
    assert "Send this evidence" not in page
    assert "Keep this choice" not in page


def test_what_is_near_its_deadline_is_counted_and_listed(app, specialist, desk, clock, number):
    assert "8 days left" in text(desk, "/desk/trouble")
    assert NONE_NEAR.search(text(desk, "/desk"))
    clock.advance(datetime.timedelta(days=6))
    later = people.sign_in(app.test_client(), specialist, now=clock.now())
    listed = text(later, "/desk/trouble")
    assert number in listed
    assert "2 days left" in listed
    assert not NONE_NEAR.search(text(later, "/desk"))


def test_its_number_leads_to_it_from_both_searches(desk, number, case):
    found = desk.get("/desk/customers", query_string={"q": number})
    assert found.location == f"/desk/chargebacks/{number}"
    queue = desk.get("/desk/queue", query_string={"q": number}).get_data(as_text=True)
    assert f"/desk/disputes/{case}" in queue


def test_a_number_that_is_nobodys_is_not_found(desk):
    for wrong in ("CBK-1", ids.new(ids.Prefix.CHARGEBACK)):
        assert desk.get(f"/desk/chargebacks/{wrong}").status_code == 404


def test_the_queue_says_that_a_bank_is_behind_a_case(desk, number, case):
    assert "Chargeback" in text(desk, "/desk/queue")
    assert "Chargeback, $66.08" in text(desk, f"/desk/disputes/{case}")


def test_the_payer_reads_that_the_bank_took_the_payment_back(
    app, database, bill, payment, number, clock
):
    maria = people.sign_in(app.test_client(), bill.customer)
    page = text(maria, f"/payments/{payment}")
    assert "Your bank took $66.08 back" in page
    assert "The bank has not decided yet." in page
    told = charging.report(ChargebackEvent.LOSE, charging.taken(CLAIMED), cents=CLAIMED)
    charging.absorb(database, payment, told)
    after = text(maria, f"/payments/{payment}")
    assert "Taken back by your bank" in after
    assert bill.number in text(maria, "/invoices")

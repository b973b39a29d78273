"""Deciding a case on the desk: preview, money, the second person."""

from __future__ import annotations

import datetime
import html as markup
import re

import pytest

from portal.domain.disputes import categories, rules
from portal.domain.reports.queries import payment_record
from tests.support import bills, cases, forms, people

FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
ANSWER = "You were right, Maria. The money is on its way back."


def words(text):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup.unescape(text)))


def hidden(text):
    return {name: markup.unescape(value) for name, value in FIELD.findall(text)}


def button(text):
    """What the main button says."""
    return re.findall(r'c-button--main"[^>]*>.*?c-button__text">(.*?)</span>', text, re.S)[-1]


@pytest.fixture
def bill(database):
    return bills.make_bill(
        database, effective_on=datetime.date(2026, 10, 28), premium_cents=480_000
    )


@pytest.fixture
def payment(database, bill):
    """A payment of 407.00 that stands on the first bill."""
    return bills.pay(database, bill.invoices[0])


@pytest.fixture
def extra(database, bill, payment):
    """The same bill paid once more: all of it is unapplied."""
    return bills.pay(database, bill.invoices[0], cents=bill.invoices[0].total_cents)


@pytest.fixture
def case(quiet_ctx, bill, extra):
    return cases.raise_case(
        quiet_ctx,
        bill.customer,
        category=categories.Category.CHARGED_TWICE,
        payment_no=extra,
    )


@pytest.fixture
def mine(quiet_ctx, specialist, case):
    """The case, taken by the specialist."""
    cases.take(quiet_ctx, case, specialist)
    return case


def preview(browser, number, **typed):
    """Fill the form in and ask for the preview."""
    address = f"/desk/disputes/{number}/resolve"
    page = browser.get(address).get_data(as_text=True)
    values = {
        "outcome": "upheld",
        "action": "none",
        "answer": ANSWER,
        "reason": "Paid twice.",
        "step": "preview",
    } | typed
    return browser.post(address, data=hidden(page) | values)


def do(browser, number, page, **typed):
    """Press the button of a preview."""
    return browser.post(
        f"/desk/disputes/{number}/resolve", data=hidden(page) | {"step": "do"} | typed
    )


def asked(browser, number, payment_no, amount="300.00"):
    """Ask for a refund that needs a second person; the address of the request."""
    seen = preview(browser, number, action="refund", amount=amount, payment_no=payment_no)
    return do(browser, number, seen.get_data(as_text=True)).headers["Location"]


def approve(browser, address, **typed):
    page = browser.get(address).get_data(as_text=True)
    token = {"csrf_token": forms.token(browser, "/desk/queue")}
    return browser.post(f"{address}/approve", data=token | hidden(page) | typed)


def refunds(database, payment_no):
    with database.reading() as session:
        found = payment_record.payment(session, number=payment_no)
        rows = payment_record.refunds_of_payment(session, payment_id=found.id)
        return [row.amount_cents for row in rows]


def test_the_form_offers_what_the_case_is_about(desk, bill, extra, mine):
    page = desk.get(f"/desk/disputes/{mine}/resolve").get_data(as_text=True)
    assert f'value="{extra}" selected' in page
    assert 'value="407.00"' in page


def test_a_small_refund_is_shown_before_it_is_done_and_then_done(database, desk, extra, mine):
    seen = preview(desk, mine, action="refund", amount="62.44", payment_no=extra)
    page = seen.get_data(as_text=True)
    assert button(page) == "Refund $62.44 to Visa 4242"
    text = words(page)
    assert "Unapplied $407.00 $344.56" in text
    assert "2300 Refunds payable" in text
    assert "Money back: $62.44" in text
    assert refunds(database, extra) == []
    assert do(desk, mine, page).headers["Location"] == f"/desk/disputes/{mine}"
    assert refunds(database, extra) == [6244]
    assert cases.row(database, mine).state is rules.CaseState.RESOLVED


def test_declining_sends_the_answer_and_moves_nothing(database, desk, extra, mine):
    seen = preview(desk, mine, outcome="declined", answer="The bill is right.")
    page = seen.get_data(as_text=True)
    assert button(page) == "Decline and send the answer"
    assert "Nothing is posted." in page
    do(desk, mine, page)
    assert cases.row(database, mine).outcome == "declined"
    assert "The bill is right." in cases.mails(database, mine)[-1].text


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"outcome": ""}, "outcome", "Choose how the case ends."),
        ({"answer": " "}, "answer", ""),
        ({"reason": ""}, "reason", "Write the reason"),
        ({"reason": "x" * 2001}, "reason", "at most 2000 characters"),
        ({"action": "refund", "amount": "lots"}, "amount", ""),
        ({"action": "refund", "amount": "5", "payment_no": ""}, "payment_no", "Choose the payment"),
        ({"action": "refund", "amount": "9999", "freed_by": "credit"}, "amount", ""),
        ({"action": "credit", "amount": ""}, "amount", ""),
        ({"action": "credit", "amount": "5", "outcome": "declined"}, "action", "Money can move"),
    ],
)
def test_what_does_not_fit_is_explained_beside_its_field_and_kept(
    desk, extra, mine, typed, field, sentence
):
    answer = preview(desk, mine, **({"payment_no": extra, "answer": ANSWER} | typed))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="{field}-bad"' in page
    assert sentence in page
    assert 'href="#' + field in page
    assert typed.get("reason", "Paid twice.") in page


def test_changing_something_goes_back_to_the_form_with_everything(desk, extra, mine):
    page = preview(desk, mine, action="refund", amount="62.44", payment_no=extra)
    back = desk.post(
        f"/desk/disputes/{mine}/resolve",
        data=hidden(page.get_data(as_text=True)) | {"step": "edit"},
    ).get_data(as_text=True)
    assert ANSWER in back
    assert 'value="62.44"' in back


def test_money_on_a_bill_is_freed_first_and_the_preview_says_how(desk, bill, payment, mine):
    typed = {"action": "refund", "amount": "20.00", "payment_no": payment}
    refused = preview(desk, mine, **typed)
    assert refused.status_code == 422
    assert 'id="freed_by-bad"' in refused.get_data(as_text=True)
    page = preview(desk, mine, **typed, freed_by="take_back").get_data(as_text=True)
    assert "The bill opens again with its first due day." in page
    assert f"Open on {bill.invoices[0].number} $0.00 $20.00" in words(page)


def test_above_the_limit_a_second_person_is_asked_and_nothing_moves(database, desk, extra, mine):
    page = preview(desk, mine, action="refund", amount="300.00", payment_no=extra)
    text = page.get_data(as_text=True)
    assert button(text) == "Ask a second person to approve the $300.00 refund"
    assert "Above $250.00 two people decide." in words(text)
    address = do(desk, mine, text).headers["Location"]
    assert address.startswith("/desk/approvals/APR-")
    assert refunds(database, extra) == []
    assert cases.row(database, mine).state is rules.CaseState.AWAITING_APPROVAL


def test_a_supervisor_approves_with_a_button_that_names_the_effect(
    database, desk, supervisor_desk, extra, mine
):
    address = asked(desk, mine, extra)
    assert "Refund $300.00 to Visa 4242" in supervisor_desk.get("/desk/approvals").text
    page = supervisor_desk.get(address).get_data(as_text=True)
    assert "Refund $300.00 to Visa 4242</span></button>" in page
    assert approve(supervisor_desk, address).headers["Location"] == f"/desk/disputes/{mine}"
    assert refunds(database, extra) == [30000]
    assert "Approved" in supervisor_desk.get(address).text


def test_a_specialist_sees_a_request_and_cannot_approve_it(database, app, desk, extra, mine):
    address = asked(desk, mine, extra)
    other = people.sign_in(app.test_client(), people.make_staff(database, "specialist"))
    page = other.get(address).get_data(as_text=True)
    assert "A supervisor decides" in page
    assert "/approve" not in page
    assert approve(other, address).status_code == 403
    assert refunds(database, extra) == []


def test_nobody_approves_their_own(quiet_ctx, database, supervisor_desk, supervisor, extra, case):
    cases.take(quiet_ctx, case, supervisor)
    address = asked(supervisor_desk, case, extra)
    assert "(you)" in supervisor_desk.get("/desk/approvals").text
    assert "/approve" not in supervisor_desk.get(address).text
    answer = approve(supervisor_desk, address)
    assert answer.status_code == 409
    assert "You asked for this yourself." in answer.get_data(as_text=True)
    assert refunds(database, extra) == []


def test_facts_that_changed_are_shown_before_they_are_approved(
    database, desk, supervisor_desk, bill, extra, mine
):
    address = asked(desk, mine, extra)
    page = supervisor_desk.get(address).get_data(as_text=True)
    bills.pay(database, bill.invoices[1], cents=1000)
    answer = supervisor_desk.post(f"{address}/approve", data=hidden(page))
    assert answer.status_code == 409
    assert "The figures changed" in answer.get_data(as_text=True)
    assert refunds(database, extra) == []
    assert approve(supervisor_desk, address).status_code == 302
    assert refunds(database, extra) == [30000]


def test_sending_back_needs_a_reason_and_opens_the_case_again(
    database, desk, supervisor_desk, extra, mine
):
    address = asked(desk, mine, extra)
    token = {"csrf_token": forms.token(supervisor_desk, address)}
    bare = supervisor_desk.post(f"{address}/return", data=token)
    assert bare.status_code == 422
    assert 'id="reason-bad"' in bare.get_data(as_text=True)
    long = supervisor_desk.post(f"{address}/return", data=token | {"reason": "x" * 2001})
    assert long.status_code == 422
    assert "at most 2000 characters" in long.text
    assert "x" * 2001 in long.text
    supervisor_desk.post(f"{address}/return", data=token | {"reason": "Ask the bank first."})
    assert cases.row(database, mine).state is rules.CaseState.OPEN
    assert "Ask the bank first." in desk.get(address).text


def test_a_case_that_changed_is_not_decided_on_old_facts(
    database, quiet_ctx, desk, supervisor, extra, mine
):
    page = preview(desk, mine, action="refund", amount="62.44", payment_no=extra)
    cases.take(quiet_ctx, mine, supervisor)
    answer = do(desk, mine, page.get_data(as_text=True))
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "This case changed while you were writing." in text
    assert ANSWER in text
    assert refunds(database, extra) == []
    assert do(desk, mine, text).status_code == 302


def test_approving_without_the_token_changes_nothing(desk, supervisor_desk, extra, mine):
    address = asked(desk, mine, extra)
    assert supervisor_desk.post(f"{address}/approve").status_code == 400
    assert supervisor_desk.post(f"{address}/return").status_code == 400

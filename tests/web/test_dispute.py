"""An owner's dispute: where it is, what is said, how it ends; nobody else's, and no notes."""

from __future__ import annotations

import datetime
import io
import re

import pytest

from portal.domain.payments.rules import ChargebackEvent
from portal.journeys import answer_dispute, resolve_dispute
from tests.support import bills, cases, charging, files, people
from tests.web.test_dispute_new import page, token

NOTE = "Customer sounded angry on the phone"


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def grace(database):
    return people.make_staff(database)


@pytest.fixture
def maria(client, bill):
    return people.sign_in(client, bill.customer)


@pytest.fixture
def number(quiet_ctx, bill):
    return cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, line_numbers=[3])


def stages(text: str) -> list[tuple[str, str]]:
    found = re.findall(r'<li class="is-(done|now|next|stopped)".*?<h3>(.*?)(?: <span|</h3>)', text)
    return [(state, title) for state, title in found]


def press(browser, address: str, **typed):
    return browser.post(address, data={"csrf_token": token(browser), **typed})


def test_the_list_is_empty_at_first_and_says_what_to_do(maria):
    text = page(maria, "/disputes")
    assert "No disputes" in text
    assert "Tell us what went wrong" in text


def test_the_list_shows_each_dispute_with_its_stage(maria, quiet_ctx, bill, grace, number):
    closed = cases.raise_case(quiet_ctx, bill.customer, category="something_else")
    cases.take(quiet_ctx, closed, grace)
    cases.resolve(quiet_ctx, closed, grace, cases.decision())
    text = page(maria, "/disputes")
    before, after = text.split('id="closed"')
    assert f"/disputes/{number}" in before
    assert "Our answer by" in before
    assert f"/disputes/{closed}" in after
    assert "The charge stands" in after


def test_the_way_of_a_dispute_reads_like_a_parcels(maria, quiet_ctx, bill, grace, number):
    address = f"/disputes/{number}"
    assert stages(page(maria, address)) == [
        ("done", "We received it"),
        ("now", "Somebody reads it"),
        ("next", "We look into it"),
        ("next", "Our answer"),
        ("next", "Money back, if we agree"),
    ]
    cases.take(quiet_ctx, number, grace)
    assert stages(page(maria, address))[1:3] == [
        ("done", "Read by Grace Lindqvist"),
        ("now", "We look into it"),
    ]
    answer_dispute.ask(
        quiet_ctx,
        number=number,
        version=cases.row(quiet_ctx.database, number).version,
        words="Which fee?",
        once_key="q",
        who=cases.staff(grace),
    )
    text = page(maria, address)
    assert ("now", "We wait for your answer") in stages(text)
    assert "We have a question for you." in text
    press(maria, f"{address}/messages", words="The installment fee.", once_key="a" * 20)
    assert ("now", "We look into it") in stages(page(maria, address))


def test_the_page_says_what_is_paused_and_what_is_still_due(maria, number):
    text = page(maria, f"/disputes/{number}")
    assert "Installment fee" in text
    assert "Paused, $3.00" in text
    assert "Still due Sat 28 Nov" in text
    assert "$63.08" in text


def test_the_expected_day_is_the_median_once_five_cases_are_decided(
    maria, quiet_ctx, database, bill, grace, clock
):
    first = cases.raise_case(quiet_ctx, bill.customer, category="something_else")
    assert "Expect our answer by Wednesday 2 December" in page(maria, f"/disputes/{first}")
    for _ in range(5):
        other = cases.raise_case(quiet_ctx, bill.customer, category="something_else")
        cases.take(quiet_ctx, other, grace)
        clock.advance(datetime.timedelta(days=1))
        cases.resolve(quiet_ctx, other, grace, cases.decision())
        clock.advance(datetime.timedelta(days=-1))
    text = page(maria, f"/disputes/{first}")
    assert "Expect our answer by Wednesday 25 November" in text
    assert "Half of cases like yours take one day or less." in text


def test_a_late_case_is_admitted(maria, number, clock):
    clock.advance(datetime.timedelta(days=20))
    assert "We are later than we said" in page(maria, f"/disputes/{number}")


def test_a_message_with_files_is_added_once(maria, number):
    address = f"/disputes/{number}"
    for _ in "ab":
        answer = press(
            maria,
            f"{address}/messages",
            words="Here is the letter.",
            once_key="k" * 20,
            files=[(io.BytesIO(files.PDF), "letter.pdf")],
        )
        assert answer.location == address
    text = page(maria, address)
    assert text.count("Here is the letter.") == 1
    pdf = maria.get(re.search(rf'href="({address}/files/ATT-[^"]+)"', text)[1])
    assert pdf.data == files.PDF
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert pdf.headers["Content-Disposition"] == "attachment; filename=letter.pdf"
    assert "sandbox" in pdf.headers["Content-Security-Policy"]


def test_a_bad_message_keeps_its_words_and_says_why(maria, number):
    address = f"/disputes/{number}/messages"
    bad = press(maria, address, words="Look at <this>", files=[(io.BytesIO(files.EXE), "a.jpg")])
    text = bad.get_data(as_text=True)
    assert bad.status_code == 422
    assert "a.jpg is not a photo or a PDF." in text
    assert "Look at &lt;this&gt;" in text
    empty = press(maria, address, words=" ")
    assert empty.status_code == 422
    assert "Write in a sentence or two" in empty.get_data(as_text=True)


def test_taking_it_back_is_asked_once_more_and_lifts_the_pause(maria, database, number):
    text = page(maria, f"/disputes/{number}/withdraw")
    assert "No longer paused" in text
    assert "$66.08" in text
    assert cases.holds(database, number)
    press(maria, f"/disputes/{number}/withdraw")
    assert cases.holds(database, number) == []
    text = page(maria, f"/disputes/{number}")
    assert stages(text) == [("done", "We received it"), ("stopped", "You took it back")]
    again = press(maria, f"/disputes/{number}/withdraw")
    assert again.status_code == 303
    assert maria.get(f"/disputes/{number}/withdraw").status_code == 302


def test_a_closed_dispute_shows_the_answer_and_can_be_opened_again(
    maria, quiet_ctx, database, grace, number, clock
):
    cases.take(quiet_ctx, number, grace)
    cases.resolve(quiet_ctx, number, grace, cases.decision())
    text = page(maria, f"/disputes/{number}")
    assert "We looked at it, and the bill is right." in text
    assert "Thursday 24 December" in text
    assert press(maria, f"/disputes/{number}/reopen", words="").status_code == 422
    press(maria, f"/disputes/{number}/reopen", words="No.", once_key="r" * 20)
    assert ("now", "Somebody reads it") in stages(page(maria, f"/disputes/{number}"))


def test_a_refund_is_shown_with_its_day(maria, quiet_ctx, database, bill, grace):
    payment_no = bills.pay(database, bill.invoice, cents=10_000)
    number = cases.raise_case(
        quiet_ctx, bill.customer, payment_no=payment_no, category="charged_twice"
    )
    assert "We will not use the $33.92 for another bill" in page(maria, f"/disputes/{number}")
    cases.take(quiet_ctx, number, grace)
    cases.resolve(quiet_ctx, number, grace, cases.refund(payment_no, 3392))
    text = page(maria, f"/disputes/{number}")
    assert ("now", "Money back") in stages(text)
    assert "You were right" in text
    assert "Visa 4242" in text
    assert "$33.92" in text
    assert "Expect it by" in text


def test_a_refund_that_the_bank_made_itself_is_not_called_failed(
    maria, quiet_ctx, database, bill, grace
):
    payment_no = bills.pay(database, bill.invoice, cents=10_000)
    number = cases.raise_case(
        quiet_ctx, bill.customer, payment_no=payment_no, category="charged_twice"
    )
    cases.take(quiet_ctx, number, grace)
    cases.resolve(quiet_ctx, number, grace, cases.refund(payment_no, 3392))
    lost = charging.report(ChargebackEvent.LOSE, charging.taken(10_000), cents=10_000)
    charging.absorb(database, payment_no, lost)
    text = page(maria, f"/disputes/{number}")
    assert ("done", "Money back") in stages(text)
    assert "The bank gave it back itself." in text


def test_after_thirty_days_a_new_one_is_offered(maria, quiet_ctx, bill, grace, number, clock):
    cases.take(quiet_ctx, number, grace)
    cases.resolve(quiet_ctx, number, grace, cases.decision())
    clock.advance(datetime.timedelta(days=31))
    later = people.sign_in(maria, bill.customer, now=clock.now())
    text = page(later, f"/disputes/{number}")
    assert "Open it again" not in text
    assert "Raise a new dispute" in text


def test_notes_proposals_and_reasons_never_reach_the_owner(maria, quiet_ctx, database, bill, grace):
    payment_no = bills.pay(database, bill.invoice, cents=bill.invoice.open_cents + 30_000)
    number = cases.raise_case(
        quiet_ctx, bill.customer, payment_no=payment_no, category="charged_twice"
    )
    cases.take(quiet_ctx, number, grace)
    answer_dispute.note(quiet_ctx, number=number, words=NOTE, once_key="n", who=cases.staff(grace))
    omar = people.make_staff(database, "supervisor", name="Omar Haddad")
    waiting = cases.resolve(quiet_ctx, number, grace, cases.refund(payment_no, 30_000))
    before = page(maria, f"/disputes/{number}")
    assert "A second person looks at it" in before
    assert "You were right" not in before
    with database.reading() as session:
        asked = resolve_dispute.approvals.pending(session, number=waiting.approval_no)
    resolve_dispute.return_resolution(
        quiet_ctx, approval_no=asked.number, reason="Show me the receipt", who=cases.staff(omar)
    )
    mails = " ".join(mail.text + mail.html for mail in cases.mails(database, number))
    for text in (before, page(maria, f"/disputes/{number}"), page(maria, "/disputes"), mails):
        assert NOTE not in text
        assert "Show me the receipt" not in text
        assert "Paid twice." not in text


def test_a_strangers_dispute_does_not_exist(maria, app, quiet_ctx, database, number):
    with_file = cases.raise_case(
        quiet_ctx,
        people.make_customer(database),
        category="something_else",
        files=[cases.open_dispute.taking_files.Upload(name="a.pdf", data=files.PDF)],
    )
    address = f"/disputes/{with_file}"
    theirs = cases.row(database, with_file)
    with database.reading() as session:
        found = session.scalars(
            cases.sa.select(cases.models.Attachment.number).where(
                cases.models.Attachment.dispute_id == theirs.id
            )
        ).one()
    tries = [
        maria.get(address),
        maria.get(f"{address}/withdraw"),
        maria.get(f"{address}/files/{found}"),
        maria.get(f"/disputes/{number}/files/{found}"),
        maria.get("/disputes/DSP-00000000000"),
        maria.get("/disputes/%00"),
        press(maria, f"{address}/messages", words="Hello"),
        press(maria, f"{address}/withdraw"),
        press(maria, f"{address}/reopen", words="Hello"),
    ]
    assert {answer.status_code for answer in tries} == {404}
    assert cases.row(database, with_file).version == theirs.version


def test_staff_and_strangers_have_no_owner_pages(app, database, grace, number):
    desk = people.sign_in(app.test_client(), grace)
    assert desk.get(f"/disputes/{number}").status_code == 404
    nobody = app.test_client().get(f"/disputes/{number}")
    assert nobody.location.startswith("/sign-in")

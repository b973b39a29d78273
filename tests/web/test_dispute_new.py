"""Raising a dispute on a phone: three steps without a script, nothing typed is lost."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa

from portal.domain.disputes import categories, models
from tests.support import bills, cases, files, people

SIGNED = re.compile(r'name="draft" value="([^"]+)"')
WORDS = "I asked what <dental> cover costs."


@pytest.fixture
def bill(database):
    return bills.make_bill(database, pet_name="Miso", species="cat")


@pytest.fixture
def maria(client, bill):
    return people.sign_in(client, bill.customer)


def count(database) -> int:
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(models.Dispute))


def newest(database) -> str:
    with database.reading() as session:
        return session.scalars(
            sa.select(models.Dispute.number).order_by(models.Dispute.id.desc()).limit(1)
        ).one()


def page(browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def token(browser) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page(browser, "/disputes"))
    return found[1]


def third_step(browser, **typed) -> str:
    """Go through the second step; the page of the third."""
    answer = browser.post("/disputes/new", data={"csrf_token": token(browser), **typed})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def send(browser, signed: str, *uploads, **typed):
    data = {"csrf_token": token(browser), "draft": signed, **typed}
    if uploads:
        data["files"] = [(io.BytesIO(content), name) for name, content in uploads]
    answer = browser.post("/disputes/new/send", data=data)
    answer.request.environ["wsgi.input"].close()  # the test client leaves its own copy open
    return answer


@pytest.fixture
def step3(maria, bill):
    return third_step(maria, category="fee", invoice=bill.number, line="3", words=WORDS)


def test_every_category_can_be_chosen(maria, bill):
    text = page(maria, f"/disputes/new?invoice={bill.number}&line=3")
    values = re.findall(r'name="category" value="([a-z_]+)"', text)
    assert values == [str(found.category) for found in categories.OFFERED]
    assert set(categories.Category) - {found.category for found in categories.OFFERED} == {
        categories.Category.BEREAVEMENT
    }
    assert "Miso, November, $66.08" in text


def test_without_a_category_the_first_step_asks_again(maria, bill):
    answer = maria.get(f"/disputes/new?invoice={bill.number}&step=which")
    assert answer.status_code == 422
    assert "Choose what comes closest." in answer.get_data(as_text=True)


def test_the_second_step_shows_the_lines_and_ticks_the_one_it_came_from(maria, bill):
    text = page(maria, f"/disputes/new?invoice={bill.number}&line=3&step=which&category=fee")
    assert re.findall(r'name="line" value="(\d)"( checked)?', text) == [
        ("1", ""),
        ("2", ""),
        ("3", " checked"),
    ]
    assert "Illinois premium tax" in text
    assert "$3.00" in text


def test_a_bare_start_asks_which_bill_or_payment(maria, database, bill):
    payment_no = bills.pay(database, bill.invoice, cents=1000)
    text = page(maria, "/disputes/new?step=which&category=charged_twice")
    found = re.findall(r'name="about" value="([^"]+)"', text)
    assert found == [payment_no, bill.number, "none"]
    again = maria.get("/disputes/new?step=which&category=fee&asked=1")
    assert again.status_code == 422
    assert "Choose a bill or a payment." in again.get_data(as_text=True)
    assert "Lines of the bill" in page(
        maria, f"/disputes/new?step=which&category=fee&asked=1&about={bill.number}"
    )


def test_missing_lines_and_words_are_said_beside_the_field_and_nothing_is_lost(maria, bill):
    given = {"csrf_token": token(maria), "category": "fee", "invoice": bill.number}
    answer = maria.post("/disputes/new", data={**given, "words": WORDS})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="lines-bad"' in text
    assert "I asked what &lt;dental&gt; cover costs." in text
    answer = maria.post("/disputes/new", data={**given, "line": "3", "words": "  "})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="words-bad"' in text
    assert 'value="3" checked' in text


def test_the_third_step_says_what_sending_does_to_the_cent(step3):
    assert "Paused, $3.00" in step3
    assert "$63.08 due" in step3
    assert "Send and pay $63.08" in step3
    assert "Wed 25 Nov, 10:00" in step3  # eight opening hours after Tuesday 10:00


def test_going_back_keeps_what_was_typed(maria, step3):
    answer = maria.post(
        "/disputes/new",
        data={"csrf_token": token(maria), "do": "back", "draft": SIGNED.search(step3)[1]},
    )
    text = answer.get_data(as_text=True)
    assert "I asked what &lt;dental&gt; cover costs." in text
    assert 'value="3" checked' in text


def test_sending_with_a_photo_raises_the_case_and_shows_its_way(maria, database, step3):
    answer = send(maria, SIGNED.search(step3)[1], ("a.HEIC", files.heic()), then="later")
    number = newest(database)
    assert answer.status_code == 303
    assert answer.location == f"/disputes/{number}"
    text = page(maria, answer.location)
    assert f"We have your dispute, number {number}." in text
    assert "Fee for Miso" in text
    assert "Paused, $3.00" in text
    address = re.search(rf'href="(/disputes/{number}/files/ATT-[^"]+)"', text)[1]
    photo = maria.get(address)
    assert photo.headers["Content-Type"] == "image/jpeg"
    assert photo.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert photo.headers["X-Content-Type-Options"] == "nosniff"


def test_send_and_pay_leads_to_the_rest_of_the_bill(maria, database, bill, step3):
    answer = send(maria, SIGNED.search(step3)[1], then="pay")
    assert answer.location == f"/pay?invoice={bill.number}"
    assert count(database) == 1


def test_a_double_press_raises_one_case(maria, database, step3):
    signed = SIGNED.search(step3)[1]
    first, second = send(maria, signed, then="later"), send(maria, signed, then="later")
    assert first.location == second.location
    assert count(database) == 1


@pytest.mark.parametrize(
    ("uploads", "reason"),
    [
        ([("photo.jpg", files.HTML)], "photo.jpg is not a photo or a PDF."),
        ([("photo.jpg", files.SVG)], "photo.jpg is not a photo or a PDF."),
        ([("a.pdf", files.PDF + files.HTML)], "a.pdf is not a plain PDF."),
        ([("a.png", files.bomb())], "a.png has too many pixels."),
        ([("a.png", b"")], "a.png is empty."),
        ([("a.jpg", b"\xff\xd8\xff" + b"\x00" * 11_000_000)], "a.jpg is larger than 10 MB."),
        ([("a.jpg", files.picture())] * 6, "Please choose at most 5 files."),
    ],
    ids=["html", "svg", "polyglot", "bomb", "empty", "large", "six"],
)
def test_a_bad_file_is_refused_beside_its_field_and_the_rest_is_kept(
    maria, database, step3, uploads, reason
):
    answer = send(maria, SIGNED.search(step3)[1], *uploads, then="later")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert reason in re.search(r'id="files-bad">(.*?)</p>', text, re.DOTALL)[1]
    assert count(database) == 0
    assert send(maria, SIGNED.search(text)[1], then="later").status_code == 303
    with database.reading() as session:
        assert session.scalars(sa.select(models.Message.body)).one() == WORDS


def test_a_draft_that_is_not_ours_starts_again(maria, database, step3):
    other = people.sign_in(maria.application.test_client(), people.make_customer(database))
    for browser, signed in ((maria, "x.y"), (other, SIGNED.search(step3)[1])):
        answer = send(browser, signed, then="later")
        assert answer.location == "/disputes/new"
    assert count(database) == 0


def test_a_line_in_an_open_case_is_said_to_be_added_there(maria, quiet_ctx, database, bill):
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, line_numbers=[3])
    text = third_step(maria, category="fee", invoice=bill.number, line="3", words="More.")
    assert f"What you send now is added to dispute {number}." in text
    answer = send(maria, SIGNED.search(text)[1], then="later")
    assert f"We added it to dispute {number}." in page(maria, answer.location)
    assert count(database) == 1


def test_a_dispute_about_nothing_in_particular_is_taken(maria, database):
    text = third_step(maria, category="claim_offset", about="none", words="My claim.")
    assert "Send and pay" not in text
    assert send(maria, SIGNED.search(text)[1], then="later").status_code == 303
    assert cases.row(database, newest(database)).invoice_no is None


def test_a_payment_is_set_aside(maria, database, bill):
    payment_no = bills.pay(database, bill.invoice, cents=10_000)
    text = third_step(maria, category="charged_twice", payment=payment_no, words="Twice.")
    assert "Set aside" in text
    assert "$33.92" in text


@pytest.mark.parametrize("step", ["", "&step=which&category=fee"])
def test_somebody_elses_bill_or_payment_is_not_found(maria, database, step):
    other = bills.make_bill(database)
    payment_no = bills.pay(database, other.invoice)
    for about in (f"invoice={other.number}", f"payment={payment_no}", "invoice=INV-0", "payment=1"):
        assert maria.get(f"/disputes/new?{about}{step}").status_code == 404
    typed = {"category": "fee", "line": "3", "words": WORDS, "csrf_token": token(maria)}
    answer = maria.post("/disputes/new", data={**typed, "invoice": other.number})
    assert answer.status_code == 404

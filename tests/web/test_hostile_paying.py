"""Paying and disputing with forged forms: sums, keys, methods and numbers of other people."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.journeys import taking_files
from portal.web.customer import dispute_draft
from tests.support import bills, cases, files, forms, paying, people

KEY = "k" * 24


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def owner(app, bill):
    return people.sign_in(app.test_client(), bill.customer)


@pytest.fixture
def stranger(database):
    return bills.make_bill(database)


def count(database, table: str) -> int:
    with database.reading() as session:
        return session.scalar(sa.text(f"SELECT count(*) FROM {table}"))


def pay(client, **changed):
    """Send the form as the card's script does; any form has the token."""
    typed = {"with": "new", "once_key": KEY, "expected_cents": "6608"} | changed
    typed["csrf_token"] = forms.token(client, "/settings/language")
    return client.post("/pay", data=typed, headers={"Accept": "application/json"})


@pytest.mark.parametrize(
    "cents", ["1", "0", "-6608", "66.08", "6608.0", "1e4", "٦٦٠٧", "9" * 30, ""]
)
def test_a_forged_sum_takes_nothing(owner, database, bill, cents):
    assert pay(owner, bill=bill.number, expected_cents=cents).status_code == 409
    assert count(database, "payment") == 0


def test_a_bill_of_another_customer_is_not_paid(owner, database, stranger):
    answer = pay(owner, bill=stranger.number)
    assert answer.status_code == 409
    assert stranger.number not in answer.get_data(as_text=True)
    assert count(database, "payment") == 0


def test_a_method_of_another_customer_is_not_charged(app, ctx, sandbox, database, bill, stranger):
    card = paying.save_card(ctx, sandbox, stranger.customer)
    client = people.sign_in(app.test_client(), bill.customer)
    assert pay(client, bill=bill.number, **{"with": card}).status_code == 409
    assert count(database, "payment") == 0
    assert paying.charges(sandbox) == []


def test_a_bill_named_twice_is_paid_once(paying_app, ctx, sandbox, database, bill):
    card = paying.save_card(ctx, sandbox, bill.customer)
    client = people.sign_in(paying_app.test_client(), bill.customer)
    assert pay(client, bill=[bill.number] * 3, **{"with": card}).status_code == 200
    assert [charge.amount for charge in paying.charges(sandbox)] == [6608]
    assert pay(client, bill=bill.number, once_key="j" * 24, **{"with": card}).status_code == 409
    assert len(paying.charges(sandbox)) == 1


def test_a_key_of_another_customer_gives_nothing_of_theirs(
    paying_app, ctx, sandbox, database, bill, stranger
):
    theirs = paying.begin(ctx, stranger.customer, key=KEY)
    client = people.sign_in(paying_app.test_client(), bill.customer)
    answer = pay(client, bill=bill.number)
    assert theirs.number not in answer.get_data(as_text=True)
    assert theirs.number not in answer.headers.get("Location", "")


def test_a_bill_that_is_disputed_as_a_whole_asks_for_nothing(app, quiet_ctx, database, bill):
    with database.reading() as session:
        lines = list(
            session.scalars(
                sa.text("SELECT number FROM invoice_line WHERE invoice_id = :id"),
                {"id": bill.invoice.id},
            )
        )
    cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, line_numbers=lines)
    client = people.sign_in(app.test_client(), bill.customer)
    assert pay(client, bill=bill.number).status_code == 409
    assert pay(client, bill=bill.number, expected_cents="0").status_code == 409
    assert count(database, "payment") == 0


def draft(app, customer, **given) -> str:
    values = {
        "customer_id": customer.id,
        "category": "wrong_amount",
        "words": "This does not look right.",
        "once_key": KEY,
    } | given
    with app.test_request_context():
        return dispute_draft.sign(dispute_draft.Draft(**values))


def test_a_draft_signed_for_another_customer_raises_nothing(app, owner, database, bill, stranger):
    signed = draft(app, stranger.customer, invoice=stranger.number, lines=(1,))
    answer = forms.post(owner, "/settings/language", to="/disputes/new/send", draft=signed)
    assert answer.headers["Location"] == "/disputes/new"
    assert count(database, "dispute") == 0


@pytest.mark.parametrize("text", ["", "x", "e30.x", "{}", "." * 500])
def test_a_forged_draft_starts_again(owner, database, text):
    answer = forms.post(owner, "/settings/language", to="/disputes/new/send", draft=text)
    assert answer.headers["Location"] == "/disputes/new"
    assert count(database, "dispute") == 0


@pytest.mark.parametrize("about", [{"invoice": True}, {"payment": True}])
def test_nobody_disputes_what_is_another_customers(owner, database, stranger, about):
    number = stranger.number if "invoice" in about else bills.pay(database, stranger.invoice)
    typed = {"category": "wrong_amount", "about": number, "line": "1", "words": "Mine?"}
    answer = forms.post(owner, "/settings/language", to="/disputes/new", **typed)
    assert answer.status_code == 404


def test_a_line_that_is_not_on_the_bill_is_refused_beside_the_lines(owner, database, bill):
    typed = {"category": "wrong_amount", "invoice": bill.number, "line": "9999", "words": "Why?"}
    answer = forms.post(owner, "/settings/language", to="/disputes/new", **typed)
    assert answer.status_code == 422


def test_sending_a_dispute_twice_makes_one(app, owner, database, bill):
    signed = draft(app, bill.customer, invoice=bill.number, lines=(1,))
    places = {
        forms.post(owner, "/settings/language", to="/disputes/new/send", draft=signed).headers[
            "Location"
        ]
        for _ in range(3)
    }
    assert len(places) == 1
    assert count(database, "dispute") == 1


@pytest.mark.parametrize(
    "name", ['a"; filename="evil.html.pdf', "фото 🐶.pdf", "../../etc/passwd", "a\u202efdp.exe"]
)
def test_a_file_keeps_no_power_by_its_name(app, quiet_ctx, database, bill, name):
    from_owner = taking_files.Upload(name=name, data=files.PDF)
    number = cases.raise_case(quiet_ctx, bill.customer, files=[from_owner])
    with database.reading() as session:
        attachment = session.scalar(sa.text("SELECT number FROM dispute_attachment"))
    client = people.sign_in(app.test_client(), bill.customer)
    answer = client.get(f"/disputes/{number}/files/{attachment}")
    assert answer.status_code == 200
    said = answer.headers["Content-Disposition"]
    assert said.startswith("attachment; ")
    assert not set("\r\n/\\\u202e") & set(said.replace('\\"', ""))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"

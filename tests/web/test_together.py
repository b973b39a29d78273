"""One bill a month for all pets, as its owner and the desk see it."""

from __future__ import annotations

import datetime
import io
import re

import pypdf
import pytest

from portal.domain.billing.queries import joint as settings
from portal.journeys import bill_together
from tests.support import bills, forms, joint, paying, people

PAGE = "/policies/together"
DUE = f"/invoices/due/{joint.DUE_ON}"


@pytest.fixture
def pets(database):
    return joint.pets(database)


@pytest.fixture
def owner(client, pets):
    return people.sign_in(client, pets[0].customer)


def text(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def look(client, day="15"):
    return forms.post(client, PAGE, to=PAGE, day=day, look="1")


def press(client, day="15"):
    html = look(client, day).get_data(as_text=True)
    return forms.send(client, html, to=PAGE, day=day)


def setting(database, pets):
    with database.reading() as session:
        return settings.running(session, customer_id=pets[0].customer.id)


def issue(ctx, database, clock):
    joint.run(ctx, database, clock, joint.ISSUE_ON)


def test_it_is_offered_seen_chosen_and_left(owner, database, pets, quiet_ctx):
    assert "Choose a day for all" in text(owner, "/policies")
    seen = look(owner).get_data(as_text=True)
    for name in ("Biscuit", "Miso", "Pico"):
        assert f"<h3>{name}</h3>" in seen
    assert "One bill on day 15" in seen
    assert setting(database, pets) is None
    assert press(owner).status_code == 303
    assert setting(database, pets).day == 15
    assert "all are due on day 15 of the month" in text(owner, "/policies")
    paying.assert_books(quiet_ctx, with_stripe=False)
    answer = forms.post(owner, PAGE, to=f"{PAGE}/leave")
    assert answer.status_code == 303
    assert setting(database, pets) is None
    assert forms.post(owner, PAGE, to=f"{PAGE}/leave").status_code == 303


def test_a_new_pet_is_offered_to_join(owner, database, pets, quiet_ctx):
    press(owner)
    bills.make_bill(
        database,
        customer=pets[0].customer,
        pet_name="Olive",
        effective_on=datetime.date(2026, 11, 20),
    )
    assert "Not on it yet: Olive" in text(owner, "/policies")
    assert press(owner).status_code == 303
    assert "Not on it yet" not in text(owner, "/policies")
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_their_bills_are_one_row_one_sum_and_one_button(app, quiet_ctx, database, clock, pets):
    joint.join(quiet_ctx, pets[0].customer)
    for bill in pets:
        for invoice in bill.invoices:
            bills.pay(database, invoice)
    issue(quiet_ctx, database, clock)
    client = people.sign_in(app.test_client(), pets[0].customer, now=clock.now())
    for path in ("/home", "/invoices"):
        page = text(client, path)
        found = re.search(
            r'<a href="/invoices/due/2027-01-15">(3 pets, \$[\d.]+ due [^<]+)</a>', page
        )
        assert found, path
        assert "Pay all: $" in page
        assert page.count("invoice=INV-") == 3
    assert "3 pets, January" in text(client, "/invoices")
    page = text(client, DUE)
    assert "Biscuit, Miso and Pico" in page
    pay = re.search(r'href="(/pay\?invoice=[^"]+)"', page)[1].replace("&amp;", "&")
    assert text(client, pay).count(" checked") >= 3


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Bills due 15 Jan 2027"), ("es", "Facturas que vencen el 15")]
)
def test_one_paper_holds_all_of_them_tagged_in_either_language(
    app, quiet_ctx, database, clock, pets, language, said
):
    joint.join(quiet_ctx, pets[0].customer)
    issue(quiet_ctx, database, clock)
    client = people.sign_in(app.test_client(), pets[0].customer, now=clock.now())
    answer = client.get(f"{DUE}.pdf?lang={language}")
    read = pypdf.PdfReader(io.BytesIO(answer.data))
    words = " ".join("\n".join(page.extract_text() for page in read.pages).split())
    assert said in words
    total = 0
    for bill in pets:
        (invoice,) = [
            one
            for one in bills.invoices_of(database, policy_id=bill.policy.id)
            if one.due_on == joint.DUE_ON
        ]
        total += invoice.total_cents
        assert f"{bill.pet.name}" in words
        assert invoice.number in words
    assert f"${total / 100:.2f}" in words
    root = read.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == language
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_bills_of_another_customer_and_days_of_nothing_are_404(
    app, quiet_ctx, database, clock, pets
):
    joint.join(quiet_ctx, pets[0].customer)
    issue(quiet_ctx, database, clock)
    other = people.sign_in(app.test_client(), people.make_customer(database), now=clock.now())
    for path in (DUE, f"{DUE}.pdf"):
        assert other.get(path).status_code == 404
    mine = people.sign_in(app.test_client(), pets[0].customer, now=clock.now())
    for day in ("2027-01-16", "tomorrow", "2027-13-45", "<b>"):
        assert mine.get(f"/invoices/due/{day}").status_code == 404


@pytest.mark.parametrize("day", ["", "29", "0", "-3", "1e1", "٣", "15;--"])
def test_a_day_that_is_none_is_said_and_nothing_moves(owner, database, pets, day):
    for more in ({"look": "1"}, {"once_key": "abcdefgh12345678", "seen": "x"}):
        answer = forms.post(owner, PAGE, to=PAGE, day=day, **more)
        assert answer.status_code == 422
    assert setting(database, pets) is None


def test_of_two_tabs_the_second_is_shown_anew(app, database, pets):
    one, two = (people.sign_in(app.test_client(), pets[0].customer) for _ in range(2))
    first, second = (look(tab).get_data(as_text=True) for tab in (one, two))
    assert forms.send(one, first, to=PAGE, day="15").status_code == 303
    answer = forms.send(two, second, to=PAGE, day="15")
    assert answer.status_code == 422
    assert "Something changed meanwhile" in answer.get_data(as_text=True)


def test_one_pet_alone_is_told_why_not(client, database):
    bill = bills.make_bill(database)
    people.sign_in(client, bill.customer)
    assert "needs at least two policies" in text(client, PAGE)
    assert "One bill a month" not in text(client, "/policies")


def test_the_desk_sees_the_setting(app, quiet_ctx, database, pets):
    specialist = people.sign_in(app.test_client(), people.make_staff(database))
    page = f"/desk/customers/{pets[0].customer.number}"
    assert "on day 15 since" not in text(specialist, page)
    joint.join(quiet_ctx, pets[0].customer)
    assert "on day 15 since" in text(specialist, page)
    bill_together.leave(
        quiet_ctx, customer_id=pets[0].customer.id, who=people.owner(pets[0].customer)
    )
    assert "on day 15 since" not in text(specialist, page)

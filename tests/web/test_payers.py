"""Somebody else pays for one pet by a mailed link, and its owner sees what they paid."""

from __future__ import annotations

import datetime
import re

import pytest
import sqlalchemy as sa

from portal.documents import formats
from portal.domain.payments.operations import inviting
from portal.journeys import autopay, collect_drafts, invite_payer, run_billing, scoped_pay
from tests.support import bills, cases, forms, jobs, paying, people, scoped, statements


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def number(ctx, bill):
    return scoped.ask(ctx, bill)


@pytest.fixture
def link(ctx, number):
    return scoped.link(ctx, number)


@pytest.fixture
def ana(paying_app):
    return paying_app.test_client()


@pytest.fixture
def owner(paying_app, bill):
    return people.sign_in(paying_app.test_client(), bill.customer)


def count(database, table: str, where: str = "true") -> int:
    with database.reading() as session:
        return session.scalar(sa.text(f"SELECT count(*) FROM {table} WHERE {where}"))


def test_the_owner_asks_and_the_mail_brings_a_link_that_works(ctx, owner, ana, bill, database):
    page = f"/payers/new/{bill.policy.number}"
    answer = forms.post(owner, page, name="Ana Ruiz", email=" Ana@Example.test ", language="es")
    assert answer.status_code == 303
    ((to, words),) = scoped.mails(ctx, "payer_invited")
    assert to == "ana@example.test"
    assert "le pide que pague por Biscuit" in words
    assert bill.customer.email not in words
    assert bill.customer.last_name not in words
    found = re.search(r"/payer/[^\s\"<]+", words)[0]
    assert "$66.08" in ana.get(found).get_data(as_text=True)
    assert count(database, "payer", "first_seen_at IS NOT NULL") == 0


def test_the_owner_never_reads_the_link(ctx, owner, number, link):
    assert "Ana Ruiz pays for Biscuit" in owner.get("/payers").get_data(as_text=True)
    html = owner.get(f"/payers/{number}").get_data(as_text=True)
    assert scoped.ANA in html
    assert link not in html


def test_the_page_shows_one_pet_and_nothing_else_of_the_owner(ctx, sandbox, database, ana, bill):
    other = bills.make_bill(database, customer=bill.customer, pet_name="Miso", species="cat")
    paying.save_card(ctx, sandbox, bill.customer, "5555555555554444")
    bills.pay(database, other.invoice, cents=9_999)
    link = scoped.link(ctx, scoped.ask(ctx, bill))
    html = ana.get(link).get_data(as_text=True)
    assert bill.pet.name in html
    assert bill.customer.first_name in html
    for hidden in (
        "Miso",
        "4444",
        "$33.91",  # credit
        other.number,
        bill.customer.last_name,
        bill.customer.email,
        bill.customer.number,
        bill.policy.number,
        bill.customer.street,
        bill.customer.zip,
    ):
        assert hidden not in html.replace(link, ""), hidden


def test_a_payer_pays_gets_the_receipt_and_the_owner_a_word(
    ctx, sandbox, database, ana, bill, link
):
    begun = scoped.begin(ana, link, bill.number).get_json()
    paying.confirm(sandbox, begun["client_secret"])
    shown = ana.get(begun["return_url"].removeprefix(ctx.base_url)).get_data(as_text=True)
    assert "We received $66.08" in shown
    assert paying.mails(ctx, "receipt") == 0
    ((to, words),) = scoped.mails(ctx, "payer_receipt")
    assert to == scoped.ANA
    assert "Visa 4242" in words
    ((to, words),) = scoped.mails(ctx, "payer_paid")
    assert to == bill.customer.email
    assert "Ana Ruiz paid $66.08 for Biscuit" in words
    assert "4242" not in words
    assert count(database, "payment_method") == 0
    assert count(database, "payer", "first_seen_at IS NOT NULL") == 1
    html = ana.get(link).get_data(as_text=True)
    assert "There is nothing to pay" in html
    assert "Visa 4242" in html
    paying.assert_books(ctx)


def test_the_receipt_speaks_the_payers_language(ctx, sandbox, bill):
    scoped.pay(ctx, sandbox, scoped.ask(ctx, bill, language="es"), bill)
    ((_, words),) = scoped.mails(ctx, "payer_receipt")
    assert "Recibimos" in words


def test_no_page_of_the_owner_shows_the_payers_card(ctx, sandbox, owner, number, bill):
    paid = scoped.pay(ctx, sandbox, number, bill, keep=True)
    case = cases.raise_case(ctx, bill.customer, payment_no=paid)
    pages = (
        "/home",
        "/payments",
        f"/payments/{paid}",
        f"/invoices/{bill.number}",
        "/payment-methods",
        "/disputes/new",
        f"/disputes/new?payment={paid}",
        f"/disputes/{case}",
        "/payers",
        f"/payers/{number}",
    )
    for page in pages:
        answer = owner.get(page)
        assert answer.status_code == 200, page
        assert "4242" not in answer.get_data(as_text=True), page
    assert "Ana Ruiz" in owner.get(f"/payments/{paid}").get_data(as_text=True)
    assert "paid by Ana Ruiz" in owner.get(f"/invoices/{bill.number}").get_data(as_text=True)
    assert "$66.08" in owner.get(f"/payers/{number}").get_data(as_text=True)


@pytest.mark.parametrize(("due_on", "next_page"), [(10, ""), (28, "/autopay")])
def test_a_new_card_of_the_payers_is_offered_for_what_is_late(
    ctx, sandbox, paying_app, database, due_on, next_page
):
    bill = bills.make_bill(database, effective_on=datetime.date(2026, 11, due_on))
    link = scoped.link(ctx, scoped.ask(ctx, bill))
    setup_ref = scoped.kept_at_stripe(ctx, sandbox, link.rpartition("/")[2])
    answer = paying_app.test_client().get(f"{link}/added?setup_intent={setup_ref}")
    assert answer.location == f"{link}{next_page}"


def test_the_owners_autopay_pages_show_nothing_of_the_payers_cards(
    ctx, sandbox, clock, owner, number, bill
):
    kept = [
        scoped.keep(ctx, sandbox, bill, number, card)
        for card in ("4000000000000341", "5555555555554444")
    ]
    scoped_pay.automate(
        ctx,
        token=scoped.token(ctx, number),
        changes=False,
        method_no=kept[0],
        backup_no=kept[1],
        days_before=0,
        shown=autopay.shown(ctx, pet_name="Biscuit", language="en"),
        who=people.visitor(),
    )
    pages = ("/autopay", f"/autopay/{bill.policy.number}", "/home", "/payments", "/pay")
    for days in (0, 11):
        clock.set(clock.now() + datetime.timedelta(days=days))
        collect_drafts.run(ctx, on=clock.today())
        html = "".join(owner.get(page).get_data(as_text=True) for page in pages)
        assert "Ana Ruiz pays" in html
        for hidden in ("0341", "4444", "declined"):
            assert hidden not in html


def test_a_payers_refused_card_is_no_news_for_the_owner(ctx, sandbox, owner, ana, link, bill):
    begun = scoped.begin(ana, link, bill.number).get_json()
    paying.confirm(sandbox, begun["client_secret"], "4000000000009995")
    shown = ana.get(begun["return_url"].removeprefix(ctx.base_url)).get_data(as_text=True)
    assert "There was not enough money" in shown
    for page in ("/home", "/payments", f"/invoices/{bill.number}", f"/payments/{begun['number']}"):
        html = owner.get(page).get_data(as_text=True)
        assert "not enough money" not in html
    assert begun["number"] not in owner.get("/payments").get_data(as_text=True)


def test_the_desk_sees_who_paid(ctx, sandbox, paying_app, database, number, bill):
    paid = scoped.pay(ctx, sandbox, number, bill)
    desk = people.sign_in(paying_app.test_client(), people.make_staff(database))
    html = desk.get(f"/desk/payments/{paid}").get_data(as_text=True)
    assert "Ana Ruiz" in html
    assert "4242" in html


def test_one_of_two_bills_is_paid_or_both(ctx, sandbox, database, ana):
    bill = bills.make_bill(database, effective_on=datetime.date(2026, 10, 28))
    first, second = bill.invoices
    link = scoped.link(ctx, scoped.ask(ctx, bill))
    both = ana.get(link).get_data(as_text=True)
    owed = first.total_cents + second.total_cents
    assert f"Pay {formats.money(owed)}" in both
    one = ana.get(f"{link}?only={first.number}").get_data(as_text=True)
    assert f"Pay {formats.money(first.total_cents)}" in one
    begun = scoped.begin(ana, link, first.number, second.number, cents=owed).get_json()
    paying.confirm(sandbox, begun["client_secret"])
    ana.get(begun["return_url"].removeprefix(ctx.base_url))
    assert {i.state for i in bills.invoices_of(database, policy_id=bill.policy.id)} == {"paid"}


def test_what_is_in_dispute_is_said_and_not_asked_for(ctx, ana, bill, link):
    cases.raise_case(ctx, bill.customer, invoice_no=bill.number)
    html = ana.get(link).get_data(as_text=True)
    assert "Nothing can be paid now" in html
    assert "Pay $" not in html
    assert scoped.begin(ana, link, bill.number).status_code == 409


def test_a_payment_of_the_owner_on_its_way_is_said(ctx, database, ana, bill, link):
    bills.begin_payment(database, bill.invoice)
    html = ana.get(link).get_data(as_text=True)
    assert "A payment is under way" in html
    assert "Pay $" not in html


def test_a_kept_card_pays_without_a_script_and_is_taken_off(
    ctx, sandbox, database, clock, ana, number, bill, link
):
    scoped.pay(ctx, sandbox, number, bill, keep=True)
    (card,) = scoped.methods(ctx, bill, number)
    assert count(database, "wallet_consent", "payer_id IS NOT NULL AND kind = 'store'") == 1
    clock.set(clock.now() + datetime.timedelta(days=30))
    bills.issue_through(database, term_id=bill.term.id, through=clock.today())
    newest = bills.invoices_of(database, policy_id=bill.policy.id)[-1]
    page = {
        "with": card.number,
        "bill": newest.number,
        "expected_cents": "6607",
        "once_key": "z" * 24,
    }
    page["expected_cents"] = str(newest.open_cents)
    answer = forms.post(ana, link, **page)
    assert answer.status_code == 303
    assert "We received" in ana.get(answer.headers["Location"]).get_data(as_text=True)
    answer = forms.post(ana, f"{link}/end", to=f"{link}/cards/{card.number}")
    assert answer.status_code == 303
    assert scoped.methods(ctx, bill, number) == ()
    assert [to for to, _ in scoped.mails(ctx, "payer_method_removed")] == [scoped.ANA]
    assert paying.mails(ctx, "method_removed") == 0


def test_a_payer_who_used_the_link_is_told_of_the_next_bill(
    ctx, sandbox, database, clock, number, bill
):
    other = bills.make_bill(database)
    scoped.ask(ctx, other, email="never@example.test")
    scoped.pay(ctx, sandbox, number, bill)
    clock.set(clock.now() + datetime.timedelta(days=30))
    assert run_billing.run(ctx, on=clock.today()) >= 2
    jobs.run_all(ctx, only=("tell_bills",))
    told = scoped.mails(ctx, "payer_bill")
    assert [to for to, _ in told] == [scoped.ANA]
    assert scoped.link(ctx, number) in told[0][1]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": "", "email": "ana@example.test"}, "Enter the name"),
        ({"name": "Ana", "email": "ana"}, "Enter an e-mail address like"),
        ({"name": "\u202eAna", "email": "ana@example.test"}, "Enter a name of up to 80"),
        ({"name": "A" * 81, "email": "ana@example.test"}, "Enter a name of up to 80"),
    ],
)
def test_what_cannot_be_a_name_or_an_address_is_said_beside_the_field(
    owner, database, bill, typed, said
):
    answer = forms.post(owner, f"/payers/new/{bill.policy.number}", language="en", **typed)
    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    assert said in html
    assert typed["email"] in html
    assert count(database, "payer") == 0


def test_the_owners_own_address_and_a_second_payer_are_refused(owner, ctx, bill, number):
    page = f"/payers/new/{bill.policy.number}"
    answer = forms.post(owner, page, name="Me", email=bill.customer.email, language="en")
    assert "This is your own e-mail address" in answer.get_data(as_text=True)
    answer = forms.post(owner, page, name="Bo", email="bo@example.test", language="en")
    assert "Somebody pays for this pet already" in answer.get_data(as_text=True)
    assert len(scoped.mails(ctx, "payer_invited")) == 1


@pytest.mark.parametrize(
    ("page", "most"), [("", 6), ("/end", 6), ("/add", 6), ("/autopay", 12), ("/payments/{}", 2)]
)
def test_pages_behind_the_link_keep_to_their_statements(
    ctx, sandbox, ana, database, number, bill, link, page, most
):
    paid = scoped.pay(ctx, sandbox, number, bill, keep=True)
    with statements.counted() as sent:
        assert ana.get(link + page.format(paid)).status_code == 200
    assert len(sent) <= most, sent


def test_strangers_are_not_flooded_with_mails(ctx, clock, number, bill):
    who = people.owner(bill.customer)
    mine = {"customer_id": bill.customer.id, "number": number, "who": who}
    sent = 1
    for _ in range(40):
        clock.set(clock.now() + datetime.timedelta(minutes=16))
        try:
            invite_payer.send_link(ctx, **mine)
        except inviting.AskedOften:
            break
        sent += 1
    assert sent == inviting.UNANSWERED_LINKS
    assert len(scoped.mails(ctx, "payer_invited")) == sent

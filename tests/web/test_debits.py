"""Bank accounts on pages: what is agreed to, what waits, what is on its way; and forged forms."""

from __future__ import annotations

import html as text_of
import re

import pytest
import sqlalchemy as sa

from portal.documents import agreements
from portal.domain.wallet import consents
from portal.domain.wallet.models import ConsentKind
from portal.journeys import agreeing, guest_pay, keep_method
from tests.support import bills, charging, debits, forms, paying, people

KEY = "d" * 24
BRAND = "Fernhill Pet Insurance"


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def owner(paying_app, bill):
    return people.sign_in(paying_app.test_client(), bill.customer)


def read(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return text_of.unescape(answer.get_data(as_text=True))


def words(page: str) -> str:
    """The page's words, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def send(client, path: str = "/pay", **changed):
    """Send a form as the sheet's script does, for a bank account."""
    typed = {
        "with": "new",
        "once_key": KEY,
        "expected_cents": "6608",
        "agreement": agreeing.stamp("en"),
        "entered": "us_bank_account",
        "csrf_token": forms.token(client, "/settings/language"),
    } | changed
    return client.post(path, data=typed, headers={"Accept": "application/json"})


def count(database, table: str) -> int:
    with database.reading() as session:
        return session.scalar(sa.text(f"SELECT count(*) FROM {table}"))


def kept(ctx, customer, subject: str):
    with ctx.database.reading() as session:
        return consents.given(session, customer_id=customer.id, subject=subject)


@pytest.mark.parametrize("path", ["/pay", "/payment-methods/add"])
def test_what_is_agreed_to_stands_on_the_page(owner, path):
    page = read(owner, path)
    assert agreements.DEBIT.text(language="en", brand=BRAND) in page
    assert agreements.STORE.text(language="en", brand=BRAND) in page
    assert 'id="card-debit" hidden' in page
    assert f'name="agreement" value="{agreeing.stamp("en")}"' in page


def test_a_guest_reads_the_mandate_too(client, app, quiet_ctx, bill):
    link = guest_pay.link(quiet_ctx, invoice_no=bill.number).removeprefix(quiet_ctx.base_url)
    page = read(client, link)
    assert agreements.DEBIT.text(language="en", brand=BRAND) in page
    assert "Card or bank account" in page


def test_the_text_is_kept_word_for_word_with_its_address_and_device(owner, ctx, sandbox, bill):
    begun = send(owner, bill=bill.number, keep="1").get_json()
    debits.confirm(sandbox, begun["client_secret"])
    read(owner, f"/pay/{begun['number']}")
    charging.hear(ctx, sandbox)
    given = kept(ctx, bill.customer, begun["number"])
    texts = {one.kind: one.text for one in given}
    assert texts == {
        "store": agreements.STORE.text(language="en", brand=BRAND),
        "debit": agreements.DEBIT.text(language="en", brand=BRAND),
    }
    assert {one.ip for one in given} == {"127.0.0.1"}
    assert all(one.device.startswith("Werkzeug") for one in given)
    method = paying.newest_method(ctx, bill.customer)
    page = words(read(owner, f"/payment-methods/{method}"))
    assert "What you agreed to" in page
    assert texts["debit"] in page
    assert "For Stripe Test Bank 6789, on" in page


def test_the_owner_reads_again_what_a_debit_was_agreed_to_by(owner, ctx, sandbox, bill):
    number = debits.pay(
        ctx, sandbox, bill.customer, agreed=[debits.shown("debit", "Take it from my account.")]
    )
    page = read(owner, f"/payments/{number}")
    kept = page.partition("What you agreed to on Tuesday 24 November 2026")[2]
    assert "Take it from my account." in kept.partition("</details>")[0]


def test_a_saved_accounts_mandate_is_read_again_and_what_else_was_agreed_is_not(
    owner, ctx, sandbox, bill
):
    account = debits.save(ctx, sandbox, bill.customer)
    number = paying.begin(ctx, bill.customer, method=account).number
    assert read(owner, f"/payments/{number}").count("What you agreed to on") == 1


def test_what_a_guest_agreed_to_is_not_shown_to_the_owner(owner, ctx, sandbox, bill):
    begun = guest_pay.start(
        ctx,
        token=guest_pay.link(ctx, invoice_no=bill.number).rsplit("/", 1)[-1],
        expected_cents=6608,
        once_key=KEY,
        agreed=[debits.shown("debit", "Take it from my account.")],
        who=people.visitor(),
    )
    debits.confirm(sandbox, begun.client_secret)
    charging.hear(ctx, sandbox)
    assert count(ctx.database, "wallet_consent") == 1
    assert "Take it from" not in read(owner, f"/payments/{begun.number}")


def test_the_text_is_kept_in_the_language_it_was_read_in(quiet_ctx):
    (given,) = agreeing.agreed(quiet_ctx, stamped=agreeing.stamp("es"), keeps=False, is_bank=True)
    assert given.language == "es"
    assert given.text == agreements.DEBIT.text(language="es", brand=BRAND)
    assert given.text != agreements.DEBIT.text(language="en", brand=BRAND)
    assert given.kind is ConsentKind.DEBIT


@pytest.mark.parametrize(
    "stamp", ["", "en", "xx store-2026-11 debit-2026-11", "en store-2020-01 debit-2020-01", "a" * 9]
)
def test_a_text_that_is_not_in_force_takes_nothing(owner, database, bill, stamp):
    answer = send(owner, bill=bill.number, agreement=stamp)
    assert answer.status_code == 409
    assert answer.get_json()["reload"] is True
    assert "Nothing was taken" in answer.get_json()["error"]
    assert count(database, "payment") == 0
    adding = send(owner, "/payment-methods/add", agreement=stamp)
    assert adding.status_code == 409
    assert count(database, "wallet_setup") == 0


def test_a_kind_that_nobody_offers_counts_as_a_card(owner, ctx, bill):
    begun = send(owner, bill=bill.number, entered="<script>").get_json()
    assert paying.row(ctx, begun["number"]).agreed == []


def test_on_its_way_is_said_everywhere_and_paid_nowhere(owner, ctx, sandbox, bill):
    number = debits.pay(ctx, sandbox, bill.customer)
    page = words(read(owner, f"/invoices/{bill.number}"))
    assert "is on its way from your bank, Stripe Test Bank 6789" in page
    assert "usually arrives by 1 Dec" in page or "usually arrives by Tue 1 Dec" in page
    assert "Pay $66.08" not in page
    assert "Received" not in words(read(owner, "/payments"))
    assert "$66.08 is on its way from your bank" in words(read(owner, f"/payments/{number}"))
    assert owner.get(f"/payments/{number}.pdf").status_code == 404
    home = words(read(owner, "/home"))
    assert "Processing" in home
    assert "Pay $66.08" not in home


def test_two_tabs_while_it_is_on_its_way_take_it_once(owner, ctx, sandbox, bill):
    debits.pay(ctx, sandbox, bill.customer)
    answer = send(owner, bill=bill.number)
    assert answer.status_code == 409
    assert "already under way" in answer.get_json()["error"]
    debits_sent = sandbox.client().v1.charges.list({"limit": 10}).data
    assert len(debits_sent) == 1


def test_what_came_back_says_why_in_plain_words(owner, ctx, sandbox, bill):
    number = debits.pay(ctx, sandbox, bill.customer, number=debits.NO_MONEY)
    debits.answer(ctx, sandbox, number)
    page = words(read(owner, f"/payments/{number}"))
    assert "There was not enough money on the account." in page
    assert "R01" not in page
    assert "Pay $66.08" in words(read(owner, f"/invoices/{bill.number}"))


def test_an_account_that_waits_is_shown_to_its_owner_alone(
    owner, paying_app, ctx, sandbox, database, bill
):
    begun = keep_method.start(ctx, customer_id=bill.customer.id)
    found = debits.confirm(sandbox, begun.client_secret, deposits=True)
    back = owner.get(f"/payment-methods/added?setup_intent={found.id}", follow_redirects=True)
    assert "saved once you have told us two small deposits" in back.get_data(as_text=True)
    assert "Stripe Test Bank 6789 waits for you" in read(owner, "/payment-methods")
    stranger = bills.make_bill(database)
    other = people.sign_in(paying_app.test_client(), stranger.customer)
    assert "waits for you" not in read(other, "/payment-methods")
    assert other.get(f"/payment-methods/added?setup_intent={found.id}").status_code == 404


def test_the_owner_is_given_no_way_into_a_guests_account(owner, ctx, sandbox, bill):
    token = guest_pay.link(ctx, invoice_no=bill.number).rsplit("/", 1)[-1]
    begun = guest_pay.start(
        ctx,
        token=token,
        expected_cents=6608,
        once_key=KEY,
        who=people.owner(bill.customer),
    )
    found = debits.confirm(sandbox, begun.client_secret, deposits=True)
    debits.look(ctx, bill.customer, begun.number)
    address = found.next_action.verify_with_microdeposits.hosted_verification_url
    guest = read(owner, f"/p/{token}/{begun.number}")
    assert address in guest
    assert address not in read(owner, f"/payments/{begun.number}")
    assert paying.mails(ctx, "verify_account") == 0


def test_an_account_that_may_not_be_debited_is_neither_offered_nor_made_first(
    owner, ctx, sandbox, bill
):
    card = paying.save_card(ctx, sandbox, bill.customer)
    account = debits.save(ctx, sandbox, bill.customer)
    sandbox.end_mandate(debits.method(ctx, account).mandate_ref)
    charging.hear(ctx, sandbox)
    page = read(owner, "/pay")
    assert f'value="{card}"' in page
    assert f'value="{account}"' not in page
    assert "We do not debit this account any more" in read(owner, f"/payment-methods/{account}")
    typed = {"csrf_token": forms.token(owner, "/settings/language")}
    owner.post(f"/payment-methods/{account}/default", data=typed)
    assert not debits.method(ctx, account).is_default
    forced = send(owner, bill=bill.number, **{"with": account})
    assert forced.status_code == 409
    assert "may not be debited any more" in forced.get_json()["error"]
    assert paying.charges(sandbox) == []


@pytest.mark.parametrize("day", ["2026-12-01", "2026-11-30"])
def test_it_is_not_planned_for_another_day_either(owner, ctx, sandbox, database, bill, day):
    account = debits.save(ctx, sandbox, bill.customer)
    sandbox.end_mandate(debits.method(ctx, account).mandate_ref)
    charging.hear(ctx, sandbox)
    forced = send(
        owner,
        bill=bill.number,
        when="later",
        day=day,
        much="all",
        expected_later_cents="6608",
        **{"with": account},
    )
    assert forced.status_code in (409, 422)
    assert count(database, "draft") == 0

"""Somebody else pays for one pet by a mailed link; nothing else of anybody."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from portal.domain.payments.queries import payers
from portal.journeys import invite_payer, payer_links
from tests.support import bills, forms, paying, people

JSON = {"Accept": "application/json"}
KEY = "p" * 24


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


def ask(ctx, bill, email="ana@example.test", name="Ana Ruiz", language="en") -> str:
    """The payer's number, invited by the owner of the bill."""
    return invite_payer.invite(
        ctx,
        customer_id=bill.customer.id,
        policy_no=bill.policy.number,
        asked=invite_payer.Asked(name=name, email=email, language=language),
        who=people.owner(bill.customer),
    )


def link_of(ctx, number: str) -> str:
    """The path that works now for the payer."""
    with ctx.database.reading() as session:
        payer = payers.active(session, number=number)
    return payer_links.page(ctx, payer=payer).removeprefix(ctx.base_url)


@pytest.fixture
def link(ctx, bill):
    return link_of(ctx, ask(ctx, bill))


@pytest.fixture
def payer(paying_app):
    return paying_app.test_client()


def begin(client, link, *numbers, cents=6608, key=KEY, **more):
    typed = {
        "csrf_token": forms.token(client, "/sign-in"),
        "once_key": key,
        "expected_cents": str(cents),
        "bill": list(numbers),
        "with": "new",
    } | more
    return client.post(link, data=typed, headers=JSON)


def count(database, table: str, where: str = "true") -> int:
    with database.reading() as session:
        return session.scalar(sa.text(f"SELECT count(*) FROM {table} WHERE {where}"))


def texts(ctx, template: str) -> list[tuple[str, str]]:
    """Recipient and words of every mail of this template, oldest first."""
    with ctx.database.reading() as session:
        rows = session.execute(
            sa.text("SELECT recipient, text || html FROM mail WHERE template = :t ORDER BY id"),
            {"t": template},
        )
        return [tuple(row) for row in rows]


def test_the_owner_asks_and_the_mail_brings_a_link_that_works(ctx, paying_app, bill, database):
    client = people.sign_in(paying_app.test_client(), bill.customer)
    page = f"/payers/new/{bill.policy.number}"
    answer = forms.post(client, page, name="Ana Ruiz", email=" Ana@Example.test ", language="es")
    assert answer.status_code == 303
    ((to, words),) = texts(ctx, "payer_invited")
    assert to == "ana@example.test"
    assert bill.customer.email not in words
    assert bill.customer.last_name not in words
    found = re.search(r"/payer/[^\s\"<]+", words)[0]
    shown = paying_app.test_client().get(found).get_data(as_text=True)
    assert "$66.08" in shown
    assert count(database, "payer", "first_seen_at IS NOT NULL") == 0


def test_the_page_shows_one_pet_and_nothing_else_of_the_owner(ctx, database, payer, bill, link):
    other = bills.make_bill(database, customer=bill.customer, pet_name="Miso", species="cat")
    paying.give(ctx, bill.customer, 100)
    html = payer.get(link).get_data(as_text=True)
    assert bill.pet.name in html
    assert bill.customer.first_name in html
    for hidden in (
        "Miso",
        other.number,
        bill.customer.last_name,
        bill.customer.email,
        bill.customer.number,
        bill.policy.number,
        bill.customer.street,
        bill.customer.zip,
    ):
        assert hidden not in html.replace(link, "")


def test_a_payer_pays_gets_the_receipt_and_the_owner_a_word(
    ctx, sandbox, database, payer, bill, link
):
    begun = begin(payer, link, bill.number).get_json()
    paying.confirm(sandbox, begun["client_secret"])
    shown = payer.get(begun["return_url"].removeprefix(ctx.base_url)).get_data(as_text=True)
    assert "We received $66.08" in shown
    assert paying.mails(ctx, "receipt") == 0
    ((to, words),) = texts(ctx, "payer_receipt")
    assert to == "ana@example.test"
    assert "Visa 4242" in words
    ((to, words),) = texts(ctx, "payer_paid")
    assert to == bill.customer.email
    assert "Ana Ruiz paid $66.08" in words
    assert "4242" not in words
    assert count(database, "payment_method") == 0
    assert count(database, "payer", "first_seen_at IS NOT NULL") == 1
    assert "There is nothing to pay" in payer.get(link).get_data(as_text=True)
    paying.assert_books(ctx)

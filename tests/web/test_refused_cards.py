"""A card that its bank refused for good: offered last, never for a day when nobody is present."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.domain.payments.queries import methods
from portal.domain.payments.rules import PaymentEvent
from portal.journeys import planned
from tests.support import autopaying, bills, forms, people

STOLEN, EMPTY = "stolen_card", "insufficient_funds"


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def owner(app, bill):
    return people.sign_in(app.test_client(), bill.customer)


def refuse(database, bill, card: str, code: str) -> None:
    """The last that was heard of the card."""
    invoice = bills.invoices_of(database, policy_id=bill.policy.id)[0]
    number = bills.begin_payment(database, invoice, event=PaymentEvent.FAIL, failure_code=code)
    with database.unit_of_work() as session:
        session.execute(
            sa.text(
                "UPDATE payment SET method_id = (SELECT id FROM payment_method"
                " WHERE number = :card) WHERE number = :number"
            ),
            {"card": card, "number": number},
        )


def read(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def checked(html: str, value: str) -> bool:
    """Whether the radio of that value is the chosen one."""
    _, _, rest = html.partition(f'value="{value}"')
    return " checked" in rest.partition(">")[0]


def test_the_pay_page_says_so_and_offers_a_new_card_first(owner, database, bill):
    card = autopaying.card(database, bill.customer)
    refuse(database, bill, card, STOLEN)
    html = read(owner, f"/pay?bill={bill.number}")
    assert "Its bank refused it for good" in html
    assert checked(html, "new")
    assert not checked(html, card)


def test_another_card_comes_before_it(quiet_ctx, owner, database, bill):
    good = autopaying.card(database, bill.customer)
    bad = autopaying.card(database, bill.customer)
    refuse(database, bill, bad, STOLEN)
    with database.reading() as session:
        found = methods.offered(
            session, customer_id=bill.customer.id, today=quiet_ctx.clock.today()
        )
    assert [(one.number, one.is_refused) for one in found] == [(good, False), (bad, True)]
    assert checked(read(owner, f"/pay?bill={bill.number}"), good)


def test_a_card_without_enough_money_today_is_offered_as_ever(owner, database, bill):
    card = autopaying.card(database, bill.customer)
    refuse(database, bill, card, EMPTY)
    html = read(owner, f"/pay?bill={bill.number}")
    assert checked(html, card)
    assert "refused it for good" not in html


def test_no_payment_is_planned_with_it(quiet_ctx, database, bill):
    card = autopaying.card(database, bill.customer)
    refuse(database, bill, card, STOLEN)
    with database.reading() as session, pytest.raises(planned.MethodRefused):
        planned.method(
            session,
            customer_id=bill.customer.id,
            number=card,
            last_on=quiet_ctx.clock.today(),
        )


def test_autopay_is_not_joined_with_it(owner, database, bill):
    card = autopaying.card(database, bill.customer)
    refuse(database, bill, card, STOLEN)
    answer = owner.post(
        f"/autopay/{bill.policy.number}",
        data={
            "was": "off",
            "days": "0",
            "method": card,
            "backup": "",
            "agreed": "1",
            "csrf_token": forms.token(owner, "/settings/language"),
        },
    )
    assert answer.status_code == 422
    assert "cannot be used for autopay" in answer.get_data(as_text=True)

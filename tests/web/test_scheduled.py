"""A day is chosen on the pay page; the planned payment has a page; errors lose nothing typed."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.kernel import ids
from tests.support import bills, drafting, forms, paying, people

KEY = "k" * 24
DAY = "2026-12-04"


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def card(ctx, sandbox, bill):
    return paying.save_card(ctx, sandbox, bill.customer)


@pytest.fixture
def owner(paying_app, bill):
    return people.sign_in(paying_app.test_client(), bill.customer)


def typed(bill, card, **more):
    return {
        "bill": bill.number,
        "with": card,
        "once_key": KEY,
        "much": "all",
        "when": "later",
        "day": DAY,
    } | more


def look(client, bill, card, **more):
    return forms.post(client, "/pay", to="/pay", **typed(bill, card, look="1", **more))


def plan(client, bill, card, cents="6608", **more):
    given = typed(bill, card, expected_later_cents=cents, **more)
    return forms.post(
        client, "/pay", to="/pay", **({"seen": f"{given['day']} {given['with']}"} | given)
    )


def text(answer) -> str:
    return answer.get_data(as_text=True)


def drafts(database) -> int:
    with database.reading() as session:
        return session.scalar(sa.text("SELECT count(*) FROM draft"))


def planned(client, bill, card, **more) -> str:
    answer = plan(client, bill, card, **more)
    assert answer.status_code == 303, text(answer)
    return answer.location.rpartition("/")[2]


def test_the_effect_is_shown_before_and_nothing_is_planned_by_looking(owner, database, bill, card):
    html = text(look(owner, bill, card))
    assert "$66.08 will be taken from Visa 4242 on Fri 4 Dec." in html
    assert "This is 6 days after the due day." in html
    assert "Plan $66.08 for 4 Dec" in html
    assert "I authorise Fernhill Pet Insurance to take $66.08 from Visa 4242" in html
    assert drafts(database) == 0


def test_it_is_planned_shown_listed_and_offered_nowhere_twice(owner, bill, card):
    number = planned(owner, bill, card)
    page = text(owner.get(f"/payments/scheduled/{number}"))
    assert "$66.08 will be taken on Friday 4 December" in page
    assert "It is planned. Nothing was taken today." in page
    for address in ("/payments", f"/invoices/{bill.number}", "/pay"):
        assert f"/payments/scheduled/{number}" in text(owner.get(address)), address
    assert "All of this is planned already" in text(look(owner, bill, card))


def test_a_double_click_plans_once(owner, database, bill, card):
    assert planned(owner, bill, card) == planned(owner, bill, card)
    assert drafts(database) == 1


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("", "Enter a day, like 01/23/2027."),
        ("soon", "Enter a day, like 01/23/2027."),
        ("2026-02-30", "Enter a day, like 01/23/2027."),
        ("2026-11-24", "The first day that can be chosen is Wednesday 25 November 2026."),
        ("2025-12-04", "The first day that can be chosen is Wednesday 25 November 2026."),
        ("2027-01-24", "The last day that can be chosen is Saturday 23 January 2027."),
    ],
)
def test_a_day_that_cannot_be_chosen_is_refused_beside_its_field(
    owner, database, bill, card, day, said
):
    answer = plan(owner, bill, card, day=day)
    assert answer.status_code == 422
    field = text(answer).split('for="day"')[1].split("</div>")[0]
    assert said in field
    if day:
        assert f'value="{day}"' in field
    assert drafts(database) == 0


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("0", "The least that can be paid is $0.50."),
        ("-5", "Enter the amount without a minus sign."),
        ("1,00", "Enter an amount in dollars and cents, like 62.44."),
        ("99,999.00", "At most $66.08 of these bills can be planned."),
        ("20 EUR", "Enter the amount in US dollars."),
    ],
)
def test_an_amount_that_cannot_be_planned_is_refused_beside_its_field(
    owner, database, bill, card, amount, said
):
    answer = plan(owner, bill, card, much="some", amount=amount)
    assert answer.status_code == 422
    html = text(answer)
    field = html.split('for="amount"')[1].split("</div>")[0]
    assert said in field
    assert f'value="{amount}"' in field
    assert f'value="{DAY}"' in html
    assert drafts(database) == 0


def test_a_new_card_is_saved_first_and_the_page_says_so(owner, database, bill, card):
    answer = plan(owner, bill, "new")
    assert answer.status_code == 422
    assert "a card or account must be saved first" in text(answer)
    assert 'href="/payment-methods/add"' in text(answer)
    assert drafts(database) == 0


@pytest.mark.parametrize("changed", [{"seen": ""}, {"seen": f"2026-12-05 {KEY}"}])
def test_nothing_is_planned_that_was_not_shown(owner, database, bill, card, changed):
    answer = plan(owner, bill, card, **changed)
    assert answer.status_code == 422
    assert "Look at what this does" in text(answer)
    assert f'value="{DAY}"' in text(answer)
    assert drafts(database) == 0


def test_what_was_shown_for_another_day_pays_nothing_today(owner, database, bill, card):
    answer = plan(owner, bill, card, when="now")
    assert answer.status_code == 422
    assert "The amount changed" in text(answer)
    with database.reading() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM payment")) == 0


@pytest.mark.parametrize("cents", ["1", "", "-6608", "6608.0", "9" * 30])
def test_a_forged_sum_plans_nothing(owner, database, bill, card, cents):
    answer = plan(owner, bill, card, cents=cents)
    assert answer.status_code == 422
    assert drafts(database) == 0


def test_a_method_removed_in_another_tab_plans_nothing(owner, database, bill, card):
    with database.unit_of_work() as session:
        session.execute(sa.text("UPDATE payment_method SET removed_at = now()"))
    answer = plan(owner, bill, card)
    assert answer.status_code == 422
    assert "This payment method was removed" in text(answer)
    assert drafts(database) == 0


def test_a_script_is_told_the_effect_and_the_field_that_is_wrong(owner, bill, card):
    form = typed(bill, card, look="1", csrf_token=forms.token(owner, "/pay"))

    def asked(**more):
        answer = owner.post("/pay", data=form | more, headers={"Accept": "application/json"})
        return answer.get_json()

    assert asked()["error"] == ""
    assert "Plan $66.08 for 4 Dec" in asked()["html"]
    assert asked(day="2020-01-01")["field"] == "day"
    assert asked(much="some", amount="0")["field"] == "amount"
    assert asked(**{"with": "new"})["field"] == ""


def move(client, number, day):
    address = f"/payments/scheduled/{number}"
    return forms.post(client, address, to=f"{address}/day", day=day)


def test_the_day_is_changed(owner, bill, card):
    number = planned(owner, bill, card)
    assert move(owner, number, "12/10/2026").status_code == 303
    assert "taken on Thursday 10 December" in text(owner.get(f"/payments/scheduled/{number}"))


@pytest.mark.parametrize("day", ["", "2026-11-24", "2027-01-24", "<b>"])
def test_a_wrong_day_changes_nothing_and_stays_in_the_field(owner, bill, card, day):
    number = planned(owner, bill, card)
    answer = move(owner, number, day)
    assert answer.status_code == 422
    assert "aria-invalid" in text(answer)
    assert "<b>" not in text(answer)
    assert "4 December" in text(owner.get(f"/payments/scheduled/{number}"))


def test_it_is_cancelled_and_can_not_be_changed_after(owner, bill, card):
    number = planned(owner, bill, card)
    address = f"/payments/scheduled/{number}"
    token = forms.token(owner, address)
    for _ in range(2):
        answer = owner.post(f"{address}/cancel", data={"csrf_token": token})
        assert answer.status_code == 303
    assert "is cancelled" in text(owner.get(address))
    answer = owner.post(f"{address}/day", data={"csrf_token": token, "day": "2026-12-10"})
    assert answer.status_code == 409
    assert "can’t be changed any more" in text(answer)


def test_another_customers_planned_payment_does_not_exist(paying_app, database, owner, bill, card):
    number = planned(owner, bill, card)
    other = people.sign_in(paying_app.test_client(), people.make_customer(database))
    token = forms.token(other, "/settings/language")
    for given in (number, ids.new(ids.Prefix.DRAFT), "DRF-0", "PAY-1"):
        address = f"/payments/scheduled/{given}"
        assert other.get(address).status_code == 404
        for act in ("day", "cancel"):
            sent = {"csrf_token": token, "day": "2026-12-10"}
            assert other.post(f"{address}/{act}", data=sent).status_code == 404
    assert "4 December" in text(owner.get(f"/payments/scheduled/{number}"))


STATES = {
    "attempting": "is being taken now",
    "retrying": "We did not receive $66.08 yet",
    "asking": "waits for you",
    "paid": "This planned payment was received",
    "nothing_left": "Nothing was left to take",
    "failed": "it is not tried again",
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_said_and_only_money_that_came_is_called_received(
    owner, database, bill, card, state
):
    number = planned(owner, bill, card)
    with database.unit_of_work() as session:
        session.execute(
            sa.text(
                "UPDATE draft SET state = :state, outcome = 'insufficient_funds',"
                " due_on = CASE WHEN :waits THEN due_on END,"
                " ended_at = CASE WHEN :over THEN now() END"
            ),
            {
                "state": state,
                "waits": state in ("retrying", "asking"),
                "over": state in ("paid", "nothing_left", "failed"),
            },
        )
    html = text(owner.get(f"/payments/scheduled/{number}"))
    assert STATES[state] in html
    assert ("not enough money" in html) == (state in ("retrying", "failed"))
    assert ("was received" in html) == (state == "paid")
    assert text(owner.get("/payments")).count(number) == (0 if state in OVER else 1)


OVER = ("paid", "nothing_left", "failed")


def test_a_paid_one_leads_to_its_payment(owner, ctx, sandbox, clock, bill, card):
    number = planned(owner, bill, card)
    drafting.to_day(ctx, clock, sandbox, datetime.date(2026, 12, 4))
    drafting.collect(ctx)
    (payment,) = drafting.attempts(ctx, number)
    people.sign_in(owner, bill.customer, now=clock.now())
    html = text(owner.get(f"/payments/scheduled/{number}"))
    assert f'href="/payments/{payment.number}"' in html


def test_autopay_is_said_to_give_way(owner, ctx, bill, card):
    drafting.plan(ctx, bill, card, on=bill.invoice.due_on)
    html = text(look(owner, bill, card))
    assert "Autopay would take $66.08 on Sat 28 Nov." in html


def test_the_link_of_a_bill_opens_the_page_with_its_due_day(owner, bill, card):
    html = text(owner.get(f"/pay?invoice={bill.number}&when=later"))
    assert 'value="2026-11-28"' in html
    assert "will be taken from Visa 4242 on Sat 28 Nov" in html

"""Money at Stripe that belongs to nothing here stays on the desk, in words, until it is ended."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.journeys import stripe_events
from tests.support import bills, cases, charging, forms, jobs, paying, people

PAGE = "/desk/trouble"
STRAY = 4_321  # cents, paid by hand in Stripe's dashboard
EARLY_CLAIM = "4000000000000259"
WORDS = {
    "intent": "Money came in for no payment that we know.",
    "refund": "Money went back by a refund that was not made here.",
    "chargeback": "A bank claims a charge that we do not know.",
    "fraud_warning": "A bank warns of a charge that we do not know.",
}


def stray(sandbox, card: str = paying.VISA, **given):
    """A charge that somebody made at Stripe, not here."""
    asked = {
        "amount": STRAY,
        "currency": "usd",
        "confirm": True,
        "payment_method": sandbox.card(card),
        "return_url": "http://127.0.0.1/",
    }
    found = sandbox.client().v1.payment_intents.create(asked | given)
    sandbox.advance(2)
    return found


def later(ctx, clock, minutes: int) -> None:
    """Let time pass and the jobs try again."""
    for _ in range(minutes):
        clock.advance(datetime.timedelta(minutes=1))
        jobs.run_all(ctx)


@pytest.fixture
def desk(paying_app, database):
    return people.sign_in(paying_app.test_client(), people.make_staff(database))


def waiting(ctx) -> dict[str, str]:
    """What is not handled: type → why."""
    with ctx.database.reading() as session:
        rows = session.execute(
            sa.text("SELECT type, error FROM inbox_event WHERE handled_at IS NULL")
        )
        return dict(rows.all())


def test_money_of_nobody_is_on_the_desk_once_it_is_late_and_says_why(ctx, sandbox, clock, desk):
    stray(sandbox)
    charging.hear(ctx, sandbox)
    assert WORDS["intent"] not in desk.get(PAGE).text  # our own row may only not be written yet
    later(ctx, clock, 9)
    assert WORDS["intent"] not in desk.get(PAGE).text
    later(ctx, clock, 2)
    assert WORDS["intent"] in desk.get(PAGE).text
    assert 'href="/desk/trouble#events"' in desk.get("/desk").text
    assert waiting(ctx) == {"payment_intent.succeeded": "of_nobody.intent"}


def test_an_intent_of_nobody_that_took_nothing_is_left_alone(ctx, sandbox, clock):
    made = sandbox.client().v1.payment_intents.create({"amount": STRAY, "currency": "usd"})
    sandbox.client().v1.payment_intents.cancel(made.id)
    charging.hear(ctx, sandbox)
    later(ctx, clock, 11)
    assert waiting(ctx) == {}


def test_a_refund_a_claim_and_a_warning_of_nobody_are_on_the_desk(ctx, sandbox, clock, desk):
    sandbox.client().v1.refunds.create({"payment_intent": stray(sandbox).id})
    sandbox.warn_of_fraud(stray(sandbox).latest_charge)
    stray(sandbox, EARLY_CLAIM)
    charging.hear(ctx, sandbox)
    later(ctx, clock, 11)
    page = desk.get(PAGE).text
    assert all(words in page for words in WORDS.values())


def test_a_refund_made_at_stripe_of_a_payment_of_ours_is_on_the_desk(ctx, sandbox, clock, database):
    number = charging.pay(ctx, sandbox, bills.make_bill(database).customer)
    made = {"payment_intent": paying.row(ctx, number).stripe_ref, "amount": 100}
    sandbox.client().v1.refunds.create(made)
    charging.hear(ctx, sandbox)
    later(ctx, clock, 11)
    assert waiting(ctx) == {"refund.created": "of_nobody.refund"}


def test_a_second_refund_under_a_number_of_ours_is_on_the_desk(ctx, sandbox, clock, database):
    bill = bills.make_bill(database)
    number = charging.pay(ctx, sandbox, bill.customer)
    charging.hear(ctx, sandbox)
    grace = people.make_staff(database)
    case = cases.raise_case(ctx, bill.customer, payment_no=number)
    cases.take(ctx, case, grace)
    cases.resolve(ctx, case, grace, cases.refund(number, 500, freed_by="credit"))
    charging.hear(ctx, sandbox)
    with database.reading() as session:
        ours = session.scalar(sa.text("SELECT number FROM refund WHERE state = 'succeeded'"))
    intent = paying.row(ctx, number).stripe_ref
    twice = {"payment_intent": intent, "amount": 500, "metadata": {"refund_no": ours}}
    sandbox.client().v1.refunds.create(twice)
    charging.hear(ctx, sandbox)
    later(ctx, clock, 11)
    assert set(waiting(ctx).values()) == {"of_nobody.refund"}


def test_an_event_of_nobody_that_can_be_handled_leaves_the_desk(ctx, sandbox, clock, database):
    bill = bills.make_bill(database)
    number = charging.pay(ctx, sandbox, bill.customer)
    sandbox.open_dispute(paying.row(ctx, number).charge_ref)
    hide, show = ("UPDATE payment SET number = :to, stripe_ref = :ref WHERE number = :number",) * 2
    ref = paying.row(ctx, number).stripe_ref
    with database.unit_of_work() as session:
        session.execute(sa.text(hide), {"number": number, "to": "PAY-HIDDEN", "ref": "pi_hidden"})
    charging.hear(ctx, sandbox)
    assert "of_nobody.chargeback" in waiting(ctx).values()
    with database.unit_of_work() as session:
        session.execute(sa.text(show), {"number": "PAY-HIDDEN", "to": number, "ref": ref})
    later(ctx, clock, 5)
    assert waiting(ctx) == {}
    assert charging.only(ctx).state == "needs_response"


def test_a_specialist_closes_what_was_dealt_with_at_stripe(ctx, sandbox, clock, desk, database):
    stray(sandbox)
    charging.hear(ctx, sandbox)
    later(ctx, clock, 11)
    with database.reading() as session:
        event = session.scalar(
            sa.text("SELECT external_id FROM inbox_event WHERE handled_at IS NULL")
        )
    address = f"{PAGE}/events/{event}/close"
    forms.post(desk, PAGE, to=address)
    page = desk.get(PAGE).text
    assert "The message is closed." in page
    assert event not in page
    later(ctx, clock, 20)
    assert waiting(ctx) == {}
    with database.reading() as session:
        kept = session.execute(
            sa.text("SELECT data ->> 'error' FROM audit_event WHERE subject = :event"),
            {"event": event},
        ).scalars()
        assert list(kept) == ["of_nobody.intent"]


def test_what_is_closed_already_cannot_be_closed_or_tried_again(ctx, sandbox, clock, desk):
    stray(sandbox)
    charging.hear(ctx, sandbox)
    later(ctx, clock, 11)
    token = forms.token(desk, PAGE)
    for verb in ("close", "again"):
        desk.post(f"{PAGE}/events/evt_none/{verb}", data={"csrf_token": token})
        assert "This message waits for nobody any more." in desk.get(PAGE).text


def test_an_event_can_be_tried_again_by_hand(ctx, sandbox, clock, desk, monkeypatch, database):
    stray(sandbox)
    charging.hear(ctx, sandbox)
    later(ctx, clock, 11)
    with database.unit_of_work() as session:
        session.execute(sa.text("DELETE FROM procrastinate_jobs WHERE status = 'todo'"))
        event = session.scalar(
            sa.text("SELECT external_id FROM inbox_event WHERE handled_at IS NULL")
        )
    monkeypatch.setattr(stripe_events, "HANDLERS", {})  # as a release that can handle it
    forms.post(desk, PAGE, to=f"{PAGE}/events/{event}/again")
    jobs.run_all(ctx)
    assert waiting(ctx) == {}


def test_finance_reads_and_closes_nothing(ctx, sandbox, clock, paying_app, database):
    stray(sandbox)
    charging.hear(ctx, sandbox)
    later(ctx, clock, 11)
    finance = people.sign_in(paying_app.test_client(), people.make_staff(database, "finance"))
    page = finance.get(PAGE).text
    assert WORDS["intent"] in page
    assert "/close" not in page

"""Payouts: what they take from the balance, what they say they paid, when they arrive."""

import datetime

import pytest
import requests
import stripe

from tests.support import sandbox as sandboxes

MONDAY = datetime.datetime(2026, 3, 2, 15, tzinfo=datetime.UTC)
PAY = {
    "amount": 10000,
    "currency": "usd",
    "confirm": True,
    "payment_method": "pm_card_visa",
    "return_url": "https://portal.test/back",
}
NET = 10000 - 320


def take(client: stripe.StripeClient, sandbox: sandboxes.Sandbox) -> str:
    """The charge of one settled payment."""
    intent = client.v1.payment_intents.create(PAY)
    sandbox.advance(2)
    return str(intent.latest_charge)


def split(client: stripe.StripeClient) -> tuple[int, int]:
    """What is available and what is pending, in cents."""
    balance = client.v1.balance.retrieve()
    return balance.available[0].amount, balance.pending[0].amount


def told(client: stripe.StripeClient) -> list[str]:
    """The types of the events about payouts, oldest first."""
    return [event.type for event in client.v1.events.list({"type": "payout.*"}).data][::-1]


def test_a_payout_takes_what_is_available(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.set_clock(MONDAY)
    first = take(client, sandbox)
    sandbox.advance(days=2)
    take(client, sandbox)
    assert split(client) == (NET, NET)
    made = client.v1.payouts.retrieve(
        sandbox.make_payout()["id"], {"expand": ["balance_transaction"]}
    )
    assert (made.amount, made.status, made.automatic) == (NET, "pending", True)
    moved = made.balance_transaction
    assert (moved.type, moved.net, moved.reporting_category) == ("payout", -NET, "payout")
    assert split(client) == (0, NET)
    sandbox.advance(61)
    paid_out = client.v1.balance_transactions.list({"payout": made.id}).data
    assert {one.source for one in paid_out} == {first, made.id}
    assert sum(one.net for one in paid_out) == 0


def test_a_payout_travels_to_the_bank_over_business_days(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.set_clock(MONDAY)
    take(client, sandbox)
    sandbox.advance(days=4)
    made = sandbox.make_payout()
    tuesday = datetime.datetime(2026, 3, 10, tzinfo=datetime.UTC)
    assert made["arrival_date"] == int(tuesday.timestamp())
    assert client.v1.balance_transactions.list({"payout": made["id"]}).data == []
    sandbox.advance(61)
    on_its_way = client.v1.payouts.retrieve(made["id"])
    assert (on_its_way.status, on_its_way.reconciliation_status) == ("in_transit", "completed")
    sandbox.advance(days=3)
    assert client.v1.payouts.retrieve(made["id"]).status == "in_transit"
    sandbox.set_clock(tuesday)
    arrived = client.v1.payouts.retrieve(made["id"])
    assert (arrived.status, arrived.trace_id.status) == ("paid", "supported")
    assert told(client) == [
        "payout.created",
        "payout.updated",
        "payout.reconciliation_completed",
        "payout.paid",
    ]


def test_nothing_is_paid_out_twice(sandbox: sandboxes.Sandbox, client: stripe.StripeClient) -> None:
    take(client, sandbox)
    sandbox.advance(days=3)
    sandbox.make_payout()
    again = requests.post(f"{sandbox.url}/sandbox/payouts", timeout=10)
    assert again.status_code == 400
    assert again.json()["error"]["code"] == "balance_insufficient"
    assert len(client.v1.payouts.list().data) == 1


def test_a_payout_is_less_what_was_refunded_and_charged_back(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    refunded, disputed = take(client, sandbox), take(client, sandbox)
    take(client, sandbox)
    client.v1.refunds.create({"charge": refunded, "amount": 4000})
    sandbox.open_dispute(disputed)
    sandbox.advance(days=3)
    made = sandbox.make_payout()
    assert made["amount"] == 3 * NET - 4000 - 10000 - 1500
    sandbox.advance(61)
    listed = client.v1.balance_transactions.list({"payout": made["id"], "limit": 100}).data
    assert sorted(one.reporting_category for one in listed) == [
        "charge",
        "charge",
        "charge",
        "dispute",
        "payout",
        "refund",
    ]
    assert sum(one.net for one in listed) == 0


def test_a_balance_below_zero_is_not_paid_out(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.open_dispute(take(client, sandbox))
    sandbox.advance(days=3)
    assert split(client) == (NET - 11500, 0)
    assert requests.post(f"{sandbox.url}/sandbox/payouts", timeout=10).status_code == 400


@pytest.mark.parametrize("is_late", [False, True])
def test_a_failed_payout_returns_to_the_balance_and_goes_with_the_next(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, is_late: bool
) -> None:
    take(client, sandbox)
    sandbox.advance(days=3)
    made = sandbox.make_payout()
    if is_late:
        sandbox.settle_payout(made["id"], "paid")
    sandbox.settle_payout(made["id"], "failed", failure_code="account_closed")
    failed = client.v1.payouts.retrieve(made["id"], {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_code) == ("failed", "account_closed")
    moved = failed.failure_balance_transaction
    assert (moved.type, moved.net) == ("payout_failure", NET)
    assert split(client) == (NET, 0)
    again = sandbox.make_payout()
    sandbox.advance(days=10)
    assert client.v1.payouts.retrieve(made["id"]).status == "failed"
    assert client.v1.payouts.retrieve(again["id"]).status == "paid"
    listed = client.v1.balance_transactions.list({"payout": again["id"]}).data
    assert {one.type for one in listed} == {"payout_failure", "payout"}
    assert "payout.failed" in told(client)


@pytest.mark.parametrize(
    "body", [{"status": "lost"}, {}, {"status": "failed", "failure_code": "bored"}, {"state": "x"}]
)
def test_a_payout_ends_only_as_payouts_do(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient, body: dict[str, str]
) -> None:
    take(client, sandbox)
    sandbox.advance(days=3)
    made = sandbox.make_payout()
    url = f"{sandbox.url}/sandbox/payouts/{made['id']}/settle"
    assert requests.post(url, json=body, timeout=10).status_code == 400
    assert client.v1.payouts.retrieve(made["id"]).status == "pending"


def test_payouts_are_listed_by_state_and_day(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.set_clock(MONDAY)
    take(client, sandbox)
    sandbox.advance(days=2.1)
    first = sandbox.make_payout()
    take(client, sandbox)
    sandbox.advance(days=2.1)
    second = sandbox.make_payout()
    for body, wanted in (
        ({}, [second["id"], first["id"]]),
        ({"status": "paid"}, [first["id"]]),
        ({"arrival_date": {"gt": first["arrival_date"]}}, [second["id"]]),
        ({"arrival_date": first["arrival_date"]}, [first["id"]]),
        ({"created": {"lte": first["created"]}}, [first["id"]]),
        ({"destination": first["destination"]}, [second["id"], first["id"]]),
        ({"destination": "ba_other"}, []),
    ):
        assert [one.id for one in client.v1.payouts.list(body).data] == wanted


def test_movements_of_an_unknown_payout_are_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.balance_transactions.list({"payout": "po_none"})


def test_payouts_outlive_a_crash(sandbox: sandboxes.Sandbox, client: stripe.StripeClient) -> None:
    take(client, sandbox)
    sandbox.advance(days=3)
    made = sandbox.make_payout()
    sandbox.restart()
    sandbox.advance(days=6)
    assert client.v1.payouts.retrieve(made["id"]).status == "paid"


def test_a_daily_schedule_pays_out_every_midnight_what_is_available(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.set_clock(MONDAY)
    sandbox.schedule_payouts("daily")
    take(client, sandbox)
    sandbox.advance(days=1)
    take(client, sandbox)
    assert client.v1.payouts.list().data == [], "nothing is available yet"
    sandbox.advance(days=9)
    thursday, friday = client.v1.payouts.list().data[::-1]
    for payout, day in ((thursday, 5), (friday, 6)):
        midnight = datetime.datetime(2026, 3, day, tzinfo=datetime.UTC)
        assert payout.created == int(midnight.timestamp())
        assert (payout.amount, payout.automatic, payout.status) == (NET, True, "paid")
    assert split(client) == (0, 0)


def test_a_schedule_outlives_a_crash_and_ends_when_told(
    sandbox: sandboxes.Sandbox, client: stripe.StripeClient
) -> None:
    sandbox.set_clock(MONDAY)
    for _ in range(2):  # told again by every start of the demo, it stays one
        sandbox.schedule_payouts("daily")
    sandbox.restart()
    take(client, sandbox)
    sandbox.advance(days=4)
    assert len(client.v1.payouts.list().data) == 1
    sandbox.schedule_payouts("manual")
    take(client, sandbox)
    sandbox.advance(days=9)
    assert len(client.v1.payouts.list().data) == 1


def test_an_unknown_schedule_is_refused(sandbox: sandboxes.Sandbox) -> None:
    url = f"{sandbox.url}/sandbox/payouts/schedule"
    assert requests.post(url, json={"interval": "hourly"}, timeout=10).status_code == 400

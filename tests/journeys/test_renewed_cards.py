"""A saved card that its bank renews: the wallet, the warnings and the drafts go on with the new."""

from __future__ import annotations

import datetime

import pytest

from portal.domain.payments.states import DraftState
from portal.domain.wallet import queries as wallet
from portal.journeys import warn_expiring
from tests.support import bills, charging, paying
from tests.support import drafting as drafts

EXPIRED = "4000000000000069"
LATER_REFUSED = "4000000000000341"
NEW = "4000056655665556"


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


def card(ctx, bill):
    """The one saved card as the wallet shows it."""
    with ctx.database.reading() as session:
        (found,) = wallet.methods(session, customer_id=bill.customer.id)
    return found


def ref(sandbox) -> str:
    """Stripe's reference of the one attached card."""
    client = sandbox.client()
    (customer,) = client.v1.customers.list().data
    (method,) = client.v1.customers.payment_methods.list(customer.id).data
    return method.id


def renew(ctx, sandbox, **new) -> None:
    """The bank renews the card, and Stripe tells."""
    sandbox.renew_card(ref(sandbox), **({"number": NEW, "exp_month": 7, "exp_year": 2031} | new))
    charging.hear(ctx, sandbox)


def test_the_wallet_shows_the_renewed_card(ctx, sandbox, bill):
    number = paying.save_card(ctx, sandbox, bill.customer)
    renew(ctx, sandbox)
    found = card(ctx, bill)
    assert (found.number, found.last4, found.exp_month, found.exp_year) == (number, "5556", 7, 2031)


def test_details_that_are_changed_at_stripe_are_mirrored(ctx, sandbox, bill):
    paying.save_card(ctx, sandbox, bill.customer)
    changed = {"card": {"exp_month": 3, "exp_year": 2033}}
    sandbox.client().v1.payment_methods.update(ref(sandbox), changed)
    charging.hear(ctx, sandbox)
    assert (card(ctx, bill).exp_month, card(ctx, bill).exp_year) == (3, 2033)


def test_a_renewed_card_of_autopay_is_not_warned_of(ctx, sandbox, bill):
    number = paying.save_card(ctx, sandbox, bill.customer)
    drafts.join(ctx, bill, number)
    near = {"exp_month": 12, "exp_year": 2026}
    renew(ctx, sandbox, **near)
    on = datetime.date(2026, 12, 16)  # 15 days before its last
    renew(ctx, sandbox)
    assert warn_expiring.run(ctx, on=on) == 0
    renew(ctx, sandbox, **near)
    assert warn_expiring.run(ctx, on=on) == 1


def test_a_draft_that_waits_for_its_next_day_is_taken_from_the_renewed_card(
    ctx, sandbox, bill, clock
):
    number = paying.attach_card(ctx, sandbox, bill.customer, LATER_REFUSED)
    draft = drafts.plan(ctx, bill, number)
    drafts.collect(ctx)
    assert drafts.row(ctx, draft).state is DraftState.RETRYING
    renew(ctx, sandbox)
    drafts.to_day(ctx, clock, sandbox, clock.today() + datetime.timedelta(days=3))
    assert drafts.collect(ctx) == {"charged": 1}
    assert drafts.row(ctx, draft).state is DraftState.PAID
    assert [p.method_label for p in drafts.attempts(ctx, draft)] == [
        "visa 0341",
        "visa 5556",
    ]


def test_after_a_card_was_refused_as_expired_the_next_draft_takes_the_renewed_one(
    ctx, sandbox, bill, database
):
    number = paying.save_card(ctx, sandbox, bill.customer)
    renew(ctx, sandbox, number=EXPIRED)
    refused = drafts.plan(ctx, bill, number)
    drafts.collect(ctx)
    assert drafts.row(ctx, refused).state is DraftState.FAILED  # the same details can't work
    renew(ctx, sandbox)
    other = bills.make_bill(database, customer=bill.customer, pet_name="Miso")
    draft = drafts.plan(ctx, other, number)
    assert drafts.collect(ctx) == {"charged": 1}
    assert drafts.row(ctx, draft).state is DraftState.PAID

"""A bank wants the payer to confirm a draft: the mailed link, what it shows, how it ends."""

from __future__ import annotations

import datetime

import pytest

from portal.domain.identity.operations import throttling
from portal.domain.payments import rules
from portal.domain.payments.states import DraftState, PaymentState
from portal.journeys import autopay, confirm_draft, confirm_link, keep_method
from portal.journeys.confirm_draft import Stands
from tests.support import bills, drafting, paying, people

pytestmark = pytest.mark.usefixtures("books_hold")
ASKS_ALWAYS = "4000002760003184"
KEY = "k" * 24


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def card(ctx, sandbox, bill):
    return paying.save_card(ctx, sandbox, bill.customer, ASKS_ALWAYS)


@pytest.fixture
def number(ctx, bill, card):
    """A draft that was tried and waits for its payer."""
    number = drafting.plan(ctx, bill, card)
    drafting.collect(ctx)
    assert drafting.row(ctx, number).state is DraftState.ASKING
    return number


def token(ctx, number: str) -> str:
    until = drafting.row(ctx, number).due_on or ctx.clock.today()
    address = confirm_link.link(ctx, draft_no=number, until_on=until)
    return address.rpartition("/")[2]


def start(ctx, bill, token: str, *, cents: int | None = None, key: str = KEY):
    return confirm_draft.start(
        ctx,
        token=token,
        once_key=key,
        expected_cents=bill.invoice.total_cents if cents is None else cents,
        who=people.owner(bill.customer),
    )


def confirm_at_bank(ctx, sandbox, started, *, passes: bool = True):
    ref = paying.row(ctx, started.number).stripe_ref
    intent = sandbox.client().v1.payment_intents.retrieve(ref)
    sandbox.authenticate(intent, passes=passes)


def stands(ctx, token: str) -> Stands:
    return confirm_draft.look(ctx, token=token).stands


def test_the_mail_brings_the_link_and_the_link_shows_the_pet_the_sum_and_the_card(
    ctx, bill, number
):
    text = paying.mail(ctx, "confirm_needed")
    address = next(line for line in text.splitlines() if "/confirm/" in line)
    asked = confirm_draft.look(ctx, token=address.rpartition("/")[2])
    assert (asked.stands, asked.pets, asked.amount_cents) == (Stands.OPEN, ("Biscuit",), 6608)
    assert asked.method_label == "visa 3184"


def test_confirming_pays_the_draft_once(ctx, sandbox, bill, number):
    link = token(ctx, number)
    started = start(ctx, bill, link)
    assert started.next_url
    confirm_at_bank(ctx, sandbox, started)
    asked, outcome = confirm_draft.outcome(
        ctx, token=link, payment_no=started.number, who=people.owner(bill.customer)
    )
    assert (outcome.state, asked.stands) == (PaymentState.SETTLED, Stands.PAID)
    assert drafting.row(ctx, number).state is DraftState.PAID
    assert start(ctx, bill, link).number == started.number  # the button was pressed twice
    with pytest.raises(rules.NothingToPay):
        start(ctx, bill, link, key="j" * 24)
    assert len(paying.charges(sandbox)) == 1


def test_who_fails_at_the_bank_may_try_again(ctx, sandbox, bill, number):
    link = token(ctx, number)
    started = start(ctx, bill, link)
    confirm_at_bank(ctx, sandbox, started, passes=False)
    _, outcome = confirm_draft.outcome(
        ctx, token=link, payment_no=started.number, who=people.owner(bill.customer)
    )
    assert outcome.state is PaymentState.FAILED
    assert stands(ctx, link) is Stands.OPEN
    again = start(ctx, bill, link, key="j" * 24)
    confirm_at_bank(ctx, sandbox, again)
    confirm_draft.outcome(ctx, token=link, payment_no=again.number, who=people.owner(bill.customer))
    assert stands(ctx, link) is Stands.PAID
    assert len(paying.charges(sandbox)) == 1


def test_two_tabs_give_one_charge(ctx, sandbox, bill, number):
    link = token(ctx, number)
    first = start(ctx, bill, link)
    second = start(ctx, bill, link, key="j" * 24)
    assert paying.row(ctx, first.number).state is PaymentState.CANCELLED
    confirm_at_bank(ctx, sandbox, second)
    confirm_draft.outcome(
        ctx, token=link, payment_no=second.number, who=people.owner(bill.customer)
    )
    assert len(paying.charges(sandbox)) == 1


@pytest.mark.parametrize("cents", [1, 0, 6609])
def test_another_sum_than_the_page_showed_takes_nothing(ctx, sandbox, bill, number, cents):
    with pytest.raises(rules.AmountChanged):
        start(ctx, bill, token(ctx, number), cents=cents)
    assert paying.charges(sandbox) == []


def test_a_bill_that_was_paid_meanwhile_has_nothing_to_confirm(ctx, database, bill, number):
    bills.pay(database, bill.invoice)
    link = token(ctx, number)
    assert stands(ctx, link) is Stands.PAID
    with pytest.raises(rules.NothingToPay):
        start(ctx, bill, link)


def test_a_payment_on_its_way_is_waited_for(ctx, database, bill, number):
    bills.begin_payment(database, bill.invoice)
    link = token(ctx, number)
    assert stands(ctx, link) is Stands.UNDER_WAY
    with pytest.raises(rules.PaymentUnderWay):
        start(ctx, bill, link)


def test_whoever_left_autopay_confirms_nothing_any_more(ctx, bill, number):
    link = token(ctx, number)
    autopay.leave(
        ctx,
        customer_id=bill.customer.id,
        policy_no=bill.policy.number,
        who=people.owner(bill.customer),
    )
    assert stands(ctx, link) is Stands.CANCELLED
    with pytest.raises(rules.NothingToPay):
        start(ctx, bill, link)


def test_a_removed_card_confirms_nothing_any_more(ctx, bill, card, number):
    link = token(ctx, number)
    keep_method.remove(
        ctx, customer_id=bill.customer.id, number=card, who=people.owner(bill.customer)
    )
    assert stands(ctx, link) is Stands.CANCELLED


def test_the_link_ends_with_its_day(ctx, sandbox, clock, bill, number):
    link = token(ctx, number)
    last_on = drafting.row(ctx, number).due_on
    drafting.to_day(ctx, clock, sandbox, last_on)
    drafting.collect(ctx)
    assert stands(ctx, link) is Stands.OPEN
    clock.advance(datetime.timedelta(days=1))
    with pytest.raises(confirm_draft.LinkOver):
        confirm_draft.look(ctx, token=link)


@pytest.mark.parametrize("forged", ["", "x", "{}", "a.b.c"])
def test_a_forged_link_is_none(ctx, number, forged):
    with pytest.raises(confirm_draft.LinkOver):
        confirm_draft.look(ctx, token=forged.format(number))


def test_a_link_to_a_draft_that_is_none_is_none(ctx):
    made = confirm_link.link(ctx, draft_no="DRF-0", until_on=ctx.clock.today())
    with pytest.raises(confirm_draft.LinkOver):
        confirm_draft.look(ctx, token=made.rpartition("/")[2])


def test_payments_that_are_none_of_the_draft_are_not_shown(ctx, bill, number):
    other = paying.begin(ctx, bill.customer)
    found = confirm_draft.outcome(
        ctx,
        token=token(ctx, number),
        payment_no=other.number,
        who=people.owner(bill.customer),
    )
    assert found is None


def test_a_link_is_tried_ten_times_in_a_while(ctx, sandbox, bill, number):
    link = token(ctx, number)
    for n in range(confirm_draft.TRIES_PER_DRAFT):
        with pytest.raises(rules.AmountChanged):
            start(ctx, bill, link, cents=1, key=f"{n:024d}")
    with pytest.raises(throttling.TooManyTries):
        start(ctx, bill, link)
    assert paying.charges(sandbox) == []

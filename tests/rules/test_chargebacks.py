"""What can happen to a chargeback in each state, as a whole; and what stands while it is there."""

from __future__ import annotations

import pytest

from portal.domain.ledger import rules as ledger
from portal.domain.payments import rules
from portal.domain.payments.states import ChargebackState

State, Event = ChargebackState, rules.ChargebackEvent
BEGINNINGS = {State.WARNING_NEEDS_RESPONSE, State.NEEDS_RESPONSE}


def test_every_state_is_reached_from_a_beginning():
    reached = set(BEGINNINGS)
    for _ in State:
        reached |= {to for frm, _, to in rules.CHARGEBACKS.full_product() if frm in reached and to}
    assert reached == set(State)


def test_each_event_leads_to_the_state_that_stripe_names():
    for frm, event, to in rules.CHARGEBACKS.full_product():
        if to is not None:
            assert to is rules.CHARGEBACK_STATES[event], (frm, event)


def test_what_stripe_said_before_never_undoes_what_it_said_later():
    order = (Event.INQUIRE, Event.REVIEW_INQUIRY, Event.CLAIM, Event.REVIEW, Event.WIN)
    for place, event in enumerate(order):
        state = rules.CHARGEBACK_STATES[event]
        for earlier in order[:place]:
            assert not rules.CHARGEBACKS.allows(state, earlier), (state, earlier)


@pytest.mark.parametrize("state", State)
def test_every_status_of_stripe_is_known_and_only_those(state):
    assert rules.CHARGEBACK_STATES[rules.chargeback_event(str(state))] is state
    with pytest.raises(ValueError, match="unknown status"):
        rules.chargeback_event(f"{state}_more")


def test_refunds_are_locked_while_the_bank_claims_and_after_it_kept_the_money():
    free = set(State) - rules.LOCKING
    assert free == {
        State.WARNING_NEEDS_RESPONSE,
        State.WARNING_UNDER_REVIEW,
        State.WARNING_CLOSED,
        State.WON,
    }


def sums(postings):
    return {str(posting.account): posting.cents for posting in postings}


def test_a_chargeback_is_posted_as_the_books_say():
    taken = ledger.chargeback_moved(amount_cents=-6_606, fee_cents=1_500)
    assert sums(taken) == {"1030": 6_606, "5200": 1_500, "1010": -8_106}
    back = ledger.chargeback_moved(amount_cents=6_606, fee_cents=0)
    assert sums(back) == {"1030": -6_606, "1010": 6_606}
    charge = ledger.Charge(kind="premium", cents=6_000, customer_id=1, invoice_id=2)
    lost = ledger.chargeback_lost(
        taken=[charge], unapplied_cents=100, owed_cents=6, absorbed_cents=500, customer_id=1
    )
    assert sums(lost) == {"1100": 6_000, "2210": 100, "2300": 6, "5200": 500, "1030": -6_606}

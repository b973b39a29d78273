"""A pet has died: told once, everything stops, the cover is ended, or it was a mistake."""

from __future__ import annotations

import concurrent.futures
import datetime

import pytest

from portal.domain.billing import models as billing
from portal.domain.billing.operations import holds
from portal.domain.disputes import categories, rules
from portal.domain.payments.operations import standing
from portal.domain.payments.states import AutopayEnd
from portal.journeys import (
    bereavement,
    earn_premium,
    hold_invoicing,
    mourning,
    renew_terms,
    run_billing,
    term_changes,
    term_scene,
    work_dispute,
)
from tests.support import autopaying, bills, cases, charging, jobs, paying, people, planning
from tests.support import mourning as pets

D = datetime.date
STARTS = D(2026, 8, 1)
DIED = D(2026, 11, 20)
PAUSED_UNTIL = D(2027, 1, 20)
ALL = ["autopay", "invoicing", "late_fee", "overdue"]


@pytest.fixture
def bill(database):
    """A policy from 1 August on; the bills of four months are out, and open."""
    return bills.make_bill(database, effective_on=STARTS)


def open_cents(database, bill) -> int:
    return sum(one.open_cents for one in bills.invoices_of(database, policy_id=bill.policy.id))


def test_the_estimate_is_what_the_end_then_comes_to(ctx, sandbox, database, bill):
    charging.pay(ctx, sandbox, bill.customer, *(one.number for one in bill.invoices))
    seen = bereavement.estimate(ctx, ask=pets.ask(bill), died_on=DIED)
    assert pets.holds(ctx, bill) == []
    assert seen.ends_on == DIED + datetime.timedelta(days=1)
    told = pets.tell(ctx, bill, DIED)
    assert told.facts["refund_cents"] == seen.refund_cents > 0
    paying.assert_books(ctx)
    assert pets.case(ctx, bill).disputed_cents == seen.refund_cents
    ended = pets.end_cover(ctx, bill, seen.ends_on)
    assert ended.facts["refunded_cents"] == seen.refund_cents
    jobs.run_all(ctx)
    assert open_cents(database, bill) == seen.open_cents == 0
    paying.assert_books(ctx)


def test_where_little_was_paid_the_estimate_says_what_stays_open(quiet_ctx, database, bill):
    bills.pay(database, bill.invoices[0])
    seen = bereavement.estimate(quiet_ctx, ask=pets.ask(bill), died_on=DIED)
    assert seen.refund_cents == 0
    assert seen.off_bills_cents > 0
    pets.tell(quiet_ctx, bill, DIED)
    pets.end_cover(quiet_ctx, bill, seen.ends_on)
    assert open_cents(database, bill) == seen.open_cents > 0
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_everything_stops_at_once_and_one_mail_says_so(quiet_ctx, database, bill):
    card = autopaying.card(database, bill.customer)
    autopaying.join(quiet_ctx, bill, card)
    planned = planning.schedule(
        quiet_ctx, bill, card, expected=bill.invoice.open_cents, numbers=(bill.number,)
    )
    before = pets.mails(quiet_ctx)
    pets.tell(quiet_ctx, bill, DIED)
    assert pets.mails(quiet_ctx)[len(before) :] == ["bereavement"]
    assert autopaying.ended(quiet_ctx, bill) == [AutopayEnd.PET_DIED]
    assert planning.waiting(quiet_ctx, bill) == (), planned
    assert pets.holds(quiet_ctx, bill) == ALL
    assert pets.died_on(quiet_ctx, bill) == DIED
    case = pets.case(quiet_ctx, bill)
    assert (case.category, case.priority) == (
        categories.Category.BEREAVEMENT,
        categories.Priority.P2,
    )
    paying.assert_books(quiet_ctx, with_stripe=False)
    text = paying.mail(quiet_ctx, "bereavement")
    assert "We are very sorry that Biscuit has died" in text
    assert "/pay" not in text
    assert f"/policies/{bill.policy.number}/bereavement" in text


def test_a_second_press_and_a_second_tab_do_it_once(quiet_ctx, bill):
    first = pets.tell(quiet_ctx, bill, DIED)
    assert pets.tell(quiet_ctx, bill, DIED).number == first.number
    with pytest.raises(bereavement.ToldAlready):
        pets.tell(quiet_ctx, bill, DIED, key="another tab")
    assert pets.mails(quiet_ctx) == ["bereavement"]
    paying.assert_books(quiet_ctx, with_stripe=False)


@pytest.mark.parametrize(
    ("day", "refusal"),
    [
        (D(2026, 11, 25), bereavement.DeathAhead),
        (D(2026, 7, 31), bereavement.DeathBeforeTerm),
    ],
)
def test_a_day_that_cannot_be_is_refused(quiet_ctx, bill, day, refusal):
    with pytest.raises(refusal):
        pets.tell(quiet_ctx, bill, day)
    assert pets.holds(quiet_ctx, bill) == []


def test_a_day_after_the_cover_is_refused(quiet_ctx, database):
    bill = bills.make_bill(database, effective_on=D(2025, 11, 20), plan="in_full")
    with pytest.raises(bereavement.DeathAfterCover):
        pets.tell(quiet_ctx, bill, D(2026, 11, 20))
    assert pets.tell(quiet_ctx, bill, D(2026, 11, 19)).facts["refund_cents"] == 0


def test_a_stranger_cannot_tell_it(quiet_ctx, database, bill):
    order = term_changes.Ask(
        policy_no=bill.policy.number,
        once_key="x",
        who=people.owner(bill.customer),
        customer_id=bill.customer.id + 1,
    )
    with pytest.raises(term_scene.NoSuchPolicy):
        bereavement.tell(quiet_ctx, ask=order, died_on=DIED)


def test_the_owner_changes_and_joins_nothing_meanwhile(quiet_ctx, database, bill):
    card = autopaying.card(database, bill.customer)
    pets.tell(quiet_ctx, bill, DIED)
    with pytest.raises(term_scene.PolicyHeld):
        term_changes.pay_in_full(quiet_ctx, ask=pets.ask(bill, "full"))
    with pytest.raises(standing.PolicyStopped):
        autopaying.join(quiet_ctx, bill, card)


def test_a_mistake_is_taken_back_and_autopay_stays_off(quiet_ctx, database, bill):
    card = autopaying.card(database, bill.customer)
    autopaying.join(quiet_ctx, bill, card)
    pets.tell(quiet_ctx, bill, DIED)
    case = pets.case(quiet_ctx, bill)
    with pytest.raises(work_dispute.TakenBackAtThePolicy):
        work_dispute.withdraw(
            quiet_ctx,
            number=case.number,
            customer_id=bill.customer.id,
            who=people.owner(bill.customer),
        )
    before = pets.mails(quiet_ctx)
    pets.take_back(quiet_ctx, bill)
    pets.take_back(quiet_ctx, bill)
    assert pets.holds(quiet_ctx, bill) == []
    assert pets.died_on(quiet_ctx, bill) is None
    assert pets.case(quiet_ctx, bill).state is rules.CaseState.WITHDRAWN
    assert autopaying.running(quiet_ctx, bill) is None
    assert pets.mails(quiet_ctx) == before
    paying.assert_books(quiet_ctx, with_stripe=False)
    autopaying.join(quiet_ctx, bill, card)
    pets.tell(quiet_ctx, bill, DIED, key="told again")
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_nothing_is_taken_back_twice_or_once_it_is_settled(quiet_ctx, bill):
    with pytest.raises(bereavement.NotTold):
        pets.take_back(quiet_ctx, bill)
    pets.tell(quiet_ctx, bill, DIED)
    pets.end_cover(quiet_ctx, bill, DIED + datetime.timedelta(days=1))
    with pytest.raises(term_scene.CancelledAlready):
        pets.take_back(quiet_ctx, bill)


def decide(ctx, database, bill, outcome):
    person = people.make_staff(database, "specialist")
    number = pets.case(ctx, bill).number
    cases.take(ctx, number, person)
    return cases.resolve(ctx, number, person, cases.decision(outcome=outcome))


def test_the_case_is_closed_once_the_cover_has_ended_and_stays_silent(
    quiet_ctx, database, clock, bill
):
    pets.tell(quiet_ctx, bill, DIED)
    with pytest.raises(mourning.CoverNotEnded):
        decide(quiet_ctx, database, bill, rules.Outcome.UPHELD)
    pets.end_cover(quiet_ctx, bill, DIED + datetime.timedelta(days=1))
    decide(quiet_ctx, database, bill, rules.Outcome.UPHELD)
    assert pets.holds(quiet_ctx, bill) == ALL
    assert pets.mails(quiet_ctx) == ["bereavement", "bereavement_word"]
    clock.set(bills.at(D(2026, 12, 30)))
    assert run_billing.run(quiet_ctx, on=clock.today()) == 0
    earn_premium.run(quiet_ctx, on=clock.today())
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_where_it_was_not_so_the_bills_go_on(quiet_ctx, database, bill):
    pets.tell(quiet_ctx, bill, DIED)
    decide(quiet_ctx, database, bill, rules.Outcome.DECLINED)
    assert pets.holds(quiet_ctx, bill) == []
    assert pets.died_on(quiet_ctx, bill) is None
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_policy_that_is_reinstated_is_billed_again(quiet_ctx, database, clock, bill):
    pets.tell(quiet_ctx, bill, DIED)
    pets.end_cover(quiet_ctx, bill, DIED + datetime.timedelta(days=1))
    order = term_changes.Ask(policy_no=bill.policy.number, once_key="back", who=pets.STAFF)
    term_changes.reinstate(quiet_ctx, ask=order)
    assert pets.holds(quiet_ctx, bill) == []
    assert pets.died_on(quiet_ctx, bill) is None
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_pause_of_billing_by_the_desk_is_taken_over(quiet_ctx, database, bill):
    with database.unit_of_work() as session:
        holds.place(
            session,
            kind=billing.HoldKind.INVOICING,
            customer_id=bill.customer.id,
            subject=bill.policy.number,
            line_number=None,
            amount_cents=0,
            reason="asked for",
            owner="desk",
            now=quiet_ctx.clock.now(),
            expires_at=quiet_ctx.clock.now() + datetime.timedelta(days=3),
        )
    pets.tell(quiet_ctx, bill, DIED)
    assert pets.holds(quiet_ctx, bill) == ALL
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_two_tabs_at_once_do_it_once(quiet_ctx, bill):
    def press(key: str) -> bool:
        try:
            pets.tell(quiet_ctx, bill, DIED, key=key)
        except bereavement.ToldAlready:
            return False
        return True

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, ["one", "other"])) == [False, True]
    assert pets.mails(quiet_ctx) == ["bereavement"]
    paying.assert_books(quiet_ctx, with_stripe=False)


def paused(ctx, bill, until=PAUSED_UNTIL):
    """The desk pauses billing."""
    hold_invoicing.place(
        ctx, policy_no=bill.policy.number, last_on=until, reason="Hospital.", who=pets.STAFF
    )


def pause(ctx, bill):
    with ctx.database.reading() as session:
        found = hold_invoicing.standing(session, policy_no=bill.policy.number)
        return found and (found.owner, found.reason, found.expires_at)


def test_a_pause_by_the_desk_stands_again_once_it_was_a_mistake(quiet_ctx, bill):
    paused(quiet_ctx, bill)
    before = pause(quiet_ctx, bill)
    pets.tell(quiet_ctx, bill, DIED)
    assert pause(quiet_ctx, bill)[0] == pets.case(quiet_ctx, bill).number
    pets.take_back(quiet_ctx, bill)
    assert pause(quiet_ctx, bill) == before
    hold_invoicing.end(quiet_ctx, policy_no=bill.policy.number, reason="Out again.", who=pets.STAFF)
    assert pets.holds(quiet_ctx, bill) == []


def test_a_pause_whose_day_is_past_does_not_come_back(quiet_ctx, clock, bill):
    paused(quiet_ctx, bill, D(2026, 11, 26))
    pets.tell(quiet_ctx, bill, DIED)
    clock.set(bills.at(D(2026, 11, 27)))
    pets.take_back(quiet_ctx, bill)
    assert pets.holds(quiet_ctx, bill) == []


def test_a_pause_that_the_desk_ended_since_does_not_come_back(quiet_ctx, clock, bill):
    """A policy that ends and goes on later has no death behind it any more."""
    paused(quiet_ctx, bill)
    pets.tell(quiet_ctx, bill, DIED)
    pets.take_back(quiet_ctx, bill)
    hold_invoicing.end(quiet_ctx, policy_no=bill.policy.number, reason="Out again.", who=pets.STAFF)
    pets.end_cover(quiet_ctx, bill, clock.today())
    back = term_changes.Ask(policy_no=bill.policy.number, once_key="back", who=pets.STAFF)
    term_changes.reinstate(quiet_ctx, ask=back)
    assert pets.holds(quiet_ctx, bill) == []


def test_a_death_on_the_last_day_of_a_term_owes_nothing_for_the_next_one(
    quiet_ctx, database, clock
):
    bill = bills.make_bill(database, effective_on=D(2026, 1, 8))
    bills.pay(database, *bill.invoices)
    renew_terms.run(quiet_ctx, on=clock.today())
    clock.set(bills.at(D(2026, 12, 20)))
    run_billing.run(quiet_ctx, on=clock.today())
    clock.set(bills.at(D(2027, 1, 7)))
    told = pets.tell(quiet_ctx, bill, D(2027, 1, 7))
    assert (told.facts["refund_cents"], told.facts["open_cents"]) == (0, 0)
    assert told.facts["off_bills_cents"] == open_cents(database, bill) > 0
    pets.end_cover(quiet_ctx, bill, D(2027, 1, 8))
    assert open_cents(database, bill) == 0
    paying.assert_books(quiet_ctx, with_stripe=False)

"""A debt in parts: proposed, agreed to by rule or a person, followed to its end, ended."""

from __future__ import annotations

import concurrent.futures
import datetime

import pytest
import sqlalchemy as sa

from portal.domain.approvals import rules as approvals
from portal.domain.billing.queries import arranged
from portal.domain.billing.rules import arranging
from portal.domain.payments import rules
from portal.domain.payments.queries import arrangement_parts
from portal.domain.wallet import consents
from portal.journeys import arrange, decide_arrangement, planned, propose_arrangement
from portal.kernel import actor, transitions
from tests.support import bills, cases, paying, people, planning

pytestmark = pytest.mark.usefixtures("books_hold")


@pytest.fixture
def bill(database):
    return planning.late_bill(database)


@pytest.fixture
def card(ctx, sandbox, bill):
    return paying.save_card(ctx, sandbox, bill.customer)


@pytest.fixture
def big(database):
    return planning.big_bill(database)


def staff(database, role="specialist", **given):
    person = people.make_staff(database, role, **given)
    return actor.Actor(
        kind=actor.ActorKind.STAFF, label=person.name, id=person.id, role=str(person.role)
    )


def follow(ctx, number):
    with ctx.database.unit_of_work() as session:
        arrange.follow(session, ctx, arrangement_id=planning.found(ctx, number).id)


def end_draft(ctx, number, state):
    with ctx.database.unit_of_work() as session:
        session.execute(
            sa.text(
                "UPDATE draft SET state = :state, due_on = NULL, ended_at = now()"
                " WHERE number = :number"
            ),
            {"state": state, "number": number},
        )


def test_a_small_debt_is_agreed_to_at_once_and_its_parts_are_planned(ctx, sandbox, bill, card):
    done = planning.propose(ctx, bill, card)
    assert done.state == "active"
    assert [(d.draft_on.isoformat(), d.amount_cents) for d in planning.waiting(ctx, bill)] == [
        ("2026-12-01", 2203),
        ("2026-12-08", 2203),
        ("2026-12-15", 2202),
    ]
    assert {d.kind for d in planning.waiting(ctx, bill)} == {"arrangement"}
    with ctx.database.reading() as session:
        (agreed,) = consents.given(session, customer_id=bill.customer.id, subject=done.number)
    assert agreed.version == "arrangement-2026-11"
    assert "$22.03 on 1 Dec 2026, $22.03 on 8 Dec 2026, $22.02 on 15 Dec 2026" in agreed.text
    assert paying.mails(ctx, "arrangement_agreed") == 1
    assert paying.charges(sandbox) == []


def test_a_form_that_is_sent_twice_proposes_once(ctx, bill, card):
    assert planning.propose(ctx, bill, card) == planning.propose(ctx, bill, card)
    assert len(planning.waiting(ctx, bill)) == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"count": 2},
        {"every": arranging.Every.MONTH},
        {"first_on": planning.FIRST + datetime.timedelta(days=1)},
    ],
)
def test_a_form_that_was_changed_since_it_was_sent_is_refused(ctx, bill, card, changed):
    planning.propose(ctx, bill, card)
    with pytest.raises(rules.AmountChanged):
        planning.propose(ctx, bill, card, **changed)


def test_a_form_that_now_names_another_card_is_refused(ctx, sandbox, bill, card):
    planning.propose(ctx, bill, card)
    other = paying.save_card(ctx, sandbox, bill.customer, "5555555555554444")
    with pytest.raises(rules.AmountChanged):
        planning.propose(ctx, bill, other)


def test_one_at_a_time(ctx, bill, card):
    planning.propose(ctx, bill, card)
    with pytest.raises(propose_arrangement.RunningAlready):
        planning.propose(ctx, bill, card, key="k" * 20)


def test_two_tabs_in_the_same_moment_propose_once(ctx, bill, card):
    def press(key):
        try:
            return planning.propose(ctx, bill, card, key=key).state
        except propose_arrangement.RunningAlready:
            return ""

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, ["j" * 20, "k" * 20])) == ["", "active"]
    assert len(planning.waiting(ctx, bill)) == 3


def test_another_sum_than_was_shown_proposes_nothing(ctx, database, bill, card):
    bills.pay(database, bill.invoice, cents=1000)
    with pytest.raises(rules.AmountChanged):
        planning.propose(ctx, bill, card)
    assert planning.waiting(ctx, bill) == ()


def test_a_bill_that_is_due_later_or_anothers_is_no_debt(ctx, database, bill, card):
    theirs = bills.make_bill(database)
    for numbers in ((theirs.number,), (bill.number, theirs.number), ("INV-0",)):
        with pytest.raises(propose_arrangement.NoDebt):
            planning.propose(ctx, bill, card, numbers=numbers)


def test_a_debt_below_two_parts_is_too_small(ctx, database, bill, card):
    bills.pay(database, bill.invoice, cents=bill.invoice.open_cents - 1999)
    with pytest.raises(propose_arrangement.TooSmall):
        planning.propose(ctx, bill, card, expected=1999, count=2)


def test_a_removed_method_proposes_nothing(ctx, bill, card):
    with pytest.raises(rules.MethodGone):
        planning.propose(ctx, bill, "MTH-0")
    assert planning.waiting(ctx, bill) == ()


def test_autopay_leaves_the_bill_to_the_parts(ctx, bill, card):
    by_autopay = planning.by_autopay(ctx, bill, card)
    planning.propose(ctx, bill, card)
    assert by_autopay not in [draft.number for draft in planning.waiting(ctx, bill)]
    with ctx.database.reading() as session:
        ids = arranged.arranged_invoice_ids(session, invoice_ids=[bill.invoice.id, 999])
    assert ids == {bill.invoice.id}


def test_a_payment_that_is_planned_already_stands_in_the_way(ctx, bill, card):
    number = planning.schedule(ctx, bill, card, cents=1000, expected=1000)
    with pytest.raises(arrange.PlannedToo):
        planning.propose(ctx, bill, card)
    planning.cancel(ctx, bill, number)
    planning.propose(ctx, bill, card)
    with pytest.raises(planned.InParts):
        planning.schedule(ctx, bill, card, key="k" * 20)


def test_much_waits_for_a_person_and_plans_nothing(ctx, sandbox, big):
    card = paying.save_card(ctx, sandbox, big.customer)
    done = planning.propose(ctx, big, card)
    assert done.state == "proposed"
    assert planning.waiting(ctx, big) == ()
    assert paying.mails(ctx, "arrangement_received") == 1
    with pytest.raises(planned.InParts):
        planning.schedule(ctx, big, card, expected=big.invoice.open_cents)


def test_a_disputed_bill_waits_for_a_person(ctx, bill, card):
    cases.raise_case(ctx, bill.customer, invoice_no=bill.number, line_numbers=[3])
    with ctx.database.reading() as session:
        (debt,) = propose_arrangement.debt(
            session, customer_id=bill.customer.id, today=ctx.clock.today()
        )
    assert planning.propose(ctx, bill, card, expected=debt.payable_cents).state == "proposed"


@pytest.fixture
def asked(ctx, sandbox, big):
    return planning.propose(ctx, big, paying.save_card(ctx, sandbox, big.customer)).number


def test_a_specialist_agrees_and_the_parts_are_planned(ctx, database, big, asked):
    decide_arrangement.approve(ctx, number=asked, who=staff(database))
    assert planning.found(ctx, asked).state == "active"
    assert planning.found(ctx, asked).decided_by == "Grace Lindqvist"
    assert len(planning.waiting(ctx, big)) == 3
    assert paying.mails(ctx, "arrangement_agreed") == 1
    for again in (decide_arrangement.approve, decline):
        with pytest.raises(transitions.NotAllowed):
            again(ctx, number=asked, who=staff(database))


def decline(ctx, *, number, who, reason="Please pay the first half now."):
    decide_arrangement.decline(ctx, number=number, reason=reason, who=who)


def test_a_specialist_declines_with_a_reason_that_is_mailed(ctx, database, big, asked):
    with pytest.raises(approvals.ReasonMissing):
        decline(ctx, number=asked, who=staff(database), reason=" \x00 ")
    decline(ctx, number=asked, who=staff(database))
    assert (planning.found(ctx, asked).state, planning.found(ctx, asked).answer) == (
        "declined",
        "Please pay the first half now.",
    )
    with ctx.database.reading() as session:
        text = session.scalar(
            sa.text("SELECT text FROM mail WHERE template = 'arrangement_declined'")
        )
    assert "Please pay the first half now." in text
    assert planning.waiting(ctx, big) == ()


def test_finance_decides_nothing_and_much_is_a_supervisors(ctx, database, asked):
    with database.unit_of_work() as session:
        session.execute(sa.text("UPDATE arrangement SET total_cents = 200001"))
    for role in ("finance", "specialist"):
        with pytest.raises(decide_arrangement.NotForThisRole):
            decide_arrangement.approve(ctx, number=asked, who=staff(database, role))
    decide_arrangement.approve(ctx, number=asked, who=staff(database, "supervisor"))


def test_nobody_decides_on_their_own_debt(ctx, database, big, asked):
    me = staff(database, email=big.customer.email)
    for act in (decide_arrangement.approve, decline):
        with pytest.raises(decide_arrangement.OwnDebt):
            act(ctx, number=asked, who=me)
    assert planning.found(ctx, asked).state == "proposed"


def test_days_that_passed_while_it_waited_are_not_agreed_to(ctx, clock, database, big, asked):
    clock.advance(datetime.timedelta(days=8))
    with pytest.raises(arrange.FirstDayOver):
        decide_arrangement.approve(ctx, number=asked, who=staff(database))
    assert planning.found(ctx, asked).state == "proposed"
    decline(ctx, number=asked, who=staff(database))


def test_what_was_paid_while_it_waited_is_not_agreed_to(ctx, database, big, asked):
    bills.pay(database, big.invoice)
    with pytest.raises(rules.NothingToPay):
        decide_arrangement.approve(ctx, number=asked, who=staff(database))
    assert planning.waiting(ctx, big) == ()


def test_two_parts_that_fail_break_it_and_the_rest_is_not_taken(ctx, bill, card):
    number = planning.propose(ctx, bill, card).number
    first, second, _third = planning.waiting(ctx, bill)
    end_draft(ctx, first.number, "failed")
    follow(ctx, number)
    assert planning.found(ctx, number).state == "active"
    end_draft(ctx, second.number, "failed")
    for _ in range(2):
        follow(ctx, number)
    assert planning.found(ctx, number).state == "broken"
    assert planning.waiting(ctx, bill) == ()
    assert paying.mails(ctx, "arrangement_ended") == 1
    with ctx.database.reading() as session:
        parts = arrangement_parts.states(session, arrangement_id=planning.found(ctx, number).id)
    assert [part.state for part in parts] == ["failed", "failed", "cancelled"]


def test_whoever_broke_one_waits_for_a_person_for_a_year(ctx, bill, card):
    test_two_parts_that_fail_break_it_and_the_rest_is_not_taken(ctx, bill, card)
    assert planning.propose(ctx, bill, card, key="k" * 20).state == "proposed"


def test_it_is_kept_once_its_bills_are_paid_however_they_were(ctx, database, bill, card):
    number = planning.propose(ctx, bill, card).number
    bills.pay(database, bill.invoice)
    follow(ctx, number)
    assert planning.found(ctx, number).state == "kept"
    assert planning.waiting(ctx, bill) == ()


def test_nothing_happens_while_parts_wait(ctx, bill, card):
    number = planning.propose(ctx, bill, card).number
    follow(ctx, number)
    assert planning.found(ctx, number).state == "active"
    assert len(planning.waiting(ctx, bill)) == 3


def test_the_customer_ends_it_and_nobody_else(ctx, database, bill, card):
    number = planning.propose(ctx, bill, card).number
    with pytest.raises(arrange.NoSuchArrangement):
        planning.end(ctx, bill, number, who=people.make_customer(database))
    for _ in range(2):
        planning.end(ctx, bill, number)
    assert planning.found(ctx, number).state == "cancelled"
    assert planning.waiting(ctx, bill) == ()
    assert paying.mails(ctx, "arrangement_ended") == 1


def test_a_proposal_can_be_taken_back(ctx, database, big, asked):
    planning.end(ctx, big, asked)
    with pytest.raises(transitions.NotAllowed):
        decide_arrangement.approve(ctx, number=asked, who=staff(database))

"""The queue: order, views, search, pages by key, and taking the next fairly."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.disputes import models
from portal.domain.disputes.operations import stepping, working
from portal.domain.disputes.queries import queue
from portal.domain.disputes.rules import CaseState
from portal.domain.reports.queries import desk_counts
from portal.journeys import answer_dispute, work_dispute
from portal.kernel import business_clock
from tests.support import bills, cases, people

HOURS = datetime.timedelta(hours=1)


@pytest.fixture
def grace(database):
    return people.make_staff(database)


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def three(quiet_ctx, bill, clock):
    """Three cases: P3 first raised, then P2, then P1."""
    numbers = []
    for line, category in ((1, "fee"), (2, "wrong_amount"), (3, "charged_twice")):
        numbers.append(
            cases.raise_case(
                quiet_ctx,
                bill.customer,
                invoice_no=bill.number,
                line_numbers=[line],
                category=category,
            )
        )
        clock.advance(HOURS)
    return numbers


def page(ctx, person, **given):
    with ctx.database.reading() as session:
        return queue.queue_page(session, staff_id=person.id, now=ctx.clock.now(), **given)


def shown(ctx, person, **given) -> list[str]:
    return [row.number for row in page(ctx, person, **given).rows]


def test_the_most_urgent_stands_first(quiet_ctx, grace, three):
    assert shown(quiet_ctx, grace) == three[::-1]


def test_pages_follow_each_other_by_key_without_gap_or_repeat(quiet_ctx, grace, three):
    seen, cursor = [], ""
    for _ in three:
        found = page(quiet_ctx, grace, size=1, cursor=cursor)
        seen += [row.number for row in found.rows]
        cursor = found.next
    assert seen == three[::-1]
    assert cursor == ""


@pytest.mark.parametrize("cursor", ["x", "WyJQMSIsIngiLDFd", "e30"])
def test_a_broken_cursor_means_the_first_page(quiet_ctx, grace, three, cursor):
    assert shown(quiet_ctx, grace, cursor=cursor) == three[::-1]


def test_each_view_shows_and_counts_its_own(quiet_ctx, database, grace, three, clock):
    low, middle, high = three
    cases.take(quiet_ctx, high, grace)
    answer_dispute.ask(
        quiet_ctx, number=middle, version=1, words="Which?", once_key="q", who=cases.staff(grace)
    )
    clock.advance(datetime.timedelta(days=3))
    views = {view: shown(quiet_ctx, grace, view=view) for view in queue.View}
    assert views == {
        "all": [high, middle, low],
        "mine": [high, middle],
        "nobodys": [low],
        "late": [high, low],
        "waiting": [middle],
    }
    with database.reading() as session:
        counts = desk_counts.cases(session, staff_id=grace.id, now=clock.now())
    counted = (counts.all_open, counts.mine, counts.nobodys, counts.late, counts.waiting)
    assert counted == tuple(len(found) for found in views.values())


def test_filters_narrow_a_view(quiet_ctx, grace, three):
    low, middle, _ = three
    assert shown(quiet_ctx, grace, category=cases.Category.FEE) == [low]
    assert shown(quiet_ctx, grace, priority="P2") == [middle]
    assert shown(quiet_ctx, grace, priority="P1", category=cases.Category.FEE) == []


def test_search_finds_numbers_however_they_are_typed(quiet_ctx, database, grace, bill, three):
    low = three[0]
    assert shown(quiet_ctx, grace, search=low.lower().replace("-", " ")) == [low]
    for number in (bill.number, bill.policy.number, bill.customer.number):
        assert shown(quiet_ctx, grace, search=number) == three[::-1]
    other = bills.make_bill(database)
    assert shown(quiet_ctx, grace, search=other.number) == []


def test_search_finds_the_beginnings_of_names_and_mail(quiet_ctx, database, grace, three):
    zoe = people.make_customer(
        database, first_name="Zoë", last_name="O'Brien-Ito", email="zoe.b@mail.example"
    )
    hers = cases.raise_case(quiet_ctx, zoe, category="something_else")
    for text in ("zoë", "brien", "ito", "zoe.b@mail.exa", "o'bri", "Zoë O'B"):
        assert shown(quiet_ctx, grace, search=text) == [hers], text
    for text in ("nobody", "'); drop", "&|!:*", "\x00", "()"):
        assert shown(quiet_ctx, grace, search=text) == []


def test_search_in_all_finds_closed_cases_too(quiet_ctx, grace, bill, three):
    low = three[0]
    work_dispute.withdraw(
        quiet_ctx, number=low, customer_id=bill.customer.id, who=people.owner(bill.customer)
    )
    assert low not in shown(quiet_ctx, grace)
    assert shown(quiet_ctx, grace, search=low) == [low]
    assert shown(quiet_ctx, grace, search=low, view=queue.View.NOBODYS) == []


def test_the_next_is_the_most_urgent_and_each_is_given_once(quiet_ctx, grace, three):
    who = cases.staff(grace)
    assert [work_dispute.take_next(quiet_ctx, who=who) for _ in range(4)] == [*three[::-1], None]


def test_two_specialists_at_once_get_two_cases(quiet_ctx, database, grace, three):
    tomas = people.make_staff(database, name="Tomas Reyes")
    hours = business_clock.BusinessClock(quiet_ctx.clock.zone)
    now = quiet_ctx.clock.now()
    with database.unit_of_work() as first, database.unit_of_work() as second:
        mine = working.take_next(first, who=cases.staff(grace), hours=hours, now=now)
        theirs = working.take_next(second, who=cases.staff(tomas), hours=hours, now=now)
    assert [mine, theirs] == [three[2], three[1]]
    assert cases.row(database, mine).owner_id == grace.id
    assert cases.row(database, theirs).owner_id == tomas.id


def test_nobody_takes_more_than_their_hands_hold(quiet_ctx, grace, three):
    who = cases.staff(grace)
    work_dispute.take_next(quiet_ctx, who=who, most=2)
    work_dispute.take_next(quiet_ctx, who=who, most=2)
    with pytest.raises(working.HandsFull):
        work_dispute.take_next(quiet_ctx, who=who, most=2)


def test_a_case_that_waits_for_the_customer_does_not_fill_hands(quiet_ctx, grace, three):
    who = cases.staff(grace)
    taken = work_dispute.take_next(quiet_ctx, who=who, most=1)
    version = cases.row(quiet_ctx.database, taken).version
    answer_dispute.ask(
        quiet_ctx, number=taken, version=version, words="Which?", once_key="q", who=who
    )
    assert work_dispute.take_next(quiet_ctx, who=who, most=1) == three[1]


def test_a_case_is_given_to_a_colleague_who_works_cases(quiet_ctx, database, grace, three):
    omar = people.make_staff(database, "supervisor", name="Omar Haddad")
    ada = people.make_staff(database, "finance", name="Ada Brandt")
    given = {"number": three[0], "version": 1, "who": cases.staff(omar)}
    with pytest.raises(working.NoSuchColleague):
        work_dispute.assign(quiet_ctx, to_staff_id=ada.id, **given)
    work_dispute.assign(quiet_ctx, to_staff_id=grace.id, **given)
    case = cases.row(database, three[0])
    assert (case.state, case.owner_id) == (CaseState.OPEN, grace.id)
    with database.reading() as session:
        load = {s.name: (s.running, s.waiting) for s in queue.staff_with_load(session)}
    assert load == {"Grace Lindqvist": (1, 0), "Omar Haddad": (0, 0)}


def test_a_reply_to_a_case_that_changed_is_refused_and_nothing_is_sent(
    quiet_ctx, database, grace, bill, three
):
    number = three[0]
    answer_dispute.customer_wrote(
        quiet_ctx,
        number=number,
        customer_id=bill.customer.id,
        words="Found it!",
        once_key="m",
        who=people.owner(bill.customer),
    )
    with pytest.raises(stepping.StaleCase):
        answer_dispute.reply(
            quiet_ctx,
            number=number,
            version=1,
            words="Hello.",
            once_key="r",
            who=cases.staff(grace),
        )
    assert [m.template for m in cases.mails(database, number)] == ["dispute_received"]


def test_a_reply_sent_twice_is_one_reply(quiet_ctx, database, grace, three):
    given = {"number": three[0], "version": 1, "words": "Hello.", "once_key": "r"}
    assert answer_dispute.reply(quiet_ctx, who=cases.staff(grace), **given)
    assert not answer_dispute.reply(quiet_ctx, who=cases.staff(grace), **given)
    with database.reading() as session:
        found = session.scalar(
            sa.select(sa.func.count())
            .select_from(models.Message)
            .where(models.Message.author_kind == "staff")
        )
    assert found == 1


def test_a_note_makes_nobodys_page_stale(quiet_ctx, database, grace, three):
    answer_dispute.note(
        quiet_ctx, number=three[0], words="Call first.", once_key="n", who=cases.staff(grace)
    )
    assert cases.row(database, three[0]).version == 1

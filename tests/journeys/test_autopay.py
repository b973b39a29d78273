"""Autopay joined, changed and left: what is agreed to, announced, moved and called off."""

from __future__ import annotations

import concurrent.futures
import datetime

import pytest
import sqlalchemy as sa

from portal.domain.payments import models
from portal.domain.payments.operations import standing
from portal.domain.payments.states import AutopayEnd, DraftState
from portal.domain.wallet import consents
from portal.journeys import autopay, keep_method
from tests.support import autopaying, bills, drafting, paying, people

DAY = datetime.date


@pytest.fixture
def bill(database):
    """Due on 28 November, in four days."""
    return bills.make_bill(database)


@pytest.fixture
def later(database):
    """Due on 12 December, so that it can be announced in time."""
    return bills.make_bill(database, effective_on=DAY(2026, 12, 12))


def test_joining_keeps_what_was_agreed_to_and_announces_the_open_bill(quiet_ctx, later):
    card = autopaying.card(quiet_ctx.database, later.customer)
    found = autopaying.join(quiet_ctx, later, card, days_before=3)
    (told,) = found.announced
    assert (told.invoice_no, told.cents) == (later.number, later.invoice.total_cents)
    assert (told.draft_on, told.is_late) == (DAY(2026, 12, 9), False)
    draft = autopaying.drafts(quiet_ctx, later)[0]
    assert (draft.state, draft.method_no, draft.draft_on) == ("planned", card, DAY(2026, 12, 9))
    with quiet_ctx.database.reading() as session:
        (given,) = consents.given(
            session, customer_id=later.customer.id, subject=later.policy.number
        )
    assert "each bill of Biscuit" in given.text
    assert (given.kind, given.method_label) == ("autopay", "visa 4242")
    text = paying.mail(quiet_ctx, "autopay_joined")
    assert "We take $66.08 on Wednesday 9 December 2026." in text


def test_a_bill_that_is_due_too_soon_is_said_to_be_taken_late(quiet_ctx, bill):
    card = autopaying.card(quiet_ctx.database, bill.customer)
    found = autopaying.join(quiet_ctx, bill, card)
    assert [told.draft_on for told in found.late] == [DAY(2026, 12, 4)]
    assert "after the due day, Saturday 28 November" in paying.mail(quiet_ctx, "autopay_joined")


def test_joining_twice_is_refused_and_announces_nothing_more(quiet_ctx, bill):
    card = autopaying.card(quiet_ctx.database, bill.customer)
    autopaying.join(quiet_ctx, bill, card)
    with pytest.raises(standing.AutopayOn):
        autopaying.join(quiet_ctx, bill, card)
    assert len(autopaying.drafts(quiet_ctx, bill)) == 1


def test_joining_in_the_same_moment_from_two_places_is_once(quiet_ctx, bill):
    card = autopaying.card(quiet_ctx.database, bill.customer)

    def join(_):
        try:
            return autopaying.join(quiet_ctx, bill, card)
        except standing.AutopayOn:
            return None

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = list(pool.map(join, range(2)))
    assert sum(one is not None for one in found) == 1
    assert len(autopaying.drafts(quiet_ctx, bill)) == 1
    assert paying.mails(quiet_ctx, "autopay_joined") == 1


@pytest.mark.parametrize("days_before", [-1, 1, 4, 11])
def test_only_the_offered_days_can_be_chosen(quiet_ctx, bill, days_before):
    card = autopaying.card(quiet_ctx.database, bill.customer)
    with pytest.raises(standing.DayNotOffered):
        autopaying.join(quiet_ctx, bill, card, days_before=days_before)
    assert autopaying.running(quiet_ctx, bill) is None


@pytest.mark.parametrize(
    "given",
    [
        {"removed_at": people.NOW},
        {"exp_month": 10, "exp_year": 2026},
        {"kind": "us_bank_account", "exp_month": None, "exp_year": None},
        {"kind": "us_bank_account", "mandate_state": "revoked"},
    ],
)
def test_a_method_that_cannot_be_charged_is_refused(quiet_ctx, bill, given):
    card = autopaying.card(quiet_ctx.database, bill.customer, **given)
    with pytest.raises(standing.MethodNotUsable):
        autopaying.join(quiet_ctx, bill, card)


def test_a_bank_account_with_its_mandate_can_be_used(quiet_ctx, bill):
    account = autopaying.card(
        quiet_ctx.database, bill.customer, kind="us_bank_account", mandate_state="active"
    )
    assert len(autopaying.join(quiet_ctx, bill, account).announced) == 1


def test_methods_and_policies_of_others_are_refused(quiet_ctx, database, bill):
    other = bills.make_bill(database)
    theirs = autopaying.card(database, other.customer)
    mine = autopaying.card(database, bill.customer)
    with pytest.raises(standing.MethodNotUsable):
        autopaying.join(quiet_ctx, bill, theirs)
    with pytest.raises(standing.MethodNotUsable):
        autopaying.join(quiet_ctx, bill, mine, backup=theirs)
    with pytest.raises(autopay.NoSuchPolicy):
        autopaying.join(quiet_ctx, bill, mine, policy_no=other.policy.number)


def test_the_backup_is_another_method(quiet_ctx, bill):
    card = autopaying.card(quiet_ctx.database, bill.customer)
    with pytest.raises(standing.SameBackup):
        autopaying.join(quiet_ctx, bill, card, backup=card)


def test_a_new_method_takes_the_announced_drafts_over_on_their_day(quiet_ctx, later):
    first, second = (autopaying.card(quiet_ctx.database, later.customer) for _ in range(2))
    autopaying.join(quiet_ctx, later, first)
    before = autopaying.drafts(quiet_ctx, later)[0]
    quiet_ctx.clock.advance(datetime.timedelta(days=12))
    autopaying.change(quiet_ctx, later, second)
    (after,) = autopaying.drafts(quiet_ctx, later)
    assert (after.number, after.draft_on) == (before.number, before.draft_on)
    assert (before.method_no, after.method_no) == (first, second)
    assert autopaying.ended(quiet_ctx, later) == [AutopayEnd.REPLACED]
    with quiet_ctx.database.reading() as session:
        given = consents.given(session, customer_id=later.customer.id, subject=later.policy.number)
    assert len(given) == 2


def test_another_day_is_announced_anew_ten_days_ahead(quiet_ctx, later):
    card = autopaying.card(quiet_ctx.database, later.customer)
    autopaying.join(quiet_ctx, later, card)
    autopaying.change(quiet_ctx, later, card, days_before=5)
    new, old = autopaying.drafts(quiet_ctx, later)
    assert (old.state, old.draft_on) == ("cancelled", DAY(2026, 12, 12))
    assert (new.state, new.draft_on) == ("planned", DAY(2026, 12, 7))
    assert "We take $66.08 on Monday 7 December" in paying.mail(quiet_ctx, "autopay_joined")


def test_a_day_that_is_too_near_to_be_announced_stays_as_it_was_told(quiet_ctx, later):
    card = autopaying.card(quiet_ctx.database, later.customer)
    autopaying.join(quiet_ctx, later, card)
    quiet_ctx.clock.advance(datetime.timedelta(days=9))
    autopaying.change(quiet_ctx, later, card, days_before=7)
    (only,) = autopaying.drafts(quiet_ctx, later)
    assert (only.state, only.draft_on) == ("planned", DAY(2026, 12, 12))


def test_asking_for_what_stands_already_changes_nothing(quiet_ctx, later):
    card = autopaying.card(quiet_ctx.database, later.customer)
    autopaying.join(quiet_ctx, later, card, days_before=3)
    assert autopaying.change(quiet_ctx, later, card, days_before=3).announced == ()
    assert autopaying.ended(quiet_ctx, later) == []
    assert paying.mails(quiet_ctx, "autopay_joined") == 1


def test_agreeing_again_announces_what_was_refused_for_good_once_more(quiet_ctx, later):
    card = autopaying.card(quiet_ctx.database, later.customer)
    autopaying.join(quiet_ctx, later, card)
    with quiet_ctx.database.unit_of_work() as session:
        session.execute(
            sa.update(models.Draft).values(
                state=DraftState.FAILED, due_on=None, ended_at=people.NOW
            )
        )
    assert autopaying.running(quiet_ctx, later).gave_up
    assert len(autopaying.change(quiet_ctx, later, card).announced) == 1
    assert autopaying.change(quiet_ctx, later, card).announced == ()
    assert [d.state for d in autopaying.drafts(quiet_ctx, later)] == ["planned", "failed"]


def test_leaving_calls_off_what_waits_and_says_so(quiet_ctx, bill):
    card = autopaying.card(quiet_ctx.database, bill.customer)
    autopaying.join(quiet_ctx, bill, card)
    left = autopaying.leave(quiet_ctx, bill)
    assert (left.cancelled, left.running_cents) == (1, 0)
    assert [d.state for d in autopaying.drafts(quiet_ctx, bill)] == ["cancelled"]
    assert autopaying.running(quiet_ctx, bill) is None
    assert "Nothing more is taken by itself" in paying.mail(quiet_ctx, "autopay_left")
    with pytest.raises(standing.AutopayOff):
        autopaying.leave(quiet_ctx, bill)


def test_what_is_being_taken_while_somebody_leaves_is_told_honestly(quiet_ctx, bill):
    card = autopaying.card(quiet_ctx.database, bill.customer)
    autopaying.join(quiet_ctx, bill, card)
    with quiet_ctx.database.unit_of_work() as session:
        session.execute(sa.update(models.Draft).values(state=DraftState.ATTEMPTING, due_on=None))
    left = autopaying.leave(quiet_ctx, bill)
    assert (left.cancelled, left.running_cents) == (0, bill.invoice.total_cents)
    assert "could not be stopped any more" in paying.mail(quiet_ctx, "autopay_left")


def test_changing_what_was_left_in_another_tab_is_refused(quiet_ctx, bill):
    card = autopaying.card(quiet_ctx.database, bill.customer)
    autopaying.join(quiet_ctx, bill, card)
    autopaying.leave(quiet_ctx, bill)
    with pytest.raises(standing.AutopayOff):
        autopaying.change(quiet_ctx, bill, card, days_before=3)
    assert autopaying.running(quiet_ctx, bill) is None


def test_joining_again_announces_the_same_bill_again(quiet_ctx, bill):
    card = autopaying.card(quiet_ctx.database, bill.customer)
    autopaying.join(quiet_ctx, bill, card)
    autopaying.leave(quiet_ctx, bill)
    assert len(autopaying.join(quiet_ctx, bill, card).announced) == 1


def test_a_removed_method_gives_its_place_to_the_backup(quiet_ctx, later):
    first, second = (autopaying.card(quiet_ctx.database, later.customer) for _ in range(2))
    autopaying.join(quiet_ctx, later, first, backup=second)
    keep_method.remove(
        quiet_ctx, customer_id=later.customer.id, number=first, who=people.owner(later.customer)
    )
    found = autopaying.running(quiet_ctx, later)
    assert (found.method_no, found.backup_no) == (second, "")
    assert [d.method_no for d in autopaying.drafts(quiet_ctx, later)] == [second]
    assert "goes on with Visa 4242" in paying.mail(quiet_ctx, "autopay_switched")


def test_a_removed_method_without_a_backup_ends_autopay(quiet_ctx, later):
    card = autopaying.card(quiet_ctx.database, later.customer)
    autopaying.join(quiet_ctx, later, card)
    keep_method.remove(
        quiet_ctx, customer_id=later.customer.id, number=card, who=people.owner(later.customer)
    )
    assert autopaying.ended(quiet_ctx, later) == [AutopayEnd.METHOD_GONE]
    assert [d.state for d in autopaying.drafts(quiet_ctx, later)] == ["cancelled"]
    assert "Visa 4242 was removed" in paying.mail(quiet_ctx, "autopay_ended")


def test_a_removed_backup_leaves_autopay_without_one(quiet_ctx, later):
    first, second = (autopaying.card(quiet_ctx.database, later.customer) for _ in range(2))
    autopaying.join(quiet_ctx, later, first, backup=second)
    keep_method.remove(
        quiet_ctx, customer_id=later.customer.id, number=second, who=people.owner(later.customer)
    )
    found = autopaying.running(quiet_ctx, later)
    assert (found.method_no, found.backup_no) == (first, "")
    (draft,) = autopaying.drafts(quiet_ctx, later)
    assert drafting.row(quiet_ctx, draft.number).backup_method_id is None

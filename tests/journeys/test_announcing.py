"""The night's notices of autopay: each bill once, in time, and nothing that cannot be taken."""

from __future__ import annotations

import concurrent.futures
import contextlib
import datetime

import pytest
import sqlalchemy as sa

from portal.domain.billing.operations import books
from portal.domain.payments import models
from portal.domain.payments.rules import PaymentEvent
from portal.domain.payments.states import DraftState
from portal.gateways import ports
from portal.journeys import announce_drafts, keep_method, warn_expiring, work_dispute
from portal.kernel import actor
from tests.support import autopaying, bills, cases, paying, people

DAY = datetime.date
WHO = actor.system("test")


@pytest.fixture
def joined(quiet_ctx, database):
    """Autopay 5 days before the due day, joined before the first bill, due on 28 November."""
    quiet_ctx.clock.set(bills.at(DAY(2026, 11, 1)))
    bill = bills.make_bill(database, through=DAY(2026, 11, 1))
    card = autopaying.card(database, bill.customer)
    assert autopaying.join(quiet_ctx, bill, card, days_before=5).announced == ()
    return bill


def night(ctx, database, bill, on: datetime.date) -> int:
    """Bill the term up to `on`, then announce."""
    ctx.clock.set(bills.at(on))
    bills.issue_through(database, term_id=bill.term.id, through=on)
    return announce_drafts.run(ctx, on=on)


def test_a_new_bill_is_announced_once_with_its_day_and_sum(quiet_ctx, database, joined):
    assert night(quiet_ctx, database, joined, DAY(2026, 11, 8)) == 1
    (draft,) = autopaying.drafts(quiet_ctx, joined)
    assert (draft.draft_on, draft.amount_cents) == (DAY(2026, 11, 23), 6608)
    text = paying.mail(quiet_ctx, "autopay_notice")
    assert "$66.08, on Monday 23 November 2026, from Visa 4242" in text
    assert f"/autopay/{joined.policy.number}" in text
    for later in range(3):
        assert night(quiet_ctx, database, joined, DAY(2026, 11, 8 + later)) == 0
    assert paying.mails(quiet_ctx, "autopay_notice") == 1


def test_a_bill_that_comes_late_is_still_announced_ten_days_ahead(quiet_ctx, database, joined):
    assert night(quiet_ctx, database, joined, DAY(2026, 11, 24)) == 1
    (draft,) = autopaying.drafts(quiet_ctx, joined)
    assert draft.draft_on == DAY(2026, 12, 4)
    assert "so it is taken late" in paying.mail(quiet_ctx, "autopay_notice")


def test_policies_without_autopay_are_left_alone(quiet_ctx, database, joined):
    autopaying.leave(quiet_ctx, joined)
    assert night(quiet_ctx, database, joined, DAY(2026, 11, 8)) == 0


def test_a_bill_in_dispute_is_announced_when_the_dispute_ends(quiet_ctx, database, joined):
    quiet_ctx.clock.set(bills.at(DAY(2026, 11, 8)))
    bills.issue_through(database, term_id=joined.term.id, through=DAY(2026, 11, 8))
    (invoice,) = bills.invoices_of(database, policy_id=joined.policy.id)
    case = cases.raise_case(quiet_ctx, joined.customer, invoice_no=invoice.number)
    assert announce_drafts.run(quiet_ctx, on=DAY(2026, 11, 8)) == 0
    work_dispute.withdraw(
        quiet_ctx,
        number=case,
        customer_id=joined.customer.id,
        who=people.owner(joined.customer),
    )
    assert announce_drafts.run(quiet_ctx, on=DAY(2026, 11, 9)) == 1


def test_less_than_a_payment_can_be_is_not_announced(quiet_ctx, database, joined):
    bills.issue_through(database, term_id=joined.term.id, through=DAY(2026, 11, 8))
    (invoice,) = bills.invoices_of(database, policy_id=joined.policy.id)
    bills.pay(database, invoice, cents=invoice.total_cents - 49)
    assert night(quiet_ctx, database, joined, DAY(2026, 11, 9)) == 0


def test_a_bill_whose_payment_is_on_its_way_waits_for_what_becomes_of_it(
    quiet_ctx, database, joined
):
    bills.issue_through(database, term_id=joined.term.id, through=DAY(2026, 11, 8))
    (invoice,) = bills.invoices_of(database, policy_id=joined.policy.id)
    number = bills.begin_payment(database, invoice)
    assert night(quiet_ctx, database, joined, DAY(2026, 11, 9)) == 0
    bills.move_payment(database, number, PaymentEvent.FAIL, now=quiet_ctx.clock.now())
    assert night(quiet_ctx, database, joined, DAY(2026, 11, 10)) == 1


@pytest.mark.parametrize(
    ("state", "again"),
    [
        (DraftState.NOTHING_LEFT, 1),
        (DraftState.PAID, 1),
        (DraftState.CANCELLED, 0),
        (DraftState.FAILED, 0),
    ],
)
def test_what_opens_again_is_announced_again_but_not_what_was_refused_or_called_off(
    quiet_ctx, database, joined, state, again
):
    night(quiet_ctx, database, joined, DAY(2026, 11, 8))
    with database.unit_of_work() as session:
        session.execute(
            sa.update(models.Draft).values(state=state, due_on=None, ended_at=people.NOW)
        )
    assert night(quiet_ctx, database, joined, DAY(2026, 11, 9)) == again


def test_whoever_changes_something_at_that_moment_is_waited_for(quiet_ctx, database, joined):
    bills.issue_through(database, term_id=joined.term.id, through=DAY(2026, 11, 8))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with database.unit_of_work() as session:
            books.lock_customer(session, customer_id=joined.customer.id)
            night_run = pool.submit(announce_drafts.run, quiet_ctx, on=DAY(2026, 11, 8))
            found = concurrent.futures.wait([night_run], timeout=0.5)
            assert found.not_done
        assert night_run.result(timeout=20) == 1
    assert paying.mails(quiet_ctx, "autopay_notice") == 1


class Killed(Exception):
    """The worker died."""


def test_a_night_that_is_killed_at_any_commit_announces_each_bill_once(
    quiet_ctx, database, monkeypatch
):
    monkeypatch.setattr(announce_drafts, "BATCH", 2)
    made = []
    for _ in range(5):
        bill = bills.make_bill(database, through=DAY(2026, 11, 1))
        autopaying.join(quiet_ctx, bill, autopaying.card(database, bill.customer))
        bills.issue_through(database, term_id=bill.term.id, through=DAY(2026, 11, 8))
        made.append(bill)
    for place in ("before", "after", "before", "after", "before"):
        commits = iter(range(2))

        def kill(where: str, place=place, commits=commits) -> None:
            if where == place and next(commits, None) is None:
                raise Killed

        database.commit_hook = kill
        with contextlib.suppress(Killed):
            announce_drafts.run(quiet_ctx, on=DAY(2026, 11, 8))
        database.commit_hook = None
    announce_drafts.run(quiet_ctx, on=DAY(2026, 11, 8))
    assert [len(autopaying.drafts(quiet_ctx, bill)) for bill in made] == [1] * 5
    assert paying.mails(quiet_ctx, "autopay_notice") == 5


def expiring_card(ctx, database, **given) -> str:
    customer = people.make_customer(database)
    return autopaying.card(
        database, customer, exp_month=12, exp_year=2026, **({"is_default": True} | given)
    )


def warned(ctx, *days_ahead: int) -> list[int]:
    """Mails a day, on days so long before the last of 2026."""
    last = DAY(2026, 12, 31)
    found = []
    for days in days_ahead:
        on = last - datetime.timedelta(days=days)
        ctx.clock.set(bills.at(on))
        found.append(warn_expiring.run(ctx, on=on))
    return found


def test_a_card_that_expires_is_warned_of_three_times(quiet_ctx, database):
    expiring_card(quiet_ctx, database)
    assert warned(quiet_ctx, 46, 45, 44, 15, 15, 4, 3, 2, 0, -1) == [0, 1, 0, 1, 0, 0, 1, 0, 0, 0]
    assert "can be used up to Thursday 31 December 2026" in paying.mail(quiet_ctx, "card_expiring")


def test_cards_that_nothing_relies_on_are_not_warned_of(quiet_ctx, database):
    expiring_card(quiet_ctx, database, is_default=False)
    expiring_card(quiet_ctx, database, removed_at=people.NOW)
    assert warned(quiet_ctx, 45, 15, 3) == [0, 0, 0]


def test_the_warning_names_the_pets_whose_autopay_uses_the_card(quiet_ctx, database):
    bill = bills.make_bill(database)
    card = autopaying.card(database, bill.customer, exp_month=12, exp_year=2026)
    autopaying.join(quiet_ctx, bill, card)
    assert warned(quiet_ctx, 15) == [1]
    assert "Autopay for Biscuit uses it" in paying.mail(quiet_ctx, "card_expiring")


def test_newer_details_of_a_card_begin_its_warnings_afresh(ctx, sandbox, database):
    customer = people.make_customer(database)
    number = paying.save_card(ctx, sandbox, customer)
    with database.reading() as session:
        ref = session.scalar(sa.text("SELECT stripe_ref FROM payment_method"))
    told = ctx.payments.read_method(ref)

    def expires(month, year):
        card = ports.CardView(
            ref=ref,
            kind="card",
            brand="visa",
            last4="4242",
            exp_month=month,
            exp_year=year,
            customer_ref=told.customer_ref,
        )
        keep_method.mirror(ctx, card=card, who=WHO)

    expires(12, 2026)
    assert warned(ctx, 45, 15) == [1, 1]
    expires(12, 2030)
    assert warned(ctx, 3) == [0]
    with database.reading() as session:
        assert session.scalar(sa.text("SELECT expiry_warned FROM payment_method")) is None
    assert number.startswith("MTH-")

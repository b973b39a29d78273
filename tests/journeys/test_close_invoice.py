"""What a specialist does to a bill: shown before, done once, by two people above the limit."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.documents import formats
from portal.domain.approvals import operations as approvals
from portal.domain.approvals import rules as approval_rules
from portal.domain.billing import models
from portal.domain.billing.operations import books, voiding, writing_off
from portal.domain.payments import models as payments
from portal.domain.payments.rules import PaymentEvent
from portal.journeys import close_invoice, reissue_invoice, void_invoice
from portal.kernel import actor
from tests.support import bills, cases, drafting, mourning, paying, people, scoped
from tests.support.closing import Action, ask, close

D = datetime.date


@pytest.fixture
def bill(database, clock):
    """A policy from 1 August on, billed through today: four bills are out."""
    return bills.make_bill(database, effective_on=D(2026, 8, 1))


@pytest.fixture
def dear(database, clock):
    """A whole year on one bill: more than one person decides."""
    return bills.make_bill(database, effective_on=D(2026, 11, 28), plan="in_full")


@pytest.fixture
def ana(database):
    return cases.staff(people.make_staff(database, name="Ana"))


@pytest.fixture
def boss(database):
    return cases.staff(people.make_staff(database, name="Sam", role="supervisor"))


def row(database, number) -> models.Invoice:
    with database.reading() as session:
        return session.scalars(
            sa.select(models.Invoice).where(models.Invoice.number == number)
        ).one()


def figures(facts):
    return {(f["name"], f["about"]): (f["before"], f["after"]) for f in facts["figures"]}


def test_a_preview_changes_nothing_and_tells_all(ctx, sandbox, database, bill):
    card = paying.save_card(ctx, sandbox, bill.customer)
    drafting.plan(ctx, bill, card, on=D(2026, 12, 1))
    facts = close_invoice.preview(ctx, number=bill.number, ask=ask())
    total = bill.invoice.total_cents
    balance = sum(invoice.open_cents for invoice in bill.invoices)
    seen = figures(facts)
    assert seen["balance", ""] == (balance, balance - total)
    assert seen["invoice", bill.number] == (total, 0)
    assert seen["next_draft", ""] == (total, 0)
    assert [entry["event"] for entry in facts["entries"]] == ["invoice_voided"]
    assert row(database, bill.number).open_cents == total
    paying.assert_books(ctx)


def test_reissued_the_same_is_due_on_the_same_day_and_paid_by_the_same_money(
    quiet_ctx, database, bill, ana
):
    first = bill.invoices[0]
    payment = bills.pay(database, first, cents=3_000)
    done = close(quiet_ctx, first.number, ask(Action.REISSUE), ana)
    new = row(database, done.new_no)
    assert new.replaces_id == first.id
    assert (new.due_on, new.total_cents) == (first.due_on, first.total_cents)
    assert new.open_cents == first.total_cents - 3_000
    assert paying.row(quiet_ctx, payment).unapplied_cents == 0
    old = row(database, first.number)
    assert (str(old.state), old.open_cents) == ("voided", 0)
    assert [line.kind for line in bills.lines_of(database, done.new_no)] == [
        line.kind for line in bills.lines_of(database, first.number)
    ]
    paying.assert_books(quiet_ctx, with_stripe=False)
    again = close(quiet_ctx, done.new_no, ask(Action.REISSUE), ana)
    assert row(database, again.new_no).open_cents == new.open_cents
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_the_money_is_left_unapplied_where_that_is_wished_and_the_day_is_later(
    quiet_ctx, database, bill, ana
):
    first = bill.invoices[0]
    payment = bills.pay(database, first)
    day = D(2026, 12, 20)
    asked = ask(Action.REISSUE, due_on=day, leaves_unapplied=True)
    new = row(database, close(quiet_ctx, first.number, asked, ana).new_no)
    assert (new.due_on, new.open_cents) == (day, first.total_cents)
    assert paying.row(quiet_ctx, payment).unapplied_cents == first.total_cents
    paying.assert_books(quiet_ctx, with_stripe=False)


@pytest.mark.parametrize("day", [D(2026, 7, 31), D(2027, 6, 1)])
def test_a_day_before_the_first_or_far_off_is_refused(quiet_ctx, bill, day):
    with pytest.raises(reissue_invoice.DueDayWrong):
        close_invoice.preview(
            quiet_ctx, number=bill.invoices[0].number, ask=ask(Action.REISSUE, due_on=day)
        )


def test_a_double_click_does_it_once(quiet_ctx, database, bill, ana):
    asked = ask(Action.REISSUE)
    facts = close_invoice.preview(quiet_ctx, number=bill.number, ask=asked)
    version = approval_rules.facts_version(facts)
    press = {"number": bill.number, "ask": asked, "facts_version": version, "who": ana}
    close_invoice.close(quiet_ctx, **press)
    with pytest.raises(voiding.VoidedAlready):
        close_invoice.close(quiet_ctx, **press)
    assert paying.entries(quiet_ctx, "invoice_voided") == 1


def test_what_changed_since_it_was_shown_is_shown_first(quiet_ctx, database, bill, ana):
    facts = close_invoice.preview(quiet_ctx, number=bill.number, ask=ask())
    bills.pay(database, bill.invoice, cents=1_000)
    with pytest.raises(close_invoice.FiguresChanged):
        close_invoice.close(
            quiet_ctx,
            number=bill.number,
            ask=ask(),
            facts_version=approval_rules.facts_version(facts),
            who=ana,
        )
    assert str(row(database, bill.number).state) == "issued"


@pytest.mark.parametrize("action", [Action.VOID, Action.REISSUE, Action.WRITE_OFF])
def test_above_the_limit_a_second_person_agrees(quiet_ctx, database, dear, ana, boss, action):
    done = close(quiet_ctx, dear.number, ask(action), boss)
    assert done.approval_no
    assert str(row(database, dear.number).state) == "issued"
    with pytest.raises(close_invoice.AskedAlready):
        close(quiet_ctx, dear.number, ask(action), ana)
    facts = close_invoice.preview(quiet_ctx, number=dear.number, ask=ask(action))
    version = approval_rules.facts_version(facts)
    agree = {"approval_no": done.approval_no, "facts_version": version}
    with pytest.raises(approval_rules.NotYours):
        close_invoice.approve(quiet_ctx, **agree, who=boss)
    with pytest.raises(approval_rules.NotAnApprover):
        close_invoice.approve(quiet_ctx, **agree, who=ana)
    other = cases.staff(people.make_staff(database, name="Kim", role="supervisor"))
    bills.pay(database, dear.invoice, cents=100)
    with pytest.raises(approval_rules.StaleFacts):
        close_invoice.approve(quiet_ctx, **agree, who=other)
    fresh = close_invoice.preview(quiet_ctx, number=dear.number, ask=ask(action))
    close_invoice.approve(
        quiet_ctx,
        approval_no=done.approval_no,
        facts_version=approval_rules.facts_version(fresh),
        who=other,
    )
    assert str(row(database, dear.number).state) in ("voided", "written_off")
    paying.assert_books(quiet_ctx, with_stripe=False)
    with pytest.raises(approvals.DecidedAlready):
        close_invoice.approve(quiet_ctx, **agree, who=other)


def test_small_sums_one_after_the_other_come_to_two_people(quiet_ctx, database, bill, ana):
    done = [close(quiet_ctx, i.number, ask(Action.WRITE_OFF), ana) for i in bill.invoices]
    assert [bool(one.approval_no) for one in done] == [False, False, False, True, True]


def write_off_before(ctx, invoice, days):
    """Written off so many days ago, as two people did it then."""
    before = datetime.timedelta(days=days)
    with ctx.database.unit_of_work() as session:
        books.lock_customer(session, customer_id=invoice.customer_id)
        writing_off.write_off(
            session,
            invoice=session.get_one(models.Invoice, invoice.id, with_for_update=True),
            reason="Not worth it.",
            now=ctx.clock.now() - before,
            today=ctx.clock.today() - before,
            who=actor.system("test"),
        )


def test_an_old_write_off_taken_back_gives_no_room_for_others(quiet_ctx, database, bill, ana):
    old = bills.make_bill(database, customer=bill.customer, pet_name="Miso", plan="in_full")
    write_off_before(quiet_ctx, old.invoice, days=60)
    close(quiet_ctx, old.number, ask(Action.WRITE_BACK), ana)
    done = [close(quiet_ctx, i.number, ask(Action.WRITE_OFF), ana) for i in bill.invoices]
    assert [bool(one.approval_no) for one in done] == [False, False, False, True, True]
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_what_is_written_back_takes_off_what_was_written_off_before_it(
    quiet_ctx, database, bill, ana
):
    def moved():
        facts = close_invoice.preview(quiet_ctx, number=bill.number, ask=ask())
        return facts["customer_30d_cents"]

    first = bill.invoices[0]
    write_off_before(quiet_ctx, first, days=60)
    close(quiet_ctx, first.number, ask(Action.WRITE_BACK), ana)
    assert moved() == 0, "an old one counted no more before"
    close(quiet_ctx, first.number, ask(Action.WRITE_OFF), ana)
    assert moved() == first.total_cents, "and again is counted in full"
    close(quiet_ctx, first.number, ask(Action.WRITE_BACK), ana)
    assert moved() == 0
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_sent_back_the_bill_is_as_it_was(quiet_ctx, database, dear, ana, boss):
    done = close(quiet_ctx, dear.number, ask(), ana)
    close_invoice.send_back(quiet_ctx, approval_no=done.approval_no, reason="No.", who=boss)
    assert str(row(database, dear.number).state) == "issued"
    assert close(quiet_ctx, dear.number, ask(), ana).approval_no != done.approval_no


def test_written_back_alone_with_the_same_due_day(quiet_ctx, database, bill, ana):
    close(quiet_ctx, bill.number, ask(Action.WRITE_OFF), ana)
    assert not close(quiet_ctx, bill.number, ask(Action.WRITE_BACK), ana).approval_no
    assert row(database, bill.number).due_on == bill.invoice.due_on
    with pytest.raises(writing_off.NotWrittenOff):
        close(quiet_ctx, bill.number, ask(Action.WRITE_BACK), ana)
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_payment_under_way_refuses_all_but_writing_back(quiet_ctx, database, bill, ana):
    number = bills.begin_payment(database, bill.invoice)
    for action in (Action.VOID, Action.REISSUE, Action.WRITE_OFF):
        with pytest.raises(void_invoice.BeingPaid):
            close(quiet_ctx, bill.number, ask(action), ana)
    bills.move_payment(database, number, PaymentEvent.SETTLE, now=quiet_ctx.clock.now())
    with pytest.raises(writing_off.NothingOpen):
        close(quiet_ctx, bill.number, ask(Action.WRITE_OFF), ana)


def test_nobodys_number_and_no_reason(quiet_ctx, bill):
    with pytest.raises(close_invoice.NoSuchInvoice):
        close_invoice.preview(quiet_ctx, number="INV-NOBODY", ask=ask())
    with pytest.raises(approval_rules.ReasonMissing):
        close_invoice.preview(
            quiet_ctx,
            number=bill.number,
            ask=close_invoice.Ask(action=Action.VOID, reason=" \x00 "),
        )


def test_killed_before_its_commit_it_is_done_by_the_next_press(quiet_ctx, database, bill, ana):
    def killed(point):
        if point == "before":
            raise KeyboardInterrupt

    asked = ask(Action.REISSUE)
    facts = close_invoice.preview(quiet_ctx, number=bill.number, ask=asked)
    press = {
        "number": bill.number,
        "ask": asked,
        "facts_version": approval_rules.facts_version(facts),
        "who": ana,
    }
    database.commit_hook = killed
    with pytest.raises(KeyboardInterrupt):
        close_invoice.close(quiet_ctx, **press)
    database.commit_hook = None
    assert close_invoice.close(quiet_ctx, **press).new_no
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_its_owner_is_told_what_was_done_and_what_that_means(quiet_ctx, database, bill, ana):
    first, second = bill.invoices[:2]
    bills.pay(database, first, cents=3_000)
    close_invoice.preview(quiet_ctx, number=first.number, ask=ask())
    assert paying.mails(quiet_ctx, "bill_closed") == 0, "a preview tells nobody"
    close(quiet_ctx, first.number, ask(), ana)
    told = paying.mail(quiet_ctx, "bill_closed")
    assert f"We have withdrawn bill {first.number} for Biscuit" in told
    assert "$30.00 that stood on it waits on your account" in told
    assert "A new bill for the same days comes by mail." in told
    close(quiet_ctx, second.number, ask(Action.WRITE_OFF), ana)
    left = formats.money(second.total_cents)
    assert f"We do not ask for {left} of bill {second.number}" in paying.mail(
        quiet_ctx, "bill_closed"
    )
    close(quiet_ctx, second.number, ask(Action.WRITE_BACK), ana)
    told = paying.mail(quiet_ctx, "bill_closed")
    assert "it is owed again. It was due on Tuesday 1 September." in " ".join(told.split())
    close(quiet_ctx, second.number, ask(Action.REISSUE), ana)
    assert paying.mails(quiet_ctx, "bill_closed") == 3, "a bill in its place tells of itself"


def test_a_request_tells_its_owner_only_once_it_is_agreed_to(quiet_ctx, database, dear, ana, boss):
    done = close(quiet_ctx, dear.number, ask(), ana)
    assert paying.mails(quiet_ctx, "bill_closed") == 0
    facts = close_invoice.preview(quiet_ctx, number=dear.number, ask=ask())
    close_invoice.approve(
        quiet_ctx,
        approval_no=done.approval_no,
        facts_version=approval_rules.facts_version(facts),
        who=boss,
    )
    told = paying.mail(quiet_ctx, "bill_closed")
    assert "Please do not pay it." in told
    assert "waits on your account" not in told, "nothing had been paid"


def test_what_is_owed_again_is_not_told_while_a_pets_death_holds_it(quiet_ctx, database, bill, ana):
    close(quiet_ctx, bill.number, ask(Action.WRITE_OFF), ana)
    mourning.tell(quiet_ctx, bill, D(2026, 11, 20))
    close(quiet_ctx, bill.number, ask(Action.WRITE_BACK), ana)
    assert row(database, bill.number).open_cents == bill.invoice.total_cents
    assert paying.mails(quiet_ctx, "bill_closed") == 1, "only of the write-off"


def test_who_else_was_asked_to_pay_it_hears_of_it_too(quiet_ctx, database, bill, ana):
    number = scoped.ask(quiet_ctx, bill)
    with database.unit_of_work() as session:
        seen = session.scalars(sa.select(payments.Payer).where(payments.Payer.number == number))
        seen.one().first_seen_at = people.NOW
    bills.pay(database, bill.invoice, cents=3_000)
    close(quiet_ctx, bill.number, ask(), ana)
    (owner, to_owner), (payer, to_payer) = scoped.mails(quiet_ctx, "bill_closed")
    assert (owner, payer) == (bill.customer.email, scoped.ANA)
    assert "$30.00 that stood on it waits on your account" in to_owner
    assert "Please do not pay it." in to_payer
    assert "your account" not in to_payer, "what lies free is the owner's"
    assert "/invoices/" not in to_payer

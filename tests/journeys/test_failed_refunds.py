"""A refund that fails becomes one case; there it is sent again or paid by check, once."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.approvals import operations as approvals
from portal.domain.approvals import rules as approval_rules
from portal.domain.payments.operations import reissuing
from portal.domain.payments.rules import RefundLocked
from portal.gateways import ports
from portal.journeys import (
    moving_money,
    recheck_refunds,
    reissue_refund,
    resolve_dispute,
    send_refund,
)
from tests.support import bills, cases, charging, jobs, paying, people

How = reissue_refund.How
FAILS_LATER = "4000000000005126"
SUM = 20_00


@pytest.fixture
def grace(database):
    return people.make_staff(database, "specialist", name="Grace Okonjo")


@pytest.fixture
def omar(database):
    return people.make_staff(database, "supervisor", name="Omar Haddad")


def decided(ctx, sandbox, database, grace, *, cents=SUM, card=FAILS_LATER, language="en", **bill):
    """A specialist's refund; the customer, the payment's number and the case's."""
    customer = people.make_customer(database, language=language)
    made = bills.make_bill(database, customer=customer, **bill)
    method = paying.attach_card(ctx, sandbox, made.customer, card)
    payment = paying.begin(ctx, made.customer, method=method).number
    case = cases.raise_case(ctx, made.customer, payment_no=payment)
    cases.take(ctx, case, grace)
    cases.resolve(ctx, case, grace, cases.refund(payment, cents, freed_by="credit"))
    return made.customer, payment, case


def fail(ctx, sandbox):
    """Send it, and let the bank give it back days later."""
    jobs.run_all(ctx, only=("send_refund",))
    sandbox.advance(days=4)
    charging.hear(ctx, sandbox)


@pytest.fixture
def failed(ctx, sandbox, database, grace):
    """The case of a refund of 20.00 that the bank gave back."""
    case = decided(ctx, sandbox, database, grace)[2]
    fail(ctx, sandbox)
    return case


def rows(ctx):
    """Every refund, oldest first."""
    with ctx.database.reading() as session:
        return session.execute(sa.text("SELECT * FROM refund ORDER BY id")).all()


def mail(ctx, template):
    with ctx.database.reading() as session:
        return session.execute(
            sa.text("SELECT subject, text, html FROM mail WHERE template = :t"), {"t": template}
        ).one()


def count(ctx, table):
    with ctx.database.reading() as session:
        return session.scalar(sa.text(f"SELECT count(*) FROM {table}"))


def again(ctx, who, **given):
    values = {"how": How.AGAIN, "reason": "The card works again."} | given
    number = rows(ctx)[0].number
    ask = reissue_refund.Ask(**values)
    return reissue_refund.reissue(ctx, number=number, ask=ask, who=cases.staff(who))


def check(ctx, who, **given):
    today = ctx.clock.today()
    values = {"how": How.CHECK, "check_no": " 10482 ", "check_on": today, "reason": "Card closed."}
    return again(ctx, who, **(values | given))


def test_a_refund_that_the_bank_gives_back_opens_its_case_again_once(
    ctx, sandbox, database, failed
):
    row = cases.row(database, failed)
    assert (str(row.state), str(row.priority), row.owner_id, row.reopened) == (
        "reopened", "P2", None, 1,
    )  # fmt: skip
    (refund,) = rows(ctx)
    assert (refund.state, refund.case_no) == ("failed", failed)
    notes = count(ctx, "dispute_note")
    view = ctx.payments.read_refund(refund.stripe_ref)
    for _ in range(2):
        send_refund.absorb(ctx, refund_id=refund.id, view=view, who=send_refund.WHO)
        recheck_refunds.run(ctx)
    assert (count(ctx, "dispute"), count(ctx, "dispute_note")) == (1, notes)
    paying.assert_books(ctx)


def test_it_joins_the_running_case_about_its_payment(ctx, sandbox, database, grace):
    customer, payment, _closed = decided(ctx, sandbox, database, grace)
    running = cases.raise_case(ctx, customer, payment_no=payment)
    fail(ctx, sandbox)
    assert rows(ctx)[0].case_no == running
    assert count(ctx, "dispute") == 2


def test_too_late_to_open_its_case_again_it_gets_a_new_one(ctx, sandbox, database, clock, grace):
    _customer, payment, closed = decided(ctx, sandbox, database, grace)
    jobs.run_all(ctx, only=("send_refund",))
    sandbox.advance(days=4)
    clock.advance(datetime.timedelta(days=45))
    charging.hear(ctx, sandbox)
    number = rows(ctx)[0].case_no
    assert number != closed
    case = cases.row(database, number)
    assert (str(case.category), str(case.priority)) == ("refund_not_received", "P2")
    assert (case.payment_no, case.disputed_cents) == (payment, SUM)


def test_a_refund_that_stripe_refuses_is_a_case_too(ctx, sandbox, database, grace):
    case = decided(ctx, sandbox, database, grace, card=paying.VISA)[2]
    with database.unit_of_work() as session:
        session.execute(sa.text("UPDATE payment SET stripe_ref = 'pi_that_is_not_there'"))
    jobs.run_all(ctx, only=("send_refund",))
    assert (rows(ctx)[0].state, rows(ctx)[0].case_no) == ("failed", case)
    assert str(cases.row(database, case).state) == "reopened"


def test_a_failed_refund_of_before_gets_its_case_by_the_job(ctx, database, failed):
    with database.unit_of_work() as session:
        session.execute(sa.text("UPDATE refund SET case_no = ''"))
    recheck_refunds.run(ctx)
    assert rows(ctx)[0].case_no == failed


def test_it_is_sent_again_under_a_new_number_and_key_out_of_the_same_money(
    ctx, sandbox, failed, grace
):
    done = again(ctx, grace)
    assert paying.entries(ctx, "refund_approved") == 1
    jobs.run_all(ctx, only=("send_refund",))
    charging.hear(ctx, sandbox)
    first, second = rows(ctx)
    assert (first.state, second.state) == ("sent_again", "succeeded")
    assert second.number == done.new_no != first.number
    assert (second.amount_cents, second.subject) == (SUM, failed)
    at_stripe = list(sandbox.client().v1.refunds.list({"limit": 5}))
    assert sorted(r.status for r in at_stripe) == ["failed", "succeeded"]
    assert "once more, to Visa 5126" in mail(ctx, "refund_again").text
    sandbox.advance(2)
    paying.assert_books(ctx, with_stripe=False)


def test_a_check_pays_it_out_of_the_bank_account(ctx, failed, grace):
    check(ctx, grace)
    (refund,) = rows(ctx)
    assert (refund.state, refund.check_no) == ("paid_otherwise", "10482")
    assert charging.balance(ctx, "2300") == 0
    assert charging.balance(ctx, "1000") == -SUM
    assert "We sent you check 10482 of" in mail(ctx, "refund_check").text
    paying.assert_books(ctx)


@pytest.mark.parametrize(("first", "second"), [(again, check), (check, again), (check, check)])
def test_pressed_twice_it_is_paid_once(ctx, failed, grace, first, second):
    first(ctx, grace)
    many = len(rows(ctx))
    with pytest.raises(reissuing.NotOwed):
        second(ctx, grace)
    assert len(rows(ctx)) == many
    paying.assert_books(ctx, with_stripe=False)


def test_an_older_word_after_it_changes_nothing(ctx, failed, grace):
    view = ctx.payments.read_refund(rows(ctx)[0].stripe_ref)
    check(ctx, grace)
    send_refund.absorb(ctx, refund_id=rows(ctx)[0].id, view=view, who=send_refund.WHO)
    recheck_refunds.run(ctx)
    assert rows(ctx)[0].state == "paid_otherwise"
    assert paying.mails(ctx, "refund_failed") == 1
    paying.assert_books(ctx)


def test_one_that_fails_again_goes_to_its_case_and_is_sent_a_third_time(
    ctx, sandbox, database, failed, grace
):
    again(ctx, grace)
    jobs.run_all(ctx, only=("send_refund",))
    sandbox.settle_refund(rows(ctx)[1].stripe_ref, "failed")
    charging.hear(ctx, sandbox)
    second = rows(ctx)[1]
    assert (second.state, second.case_no) == ("failed", failed)
    ask = reissue_refund.Ask(how=How.AGAIN, reason="Once more.")
    reissue_refund.reissue(ctx, number=second.number, ask=ask, who=cases.staff(grace))
    assert [r.state for r in rows(ctx)] == ["sent_again", "sent_again", "approved"]
    paying.assert_books(ctx, with_stripe=False)


def test_nothing_is_done_while_stripe_cannot_say_that_it_is_dead(ctx, sandbox, failed, grace):
    sandbox.fault("drop_before", "/v1/refunds.*", method="GET", times=9)
    with pytest.raises(reissue_refund.NotKnownDead):
        again(ctx, grace)
    assert [r.state for r in rows(ctx)] == ["failed"]


@pytest.mark.parametrize("code", ["api_key_expired", "", "rate_limit"])
def test_a_refusal_to_answer_is_no_word_of_its_death(ctx, failed, grace, monkeypatch, code):
    def refuse(_ref):
        raise ports.GatewayRefused(code, "No.")

    monkeypatch.setattr(ctx.payments, "read_refund", refuse)
    with pytest.raises(reissue_refund.NotKnownDead):
        again(ctx, grace)
    assert [r.state for r in rows(ctx)] == ["failed"]


def test_nothing_is_done_while_a_bank_claims_the_payment(ctx, sandbox, database, failed, grace):
    number = cases.row(database, failed).payment_no
    charging.claim(ctx, sandbox, number)
    with pytest.raises(RefundLocked):
        check(ctx, grace)
    assert paying.entries(ctx, "refund_paid_otherwise") == 0


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"check_no": ""}, reissuing.CheckNumberWrong),
        ({"check_no": "no. 5; drop"}, reissuing.CheckNumberWrong),
        ({"check_no": "1" * 21}, reissuing.CheckNumberWrong),
        ({"check_on": None}, reissuing.CheckDayWrong),
        ({"check_on": datetime.date(2031, 1, 1)}, reissuing.CheckDayWrong),
        ({"check_on": datetime.date(2020, 1, 1)}, reissuing.CheckDayWrong),
        ({"reason": " "}, approval_rules.ReasonMissing),
    ],
)
def test_a_check_without_number_day_or_reason_is_refused(ctx, failed, grace, given, refusal):
    with pytest.raises(refusal):
        check(ctx, grace, **given)
    assert rows(ctx)[0].state == "failed"


@pytest.fixture
def large(ctx, sandbox, database, grace, omar):
    """A failed refund of 300.00, which two people decided."""
    customer = people.make_customer(database, language="es")
    made = bills.make_bill(database, customer=customer, premium_cents=480_000)
    method = paying.attach_card(ctx, sandbox, customer, FAILS_LATER)
    payment = paying.begin(ctx, customer, method=method).number
    case = cases.raise_case(ctx, made.customer, payment_no=payment)
    cases.take(ctx, case, grace)
    asked = cases.resolve(ctx, case, grace, cases.refund(payment, 300_00, freed_by="credit"))
    resolve_dispute.approve_resolution(
        ctx,
        approval_no=asked.approval_no,
        facts_version=version(ctx, asked.approval_no),
        who=cases.staff(omar),
    )
    fail(ctx, sandbox)
    return case


def version(ctx, approval_no):
    with ctx.database.reading() as session:
        return session.scalar(
            sa.text("SELECT facts_version FROM approval WHERE number = :no"), {"no": approval_no}
        )


@pytest.mark.parametrize(("act", "template"), [(again, "refund_again"), (check, "refund_check")])
def test_more_than_one_may_decide_alone_takes_a_second_person(
    ctx, large, grace, omar, act, template
):
    no = act(ctx, grace).approval_no
    assert (rows(ctx)[0].state, paying.mails(ctx, template)) == ("failed", 0)
    with pytest.raises(reissue_refund.AskedAlready):
        act(ctx, grace)
    seen = version(ctx, no)
    with pytest.raises(approval_rules.NotAnApprover):
        reissue_refund.approve(ctx, approval_no=no, facts_version=seen, who=cases.staff(grace))
    with pytest.raises(approval_rules.StaleFacts):
        reissue_refund.approve(ctx, approval_no=no, facts_version="old", who=cases.staff(omar))
    reissue_refund.approve(ctx, approval_no=no, facts_version=seen, who=cases.staff(omar))
    with pytest.raises(approvals.DecidedAlready):
        reissue_refund.approve(ctx, approval_no=no, facts_version=seen, who=cases.staff(omar))
    assert paying.mails(ctx, template) == 1
    told = mail(ctx, template)
    assert "su reembolso" in told.subject.lower()
    assert "$300.00" in told.text
    assert "$300.00" in told.html
    paying.assert_books(ctx, with_stripe=False)


def test_nobody_approves_their_own_and_what_is_sent_back_can_be_asked_again(ctx, large, omar):
    no = again(ctx, omar).approval_no
    with pytest.raises(approval_rules.NotYours):
        reissue_refund.approve(
            ctx, approval_no=no, facts_version=version(ctx, no), who=cases.staff(omar)
        )
    other = people.make_staff(ctx.database, "supervisor", name="Lena Park")
    reissue_refund.send_back(ctx, approval_no=no, reason="By check.", who=cases.staff(other))
    assert rows(ctx)[0].state == "failed"
    assert check(ctx, omar).approval_no != no


def test_what_was_sent_again_counts_once_against_the_limit(ctx, large, grace, omar):
    no = again(ctx, grace).approval_no
    reissue_refund.approve(
        ctx, approval_no=no, facts_version=version(ctx, no), who=cases.staff(omar)
    )
    with ctx.database.reading() as session:
        customer_id = rows(ctx)[0].customer_id
        moved = moving_money.moved_30_days(
            session, customer_id=customer_id, subject=large, now=ctx.clock.now()
        )
    assert moved == (300_00, 300_00)


def test_checks_of_thirty_days_count_together_however_old_the_refunds_are(
    ctx, sandbox, database, clock, grace
):
    customer = people.make_customer(database)
    bills.make_bill(database, customer=customer, premium_cents=480_000)
    method = paying.attach_card(ctx, sandbox, customer, FAILS_LATER)
    payment = paying.begin(ctx, customer, method=method).number
    for _ in "ab":
        case = cases.raise_case(ctx, customer, payment_no=payment)
        cases.take(ctx, case, grace)
        cases.resolve(ctx, case, grace, cases.refund(payment, 120_00, freed_by="credit"))
    jobs.run_all(ctx, only=("send_refund",))
    clock.advance(datetime.timedelta(days=31))
    third = cases.raise_case(ctx, customer, payment_no=payment)
    cases.take(ctx, third, grace)
    cases.resolve(ctx, third, grace, cases.refund(payment, 120_00, freed_by="credit"))
    sandbox.advance(days=4)
    charging.hear(ctx, sandbox)
    first, second, _third = rows(ctx)
    ask = {"how": How.CHECK, "check_no": "1", "check_on": clock.today(), "reason": "Card closed."}
    pressed = [
        reissue_refund.reissue(
            ctx, number=number, ask=reissue_refund.Ask(**ask), who=cases.staff(grace)
        )
        for number in (first.number, second.number)
    ]
    assert [done.approval_no != "" for done in pressed] == [False, True]

"""A refund that failed stays with people until it is paid, also where a bank takes the payment."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from concurrent import futures

import pytest

from portal.domain.payments import rules
from portal.domain.payments.operations import reissuing
from portal.journeys import follow_chargeback, recheck_refunds, work_dispute
from tests.journeys import test_failed_refunds as failures
from tests.journeys import test_kills
from tests.support import bills, cases, charging, jobs, paying, people

CHARGED = 66_08
SUM = failures.SUM
Event = rules.ChargebackEvent


@pytest.fixture
def grace(database):
    return people.make_staff(database, "specialist", name="Grace Okonjo")


@pytest.fixture
def decided(ctx, sandbox, database, grace):
    """A refund of 20.00 that its bank will give back: the customer, the payment and the case."""
    return failures.decided(ctx, sandbox, database, grace)


@pytest.fixture
def failed(ctx, sandbox, decided):
    """The same, given back."""
    failures.fail(ctx, sandbox)
    return decided


def told(database, payment, event, *moves, cents=CHARGED):
    """The bank says something of its claim."""
    charging.absorb(database, payment, charging.report(event, *moves, cents=cents))


def close(ctx, case, person):
    cases.take(ctx, case, person)
    cases.resolve(ctx, case, person, cases.decision())


def test_a_case_is_not_closed_while_its_refund_is_owed(ctx, failed, grace):
    customer, _payment, case = failed
    with pytest.raises(rules.RefundOwed):
        close(ctx, case, grace)
    with pytest.raises(rules.RefundOwed):
        work_dispute.withdraw(ctx, number=case, customer_id=customer.id, who=people.owner(customer))
    failures.check(ctx, grace)
    cases.resolve(ctx, case, grace, cases.decision())
    assert str(cases.row(ctx.database, case).state) == "resolved"


def test_a_proposal_waits_for_the_refund_that_failed_meanwhile(
    ctx, sandbox, database, decided, grace
):
    customer, payment, _closed = decided
    omar = people.make_staff(database, "supervisor", name="Omar Haddad")
    case = cases.raise_case(ctx, customer, payment_no=payment)
    cases.take(ctx, case, grace)
    credit = cases.decision(
        outcome=cases.Outcome.UPHELD, action=cases.MoneyAction.CREDIT, amount_cents=300_00
    )
    asked = cases.resolve(ctx, case, grace, credit).approval_no
    failures.fail(ctx, sandbox)
    assert failures.rows(ctx)[0].case_no == case
    with pytest.raises(rules.RefundOwed):
        failures.resolve_dispute.approve_resolution(
            ctx,
            approval_no=asked,
            facts_version=failures.version(ctx, asked),
            who=cases.staff(omar),
        )


def test_a_refund_that_a_lost_claim_paid_is_owed_again_once_it_is_won(ctx, database, failed, grace):
    _customer, payment, case = failed
    taken = charging.taken(CHARGED)
    told(database, payment, Event.LOSE, taken)
    assert failures.rows(ctx)[0].failure_code == rules.PAID_BY_THE_BANK
    assert charging.balance(ctx, "2300") == 0
    with pytest.raises(reissuing.NotOwed):
        failures.check(ctx, grace)
    close(ctx, case, grace)  # nothing of it is owed any more
    told(database, payment, Event.WIN, taken, charging.given_back(CHARGED))
    assert charging.balance(ctx, "2300") == -SUM
    recheck_refunds.run(ctx)
    assert failures.rows(ctx)[0].case_no == case
    assert str(cases.row(database, case).state) == "reopened"
    with pytest.raises(rules.RefundOwed):
        close(ctx, case, grace)
    failures.check(ctx, grace)
    told(database, payment, Event.WIN, taken, charging.given_back(CHARGED))
    assert [r.state for r in failures.rows(ctx)] == ["paid_otherwise"]
    assert (charging.balance(ctx, "2300"), charging.balance(ctx, "1000")) == (0, -SUM)
    paying.assert_books(ctx, with_stripe=False)


@pytest.mark.parametrize("won", [0, 1])
def test_of_two_lost_claims_the_one_that_is_won_makes_only_its_own_refunds_owed_again(
    ctx, sandbox, database, decided, grace, won
):
    customer, payment, _case = decided
    other = cases.raise_case(ctx, customer, payment_no=payment)
    cases.take(ctx, other, grace)
    cases.resolve(ctx, other, grace, cases.refund(payment, 10_00, freed_by="credit"))
    failures.fail(ctx, sandbox)
    claims = [(SUM, "du_1"), (10_00, "du_2")]
    for cents, ref in claims:
        lost = charging.report(Event.LOSE, charging.taken(cents, ref), cents=cents, stripe_ref=ref)
        charging.absorb(database, payment, lost)
    cents, ref = claims[won]
    moves = charging.taken(cents, ref), charging.given_back(cents)
    back = charging.report(Event.WIN, *moves, cents=cents, stripe_ref=ref)
    charging.absorb(database, payment, back)
    codes = [r.failure_code for r in failures.rows(ctx)]
    assert [code == rules.CLAIMED for code in codes] == [won == 0, won == 1]
    assert charging.balance(ctx, "2300") == -cents
    paying.assert_books(ctx, with_stripe=False)


def test_one_of_two_refunds_fails_and_a_lost_claim_pays_that_one_only(
    ctx, sandbox, database, decided, grace
):
    customer, payment, case = decided
    jobs.run_all(ctx, only=("send_refund",))
    other = cases.raise_case(ctx, customer, payment_no=payment)
    cases.take(ctx, other, grace)
    cases.resolve(ctx, other, grace, cases.refund(payment, 10_00, freed_by="credit"))
    jobs.run_all(ctx, only=("send_refund",))
    first, second = failures.rows(ctx)
    sandbox.settle_refund(first.stripe_ref, "failed")
    sandbox.settle_refund(second.stripe_ref, "succeeded")
    charging.hear(ctx, sandbox)
    assert failures.rows(ctx)[0].case_no == case
    number = charging.claim(ctx, sandbox, payment, amount=CHARGED - 10_00, final=True)
    assert charging.row(ctx, number).owed_cents == SUM
    assert [(r.state, r.failure_code) for r in failures.rows(ctx)] == [
        ("failed", rules.PAID_BY_THE_BANK),
        ("succeeded", ""),
    ]
    sandbox.advance(2)
    charging.hear(ctx, sandbox)
    paying.assert_books(ctx)


def test_a_refund_that_fails_after_the_bank_kept_it_all_is_what_the_bank_paid(
    ctx, sandbox, database, decided, grace
):
    _customer, payment, case = decided
    jobs.run_all(ctx, only=("send_refund",))
    charging.hear(ctx, sandbox)
    number = charging.claim(ctx, sandbox, payment, amount=CHARGED, final=True)
    assert charging.row(ctx, number).absorbed_cents == SUM
    sandbox.settle_refund(failures.rows(ctx)[0].stripe_ref, "failed")
    charging.hear(ctx, sandbox, times=2)
    found = charging.row(ctx, number)
    assert (found.absorbed_cents, found.owed_cents) == (0, SUM)
    (refund,) = failures.rows(ctx)
    assert (refund.state, refund.failure_code, refund.case_no) == (
        "failed", rules.PAID_BY_THE_BANK, "",
    )  # fmt: skip
    assert charging.balance(ctx, "2300") == 0
    assert paying.mails(ctx, "refund_failed") == 0
    recheck_refunds.run(ctx)
    assert str(cases.row(database, case).state) == "resolved"
    paying.assert_books(ctx)


def test_what_the_bank_paid_that_way_is_owed_once_the_claim_is_won(
    ctx, sandbox, database, decided, grace
):
    _customer, payment, case = decided
    jobs.run_all(ctx, only=("send_refund",))
    charging.hear(ctx, sandbox)
    taken = charging.taken(CHARGED)
    told(database, payment, Event.LOSE, taken)
    sandbox.settle_refund(failures.rows(ctx)[0].stripe_ref, "failed")
    charging.hear(ctx, sandbox)
    told(database, payment, Event.WIN, taken, charging.given_back(CHARGED))
    recheck_refunds.run(ctx)
    assert failures.rows(ctx)[0].case_no == case
    assert charging.balance(ctx, "2300") == -SUM
    failures.check(ctx, grace)
    paying.assert_books(ctx, with_stripe=False)


def test_what_the_bank_kept_too_little_for_is_paid_by_check(ctx, sandbox, failed, grace):
    _customer, payment, case = failed
    number = charging.claim(ctx, sandbox, payment, amount=SUM - 1, final=True)
    assert charging.row(ctx, number).owed_cents == 0
    with pytest.raises(reissuing.OnlyByCheck):
        failures.again(ctx, grace)
    failures.check(ctx, grace)
    assert charging.balance(ctx, "2300") == 0
    close(ctx, case, grace)
    sandbox.advance(2)
    charging.hear(ctx, sandbox)
    paying.assert_books(ctx)


def test_a_refund_that_was_never_sent_goes_to_people_where_the_bank_kept_too_little(
    ctx, sandbox, decided, grace
):
    _customer, payment, _case = decided
    charge = paying.row(ctx, payment).charge_ref
    sandbox.open_dispute(charge, amount=SUM - 1, final=True)
    charging.hear(ctx, sandbox)
    recheck_refunds.run(ctx)
    (refund,) = failures.rows(ctx)
    assert (refund.state, refund.case_no != "") == ("failed", True)
    with pytest.raises(reissuing.OnlyByCheck):
        failures.again(ctx, grace)
    failures.check(ctx, grace)
    assert charging.balance(ctx, "2300") == 0
    sandbox.advance(2)
    charging.hear(ctx, sandbox)
    paying.assert_books(ctx)


@pytest.mark.parametrize("act", [failures.again, failures.check])
def test_killed_at_any_commit_a_failed_refund_is_paid_after_all_and_once(
    ctx, sandbox, database, clock, decided, grace, act
):
    failures.fail(ctx, sandbox)

    def press(_at):
        with contextlib.suppress(reissuing.NotOwed):
            act(ctx, grace)
        test_kills.requeue(ctx)
        jobs.run_all(ctx, only=("send_refund",))

    assert len(list(test_kills.kill_points(ctx, press))) >= 2
    test_kills.repair(ctx, sandbox, clock)
    states = {failures.again: ["sent_again", "succeeded"], failures.check: ["paid_otherwise"]}
    assert [r.state for r in failures.rows(ctx)] == states[act]
    assert charging.balance(ctx, "2300") == 0
    there = [r.status for r in sandbox.client().v1.refunds.list()]
    assert there.count("succeeded") == (1 if act is failures.again else 0)
    paying.assert_books(ctx)


def test_two_who_press_in_the_same_moment_pay_it_once(ctx, failed, grace):
    start = threading.Barrier(4)

    def press(act):
        start.wait()
        try:
            act(ctx, grace)
        except reissuing.NotOwed:
            return 0
        return 1

    with futures.ThreadPoolExecutor(4) as pool:
        acts = [failures.again, failures.check] * 2
        assert sum(pool.map(press, acts)) == 1
    paying.assert_books(ctx, with_stripe=False)


def test_killed_at_any_commit_a_refund_that_fails_after_the_loss_is_the_banks_once(
    ctx, sandbox, clock, decided
):
    _customer, payment, _case = decided
    jobs.run_all(ctx, only=("send_refund",))
    charging.hear(ctx, sandbox)
    number = charging.claim(ctx, sandbox, payment, amount=CHARGED, final=True)
    sandbox.settle_refund(failures.rows(ctx)[0].stripe_ref, "failed")
    hooks = sandbox.take_webhooks()

    def hear(_at):
        for hook in hooks:
            paying.receive(ctx, hook)
        test_kills.requeue(ctx)
        jobs.run_all(ctx)

    assert list(test_kills.kill_points(ctx, hear))
    test_kills.repair(ctx, sandbox, clock)
    assert charging.row(ctx, number).owed_cents == SUM
    assert charging.balance(ctx, "2300") == charging.balance(ctx, "1030") == 0
    paying.assert_books(ctx)


@pytest.mark.parametrize("language", ["en", "es"])
def test_who_reads_that_a_lost_claim_was_won_reads_what_waits_for_the_open_bills(
    ctx, sandbox, database, language
):
    customer = people.make_customer(database, language=language)
    bill = bills.make_bill(database, customer=customer)
    payment = charging.pay(ctx, sandbox, customer)
    charging.hear(ctx, sandbox)
    number = charging.claim(ctx, sandbox, payment, final=True)
    lost = ctx.payments.read_chargeback(charging.row(ctx, number).stripe_ref)
    back = dataclasses.replace(lost.moves[0], ref="txn_back", amount_cents=CHARGED, fee_cents=0)
    won = dataclasses.replace(lost, status="won", moves=(*lost.moves, back))
    follow_chargeback.absorb(ctx, view=won, who=charging.WHO)
    told = paying.mail(ctx, "chargeback_ended")
    assert f"${CHARGED / 100:.2f}" in told
    words = {
        "en": ("waits on your account", "still due", "Nothing changes"),
        "es": ("queda en su cuenta", "siguen pendientes", "Nada cambia"),
    }[language]
    assert [part in told for part in words] == [True, True, False]
    assert bills.invoices_of(database, policy_id=bill.policy.id)[-1].open_cents == CHARGED

"""A policy passes to another customer: what ends, what stays, what stands in the way."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.approvals import models as approvals
from portal.domain.approvals import rules
from portal.domain.audit import models as audit
from portal.domain.billing import models as billing
from portal.domain.payments import models as payments
from portal.domain.policies import models as policies
from portal.journeys import (
    end_payer,
    handing_over,
    move_policy,
    run_billing,
    term_changes,
    term_scene,
    void_invoice,
)
from portal.kernel import actor, money
from tests.support import autopaying, bills, cases, joint, paying, people, planning, scoped

D = datetime.date
STARTS = D(2026, 9, 28)  # bills due on 28 September, October and November are out


@pytest.fixture
def grace(database):
    return people.make_staff(database, "specialist", name="Grace Lindqvist")


@pytest.fixture
def omar(database):
    return people.make_staff(database, "supervisor", name="Omar Haddad")


@pytest.fixture
def new(database):
    return people.make_customer(database, first_name="Ana", last_name="Ruiz")


@pytest.fixture
def bill(database):
    """Two bills are paid, the third is open and untouched."""
    made = bills.make_bill(database, effective_on=STARTS)
    for invoice in made.invoices[:2]:
        bills.pay(database, invoice)
    return made


def staff(person):
    return actor.Actor(
        kind=actor.ActorKind.STAFF, label=person.name, id=person.id, role=str(person.role)
    )


def ask(bill, new, *, to=None):
    return move_policy.Ask(policy_no=bill.policy.number, to=to or new.number, reason="Sold.")


def requested(ctx, bill, new, grace):
    facts = move_policy.preview(ctx, ask=ask(bill, new))
    version = rules.facts_version(facts)
    return move_policy.request(ctx, ask=ask(bill, new), facts_version=version, who=staff(grace))


def approved(ctx, number, omar):
    with ctx.database.reading() as session:
        version = session.scalars(
            sa.select(approvals.Approval.facts_version).where(approvals.Approval.number == number)
        ).one()
    return move_policy.approve(ctx, approval_no=number, facts_version=version, who=staff(omar))


def moved(ctx, bill, new, grace, omar):
    number = requested(ctx, bill, new, grace)
    paying.assert_books(ctx, with_stripe=False)
    approved(ctx, number, omar)
    paying.assert_books(ctx, with_stripe=False)
    return number


def owner_of(database, bill):
    with database.reading() as session:
        policy = session.get_one(policies.Policy, bill.policy.id)
        assert session.get_one(policies.Pet, policy.pet_id).customer_id == policy.customer_id
        return policy.customer_id


def states(database, bill):
    return [
        (str(invoice.state), invoice.customer_id)
        for invoice in bills.invoices_of(database, policy_id=bill.policy.id)
    ]


def templates(database, customer):
    return [mail.template for mail in joint.mails(database, customer)]


def test_the_policy_and_its_pet_pass_and_paid_bills_stay(
    quiet_ctx, database, clock, bill, new, grace, omar
):
    old = bill.customer
    moved(quiet_ctx, bill, new, grace, omar)
    assert owner_of(database, bill) == new.id
    assert states(database, bill) == [("paid", old.id), ("paid", old.id), ("voided", old.id)]
    run_billing.run(quiet_ctx, on=clock.today())
    paying.assert_books(quiet_ctx, with_stripe=False)
    (again,) = [
        invoice
        for invoice in bills.invoices_of(database, policy_id=bill.policy.id)
        if invoice.customer_id == new.id
    ]
    assert again.total_cents == bill.invoice.total_cents
    assert again.due_on == clock.today() + datetime.timedelta(days=20)
    assert "policy_moved" in templates(database, old)
    assert "policy_moved" in templates(database, new)
    with database.reading() as session:
        event = session.scalars(
            sa.select(policies.PolicyEvent).where(policies.PolicyEvent.kind == "owner_changed")
        ).one()
        actions = session.scalars(sa.select(audit.AuditEvent.action)).all()
    assert (event.by, event.reason) == ("Omar Haddad", "Sold.")
    assert event.facts["voided"] == [[bill.number, bill.invoice.total_cents]]
    assert {"approvals.requested", "approvals.approved", "policies.owner_changed"} <= set(actions)


def test_a_preview_and_a_request_change_nothing(quiet_ctx, database, bill, new, grace):
    before = states(database, bill)
    requested(quiet_ctx, bill, new, grace)
    assert owner_of(database, bill) == bill.customer.id
    assert states(database, bill) == before
    assert "policy_moved" not in templates(database, bill.customer)
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_the_new_owner_is_found_by_mail_too(quiet_ctx, bill, new):
    facts = move_policy.preview(quiet_ctx, ask=ask(bill, new, to=f" {new.email.upper()} "))
    assert facts["to_no"] == new.number


@pytest.mark.parametrize("to", ["", "nobody@example.test", "CUS-0", "%", "\x00"])
def test_nobody_is_refused(quiet_ctx, bill, new, to):
    with pytest.raises(move_policy.NoSuchCustomer):
        move_policy.preview(quiet_ctx, ask=move_policy.Ask(policy_no=bill.policy.number, to=to))


def test_whose_it_is_already_is_refused(quiet_ctx, bill):
    with pytest.raises(move_policy.SameCustomer):
        move_policy.preview(quiet_ctx, ask=ask(bill, bill.customer))


def test_nobody_approves_their_own_and_no_specialist_any(quiet_ctx, database, bill, new, omar):
    number = requested(quiet_ctx, bill, new, omar)
    with pytest.raises(rules.NotYours):
        approved(quiet_ctx, number, omar)
    with pytest.raises(rules.NotAnApprover):
        approved(quiet_ctx, number, people.make_staff(database, "specialist"))
    assert owner_of(database, bill) == bill.customer.id


def test_two_requests_at_a_time_are_one(quiet_ctx, bill, new, grace):
    requested(quiet_ctx, bill, new, grace)
    with pytest.raises(move_policy.AskedAlready):
        requested(quiet_ctx, bill, new, grace)


def test_approved_twice_it_moves_once(quiet_ctx, database, bill, new, grace, omar):
    number = moved(quiet_ctx, bill, new, grace, omar)
    with pytest.raises((move_policy.SameCustomer, move_policy.approvals.DecidedAlready)):
        approved(quiet_ctx, number, omar)
    assert owner_of(database, bill) == new.id


def test_sent_back_it_stays(quiet_ctx, database, bill, new, grace, omar):
    number = requested(quiet_ctx, bill, new, grace)
    move_policy.send_back(quiet_ctx, approval_no=number, reason="No.", who=staff(omar))
    assert owner_of(database, bill) == bill.customer.id
    assert requested(quiet_ctx, bill, new, grace) != number


def test_what_changed_since_is_shown_to_the_approver_first(
    quiet_ctx, database, bill, new, grace, omar
):
    number = requested(quiet_ctx, bill, new, grace)
    bills.pay(database, bill.invoice)
    with pytest.raises(rules.StaleFacts):
        approved(quiet_ctx, number, omar)
    assert owner_of(database, bill) == bill.customer.id
    approved(quiet_ctx, number, omar)
    assert owner_of(database, bill) == new.id
    assert [state for state, _ in states(database, bill)] == ["paid"] * 3


def test_a_bill_that_is_partly_paid_stands_in_the_way(quiet_ctx, database, bill, new):
    bills.pay(database, bill.invoice, cents=1000)
    with pytest.raises(handing_over.PartlyPaid):
        move_policy.preview(quiet_ctx, ask=ask(bill, new))


def test_a_payment_under_way_stands_in_the_way(quiet_ctx, database, bill, new):
    bills.begin_payment(database, bill.invoice, event=bills.PaymentEvent.PROCESS)
    with pytest.raises(void_invoice.BeingPaid):
        move_policy.preview(quiet_ctx, ask=ask(bill, new))


def test_an_open_dispute_stands_in_the_way(quiet_ctx, database, bill, new):
    cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, line_numbers=[1])
    with pytest.raises(handing_over.InDispute):
        move_policy.preview(quiet_ctx, ask=ask(bill, new))


def test_a_dispute_about_a_paid_bill_stands_in_the_way(quiet_ctx, database, bill, new):
    cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.invoices[0].number)
    with pytest.raises(handing_over.InDispute):
        move_policy.preview(quiet_ctx, ask=ask(bill, new))


def test_a_hold_stands_in_the_way(quiet_ctx, database, bill, new):
    with database.unit_of_work() as session:
        session.add(
            billing.Hold(
                kind=billing.HoldKind.OVERDUE,
                customer_id=bill.customer.id,
                subject=bill.number,
                amount_cents=100,
                reason="Looked into.",
                owner="DSP-1",
                placed_at=people.NOW,
            )
        )
    with pytest.raises(handing_over.Held):
        move_policy.preview(quiet_ctx, ask=ask(bill, new))


def test_a_cancelled_policy_stays(quiet_ctx, database, clock, bill, new):
    term_changes.cancel(
        quiet_ctx,
        ask=term_changes.Ask(policy_no=bill.policy.number, once_key="x", who=actor.system("x")),
        on=clock.today(),
    )
    with pytest.raises(term_scene.CancelledAlready):
        move_policy.preview(quiet_ctx, ask=ask(bill, new))


def test_autopay_planned_payments_and_the_payer_end_and_are_told(
    quiet_ctx, database, bill, new, grace, omar
):
    card = autopaying.card(database, bill.customer)
    autopaying.join(quiet_ctx, bill, card)
    planning.schedule(quiet_ctx, bill, card, expected=bill.invoice.open_cents)
    number = requested(quiet_ctx, bill, new, grace)
    approved(quiet_ctx, number, omar)
    assert planning.waiting(quiet_ctx, bill) == ()
    assert {"autopay_ended", "policy_moved"} <= set(templates(database, bill.customer))
    with database.reading() as session:
        ended = session.scalars(sa.select(payments.Autopay.end_reason)).all()
    assert [str(reason) for reason in ended] == ["staff"]
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_what_goes_back_later_goes_to_who_paid(quiet_ctx, database, clock, bill, new, grace, omar):
    """Each line goes back to the customer of its bill, and to the payment that paid it."""
    moved(quiet_ctx, bill, new, grace, omar)
    run_billing.run(quiet_ctx, on=clock.today())
    (mine,) = [
        invoice
        for invoice in bills.invoices_of(database, policy_id=bill.policy.id)
        if invoice.customer_id == new.id
    ]
    by_new = bills.pay(database, mine)
    paying.assert_books(quiet_ctx, with_stripe=False)
    done = term_changes.cancel(
        quiet_ctx,
        ask=term_changes.Ask(policy_no=bill.policy.number, once_key="x", who=actor.system("x")),
        on=D(2026, 10, 10),
    )
    paying.assert_books(quiet_ctx, with_stripe=False)
    with database.reading() as session:
        rows = session.execute(
            sa.select(payments.Payment.customer_id, payments.Refund.amount_cents).join(
                payments.Payment, payments.Payment.id == payments.Refund.payment_id
            )
        ).all()
        refunded_to = {customer_id for customer_id, _ in rows}
        paid = session.scalars(
            sa.select(payments.Refund.amount_cents)
            .join(payments.Payment, payments.Payment.id == payments.Refund.payment_id)
            .where(payments.Payment.number == by_new)
        ).all()
    assert refunded_to == {bill.customer.id, new.id}
    to_new = sum(cents for customer_id, cents in rows if customer_id == new.id)
    assert done.facts["refunded_cents"] == to_new > 0
    to_former = sum(cents for customer_id, cents in rows if customer_id == bill.customer.id)
    assert done.facts["others_refunded_cents"] == to_former > 0
    assert done.facts["others_returned_cents"] == to_former
    assert sum(paid) == sum(
        line.amount_cents
        for line in bills.lines_of(database, mine.number)
        if line.kind in ("premium", "tax")
    )


def test_the_premium_can_fall_after_it_passed(quiet_ctx, database, clock, bill, new, grace, omar):
    moved(quiet_ctx, bill, new, grace, omar)
    term_changes.change_premium(
        quiet_ctx,
        ask=term_changes.Ask(policy_no=bill.policy.number, once_key="x", who=actor.system("x")),
        effective_on=clock.today(),
        premium_cents=money.Money.parse("300").cents,
    )
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_the_link_of_somebody_who_pays_is_dead(quiet_ctx, database, bill, new, grace, omar):
    number = scoped.ask(quiet_ctx, bill)
    moved(quiet_ctx, bill, new, grace, omar)
    with database.reading() as session:
        payer = session.scalars(sa.select(payments.Payer)).one()
    assert str(payer.end_reason) == "policy_ended"
    with pytest.raises(end_payer.inviting.NoSuchPayer):
        end_payer.by_owner(
            quiet_ctx,
            customer_id=bill.customer.id,
            number=number,
            who=people.owner(bill.customer),
        )

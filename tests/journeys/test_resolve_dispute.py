"""Deciding a case: alone, with a second person, with money; and what the customer learns."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.domain.approvals import operations as approval_operations
from portal.domain.approvals import queries as approvals
from portal.domain.approvals import rules as approval_rules
from portal.domain.audit import models as audit
from portal.domain.billing import models as billing
from portal.domain.disputes import rules
from portal.domain.disputes.operations import deciding, stepping
from portal.domain.disputes.queries import case as desk
from portal.domain.disputes.queries import owner, surroundings
from portal.domain.disputes.rules import CaseState, MoneyAction, Outcome
from portal.domain.payments import models as payments
from portal.domain.reports.queries import invoice_record
from portal.journeys import resolve_dispute, work_dispute
from portal.kernel import transitions
from tests.support import bills, cases, people

LARGE = 30_000


pytestmark = pytest.mark.usefixtures("books_hold")


@pytest.fixture
def grace(database):
    return people.make_staff(database)


@pytest.fixture
def omar(database):
    return people.make_staff(database, "supervisor", name="Omar Haddad")


@pytest.fixture
def paid_twice(quiet_ctx, database, grace):
    """A bill, a payment of it with 300.00 too much, and the case about the payment."""
    bill = bills.make_bill(database)
    payment_no = bills.pay(database, bill.invoice, cents=bill.invoice.open_cents + LARGE)
    number = cases.raise_case(
        quiet_ctx, bill.customer, payment_no=payment_no, category="charged_twice"
    )
    cases.take(quiet_ctx, number, grace)
    return bill.customer, payment_no, number


def refunds(database) -> list[payments.Refund]:
    with database.reading() as session:
        return list(session.scalars(sa.select(payments.Refund).order_by(payments.Refund.id)))


def pending(database, number: str) -> approvals.ApprovalView:
    with database.reading() as session:
        return approvals.of_subject(session, subject=number)[0]


def balance(database, customer) -> int:
    with database.reading() as session:
        return session.get_one(billing.AccountBalance, customer.id).unapplied_cents


def test_a_declined_case_is_closed_and_nothing_is_paused_any_more(quiet_ctx, database, grace):
    bill = bills.make_bill(database)
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    cases.take(quiet_ctx, number, grace)
    done = cases.resolve(quiet_ctx, number, grace, cases.decision())
    assert done.state == CaseState.RESOLVED
    assert cases.holds(database, number) == []
    assert cases.row(database, number).closed_at == quiet_ctx.clock.now()
    mail = cases.mails(database, number)[-1]
    assert mail.template == "dispute_resolved"
    assert "the bill is right" in mail.text


def test_a_small_refund_is_decided_alone_and_told_with_its_day(
    quiet_ctx, database, grace, paid_twice
):
    customer, payment_no, number = paid_twice
    done = cases.resolve(quiet_ctx, number, grace, cases.refund(payment_no, 25_000))
    (refund,) = refunds(database)
    assert (refund.number, refund.amount_cents) == (done.moved_no, 25_000)
    assert balance(database, customer) == LARGE - 25_000
    with database.reading() as session:
        mine = owner.own_case(session, customer_id=customer.id, number=number)
    assert mine.answer.refund_expected_on == refund.expected_on
    assert mine.answer.refund_to == "visa 4242"
    assert "$250.00" in cases.mails(database, number)[-1].text
    assert cases.holds(database, number) == []


def test_a_credit_takes_the_disputed_line_off_the_bill(quiet_ctx, database, grace):
    bill = bills.make_bill(database)
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number, line_numbers=[3])
    cases.take(quiet_ctx, number, grace)
    done = cases.resolve(
        quiet_ctx,
        number,
        grace,
        cases.decision(outcome=Outcome.UPHELD, action=MoneyAction.CREDIT, amount_cents=300),
    )
    assert done.moved_no.startswith("CRE-")
    lines = bills.lines_of(database, bill.number)
    assert [line.open_cents for line in lines] == [6245, 63, 0]


@pytest.mark.parametrize("paid_cents", [5_000, 6_608])
def test_what_opens_again_on_a_disputed_line_is_paused_again(
    quiet_ctx, database, grace, paid_cents
):
    bill = bills.make_bill(database)
    payment_no = bills.pay(database, bill.invoice, cents=paid_cents)
    about_bill = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    held = [c for kind, *_, c in cases.holds(database, about_bill) if kind == "overdue"]
    assert sum(held) == 6_608 - paid_cents
    about_payment = cases.raise_case(
        quiet_ctx, bill.customer, payment_no=payment_no, category="charged_twice"
    )
    cases.take(quiet_ctx, about_payment, grace)
    cases.resolve(
        quiet_ctx, about_payment, grace, cases.refund(payment_no, 4_000, freed_by="take_back")
    )
    held = [c for kind, *_, c in cases.holds(database, about_bill) if kind == "overdue"]
    assert sum(held) == 6_608 - paid_cents + 4_000


def test_above_the_limit_the_money_waits_for_a_second_person(
    quiet_ctx, database, grace, omar, paid_twice
):
    customer, payment_no, number = paid_twice
    done = cases.resolve(quiet_ctx, number, grace, cases.refund(payment_no, LARGE))
    assert done.state == CaseState.AWAITING_APPROVAL
    assert refunds(database) == []
    assert len(cases.holds(database, number)) == 1
    asked = pending(database, number)
    assert asked.number == done.approval_no
    agreed = resolve_dispute.approve_resolution(
        quiet_ctx,
        approval_no=asked.number,
        facts_version=asked.facts_version,
        who=cases.staff(omar),
    )
    (refund,) = refunds(database)
    assert agreed.moved_no == refund.number
    assert balance(database, customer) == 0
    assert cases.row(database, number).state is CaseState.RESOLVED
    assert cases.holds(database, number) == []
    assert cases.mails(database, number)[-1].template == "dispute_resolved"


def test_what_was_refunded_before_counts_towards_the_limit(quiet_ctx, database, grace, paid_twice):
    customer, payment_no, first = paid_twice
    cases.resolve(quiet_ctx, first, grace, cases.refund(payment_no, 20_000))
    second = cases.raise_case(quiet_ctx, customer, payment_no=payment_no, category="charged_twice")
    cases.take(quiet_ctx, second, grace)
    done = cases.resolve(quiet_ctx, second, grace, cases.refund(payment_no, 6_000))
    assert done.state == CaseState.AWAITING_APPROVAL


def test_nobody_approves_their_own(quiet_ctx, database, omar, paid_twice):
    _, payment_no, number = paid_twice
    cases.resolve(quiet_ctx, number, omar, cases.refund(payment_no, LARGE))
    asked = pending(database, number)
    with pytest.raises(approval_rules.NotYours):
        resolve_dispute.approve_resolution(
            quiet_ctx,
            approval_no=asked.number,
            facts_version=asked.facts_version,
            who=cases.staff(omar),
        )
    assert refunds(database) == []


@pytest.mark.parametrize("role", ["specialist", "finance"])
def test_only_a_supervisor_approves(quiet_ctx, database, grace, paid_twice, role):
    _, payment_no, number = paid_twice
    cases.resolve(quiet_ctx, number, grace, cases.refund(payment_no, LARGE))
    asked = pending(database, number)
    other = people.make_staff(database, role)
    with pytest.raises(approval_rules.NotAnApprover):
        resolve_dispute.approve_resolution(
            quiet_ctx,
            approval_no=asked.number,
            facts_version=asked.facts_version,
            who=cases.staff(other),
        )


def test_when_the_figures_changed_the_approver_is_shown_the_new_ones_first(
    quiet_ctx, database, grace, omar, paid_twice
):
    customer, payment_no, number = paid_twice
    cases.resolve(quiet_ctx, number, grace, cases.refund(payment_no, LARGE))
    before = pending(database, number)
    bills.make_bill(database, customer=customer, pet_name="Miso")
    with pytest.raises(approval_rules.StaleFacts):
        resolve_dispute.approve_resolution(
            quiet_ctx,
            approval_no=before.number,
            facts_version=before.facts_version,
            who=cases.staff(omar),
        )
    assert refunds(database) == []
    fresh = pending(database, number)
    assert fresh.state == "pending"
    assert fresh.facts_version != before.facts_version
    resolve_dispute.approve_resolution(
        quiet_ctx,
        approval_no=fresh.number,
        facts_version=fresh.facts_version,
        who=cases.staff(omar),
    )
    assert len(refunds(database)) == 1


def test_a_second_press_on_approve_moves_nothing_more(quiet_ctx, database, grace, omar, paid_twice):
    _, payment_no, number = paid_twice
    cases.resolve(quiet_ctx, number, grace, cases.refund(payment_no, LARGE))
    asked = pending(database, number)
    press = {"approval_no": asked.number, "facts_version": asked.facts_version}
    resolve_dispute.approve_resolution(quiet_ctx, who=cases.staff(omar), **press)
    with pytest.raises(approval_operations.DecidedAlready):
        resolve_dispute.approve_resolution(quiet_ctx, who=cases.staff(omar), **press)
    assert len(refunds(database)) == 1


def test_a_returned_decision_goes_back_with_its_reason(
    quiet_ctx, database, grace, omar, paid_twice
):
    _, payment_no, number = paid_twice
    cases.resolve(quiet_ctx, number, grace, cases.refund(payment_no, LARGE))
    asked = pending(database, number)
    with pytest.raises(approval_rules.ReasonMissing):
        resolve_dispute.return_resolution(
            quiet_ctx, approval_no=asked.number, reason=" ", who=cases.staff(omar)
        )
    resolve_dispute.return_resolution(
        quiet_ctx, approval_no=asked.number, reason="Show the receipt.", who=cases.staff(omar)
    )
    assert cases.row(database, number).state is CaseState.OPEN
    assert pending(database, number).answer == "Show the receipt."
    again = cases.resolve(quiet_ctx, number, grace, cases.refund(payment_no, LARGE))
    assert again.approval_no != asked.number
    assert len(refunds(database)) == 0


def test_a_withdrawn_case_takes_its_request_along(quiet_ctx, database, grace, omar, paid_twice):
    customer, payment_no, number = paid_twice
    cases.resolve(quiet_ctx, number, grace, cases.refund(payment_no, LARGE))
    asked = pending(database, number)
    work_dispute.withdraw(
        quiet_ctx, number=number, customer_id=customer.id, who=people.owner(customer)
    )
    assert pending(database, number).state == "withdrawn"
    assert cases.holds(database, number) == []
    with pytest.raises(approval_operations.DecidedAlready):
        resolve_dispute.approve_resolution(
            quiet_ctx,
            approval_no=asked.number,
            facts_version=asked.facts_version,
            who=cases.staff(omar),
        )
    assert refunds(database) == []


def test_a_preview_changes_nothing(quiet_ctx, database, grace, paid_twice):
    customer, payment_no, number = paid_twice
    before = cases.row(database, number).version
    seen = resolve_dispute.preview(
        quiet_ctx,
        number=number,
        decision=cases.refund(payment_no, 25_000),
    )
    assert seen.plan.method_label == "visa 4242"
    assert not seen.needs_second
    assert cases.row(database, number).version == before
    assert (refunds(database), balance(database, customer)) == ([], LARGE)


def test_a_plan_that_is_not_what_was_shown_is_not_carried_out(
    quiet_ctx, database, grace, paid_twice
):
    customer, payment_no, number = paid_twice
    given = cases.refund(payment_no, 20_000)
    seen = resolve_dispute.preview(quiet_ctx, number=number, decision=given)
    bills.make_bill(database, customer=customer, pet_name="Miso")
    with pytest.raises(resolve_dispute.PlanChanged):
        resolve_dispute.resolve(
            quiet_ctx,
            number=number,
            version=seen.version,
            decision=given,
            plan_version=seen.plan_version,
            who=cases.staff(grace),
        )
    assert refunds(database) == []


def test_a_page_made_before_the_case_changed_decides_nothing(
    quiet_ctx, database, grace, paid_twice
):
    _, payment_no, number = paid_twice
    given = cases.refund(payment_no, 20_000)
    seen = resolve_dispute.preview(quiet_ctx, number=number, decision=given)
    work_dispute.sort(
        quiet_ctx,
        number=number,
        version=seen.version,
        category="fee",
        priority="P3",
        who=cases.staff(grace),
    )
    with pytest.raises(stepping.StaleCase):
        resolve_dispute.resolve(
            quiet_ctx,
            number=number,
            version=seen.version,
            decision=given,
            plan_version=seen.plan_version,
            who=cases.staff(grace),
        )


def test_a_case_that_nobody_took_is_not_decided(quiet_ctx, database, grace):
    bill = bills.make_bill(database)
    number = cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)
    with pytest.raises(transitions.NotAllowed):
        cases.resolve(quiet_ctx, number, grace, cases.decision())


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"answer": "  "}, deciding.raising.WordsMissing),
        ({"reason": " "}, deciding.ReasonMissing),
        ({"amount_cents": 100}, rules.AmountDoesNotFit),
        (
            {"action": MoneyAction.REFUND, "amount_cents": 100},
            rules.MoneyNeedsUpheld,
        ),
    ],
)
def test_a_decision_that_says_too_little_is_refused(
    quiet_ctx, database, grace, paid_twice, given, error
):
    *_, number = paid_twice
    with pytest.raises(error):
        cases.resolve(quiet_ctx, number, grace, cases.decision(**given))
    assert cases.row(database, number).state is CaseState.OPEN


def test_the_desk_sees_what_lies_around_the_case(quiet_ctx, database, grace, paid_twice):
    customer, payment_no, number = paid_twice
    done = cases.resolve(quiet_ctx, number, grace, cases.refund(payment_no, LARGE))
    with database.reading() as session:
        head = desk.head(session, number=number)
        decided = desk.resolutions_of(session, dispute_id=head.id)
        paid = surroundings.payments_of(session, customer_id=customer.id)
        held = invoice_record.active_holds(session, customer_id=customer.id)
        covered = surroundings.policies_of(session, customer_id=customer.id)
    assert (head.owner_name, head.state) == ("Grace Lindqvist", "awaiting_approval")
    assert [d.approval_no for d in decided] == [done.approval_no]
    assert [(p.number, p.unapplied_cents) for p in paid] == [(payment_no, LARGE)]
    assert [(h.kind, h.owner) for h in held] == [("allocation", number)]
    assert [(c.pet_name, c.state) for c in covered] == [("Biscuit", "active")]


def test_every_step_stands_in_the_audit_log(quiet_ctx, database, grace, omar, paid_twice):
    _, payment_no, number = paid_twice
    cases.resolve(quiet_ctx, number, grace, cases.refund(payment_no, LARGE))
    asked = pending(database, number)
    resolve_dispute.approve_resolution(
        quiet_ctx,
        approval_no=asked.number,
        facts_version=asked.facts_version,
        who=cases.staff(omar),
    )
    with database.reading() as session:
        rows = session.execute(
            sa.select(audit.AuditEvent.action, audit.AuditEvent.actor_label)
            .where(audit.AuditEvent.subject.in_([number, asked.number]))
            .order_by(audit.AuditEvent.id)
        ).all()
    actions = [tuple(row) for row in rows]
    assert actions == [
        ("disputes.raised", "Maria Alvarez"),
        ("disputes.taken", "Grace Lindqvist"),
        ("disputes.proposed", "Grace Lindqvist"),
        ("approvals.requested", "Grace Lindqvist"),
        ("approvals.approved", "Omar Haddad"),
        ("disputes.resolved", "Omar Haddad"),
    ]

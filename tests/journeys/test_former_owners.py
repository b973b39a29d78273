"""What of a former owner reaches the new one: no choice, no mail of a bill, no money."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
import sqlalchemy as sa

from portal.domain.payments import models as payments
from portal.domain.policies import models as policies
from portal.journeys import (
    bereavement,
    billing_day,
    choose_plan,
    renew_terms,
    run_billing,
    tell_bills,
    term_changes,
)
from portal.kernel import actor
from tests.journeys import test_move_policy as moving
from tests.support import bills, joint, mourning, paying, people, scoped

D = datetime.date


@pytest.fixture
def new(database):
    return people.make_customer(database, first_name="Ana", last_name="Ruiz")


@pytest.fixture
def bill(database):
    """Two bills are paid, the third is open and untouched."""
    made = bills.make_bill(database, effective_on=moving.STARTS)
    for invoice in made.invoices[:2]:
        bills.pay(database, invoice)
    return made


def passed_on(ctx, bill, new):
    grace, omar = (people.make_staff(ctx.database, role) for role in ("specialist", "supervisor"))
    moving.moved(ctx, bill, new, grace, omar)


def change(bill, key="x"):
    return term_changes.Ask(
        policy_no=bill.policy.number, once_key=key, who=actor.system("x"), reason="x"
    )


def terms(database, bill):
    with database.reading() as session:
        return session.scalars(
            sa.select(policies.Term)
            .where(policies.Term.policy_id == bill.policy.id)
            .order_by(policies.Term.id)
        ).all()


def test_bills_whose_mail_is_late_are_told_to_nobody_new(quiet_ctx, database, bill, new):
    """The withdrawn one to nobody; a paid one not to whoever pays for the new owner."""
    passed_on(quiet_ctx, bill, new)
    scoped.ask(quiet_ctx, dataclasses.replace(bill, customer=new))
    with database.unit_of_work() as session:
        session.scalars(sa.select(payments.Payer)).one().first_seen_at = people.NOW
    paid, withdrawn = bill.invoices[1], bill.invoices[2]
    tell_bills.tell(quiet_ctx, invoice_ids=[paid.id, withdrawn.id])
    told = [mail for mail in joint.mails(database, bill.customer) if "bill" in mail.template]
    assert [mail.subject_no for mail in told] == [paid.number]
    assert paying.mails(quiet_ctx, "payer_bill") == 0


def test_the_plan_chosen_by_the_former_owner_binds_nobody(quiet_ctx, database, clock, new):
    bill = bills.make_bill(database, effective_on=D(2025, 12, 15))
    bills.pay(database, *bill.invoices)
    choose_plan.choose(quiet_ctx, ask=change(bill), plan="in_full")
    passed_on(quiet_ctx, bill, new)
    renew_terms.run(quiet_ctx, on=clock.today())
    assert [str(term.payment_plan) for term in terms(database, bill)] == ["monthly", "monthly"]


def test_the_day_chosen_by_the_former_owner_binds_nobody(quiet_ctx, database, clock, new):
    bill = bills.make_bill(database, effective_on=D(2025, 12, 20), through=D(2026, 9, 30))
    bills.pay(database, *bill.invoices)
    term_changes.move_day(quiet_ctx, ask=change(bill), day=3)
    passed_on(quiet_ctx, bill, new)
    with database.reading() as session:
        given = {"policy_id": bill.policy.id, "customer_id": new.id}
        assert billing_day.chosen(session, **given) is None
    term_changes.move_day(quiet_ctx, ask=change(bill, "y"), day=7)
    with database.reading() as session:
        assert billing_day.chosen(session, **given) == 7


def test_of_a_death_the_new_owner_is_told_their_own_money_alone(quiet_ctx, database, bill, new):
    """All that was paid is the former owner's; what they still owe for a term is theirs too."""
    passed_on(quiet_ctx, bill, new)
    theirs = dataclasses.replace(bill, customer=new)
    seen = bereavement.estimate(quiet_ctx, ask=mourning.ask(theirs), died_on=D(2026, 10, 10))
    assert (seen.refund_cents, seen.off_bills_cents, seen.open_cents) == (0, 0, 0)
    assert seen.others_cents > 0
    told = mourning.tell(quiet_ctx, theirs, D(2026, 10, 10))
    assert told.facts["others_cents"] == seen.others_cents
    assert mourning.case(quiet_ctx, theirs).disputed_cents == 0
    (mail,) = [one for one in joint.mails(database, new) if one.template == "bereavement"]
    assert "$" not in mail.text
    ended = mourning.end_cover(quiet_ctx, theirs, seen.ends_on)
    assert ended.facts["others_returned_cents"] == seen.others_cents
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_policy_that_has_not_begun_passes_on_and_is_billed_to_the_new_owner(
    quiet_ctx, database, new
):
    early = bills.make_bill(database, effective_on=D(2026, 12, 10))
    passed_on(quiet_ctx, early, new)
    assert run_billing.run(quiet_ctx, on=quiet_ctx.clock.today()) == 1
    with database.reading() as session:
        policy = session.get_one(policies.Policy, early.policy.id)
        open_cents = session.scalar(
            sa.text(
                "SELECT sum(open_cents) FROM invoice WHERE policy_id = :policy"
                " AND customer_id = :customer"
            ),
            {"policy": policy.id, "customer": new.id},
        )
    assert policy.customer_id == new.id
    assert open_cents == early.invoice.total_cents
    paying.assert_books(quiet_ctx, with_stripe=False)

"""One bill a month for all pets: moved to the cent, told in one mail, left at once."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.billing import models as billing
from portal.domain.billing.queries import joint as settings
from portal.domain.billing.rules import replanning
from portal.domain.policies import models as policies
from portal.journeys import bill_together, run_billing, tell_bills, term_changes
from tests.support import bills, joint, paying, people


@pytest.fixture
def pets(database):
    return joint.pets(database)


@pytest.fixture
def customer(pets):
    return pets[0].customer


def setting(database, customer):
    with database.reading() as session:
        return settings.running(session, customer_id=customer.id)


def told(database, customer):
    return [(mail.template, mail.subject) for mail in joint.mails(database, customer)]


def planned_cents(database, bill):
    with database.reading() as session:
        table = billing.Installment
        return session.scalar(
            sa.select(sa.func.sum(table.premium_cents + table.tax_cents)).where(
                table.term_id == bill.term.id
            )
        )


def hold(database, bill):
    with database.unit_of_work() as session:
        session.add(
            billing.Hold(
                kind=billing.HoldKind.INVOICING,
                customer_id=bill.customer.id,
                subject=bill.policy.number,
                amount_cents=0,
                reason="Looked into.",
                owner="DSP-1",
                placed_at=people.NOW,
            )
        )


def test_a_preview_tells_each_pets_move_and_changes_nothing(quiet_ctx, database, pets, customer):
    before = joint.coming(database, pets)
    seen = bill_together.join(quiet_ctx, ask=joint.ask(customer), is_trial=True)
    assert [(pet.name, pet.change.effective_on) for pet in seen.pets] == [
        ("Biscuit", joint.DUE_ON),
        ("Miso", joint.DUE_ON),
        ("Pico", joint.DUE_ON),
    ]
    assert [pet.change.facts["bridge_days"] for pet in seen.pets] == [10, 5, 26]
    assert joint.coming(database, pets) == before
    assert setting(database, customer) is None
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_all_move_to_one_day_and_each_year_costs_the_same(quiet_ctx, database, pets, customer):
    before = [planned_cents(database, bill) for bill in pets]
    seen = bill_together.join(quiet_ctx, ask=joint.ask(customer), is_trial=True)
    made = joint.join(quiet_ctx, customer, expects=seen.version)
    assert made.version == seen.version
    assert {day.day for days in joint.coming(database, pets).values() for day in days} == {15}
    assert {days[0] for days in joint.coming(database, pets).values()} == {joint.DUE_ON}
    assert [planned_cents(database, bill) for bill in pets] == before
    assert setting(database, customer).day == 15
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_pet_whose_bill_was_put_off_before_is_named(quiet_ctx, database, clock, pets, customer):
    order = term_changes.Ask(
        policy_no=pets[0].policy.number, once_key="alone", who=people.owner(customer)
    )
    moved = term_changes.move_day(quiet_ctx, ask=order, day=28)
    clock.set(bills.at(moved.effective_on - datetime.timedelta(days=21)))
    with pytest.raises(bill_together.PetOutOfReach, match="Biscuit’s next bill can be due from"):
        bill_together.join(quiet_ctx, ask=joint.ask(customer), is_trial=True)


def test_bills_of_one_day_are_told_in_one_mail_once(quiet_ctx, database, clock, pets, customer):
    joint.join(quiet_ctx, customer)
    joint.run(quiet_ctx, database, clock, joint.ISSUE_ON)
    found = [mail for mail in joint.mails(database, customer) if mail.template.startswith("bill")]
    (mail,) = found
    total = sum(
        invoice.total_cents
        for bill in pets
        for invoice in bills.invoices_of(database, policy_id=bill.policy.id)
        if invoice.due_on == joint.DUE_ON
    )
    assert mail.template == "bills_together"
    assert f"3 pets: ${total / 100:.2f} due Friday 15 January" in mail.subject
    for part in ("Biscuit", "Miso", "Pico", "/pay?invoice=INV-", "/invoices/due/2027-01-15"):
        assert part in mail.text
        assert part.replace("&", "&amp;") in mail.html
    assert mail.text.count("invoice=INV-") == 3
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_batches_of_one_are_told_together_too(quiet_ctx, database, clock, customer):
    joint.join(quiet_ctx, customer)
    clock.set(bills.at(joint.ISSUE_ON))
    run_billing.run(quiet_ctx, on=joint.ISSUE_ON, batch=1)
    with database.reading() as session:
        run_id = session.scalar(sa.select(sa.func.max(billing.BillingRun.id)))
    tell_bills.tell_together(quiet_ctx, run_id=run_id)
    assert [template for template, _ in told(database, customer)] == ["bills_together"]


def test_others_are_told_as_ever(quiet_ctx, database, clock, pets):
    joint.run(quiet_ctx, database, clock, joint.ISSUE_ON)
    templates = {template for template, _ in told(database, pets[0].customer)}
    assert templates == {"bill"}


def test_left_the_bills_are_told_one_by_one_and_the_days_stay(
    quiet_ctx, database, clock, pets, customer
):
    joint.join(quiet_ctx, customer)
    days = joint.coming(database, pets)
    who = people.owner(customer)
    assert bill_together.leave(quiet_ctx, customer_id=customer.id, who=who)
    assert not bill_together.leave(quiet_ctx, customer_id=customer.id, who=who)
    assert joint.coming(database, pets) == days
    clock.set(bills.at(joint.ISSUE_ON - datetime.timedelta(days=1)))
    joint.run(quiet_ctx, database, clock, joint.ISSUE_ON)
    assert [template for template, _ in told(database, customer)] == ["bill"] * 3
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_what_is_left_while_a_run_lasts_is_told_once_all_the_same(
    quiet_ctx, database, clock, pets, customer
):
    joint.join(quiet_ctx, customer)
    clock.set(bills.at(joint.ISSUE_ON))
    run_billing.run(quiet_ctx, on=joint.ISSUE_ON)
    with database.reading() as session:
        ids = session.scalars(
            sa.select(billing.Invoice.id).where(billing.Invoice.due_on == joint.DUE_ON)
        ).all()
        run_id = session.scalar(sa.select(sa.func.max(billing.BillingRun.id)))
    clock.set(bills.at(joint.ISSUE_ON) + datetime.timedelta(minutes=1))
    tell_bills.tell(quiet_ctx, invoice_ids=ids)
    bill_together.leave(quiet_ctx, customer_id=customer.id, who=people.owner(customer))
    tell_bills.tell_together(quiet_ctx, run_id=run_id)
    assert [template for template, _ in told(database, customer)] == ["bills_together"]


def test_what_is_chosen_while_a_run_lasts_holds_for_the_next_one(
    quiet_ctx, database, clock, pets, customer
):
    joint.join(quiet_ctx, customer)  # so that all are due on one day
    bill_together.leave(quiet_ctx, customer_id=customer.id, who=people.owner(customer))
    clock.set(bills.at(joint.ISSUE_ON))
    run_billing.run(quiet_ctx, on=joint.ISSUE_ON)
    with database.reading() as session:
        run_id = session.scalar(sa.select(sa.func.max(billing.BillingRun.id)))
        ids = session.scalars(
            sa.select(billing.Invoice.id).where(billing.Invoice.run_id == run_id)
        ).all()
    clock.set(bills.at(joint.ISSUE_ON) + datetime.timedelta(minutes=1))
    joint.join(quiet_ctx, customer, key="another form")
    tell_bills.tell(quiet_ctx, invoice_ids=ids)
    tell_bills.tell_together(quiet_ctx, run_id=run_id)
    assert [template for template, _ in told(database, customer)] == ["bill"] * 3


def test_a_policy_under_hold_or_ended_is_not_on_it(quiet_ctx, database, clock, pets, customer):
    hold(database, pets[0])
    with database.unit_of_work() as session:
        session.get_one(policies.Policy, pets[1].policy.id).state = policies.PolicyState.CANCELLED
    with pytest.raises(bill_together.TooFewPets):
        joint.join(quiet_ctx, customer)
    assert setting(database, customer) is None
    with database.unit_of_work() as session:
        session.get_one(policies.Policy, pets[1].policy.id).state = policies.PolicyState.ACTIVE
    before = joint.coming(database, pets)["Biscuit"]
    made = joint.join(quiet_ctx, customer)
    assert [pet.name for pet in made.pets] == ["Miso", "Pico"]
    assert joint.coming(database, pets)["Biscuit"] == before
    joint.run(quiet_ctx, database, clock, joint.ISSUE_ON)
    (mail,) = joint.mails(database, customer)
    assert "2 pets" in mail.subject


def test_a_policy_that_ended_long_ago_is_no_second_pet(quiet_ctx, database):
    bill = bills.make_bill(database, effective_on=datetime.date(2026, 9, 28))
    ended = datetime.date(2024, 9, 28)
    bills.make_bill(database, customer=bill.customer, pet_name="Old", effective_on=ended)
    with pytest.raises(bill_together.TooFewPets):
        joint.join(quiet_ctx, bill.customer)
    assert setting(database, bill.customer) is None


def test_if_one_can_not_move_none_does(quiet_ctx, database, pets, customer, monkeypatch):
    real, calls = term_changes.move_day, []

    def breaks(*args, **given):
        calls.append(given["ask"].policy_no)
        if len(calls) == 3:
            raise ValueError("broken")
        return real(*args, **given)

    monkeypatch.setattr(term_changes, "move_day", breaks)
    before = joint.coming(database, pets)
    with pytest.raises(ValueError, match="broken"):
        joint.join(quiet_ctx, customer)
    assert joint.coming(database, pets) == before
    assert setting(database, customer) is None


@pytest.mark.parametrize("day", [0, 29, -1, 31])
def test_a_day_that_some_month_lacks_is_refused(quiet_ctx, customer, day):
    with pytest.raises(replanning.DayUnreadable):
        joint.join(quiet_ctx, customer, day)


def test_what_changed_since_it_was_shown_is_refused(quiet_ctx, database, pets, customer):
    seen = bill_together.join(quiet_ctx, ask=joint.ask(customer), is_trial=True)
    one = term_changes.Ask(
        policy_no=pets[0].policy.number, once_key="x", who=people.owner(customer)
    )
    term_changes.move_day(quiet_ctx, ask=one, day=3)
    with pytest.raises(term_changes.ChangedMeanwhile):
        joint.join(quiet_ctx, customer, expects=seen.version)
    assert setting(database, customer) is None


def test_another_day_takes_the_place_of_the_first(quiet_ctx, database, pets, customer):
    joint.join(quiet_ctx, customer)
    joint.join(quiet_ctx, customer, 20, key="another form")
    assert setting(database, customer).day == 20
    assert {day.day for days in joint.coming(database, pets).values() for day in days} == {20}
    paying.assert_books(quiet_ctx, with_stripe=False)

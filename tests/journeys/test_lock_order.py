"""Accounts are taken first and in order of id: what comes at the same time never waits in a circle.

Each race is forced: the other thread starts under our lock, and we go on once it waits for us.
"""

from __future__ import annotations

import contextlib
import datetime
import time
from concurrent import futures

import pytest
import sqlalchemy as sa

from portal.domain.billing.operations import books
from portal.journeys import bill_together, run_billing, term_changes, term_scene
from tests.journeys import test_move_policy as moving
from tests.support import bills, joint, paying, people

PATIENCE = 20  # seconds until a race that never came is given up
STARTS = datetime.date(2026, 8, 1)
DUE_TO_GO_OUT = datetime.date(2026, 12, 12)  # the bill due on 1 January
_WAITERS = sa.text(
    "SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
)


@contextlib.contextmanager
def at_the_same_time(work):
    """A function that starts `work` in a thread and comes back once that waits for the session.

    What `work` raised is raised at the end.
    """
    with futures.ThreadPoolExecutor(max_workers=1) as threads:
        begun: list[futures.Future] = []

        def start(session) -> None:
            begun.append(threads.submit(work))
            until = time.monotonic() + PATIENCE
            while not session.scalar(_WAITERS):
                assert not begun[0].done(), "it ended and never waited"
                assert time.monotonic() < until, "nobody waits"

        yield start
        begun[0].result(timeout=PATIENCE)


def change(bill) -> term_scene.Ask:
    return term_scene.Ask(
        policy_no=bill.policy.number, once_key="the form", who=people.owner(bill.customer)
    )


@pytest.mark.parametrize("day", [15, 28])
def test_a_change_of_the_plan_beside_a_run(quiet_ctx, database, clock, day):
    bill = bills.make_bill(database, effective_on=STARTS)
    clock.set(bills.at(DUE_TO_GO_OUT))
    on = clock.today()
    with at_the_same_time(lambda: run_billing.run(quiet_ctx, on=on)) as start:
        with database.unit_of_work() as session:
            books.lock_customer(session, customer_id=bill.customer.id)
            start(session)
            term_changes.move_day(quiet_ctx, ask=change(bill), day=day, within=session)
    planned = joint.coming(database, [bill])[bill.pet.name]
    assert {due_on.day for due_on in planned} == {day}
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_policy_that_is_handed_over_while_a_run_waits(quiet_ctx, database, clock):
    """The bill is the new owner's, though the run found it as the old one's."""
    bill = bills.make_bill(database, effective_on=STARTS)
    for invoice in bill.invoices:
        bills.pay(database, invoice)
    new = people.make_customer(database, first_name="Ana", last_name="Ruiz")
    clock.set(bills.at(DUE_TO_GO_OUT))
    on = clock.today()
    with at_the_same_time(lambda: run_billing.run(quiet_ctx, on=on)) as start:
        with database.unit_of_work() as session:
            books.lock_customer(session, customer_id=bill.customer.id)
            start(session)
            session.execute(
                sa.text("UPDATE policy SET customer_id = :new WHERE id = :id"),
                {"new": new.id, "id": bill.policy.id},
            )
    made = max(bills.invoices_of(database, policy_id=bill.policy.id), key=lambda i: i.id)
    assert (made.issued_on, made.customer_id) == (on, new.id)
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_one_bill_for_all_pets_beside_a_change_of_a_policy_with_a_former_owner(
    quiet_ctx, database, clock
):
    bill = bills.make_bill(database, effective_on=moving.STARTS)
    for invoice in bill.invoices:
        bills.pay(database, invoice)
    new = people.make_customer(database, first_name="Ana", last_name="Ruiz")
    bills.make_bill(database, customer=new, pet_name="Kiwi", effective_on=joint.STARTS[1])
    grace = people.make_staff(database, "specialist", name="Grace Lindqvist")
    omar = people.make_staff(database, "supervisor", name="Omar Haddad")
    moving.moved(quiet_ctx, bill, new, grace, omar)
    assert bill.customer.id < new.id
    ask = joint.ask(new)
    with at_the_same_time(lambda: bill_together.join(quiet_ctx, ask=ask)) as start:
        with database.unit_of_work() as session:
            books.lock_customer(session, customer_id=bill.customer.id)
            start(session)
            books.lock_customer(session, customer_id=new.id)
    paying.assert_books(quiet_ctx, with_stripe=False)

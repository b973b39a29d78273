"""Troubles after a promise: a refund that cannot be sent, a payment that turns out not taken."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
import sqlalchemy as sa

from portal.gateways import ports, stripe_api
from portal.journeys import (
    recheck_payments,
    recheck_refunds,
    send_refund,
    settle_payment,
    sweep_intents,
)
from tests.support import bills, cases, paying, people


@pytest.fixture
def approved(ctx, sandbox, database):
    """A refund of 20.00 that a specialist decided and nobody has sent; its row id."""
    grace = people.make_staff(database)
    bill = bills.make_bill(database)
    card = paying.save_card(ctx, sandbox, bill.customer)
    number = paying.begin(ctx, bill.customer, method=card).number
    case = cases.raise_case(ctx, bill.customer, payment_no=number)
    cases.take(ctx, case, grace)
    cases.resolve(ctx, case, grace, cases.refund(number, 2_000, freed_by="credit"))
    with database.reading() as session:
        return session.scalar(sa.text("SELECT id FROM refund"))


def state(ctx):
    with ctx.database.reading() as session:
        return session.scalar(sa.text("SELECT state FROM refund"))


def without_key(ctx, sandbox):
    """The same surroundings with a key that Stripe does not take."""
    payments = stripe_api.StripePayments(
        secret_key="revoked",
        publishable_key="pk_test_sandbox",
        webhook_secret="",
        api_base=sandbox.url,
        script_url="",
        events=(),
    )
    return dataclasses.replace(ctx, payments=payments)


def test_a_refund_waits_while_stripe_does_not_take_our_key(ctx, sandbox, approved):
    locked = without_key(ctx, sandbox)
    with pytest.raises(ports.GatewayUnknown):
        send_refund.send(locked, refund_id=approved)
    recheck_refunds.run(locked)
    assert state(ctx) == "approved"
    recheck_refunds.run(ctx)
    assert state(ctx) == "succeeded"
    sandbox.advance(2)
    paying.assert_books(ctx)


def test_a_refund_that_stripe_refuses_is_told_to_whom_it_was_promised(
    ctx, sandbox, database, approved
):
    with database.unit_of_work() as session:
        session.execute(sa.text("UPDATE payment SET stripe_ref = 'pi_that_is_not_there'"))
    send_refund.send(ctx, refund_id=approved)
    send_refund.send(ctx, refund_id=approved)
    assert state(ctx) == "failed"
    with database.reading() as session:
        texts = session.scalars(
            sa.text("SELECT text FROM mail WHERE template = 'refund_failed'")
        ).all()
    assert len(texts) == 1
    assert "We could not send your refund of $20.00" in texts[0]
    paying.assert_books(ctx, with_stripe=False)


def test_who_was_told_to_wait_is_told_that_nothing_was_taken(ctx, sandbox, database, clock):
    bill = bills.make_bill(database)
    card = paying.save_card(ctx, sandbox, bill.customer)
    sandbox.fault("drop_before", "/v1/payment_intents/.*", method="POST", times=9)
    sandbox.fault("drop_before", "/v1/payment_intents/.*", method="GET", times=9)
    assert paying.begin(ctx, bill.customer, method=card).state == "unknown"
    assert paying.mails(ctx, "payment_not_received") == 0
    sandbox.clear_faults()
    recheck_payments.run(ctx)
    clock.advance(datetime.timedelta(hours=2))
    sweep_intents.run(ctx)
    recheck_payments.run(ctx)
    assert paying.mails(ctx, "payment_not_received") == 1


def test_who_was_told_that_it_processes_is_told_that_it_failed(ctx, sandbox, database):
    bill = bills.make_bill(database, customer=people.make_customer(database, language="es"))
    started = paying.begin(ctx, bill.customer)
    payment = paying.row(ctx, started.number)
    view = ctx.payments.read_intent(payment.stripe_ref)
    for said in (
        dataclasses.replace(view, status="processing"),
        dataclasses.replace(view, status="requires_payment_method", decline_code="R01"),
    ):
        settle_payment.absorb(ctx, payment_id=payment.id, view=said, who=send_refund.WHO)
    assert paying.row(ctx, started.number).state == "failed"
    with database.reading() as session:
        text = session.scalar(
            sa.text("SELECT text FROM mail WHERE template = 'payment_not_received'")
        )
    assert "No se cobró nada" in text

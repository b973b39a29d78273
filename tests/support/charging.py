"""Chargebacks in tests: a payment that a bank claims, through the sandbox or without it."""

from __future__ import annotations

import datetime

import sqlalchemy as sa

from portal.domain.payments import models, rules
from portal.domain.payments.operations import charging_back
from portal.journeys import settle_payment
from portal.kernel import actor, ids
from tests.support import jobs, paying, people

WHO = actor.system("test")
FEE = 1_500


def pay(ctx, sandbox, customer, *invoice_nos: str, card: str = paying.VISA) -> str:
    """A settled payment of the bills by a new card; its number. Its events wait."""
    begun = paying.begin(ctx, customer, *invoice_nos)
    paying.confirm(sandbox, begun.client_secret, card)
    paid = paying.row(ctx, begun.number)
    settle_payment.refresh(ctx, payment_id=paid.id, who=people.owner(customer))
    return begun.number


def hear(ctx, sandbox, *, backwards: bool = False, times: int = 1) -> None:
    """Hand over what Stripe has to say, and run the jobs that it queues."""
    hooks = sandbox.take_webhooks()
    for hook in reversed(hooks) if backwards else hooks:
        for _ in range(times):
            paying.receive(ctx, hook)
    jobs.run_all(ctx)


def claim(ctx, sandbox, payment_no: str, **claim) -> str:
    """Have the bank charge the payment back and hear of it; the chargeback's number."""
    charge = paying.row(ctx, payment_no).charge_ref
    ref = sandbox.open_dispute(charge, **claim)["id"]
    hear(ctx, sandbox)
    return number_of(ctx, ref)


def number_of(ctx, ref: str) -> str:
    """The number of the chargeback with Stripe's reference."""
    with ctx.database.reading() as session:
        return session.scalars(
            sa.select(models.Chargeback.number).where(models.Chargeback.stripe_ref == ref)
        ).one()


def row(ctx, number: str) -> models.Chargeback:
    """The chargeback as it stands."""
    with ctx.database.reading() as session:
        return session.scalars(
            sa.select(models.Chargeback).where(models.Chargeback.number == number)
        ).one()


def only(ctx) -> models.Chargeback:
    """The one chargeback there is."""
    with ctx.database.reading() as session:
        return session.scalars(sa.select(models.Chargeback)).one()


def balance(ctx, account: str) -> int:
    """What stands on an account, in cents; a debit is above zero."""
    with ctx.database.reading() as session:
        return int(
            session.scalar(
                sa.text(
                    "SELECT coalesce(sum(amount_cents), 0) FROM ledger_line WHERE account = :code"
                ),
                {"code": account},
            )
        )


def report(event: rules.ChargebackEvent, *moves: charging_back.Move, cents: int, **given):
    """A report as Stripe would give it, with nobody asked."""
    values = {
        "stripe_ref": "du_test",
        "event": event,
        "reason": "fraudulent",
        "amount_cents": cents,
        "opened_at": people.NOW,
        "evidence_due_at": people.NOW + datetime.timedelta(days=8),
        "is_answered": False,
        "moves": moves,
    } | given
    return charging_back.Report(**values)


def absorb(database, payment_no: str, told: charging_back.Report, *, case_no: str = ""):
    """Take the report over for a payment, without Stripe; the change."""
    with database.unit_of_work() as session:
        payment_id = session.scalars(
            sa.select(models.Payment.id).where(models.Payment.number == payment_no)
        ).one()
        change = charging_back.absorb(
            session,
            payment=charging_back.lock(session, payment_id=payment_id),
            report=told,
            now=people.NOW,
            today=people.NOW.date(),
            who=WHO,
            rng=ids.SYSTEM,
        )
        if case_no:
            charging_back.keep_case(session, chargeback_id=change.chargeback_id, case_no=case_no)
    return change


def taken(cents: int, ref: str = "txn_taken") -> charging_back.Move:
    """The bank takes `cents`; Stripe takes its fee."""
    return charging_back.Move(ref=ref, amount_cents=-cents, fee_cents=FEE)


def given_back(cents: int, ref: str = "txn_back") -> charging_back.Move:
    """The bank gives `cents` back."""
    return charging_back.Move(ref=ref, amount_cents=cents, fee_cents=0)

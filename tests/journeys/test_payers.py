"""Somebody else who pays for one pet: kept apart, ended, refunded, charged back, on autopay."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.payments.operations import inviting
from portal.domain.payments.queries import payers
from portal.domain.reports.queries import evidence_facts
from portal.domain.wallet import queries as wallet
from portal.journeys import (
    draft_evidence,
    end_payer,
    keep_method,
    pay_invoices,
    payer_links,
    scoped_pay,
    settle_payment,
    stripe_events,
)
from portal.kernel import actor
from tests.support import bills, charging, jobs, paying, people, refunding, scoped

WHO = actor.system("test")


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def number(ctx, bill):
    return scoped.ask(ctx, bill)


def own(ctx, bill):
    with ctx.database.reading() as session:
        return wallet.methods(session, customer_id=bill.customer.id)


def value(ctx, statement: str):
    with ctx.database.reading() as session:
        return session.scalar(sa.text(statement))


def end(ctx, bill, number) -> None:
    end_payer.by_owner(
        ctx, customer_id=bill.customer.id, number=number, who=people.owner(bill.customer)
    )


def test_a_payers_card_is_never_the_owners(ctx, sandbox, number, bill):
    scoped.pay(ctx, sandbox, number, bill, keep=True)
    (kept,) = scoped.methods(ctx, bill, number)
    assert own(ctx, bill) == ()
    mine = paying.save_card(ctx, sandbox, bill.customer, "5555555555554444")
    assert [(m.number, m.is_default) for m in own(ctx, bill)] == [(mine, True)]
    assert not kept.is_default
    for change in (keep_method.make_default, keep_method.remove):
        with pytest.raises(Exception, match="not there any more"):
            change(
                ctx,
                customer_id=bill.customer.id,
                number=kept.number,
                who=people.owner(bill.customer),
            )
    keep_method.remove(
        ctx, customer_id=bill.customer.id, number=mine, who=people.owner(bill.customer)
    )
    assert own(ctx, bill) == ()
    assert value(ctx, "SELECT count(*) FROM payment_method WHERE is_default") == 0


def test_the_payer_has_a_customer_of_their_own_at_stripe(ctx, sandbox, number, bill):
    paying.save_card(ctx, sandbox, bill.customer)
    paid = scoped.pay(ctx, sandbox, number, bill, keep=True)
    theirs = scoped.view(ctx, number).stripe_ref
    client = sandbox.client().v1
    found = client.customers.retrieve(theirs)
    assert (found.email, found.name) == (scoped.ANA, "Ana Ruiz")
    intent = client.payment_intents.retrieve(paying.row(ctx, paid).stripe_ref)
    assert intent.customer == theirs
    with ctx.database.reading() as session:
        owners = wallet.stripe_customer(session, customer_id=bill.customer.id)
    assert owners not in (None, theirs)


def test_webhooks_about_a_payers_card_reach_the_payers_wallet(ctx, sandbox, number, bill):
    scoped.pay(ctx, sandbox, number, bill, keep=True)
    charging.hear(ctx, sandbox, times=2)
    (kept,) = scoped.methods(ctx, bill, number)
    sandbox.client().v1.payment_methods.detach(kept.stripe_ref)
    charging.hear(ctx, sandbox)
    assert scoped.methods(ctx, bill, number) == ()
    assert own(ctx, bill) == ()
    assert [to for to, _ in scoped.mails(ctx, "payer_method_removed")] == [scoped.ANA]


def test_the_owner_and_the_payer_in_the_same_second_are_one_charge(ctx, sandbox, number, bill):
    mine = paying.begin(ctx, bill.customer)
    theirs = scoped_pay.start(
        ctx,
        token=scoped.token(ctx, number),
        order=scoped_pay.Order(numbers=(bill.number,), expected_cents=6608),
        once_key="s" * 24,
        who=people.visitor(),
    )
    paying.confirm(sandbox, theirs.client_secret)
    with pytest.raises(Exception, match="canceled"):
        paying.confirm(sandbox, mine.client_secret)
    with pytest.raises(pay_invoices.rules.PaymentUnderWay):
        paying.begin(ctx, bill.customer)
    settle_payment.look(ctx, payment_id=paying.row(ctx, theirs.number).id, who=WHO)
    assert len(paying.charges(sandbox)) == 1
    paying.assert_books(ctx)


def test_ending_kills_the_link_and_takes_the_card_off_here_and_at_stripe(
    ctx, sandbox, number, bill
):
    scoped.pay(ctx, sandbox, number, bill, keep=True)
    token = scoped.token(ctx, number)
    (kept,) = scoped.methods(ctx, bill, number)
    end(ctx, bill, number)
    with pytest.raises(payer_links.LinkOver):
        scoped_pay.look(ctx, token=token)
    jobs.run_all(ctx, only=("detach_method",))
    assert sandbox.client().v1.payment_methods.retrieve(kept.stripe_ref).customer is None
    ((to, words),) = scoped.mails(ctx, "payer_ended")
    assert to == scoped.ANA
    assert "Maria ended it" in words
    ((to, words),) = scoped.mails(ctx, "payer_ended_owner")
    assert to == bill.customer.email
    with pytest.raises(inviting.NoSuchPayer):
        end(ctx, bill, number)
    assert len(scoped.mails(ctx, "payer_ended")) == 1


def test_who_ended_it_themselves_is_not_written_to_again(ctx, clock, number, bill):
    end_payer.by_payer(ctx, token=scoped.token(ctx, number), who=people.visitor())
    with pytest.raises(inviting.PayerDeclined):
        scoped.ask(ctx, bill)
    assert scoped.ask(ctx, bill, email="bo@example.test")
    clock.set(clock.now() + datetime.timedelta(days=inviting.ASKING_DAYS + 1))
    end(ctx, bill, value(ctx, "SELECT number FROM payer WHERE ended_at IS NULL"))
    assert scoped.ask(ctx, bill)


def test_a_new_link_ends_the_older_one(ctx, clock, number, bill):
    old = scoped.token(ctx, number)
    from_owner = {"customer_id": bill.customer.id, "who": people.owner(bill.customer)}
    scoped.invite_payer.send_link(ctx, number=number, **from_owner)
    with pytest.raises(payer_links.LinkOver):
        scoped_pay.look(ctx, token=old)
    assert scoped_pay.look(ctx, token=scoped.token(ctx, number)).payer.number == number
    with pytest.raises(payer_links.LinkOver):
        end_payer.by_payer(ctx, token=old, who=people.visitor())


def test_what_was_begun_and_not_confirmed_can_take_nothing_after_the_end(
    ctx, sandbox, number, bill
):
    begun = scoped_pay.start(
        ctx,
        token=scoped.token(ctx, number),
        order=scoped_pay.Order(numbers=(bill.number,), expected_cents=6608),
        once_key="s" * 24,
        who=people.visitor(),
    )
    end(ctx, bill, number)
    with pytest.raises(Exception, match="canceled"):
        paying.confirm(sandbox, begun.client_secret)
    assert paying.charges(sandbox) == []


def test_what_the_bank_is_paying_already_goes_its_way_and_its_card_is_not_kept(
    ctx, sandbox, number, bill
):
    agreed = (scoped.agreeing.shown(ctx, scoped.ConsentKind.STORE, language="en"),)
    begun = scoped_pay.start(
        ctx,
        token=scoped.token(ctx, number),
        order=scoped_pay.Order(
            numbers=(bill.number,), expected_cents=6608, keep=True, agreed=agreed
        ),
        once_key="s" * 24,
        who=people.visitor(),
    )
    paying.confirm(sandbox, begun.client_secret)  # charged; nobody has told us yet
    payer_id = scoped.view(ctx, number).id
    end(ctx, bill, number)
    charging.hear(ctx, sandbox)
    assert paying.row(ctx, begun.number).state == "settled"
    assert [to for to, _ in scoped.mails(ctx, "payer_receipt")] == [scoped.ANA]
    with ctx.database.reading() as session:
        kept = wallet.methods(session, customer_id=bill.customer.id, payer_id=payer_id)
    assert kept == ()
    assert own(ctx, bill) == ()
    (ref,) = [m.stripe_ref for m in _all_methods(ctx)]
    assert sandbox.client().v1.payment_methods.retrieve(ref).customer is None
    paying.assert_books(ctx)


def _all_methods(ctx):
    with ctx.database.reading() as session:
        return session.execute(sa.text("SELECT stripe_ref FROM payment_method")).all()


def test_a_refund_goes_to_the_payers_card_and_both_are_told(ctx, sandbox, database, number, bill):
    paid = scoped.pay(ctx, sandbox, number, bill)
    end(ctx, bill, number)
    refunding.refund_line(database, payment_no=paid, invoice_no=bill.number, line=1)
    jobs.run_all(ctx)
    (refund,) = sandbox.client().v1.refunds.list({}).data
    assert refund.charge == paying.row(ctx, paid).charge_ref
    ((to, words),) = scoped.mails(ctx, "payer_refund")
    assert to == scoped.ANA
    assert "Visa 4242" in words
    ((to, words),) = scoped.mails(ctx, "refund_succeeded")
    assert to == bill.customer.email
    assert "Ana Ruiz, who had paid it" in words
    assert "4242" not in words
    paying.assert_books(ctx)


def test_a_chargeback_opens_the_owners_case_and_says_nothing_of_the_card(
    ctx, sandbox, number, bill
):
    paid = scoped.pay(ctx, sandbox, number, bill)
    charging.claim(ctx, sandbox, paid)
    assert value(ctx, "SELECT count(*) FROM dispute") == 1
    ((to, words),) = scoped.mails(ctx, "chargeback_opened")
    assert to == bill.customer.email
    assert "The bank of Ana Ruiz took their payment" in words
    assert "4242" not in words
    paying.assert_books(ctx)


def test_a_payment_after_the_bill_was_paid_waits_and_opens_a_case(ctx, sandbox, number, bill):
    begun = scoped_pay.start(
        ctx,
        token=scoped.token(ctx, number),
        order=scoped_pay.Order(numbers=(bill.number,), expected_cents=6608),
        once_key="s" * 24,
        who=people.visitor(),
    )
    paying.give(ctx, bill.customer, 6608)
    paying.confirm(sandbox, begun.client_secret)
    charging.hear(ctx, sandbox)
    ((_, words),) = scoped.mails(ctx, "payer_receipt")
    assert "found no open bill: somebody had paid already" in words
    assert value(ctx, "SELECT count(*) FROM dispute") == 1
    paying.assert_books(ctx)


def test_a_stranger_at_stripe_is_nobodys_payer(ctx, sandbox):
    stranger = sandbox.client().v1.customers.create({"email": "x@example.test"})
    card = sandbox.card(paying.VISA)
    sandbox.client().v1.payment_methods.attach(card, {"customer": stranger.id})
    stripe_events.HANDLERS["payment_method.attached"](ctx, card)
    assert _all_methods(ctx) == []
    with ctx.database.reading() as session:
        assert payers.of_stripe_customer(session, stripe_ref=stranger.id) is None


def test_the_evidence_names_the_payer_and_no_sign_in_of_the_owner(
    ctx, sandbox, database, number, bill
):
    people.begin_session(database, bill.customer, now=ctx.clock.now())
    scoped.keep(ctx, sandbox, bill, number)
    (kept,) = scoped.methods(ctx, bill, number)
    begun = scoped_pay.start(
        ctx,
        token=scoped.token(ctx, number),
        order=scoped_pay.Order(numbers=(bill.number,), expected_cents=6608, method_no=kept.number),
        once_key="s" * 24,
        who=people.visitor(),
    )
    claimed = charging.claim(ctx, sandbox, begun.number)
    with ctx.database.reading() as session:
        facts = evidence_facts.of(session, number=claimed)
    text = draft_evidence.text(facts, zone=ctx.clock.zone)
    assert "Paid by: Ana Ruiz, ana@example.test, whom our customer asked" in text
    assert f"A receipt was mailed to {scoped.ANA}" in text
    assert "signed in" not in text
    fields = draft_evidence.fields(facts, zone=ctx.clock.zone)
    assert fields["customer_email_address"] == scoped.ANA

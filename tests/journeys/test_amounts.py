"""Parts, credit and money for later bills: what was shown is what happens, and the books hold."""

from __future__ import annotations

import dataclasses

import pytest
import sqlalchemy as sa

from portal.domain.billing.rules import paying as amounts
from portal.domain.payments import rules
from portal.domain.payments.operations import unapplied
from portal.journeys import pay_invoices
from tests.support import bills, cases, paying, people

pytestmark = pytest.mark.usefixtures("books_hold")


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


def invoice(database, bill):
    return bills.invoices_of(database, policy_id=bill.policy.id)[-1]


def pay(ctx, bill, *, method, pay_cents, credit_cents=0, key="the-form-of-this-test", **wish):
    return pay_invoices.start(
        ctx,
        customer_id=bill.customer.id,
        order=pay_invoices.Order(
            invoice_nos=(bill.number,),
            expected_cents=pay_cents,
            expected_credit_cents=credit_cents,
            wish=amounts.Wish(**wish),
        ),
        once_key=key,
        method_no=method,
        save_method=False,
        who=people.owner(bill.customer),
    )


def credited(ctx, database, cents):
    """A customer with so much unapplied, and a bill issued after it was given."""
    first = bills.make_bill(database)
    for open_one in bills.invoices_of(database, policy_id=first.policy.id):
        bills.pay(database, open_one)
    paying.give(ctx, first.customer, cents)
    return bills.make_bill(database, customer=first.customer, pet_name="Miso", species="cat")


@pytest.fixture
def gift(ctx, database):
    return credited(ctx, database, 1000)


@pytest.fixture
def rich(ctx, database):
    return credited(ctx, database, 10_000)


def lying_cents(database, bill):
    with database.reading() as session:
        return session.scalar(
            sa.text("SELECT unapplied_cents FROM account_balance WHERE customer_id = :id"),
            {"id": bill.customer.id},
        )


def test_a_part_leaves_the_rest_open(ctx, sandbox, database, bill):
    card = paying.save_card(ctx, sandbox, bill.customer)
    total = bill.invoice.open_cents
    started = pay(ctx, bill, method=card, pay_cents=2000, cents=2000)
    assert started.state == "settled"
    assert invoice(database, bill).open_cents == total - 2000
    assert invoice(database, bill).state == "issued"
    assert paying.charges(sandbox)[0].amount == 2000


def test_money_for_later_bills_is_kept_without_a_case(ctx, sandbox, database, bill):
    card = paying.save_card(ctx, sandbox, bill.customer)
    total = bill.invoice.open_cents
    pay(ctx, bill, method=card, pay_cents=total + 500, cents=total + 500, pays_ahead=True)
    assert invoice(database, bill).state == "paid"
    assert lying_cents(database, bill) == 500
    with database.reading() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM dispute")) == 0


def test_credit_pays_first_and_the_card_the_rest(ctx, sandbox, database, gift):
    card = paying.save_card(ctx, sandbox, gift.customer)
    rest = gift.invoice.open_cents - 1000
    pay(ctx, gift, method=card, pay_cents=rest, credit_cents=1000, use_credit=True)
    assert invoice(database, gift).state == "paid"
    assert lying_cents(database, gift) == 0
    assert [charge.amount for charge in paying.charges(sandbox)] == [rest]


def test_credit_alone_pays_without_any_charge_however_often_it_is_pressed(
    ctx, sandbox, database, bill
):
    give_more = bill.invoice.open_cents + 100
    mine = credited(ctx, database, give_more)
    asked = {"method": None, "pay_cents": 0, "use_credit": True}
    for _ in range(2):
        done = pay(ctx, mine, credit_cents=mine.invoice.open_cents, **asked)
        assert (done.number, done.state) == ("", "settled")
    assert invoice(database, mine).state == "paid"
    assert lying_cents(database, mine) == give_more - mine.invoice.open_cents
    assert paying.entries(ctx, "unapplied_used") == 1
    assert paying.charges(sandbox) == []


def test_money_that_a_case_set_aside_is_not_used(ctx, database, bill):
    oldest = bill.invoices[0]
    bills.pay(database, oldest)
    twice = bills.pay(database, oldest, cents=oldest.total_cents)
    with database.reading() as session:
        free = unapplied.free(session, customer_id=bill.customer.id)
    assert [source.number for source in free] == [twice]
    cases.raise_case(ctx, bill.customer, payment_no=twice)
    with database.reading() as session:
        assert unapplied.free(session, customer_id=bill.customer.id) == ()


def test_more_than_is_open_takes_nothing(ctx, sandbox, bill):
    card = paying.save_card(ctx, sandbox, bill.customer)
    total = bill.invoice.open_cents
    with pytest.raises(amounts.MoreThanOpen):
        pay(ctx, bill, method=card, pay_cents=total + 1, cents=total + 1)
    assert paying.charges(sandbox) == []


def test_a_decline_leaves_the_credit_on_the_bill_and_the_rest_open(ctx, sandbox, database, gift):
    card = paying.attach_card(ctx, sandbox, gift.customer, "4000000000000341")
    rest = gift.invoice.open_cents - 1000
    started = pay(ctx, gift, method=card, pay_cents=rest, credit_cents=1000, use_credit=True)
    assert started.state == "failed"
    assert invoice(database, gift).open_cents == rest
    assert lying_cents(database, gift) == 0


def test_a_removed_card_leaves_the_credit_unused(ctx, sandbox, database, gift):
    with pytest.raises(rules.MethodGone):
        pay(
            ctx,
            gift,
            method="PM-NOBODYS",
            pay_cents=gift.invoice.open_cents - 1000,
            credit_cents=1000,
            use_credit=True,
        )
    assert lying_cents(database, gift) == 1000


def test_the_page_sees_what_will_happen(ctx, database, gift):
    with database.reading() as session:
        found = pay_invoices.preview(
            session,
            customer_id=gift.customer.id,
            invoice_nos=(gift.number,),
            wish=amounts.Wish(cents=2000, use_credit=True),
            today=ctx.clock.today(),
        )
    (effect,) = found.effects
    assert dataclasses.astuple(effect)[1:] == (1000, 2000, gift.invoice.open_cents - 3000)


def test_a_rival_that_got_in_between_is_cleared_before_credit_pays(
    ctx, sandbox, database, rich, monkeypatch
):
    """A guest begins while the owner is about to pay with credit: one of them pays."""
    asked = pay_invoices._clear_older
    rivals, is_late = [], []

    def late(*args, **given):
        asked(*args, **given)
        if not is_late:
            is_late.append(True)
            rivals.append(paying.begin(ctx, rich.customer))

    monkeypatch.setattr(pay_invoices, "_clear_older", late)
    total = rich.invoice.open_cents
    done = pay(ctx, rich, method=None, pay_cents=0, credit_cents=total, use_credit=True)
    assert done.number == ""
    with pytest.raises(Exception, match="canceled"):
        paying.confirm(sandbox, rivals[0].client_secret)
    assert paying.charges(sandbox) == []
    assert invoice(database, rich).state == "paid"


def test_the_key_of_a_form_that_credit_paid_pays_no_other_bill(ctx, sandbox, database, rich):
    total = rich.invoice.open_cents
    pay(ctx, rich, method=None, pay_cents=0, credit_cents=total, use_credit=True)
    later = bills.make_bill(database, customer=rich.customer, pet_name="Rex")
    with pytest.raises(rules.AmountChanged):
        pay(ctx, later, method=None, pay_cents=later.invoice.open_cents)
    assert invoice(database, later).state == "issued"


def test_the_key_of_a_paid_bill_does_not_answer_for_two(ctx, sandbox, database, bill):
    card = paying.save_card(ctx, sandbox, bill.customer)
    total = bill.invoice.open_cents
    pay(ctx, bill, method=card, pay_cents=total)
    other = bills.make_bill(database, customer=bill.customer, pet_name="Miso", species="cat")
    with pytest.raises(rules.AmountChanged):
        pay_invoices.start(
            ctx,
            customer_id=bill.customer.id,
            order=pay_invoices.Order(invoice_nos=(bill.number, other.number), expected_cents=total),
            once_key="the-form-of-this-test",
            method_no=card,
            save_method=False,
            who=people.owner(bill.customer),
        )
    assert len(paying.charges(sandbox)) == 1

"""Debits that come back: before they arrived, or after; what follows by the table of returns."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.domain.payments.queries import bills as open_bills
from portal.domain.wallet import queries as wallet
from portal.domain.wallet import rules as wallet_rules
from portal.journeys import guest_pay, post_fees
from tests.support import bills, charging, debits, jobs, paying, people

RETURN_FEE = 400


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def florida(database):
    return bills.make_bill(database, us_state="FL")


def owed(ctx, customer):
    with ctx.database.reading() as session:
        return open_bills.open_bills(session, customer_id=customer.id)


def fee_bill(ctx, customer):
    """The fee's own bill, or None."""
    return next((b for b in owed(ctx, customer).bills if b.total_cents in (1500, 2500)), None)


def cases(ctx, customer) -> list[str]:
    """Categories of the customer's cases."""
    with ctx.database.reading() as session:
        return list(
            session.scalars(
                sa.text("SELECT category FROM dispute WHERE customer_id = :id ORDER BY id"),
                {"id": customer.id},
            )
        )


def subjects(ctx, template: str) -> list[str]:
    with ctx.database.reading() as session:
        return list(
            session.scalars(
                sa.text("SELECT text FROM mail WHERE template = :name ORDER BY id"),
                {"name": template},
            )
        )


def test_a_debit_without_cover_posts_nothing_but_what_stripe_keeps(ctx, sandbox, bill):
    number = debits.pay(ctx, sandbox, bill.customer, number=debits.NO_MONEY)
    charging.hear(ctx, sandbox)
    paying.assert_books(ctx)
    debits.answer(ctx, sandbox, number)
    payment = paying.row(ctx, number)
    assert (payment.state, payment.failure_code) == ("failed", "insufficient_funds")
    assert payment.fee_cents == RETURN_FEE
    assert charging.balance(ctx, "5100") == RETURN_FEE
    assert charging.balance(ctx, "1010") == -RETURN_FEE
    assert paying.entries(ctx, "payment_settled") == 0
    assert paying.mails(ctx, "debit_returned") == 1
    assert paying.mails(ctx, "payment_not_received") == 0
    assert "There was not enough money" in subjects(ctx, "debit_returned")[0]
    paying.assert_books(ctx)


def test_hearing_of_a_return_five_times_posts_and_writes_once(ctx, sandbox, bill):
    number = debits.pay(ctx, sandbox, bill.customer, number=debits.NO_MONEY)
    sandbox.settle_payment(paying.row(ctx, number).stripe_ref)
    charging.hear(ctx, sandbox, backwards=True, times=5)
    debits.look(ctx, bill.customer, number)
    assert post_fees.run(ctx) == 0
    assert charging.balance(ctx, "5100") == RETURN_FEE
    assert paying.mails(ctx, "debit_returned") == 1
    assert paying.mails(ctx, "returned_payment_fee") == 1
    paying.assert_books(ctx)


def test_a_fee_whose_answer_was_lost_is_posted_by_the_job(ctx, sandbox, bill):
    number = debits.pay(ctx, sandbox, bill.customer, number=debits.NO_MONEY)
    sandbox.settle_payment(paying.row(ctx, number).stripe_ref)
    sandbox.fault("error_500", "/v1/balance_transactions", method="GET", times=3)
    debits.look(ctx, bill.customer, number)
    assert paying.row(ctx, number).state == "failed"
    assert charging.balance(ctx, "5100") == 0
    sandbox.clear_faults()
    assert post_fees.run(ctx) == 1
    assert charging.balance(ctx, "5100") == RETURN_FEE
    paying.assert_books(ctx)


def test_the_bill_can_be_paid_again_after_a_return(ctx, sandbox, database, bill):
    number = debits.pay(ctx, sandbox, bill.customer, number=debits.NO_MONEY)
    debits.answer(ctx, sandbox, number)
    begun = paying.begin(ctx, bill.customer, bill.number)
    paying.confirm(sandbox, begun.client_secret)
    charging.hear(ctx, sandbox)
    assert bills.invoices_of(database, policy_id=bill.policy.id)[0].state == "paid"
    paying.assert_books(ctx)


def test_lack_of_money_costs_a_fee_on_a_bill_of_its_own(ctx, sandbox, database, bill):
    number = debits.pay(ctx, sandbox, bill.customer, number=debits.NO_MONEY)
    debits.answer(ctx, sandbox, number)
    fee = fee_bill(ctx, bill.customer)
    assert (fee.total_cents, fee.policy_no) == (2500, bill.policy.number)
    assert (fee.due_on - fee.issued_on).days == 20
    (line,) = bills.lines_of(database, fee.number)
    assert (line.kind, line.rule) == ("nsf_fee", f"nsf-fee:R01:{number}")
    assert charging.balance(ctx, "4110") == -2500
    assert "$25.00" in subjects(ctx, "returned_payment_fee")[0]
    paying.assert_books(ctx)


def test_a_fee_that_is_sent_back_costs_no_further_fee(ctx, sandbox, database, bill):
    number = debits.pay(ctx, sandbox, bill.customer, number=debits.NO_MONEY)
    debits.answer(ctx, sandbox, number)
    fee = fee_bill(ctx, bill.customer)
    again = debits.pay(ctx, sandbox, bill.customer, fee.number, number=debits.NO_MONEY)
    debits.answer(ctx, sandbox, again)
    assert paying.row(ctx, again).state == "failed"
    assert charging.balance(ctx, "4110") == -2500
    paying.assert_books(ctx)


def test_florida_allows_fifteen(ctx, sandbox, florida):
    number = debits.pay(ctx, sandbox, florida.customer, number=debits.NO_MONEY)
    debits.answer(ctx, sandbox, number)
    assert fee_bill(ctx, florida.customer).total_cents == 1500
    assert charging.balance(ctx, "1110") == 1500 + 300
    paying.assert_books(ctx)


@pytest.mark.parametrize("number", [debits.CLOSED, debits.UNKNOWN, debits.NOT_ALLOWED])
def test_no_other_return_costs_a_fee(ctx, sandbox, bill, number):
    debits.answer(ctx, sandbox, debits.pay(ctx, sandbox, bill.customer, number=number))
    assert fee_bill(ctx, bill.customer) is None
    assert paying.mails(ctx, "returned_payment_fee") == 0
    paying.assert_books(ctx)


def test_a_victim_of_fraud_pays_no_fee(ctx, sandbox, database, bill):
    other = bills.make_bill(database, customer=bill.customer, pet_name="Miso", species="cat")
    paid = charging.pay(ctx, sandbox, bill.customer, other.number)
    charging.hear(ctx, sandbox)
    charging.claim(ctx, sandbox, paid, reason="fraudulent")
    number = debits.pay(ctx, sandbox, bill.customer, bill.number, number=debits.NO_MONEY)
    debits.answer(ctx, sandbox, number)
    assert fee_bill(ctx, bill.customer) is None


def test_a_guest_whose_debit_comes_back_costs_the_owner_nothing(ctx, sandbox, bill):
    link = guest_pay.link(ctx, invoice_no=bill.number)
    begun = guest_pay.start(
        ctx,
        token=link.rsplit("/", 1)[-1],
        expected_cents=6608,
        once_key="guest-key-guest-key",
        who=people.owner(bill.customer),
    )
    debits.confirm(sandbox, begun.client_secret, debits.NO_MONEY)
    debits.look(ctx, bill.customer, begun.number)
    debits.answer(ctx, sandbox, begun.number)
    assert paying.row(ctx, begun.number).by_guest
    assert fee_bill(ctx, bill.customer) is None
    paying.assert_books(ctx)


def test_a_closed_account_is_taken_off(ctx, sandbox, bill):
    account = debits.save(ctx, sandbox, bill.customer, debits.CLOSED)
    begun = paying.begin(ctx, bill.customer, method=account)
    debits.answer(ctx, sandbox, begun.number)
    charging.hear(ctx, sandbox)
    with ctx.database.reading() as session:
        assert wallet.methods(session, customer_id=bill.customer.id) == ()
    assert "The account is closed" in subjects(ctx, "debit_returned")[0]
    assert paying.mails(ctx, "method_removed") == 0
    paying.assert_books(ctx)


def test_an_account_that_is_not_found_needs_a_new_mandate(ctx, sandbox, bill):
    account = debits.save(ctx, sandbox, bill.customer, debits.UNKNOWN)
    begun = paying.begin(ctx, bill.customer, method=account)
    debits.answer(ctx, sandbox, begun.number)
    assert debits.method(ctx, account).mandate_state == "revoked"
    assert cases(ctx, bill.customer) == []
    with pytest.raises(wallet_rules.MandateOver):
        paying.begin(ctx, bill.customer, method=account)


def test_a_debit_that_was_not_allowed_ends_the_mandate_and_opens_a_case(ctx, sandbox, bill):
    account = debits.save(ctx, sandbox, bill.customer, debits.NOT_ALLOWED)
    begun = paying.begin(ctx, bill.customer, method=account)
    debits.answer(ctx, sandbox, begun.number)
    charging.hear(ctx, sandbox, times=2)
    assert debits.method(ctx, account).mandate_state == "revoked"
    assert cases(ctx, bill.customer) == ["autopay_not_recognised"]
    assert paying.row(ctx, begun.number).failure_code == "R10"
    paying.assert_books(ctx)


def test_a_late_return_opens_the_bill_with_its_own_due_day(ctx, sandbox, database, bill):
    due_on = bill.invoice.due_on
    number = debits.pay(ctx, sandbox, bill.customer, number=debits.GOOD)
    debits.answer(ctx, sandbox, number)
    sandbox.advance(3600)
    charging.claim(ctx, sandbox, number, reason="insufficient_funds", final=True)
    invoice = bills.invoices_of(database, policy_id=bill.policy.id)[0]
    assert (invoice.state, invoice.open_cents, invoice.due_on) == ("issued", 6608, due_on)
    assert charging.balance(ctx, "5100") == 53 + RETURN_FEE
    assert charging.balance(ctx, "5200") == 0
    assert fee_bill(ctx, bill.customer).total_cents == 2500
    assert paying.mails(ctx, "chargeback_ended") == 1
    paying.assert_books(ctx)


def test_a_claim_on_a_debit_is_final_and_voids_the_mandate(ctx, sandbox, database, bill):
    account = debits.save(ctx, sandbox, bill.customer, debits.CLAIMED)
    begun = paying.begin(ctx, bill.customer, method=account)
    debits.answer(ctx, sandbox, begun.number)
    charging.hear(ctx, sandbox)
    assert debits.method(ctx, account).mandate_state == "revoked"
    assert charging.only(ctx).state == "lost"
    assert bills.invoices_of(database, policy_id=bill.policy.id)[0].state == "issued"
    assert charging.balance(ctx, "5200") == charging.FEE
    assert charging.balance(ctx, "1030") == 0
    assert fee_bill(ctx, bill.customer) is None
    with pytest.raises(wallet_rules.MandateOver):
        paying.begin(ctx, bill.customer, bill.number, method=account)
    jobs.run_all(ctx)
    paying.assert_books(ctx)


def test_a_late_return_for_lack_of_money_leaves_the_mandate(ctx, sandbox, bill):
    account = debits.save(ctx, sandbox, bill.customer)
    begun = paying.begin(ctx, bill.customer, method=account)
    debits.answer(ctx, sandbox, begun.number)
    charging.claim(ctx, sandbox, begun.number, reason="insufficient_funds", final=True)
    assert debits.method(ctx, account).mandate_state == "active"


def test_an_answer_lost_while_it_was_sent_is_found_as_a_return(ctx, sandbox, bill):
    account = debits.save(ctx, sandbox, bill.customer, debits.NO_MONEY)
    sandbox.fault("drop_after", "/v1/payment_intents/.*/confirm", times=3)
    sandbox.fault("drop_before", "/v1/payment_intents/pi_", method="GET", times=3)
    begun = paying.begin(ctx, bill.customer, method=account)
    assert begun.state == "unknown"
    sandbox.clear_faults()
    debits.answer(ctx, sandbox, begun.number)
    assert paying.row(ctx, begun.number).state == "failed"
    assert charging.balance(ctx, "5100") == RETURN_FEE
    assert paying.mails(ctx, "debit_returned") == 1
    paying.assert_books(ctx)


def test_a_mandate_of_nobody_ends_for_nobody(ctx, sandbox, bill):
    number = debits.pay(ctx, sandbox, bill.customer)  # for this payment only, the account unsaved
    debits.answer(ctx, sandbox, number)  # its mandate is used up, and Stripe says so
    charging.hear(ctx, sandbox, times=2)
    assert paying.mails(ctx, "mandate_ended") == 0
    assert paying.row(ctx, number).state == "settled"


def test_a_kept_account_survives_a_mandate_for_one_payment(ctx, sandbox, bill, database):
    account = debits.save(ctx, sandbox, bill.customer)
    number = debits.pay(ctx, sandbox, bill.customer, bill.number)  # entered anew, not kept
    debits.answer(ctx, sandbox, number)
    charging.hear(ctx, sandbox)
    assert debits.method(ctx, account).mandate_state == "active"


def test_the_desk_reads_why_and_when(paying_app, ctx, sandbox, database, bill):
    number = debits.pay(ctx, sandbox, bill.customer, number=debits.NO_MONEY)
    grace = people.make_staff(database, role="specialist")
    desk = people.sign_in(paying_app.test_client(), grace)
    waiting = desk.get(f"/desk/payments/{number}").get_data(as_text=True)
    assert "Expected" in waiting
    assert "1 Dec 2026" in waiting
    debits.answer(ctx, sandbox, number)
    back = desk.get(f"/desk/payments/{number}").get_data(as_text=True)
    assert "There was not enough money on the account." in back
    assert "$4.00" in back

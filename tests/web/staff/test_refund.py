"""A refund that failed, on the desk: its case and its page, sending again, a check, who may."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from portal.domain.disputes.queries import surroundings
from portal.domain.identity import models as identity
from portal.domain.payments import models
from portal.domain.payments.operations import refunding
from portal.domain.payments.rules import RefundEvent
from portal.journeys import failed_refunds, telling
from portal.kernel import actor, ids
from tests.support import bills, forms, people

SUM = 20_00
WHO = actor.system("test")
SEEN = re.compile(r'name="facts_version" value="(\w+)"')


def failed(ctx, database, cents):
    """A refund that Stripe refused, handed over to people."""
    bill = bills.make_bill(database)
    payment = bills.pay(database, bill.invoice, cents=bill.invoice.total_cents + cents)
    how = {"now": people.NOW, "today": people.NOW.date(), "who": WHO}
    with database.unit_of_work() as session:
        row = session.scalars(
            sa.select(models.Payment).where(models.Payment.number == payment)
        ).one()
        refund = refunding.approve(
            session,
            payment=row,
            amount_cents=cents,
            key=f"refund:{payment}",
            subject="",
            reason="Paid too much.",
            rng=ids.SYSTEM,
            **how,
        )
        refunding.move(
            session, refund=refund, event=RefundEvent.FAIL, failure_code="refused", **how
        )
        number = refund.number
    failed_refunds.hand_over_rest(ctx)
    return number


@pytest.fixture
def number(quiet_ctx, database, books_hold):
    return failed(quiet_ctx, database, SUM)


@pytest.fixture
def large(quiet_ctx, database, books_hold):
    return failed(quiet_ctx, database, 300_00)


def row(database, number):
    with database.reading() as session:
        return session.scalars(sa.select(models.Refund).where(models.Refund.number == number)).one()


def text(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def again(client, number, **typed):
    page = f"/desk/refunds/{number}"
    return forms.post(client, page, to=f"{page}/again", reason="It works again.", **typed)


def check(client, number, **typed):
    page = f"/desk/refunds/{number}"
    values = {"reason": "Card closed.", "check_no": "10482", "check_on": "2026-11-24"} | typed
    return forms.post(client, page, to=f"{page}/check", **values)


def test_the_list_of_troubles_leads_to_the_case_and_the_refund(desk, database, number):
    case = row(database, number).case_no
    page = text(desk, "/desk/trouble")
    assert f'href="/desk/disputes/{case}"' in page
    assert f'href="/desk/refunds/{number}"' in page


def test_its_case_says_what_to_do_and_leads_there(desk, database, number):
    page = text(desk, f"/desk/disputes/{row(database, number).case_no}")
    assert "The refund of $20.00 failed and is still owed" in page
    assert f'href="/desk/refunds/{number}"' in page
    assert "Open the refund: send it again, or pay it by check." in page


def test_it_is_sent_again_from_its_page(desk, database, number):
    answer = again(desk, number)
    assert answer.status_code == 302
    assert "Approved, not sent" in text(desk, answer.location)
    page = text(desk, f"/desk/refunds/{number}")
    assert "Failed, sent again" in page
    assert "Send $20.00 again" not in page


def test_a_check_is_kept_from_its_page(desk, database, number):
    day = people.NOW.date().isoformat()
    assert check(desk, number, check_on=day).status_code == 302
    assert (row(database, number).check_no, row(database, number).check_on.isoformat()) == (
        "10482",
        day,
    )
    assert "Refund paid by check" in text(desk, f"/desk/refunds/{number}")


def test_pressed_twice_the_second_press_says_that_it_is_done(app, specialist, database, number):
    one, two = (people.sign_in(app.test_client(), specialist) for _ in range(2))
    page = f"/desk/refunds/{number}"
    token = forms.token(two, page)
    assert again(one, number).status_code == 302
    answer = two.post(f"{page}/again", data={"csrf_token": token, "reason": "Again."})
    assert answer.status_code == 409
    assert "Nothing was done a second time" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"check_no": "<b>"}, "Enter the number that is printed on the check."),
        ({"check_on": "24/11"}, "Enter the day on the check"),
        ({"reason": " "}, "Write a sentence that says why."),
    ],
)
def test_what_was_typed_wrong_is_said_beside_its_field(desk, database, number, typed, said):
    day = people.NOW.date().isoformat()
    answer = check(desk, number, **({"check_on": day} | typed))
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert row(database, number).state == "failed"


def test_a_large_one_waits_for_a_supervisor_who_agrees(desk, supervisor_desk, database, large):
    asked = again(desk, large)
    assert asked.location.startswith("/desk/approvals/")
    assert "A second person decides" in text(desk, asked.location)
    assert "Send the refund of $300.00" in text(supervisor_desk, "/desk/approvals")
    assert "It waits for a second person" in text(desk, f"/desk/refunds/{large}")
    seen = SEEN.search(text(supervisor_desk, asked.location))[1]
    answer = forms.post(
        supervisor_desk, asked.location, to=f"{asked.location}/approve", facts_version=seen
    )
    assert answer.location == f"/desk/refunds/{large}"
    assert row(database, large).state == "sent_again"


def test_a_supervisor_sends_a_request_back_with_a_reason(desk, supervisor_desk, database, large):
    asked = check(desk, large, check_on=people.NOW.date().isoformat()).location
    assert "by check 10482" in text(supervisor_desk, asked)
    empty = forms.post(supervisor_desk, asked, to=f"{asked}/return", reason="")
    assert empty.status_code == 422
    back = forms.post(supervisor_desk, asked, to=f"{asked}/return", reason="Ask first.")
    assert back.status_code == 302
    assert row(database, large).state == "failed"
    assert "Ask first." in text(desk, asked)


def test_finance_reads_it_and_does_nothing(finance_desk, number):
    page = text(finance_desk, f"/desk/refunds/{number}")
    assert "$20.00 is still owed" in page
    assert "Keep the check" not in page


def test_a_number_of_nobodys_is_not_found(desk):
    assert desk.get(f"/desk/refunds/{ids.new(ids.Prefix.REFUND)}").status_code == 404


def test_the_customer_reads_on_the_payment_what_became_of_it(app, desk, database, number):
    with database.reading() as session:
        payment = session.get_one(models.Payment, row(database, number).payment_id)
        owner = session.get_one(identity.Customer, payment.customer_id)
    mine = people.sign_in(app.test_client(), owner)
    page = f"/payments/{payment.number}"
    assert "We take care of it and will write to you." in text(mine, page)
    check(desk, number, check_on=people.NOW.date().isoformat())
    assert "It did not arrive. We paid it by check 10482 of" in text(mine, page)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "We sent you check 10482"), ("es", "le enviamos el cheque 10482")]
)
def test_who_paid_for_somebody_elses_pet_reads_of_the_check(quiet_ctx, language, said):
    mail = telling.render(
        quiet_ctx,
        "payer_refund_check",
        language=language,
        name="Ana",
        number="RFD-1",
        amount_cents=SUM,
        method_label="visa 4242",
        pet_name="Olive",
        check_no="10482",
        check_on=people.NOW.date(),
    )
    assert said in mail.text
    assert said in mail.html


def test_its_payment_stands_at_the_case_however_many_came_since(database, number):
    owed = row(database, number)
    with database.unit_of_work() as session:
        session.execute(
            sa.text(
                "UPDATE payment SET created_at = created_at - interval '1 year' WHERE id = :id"
            ),
            {"id": owed.payment_id},
        )
        old = session.get_one(models.Payment, owed.payment_id)
        customer = session.get_one(identity.Customer, owed.customer_id)
    newer = bills.pay(database, bills.make_bill(database, customer=customer).invoice)
    with database.reading() as session:
        (found,) = surroundings.payments_of(session, customer_id=owed.customer_id, limit=1)
        both = surroundings.payments_of(session, customer_id=owed.customer_id, limit=2)
    assert found.number == old.number
    assert [refund.owed_in for refund in found.refunds] == [owed.case_no]
    assert [payment.number for payment in both] == [newer, old.number]

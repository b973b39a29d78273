"""What is mailed to somebody else who pays names nothing of the owner's but the first name."""

from __future__ import annotations

import pytest

from portal.journeys import autopay, scoped_pay
from tests.support import bills, paying, people, scoped


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


def test_no_mail_to_a_payer_names_the_policy_or_the_owners_mailbox(ctx, sandbox, bill):
    number = scoped.ask(ctx, bill)
    card = scoped.keep(ctx, sandbox, bill, number)
    token = scoped.token(ctx, number)
    scoped_pay.automate(
        ctx,
        token=token,
        changes=False,
        method_no=card,
        backup_no="",
        days_before=0,
        shown=autopay.shown(ctx, pet_name="Biscuit", language="en"),
        who=people.visitor(),
    )
    scoped_pay.stop_automatic(ctx, token=token, who=people.visitor())
    for template in ("payer_invited", "autopay_joined", "autopay_left"):
        ((to, words),) = scoped.mails(ctx, template)
        assert to == scoped.ANA
        assert number in words
        assert bill.policy.number not in words
        assert bill.customer.email not in words
    assert paying.charges(sandbox) == []

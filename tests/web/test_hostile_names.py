"""What an owner types does not make our mails to strangers carry somebody's link."""

from __future__ import annotations

import pytest

from tests.support import bills, forms, people


@pytest.mark.parametrize("name", ["Win a prize at evil.example", "Ana\nBcc: x@y.example"])
def test_nobody_is_asked_to_pay_under_a_name_that_is_an_address(app, ctx, database, name):
    bill = bills.make_bill(database)
    owner = people.sign_in(app.test_client(), bill.customer)
    page = f"/payers/new/{bill.policy.number}"
    answer = forms.post(owner, page, name=name, email="ana@example.test", language="en")
    assert answer.status_code == 422
    assert "without an address" in answer.get_data(as_text=True)
    assert "ana@example.test" not in owner.get("/payers").get_data(as_text=True)

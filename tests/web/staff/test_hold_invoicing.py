"""The desk pauses the billing of a policy and has it go on; bad input comes back."""

from __future__ import annotations

import pytest

from portal.journeys import hold_invoicing
from tests.support import bills, forms


@pytest.fixture
def address(database, clock, books_hold):
    return f"/desk/policies/{bills.make_bill(database).policy.number}/invoicing"


def send(desk, address, **typed):
    return forms.post(desk, address, **({"reason": "We look into the rate."} | typed))


def test_paused_and_gone_on_with(desk, quiet_ctx, address):
    assert "Pause billing" in desk.get(address.removesuffix("/invoicing")).text
    assert send(desk, address, last_on="2026-12-20").status_code == 303
    page = desk.get(address).text
    assert "We look into the rate." in page
    assert "End the pause" in page
    assert send(desk, address, last_on="2026-12-20").status_code == 422, "one at a time"
    assert send(desk, address, do="end").status_code == 303
    assert send(desk, address, do="end").status_code == 422, "a double click changes nothing"
    number = address.split("/")[3]
    with quiet_ctx.database.reading() as session:
        assert hold_invoicing.standing(session, policy_no=number) is None


@pytest.mark.parametrize(
    ("field", "typed"),
    [("last_on", ""), ("last_on", "soon"), ("last_on", "2026-11-24"), ("reason", " ")],
)
def test_bad_input_stands_beside_its_field(desk, address, field, typed):
    answer = send(desk, address, **({"last_on": "2026-12-20"} | {field: typed}))
    assert answer.status_code == 422
    assert f'id="{field}-bad"' in answer.text


def test_only_for_case_work_and_only_what_there_is(finance_desk, desk, address):
    assert finance_desk.get(address).status_code == 403
    assert desk.get("/desk/policies/POL-0000000000A/invoicing").status_code == 404

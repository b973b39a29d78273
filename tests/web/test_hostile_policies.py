"""Keys of forms: nobody's stops a job, another person's change, or tells what is not theirs."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.policies import models
from portal.journeys import renew_terms
from tests.support import bills, cases, forms, mourning, people

D = datetime.date


@pytest.fixture
def mine(database):
    return bills.make_bill(database, effective_on=D(2026, 9, 28))


@pytest.fixture
def owner(app, mine):
    return people.sign_in(app.test_client(), mine.customer)


@pytest.fixture
def theirs(database):
    """Somebody else's policy that is to be renewed today."""
    return bills.make_bill(
        database, pet_name="Bolt", effective_on=D(2025, 12, 20), premium_cents=123_456
    )


def seen(client, at: str, **values):
    """The preview of a change, with all that its form carries."""
    page = forms.post(client, at, look="1", **values)
    return dict(forms.HIDDEN.findall(page.text)) | values


def day_of(bill) -> str:
    return f"/policies/{bill.policy.number}/day"


def terms(database, bill) -> int:
    with database.reading() as session:
        return session.scalar(
            sa.select(sa.func.count())
            .select_from(models.Term)
            .where(models.Term.policy_id == bill.policy.id)
        )


def test_a_forged_key_stops_no_renewal(quiet_ctx, database, clock, owner, mine, theirs):
    form = seen(owner, day_of(mine), day="5")
    forged = form | {"once_key": f"renewal:{theirs.policy.number}:1"}
    assert owner.post(day_of(mine), data=forged).status_code == 303
    assert renew_terms.run(quiet_ctx, on=clock.today()) == 1
    assert terms(database, theirs) == 2


def test_a_forged_key_tells_nothing_of_another_policy(quiet_ctx, clock, owner, mine, theirs):
    renew_terms.run(quiet_ctx, on=clock.today())
    form = seen(owner, day_of(mine), day="5")
    forged = form | {"once_key": f"renewal:{theirs.policy.number}:1", "seen": "x"}
    answer = owner.post(day_of(mine), data=forged)
    assert answer.status_code == 422
    assert "1,234.56" not in answer.text


def test_a_key_used_for_one_pet_ends_the_policy_of_the_other(app, database, owner, mine):
    other = bills.make_bill(
        database, customer=mine.customer, pet_name="Miso", effective_on=D(2026, 9, 10)
    )
    form = seen(owner, day_of(mine), day="5")
    assert owner.post(day_of(mine), data=form).status_code == 303
    at = f"/policies/{other.policy.number}/cancel"
    end = seen(owner, at, on="2026-12-20") | {"once_key": form["once_key"]}
    assert owner.post(at, data=end).status_code == 303
    with database.reading() as session:
        state = session.get_one(models.Policy, other.policy.id).state
    assert state is models.PolicyState.CANCELLED


def test_a_forged_key_leaves_a_case_of_a_death_decidable(quiet_ctx, database, owner, mine):
    other = bills.make_bill(
        database, customer=mine.customer, pet_name="Miso", effective_on=D(2026, 9, 10)
    )
    mourning.tell(quiet_ctx, mine, D(2026, 11, 20))
    case = mourning.case(quiet_ctx, mine)
    form = seen(owner, day_of(other), day="5") | {"once_key": f"undone:{case.number}:0"}
    assert owner.post(day_of(other), data=form).status_code == 303
    specialist = people.make_staff(database)
    cases.take(quiet_ctx, case.number, specialist)
    cases.resolve(quiet_ctx, case.number, specialist, cases.decision())


def test_an_old_form_is_not_done_again_after_another_change(owner, mine):
    first = seen(owner, day_of(mine), day="5")
    assert owner.post(day_of(mine), data=first).status_code == 303
    assert owner.post(day_of(mine), data=first).status_code == 303, "a double click"
    second = seen(owner, day_of(mine), day="12")
    assert owner.post(day_of(mine), data=second).status_code == 303
    back = owner.post(day_of(mine), data=first)
    assert back.status_code == 422
    assert "Something changed meanwhile." in back.text

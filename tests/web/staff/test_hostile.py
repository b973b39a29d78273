"""Deciding under attack: twice, after it was over, by somebody promoted, with odd amounts."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.domain.identity import models as identity
from tests.support import forms, people, world


@pytest.fixture
def here(quiet_ctx, database):
    return world.build(quiet_ctx, database)


@pytest.fixture
def asked(here) -> str:
    return here.numbers["desk_approvals"]


def version(database, number: str) -> str:
    with database.reading() as session:
        return session.scalar(
            sa.text("SELECT facts_version FROM approval WHERE number = :n"), {"n": number}
        )


def refunds(database) -> int:
    with database.reading() as session:
        return session.scalar(sa.text("SELECT count(*) FROM refund"))


def approve(client, database, number: str):
    return forms.post(
        client,
        "/desk/queue",
        to=f"/desk/approvals/{number}/approve",
        facts_version=version(database, number),
    )


def test_the_asker_who_became_supervisor_still_needs_a_second(app, here, database, asked):
    before = refunds(database)
    with database.unit_of_work() as session:
        session.execute(
            sa.update(identity.Staff)
            .where(identity.Staff.id == here.specialist.id)
            .values(role=identity.Role.SUPERVISOR)
        )
    client = people.sign_in(app.test_client(), here.specialist)
    assert approve(client, database, asked).status_code == 409
    assert refunds(database) == before


def test_approving_twice_pays_once(app, here, database, asked):
    before = refunds(database)
    client = people.sign_in(app.test_client(), here.supervisor)
    assert approve(client, database, asked).status_code == 302
    assert approve(client, database, asked).status_code == 409
    assert refunds(database) == before + 1


def test_what_was_sent_back_is_not_approved_after(app, here, database, asked):
    before = refunds(database)
    client = people.sign_in(app.test_client(), here.supervisor)
    back = f"/desk/approvals/{asked}/return"
    assert forms.post(client, "/desk/queue", to=back, reason="Look again.").status_code == 302
    assert approve(client, database, asked).status_code == 409
    assert forms.post(client, "/desk/queue", to=back, reason="Again.").status_code == 409
    assert refunds(database) == before


def test_an_odd_amount_is_explained_and_moves_nothing(app, here, database):
    before = refunds(database)
    client = people.sign_in(app.test_client(), here.specialist)
    case = f"/desk/disputes/{here.numbers['desk_case']}/resolve"
    typed = {"outcome": "upheld", "action": "refund", "step": "do"}
    typed |= {"payment_no": here.numbers["desk_payment"], "answer": "Yes.", "reason": "So."}
    for amount in ("1e9", "300,00", "-5", "NaN", "0", "٣٠", "9" * 40, "5\u20ac", ""):
        answer = forms.post(client, case, version="1", amount=amount, **typed)
        assert answer.status_code in (409, 422), amount
        assert refunds(database) == before, amount

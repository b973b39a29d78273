"""Billing settings at the desk: seen, changed by two people from a day to come, withdrawn."""

from __future__ import annotations

import datetime
import json
import re

import pytest
import sqlalchemy as sa

from portal.domain.approvals import models as approvals
from portal.domain.audit import models as audit
from portal.domain.billing import models
from portal.domain.billing.queries import plans
from tests.support import forms, people

PAGE = "/desk/billing/settings"
PLAN = f"{PAGE}/standard"
FROM = "2027-01-01"


@pytest.fixture(autouse=True)
def versions(database):
    """Versions outlive a test, as they outlive everything: those it adds go at its end."""
    yield
    with database.unit_of_work() as session:
        for table in (models.BillingPlan, models.StateRule):
            session.execute(sa.delete(table).where(table.valid_from > datetime.date(1900, 1, 1)))


@pytest.fixture
def omar(app, database):
    person = people.make_staff(database, "supervisor", name="Omar Haddad")
    return people.sign_in(app.test_client(), person)


@pytest.fixture
def ada(app, database):
    person = people.make_staff(database, "supervisor", name="Ada Brooks")
    return people.sign_in(app.test_client(), person)


def text(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def filled(client, page=PLAN):
    """What the form holds as it opens."""
    found = text(client, page)
    fields = dict(re.findall(r'<input id="(\w+)" name="\w+"[^>]* value="([^"]*)"', found))
    for name, value in re.findall(
        r'<select id="(\w+)".*?<option value="(\w+)" selected', found, re.DOTALL
    ):
        fields[name] = value
    return fields


def send(client, page=PLAN, **typed):
    return forms.post(client, page, to=page, **(filled(client, page) | typed))


def look(client, page=PLAN, **typed):
    return send(client, page, look="1", valid_from=FROM, reason="Filed.", **typed)


def ask(client, page=PLAN, **typed):
    seen = look(client, page, **typed).get_data(as_text=True)
    version = re.search(r'name="facts_version" value="(\w+)"', seen)[1]
    return send(client, page, valid_from=FROM, reason="Filed.", facts_version=version, **typed)


def request_no(database):
    with database.reading() as session:
        return session.scalars(sa.select(approvals.Approval.number)).one()


def decide(client, number, verb="approve", **more):
    page = f"/desk/approvals/{number}"
    version = re.search(r'name="facts_version" value="(\w+)"', text(client, page))
    given = {"facts_version": version[1] if version else "", **more}
    return forms.post(client, page, to=f"{page}/{verb}", **given)


def fee_on(database, day):
    with database.reading() as session:
        return plans.standard(session, on=day).installment_fee_cents


def test_every_value_stands_there_with_what_it_means(omar):
    page = text(omar, PAGE)
    assert "A bill goes out so many days before it is due. At least 10: Regulation E." in page
    assert "20 days" in page
    assert "$15.00" in page  # the most that Florida allows for a returned payment
    assert "since ever, in force" in page


def test_a_version_is_shown_asked_for_and_agreed_to_by_a_second_person(omar, ada, database):
    before = fee_on(database, datetime.date(2027, 1, 1))
    seen = look(omar, installment_fee_cents="4.50").get_data(as_text=True)
    assert "$4.50" in seen
    assert "Ask a second person" in seen
    assert fee_on(database, datetime.date(2027, 1, 1)) == before
    assert ask(omar, installment_fee_cents="4.50").status_code == 303
    number = request_no(database)
    own = forms.post(
        omar, PAGE + "/standard", to=f"/desk/approvals/{number}/approve", facts_version="x"
    )
    assert own.status_code == 409
    assert "A second person must decide" in own.get_data(as_text=True)
    assert "Billing settings from 1 Jan 2027: The plan" in text(ada, "/desk/approvals")
    assert decide(ada, number).status_code == 302
    assert fee_on(database, datetime.date(2026, 12, 31)) == before
    assert fee_on(database, datetime.date(2027, 1, 1)) == 450
    assert "1 Jan 2027, to come" in text(ada, PAGE)
    with database.reading() as session:
        told = session.scalars(
            sa.select(audit.AuditEvent).where(audit.AuditEvent.action == "billing.settings_added")
        ).one()
    assert (told.actor_label, told.data["settings"]["after"]["installment_fee_cents"]) == (
        "Ada Brooks",
        450,
    )


def test_a_version_to_come_can_be_withdrawn_and_one_in_force_cannot(omar, ada, database, clock):
    ask(omar, lead_days="21")
    decide(ada, request_no(database))
    first = forms.post(omar, PAGE, to=f"{PLAN}/withdraw", valid_from="1900-01-01")
    assert "is in force already" in text(omar, first.location)
    assert fee_on(database, clock.today()) >= 0
    for said in ("Withdrawn. What held before goes on.", "There is no version from this day on."):
        answer = omar.post(
            f"{PLAN}/withdraw",
            data={"csrf_token": forms.token(omar, PAGE), "valid_from": FROM},
        )
        assert said in text(omar, answer.location)
    with database.reading() as session:
        assert plans.standard(session, on=datetime.date(2027, 2, 1)).lead_days == 20


def test_a_state_without_a_rule_gets_one(omar, ada, database):
    ask(omar, f"{PAGE}/TX", nsf_cap_cents="20", late_fee_cap_cents="4", short_rate_filed="1")
    decide(ada, request_no(database))
    with database.reading() as session:
        before = plans.state(session, us_state="TX", on=datetime.date(2026, 12, 31))
        after = plans.state(session, us_state="TX", on=datetime.date(2027, 1, 1))
    assert (before.nsf_cap_cents, before.short_rate_filed) == (None, False)
    assert (after.nsf_cap_cents, after.late_fee_cap_cents, after.short_rate_filed) == (
        2000,
        400,
        True,
    )
    assert after.notice_days == 15


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"lead_days": "9"}, "Enter a whole number of days from 10 to 60."),
        ({"lead_days": "1e3"}, "Enter a whole number of days from 10 to 60."),
        ({"tax_ppm": "16"}, "Enter a rate in per cent from 0 to 15, like 2.5."),
        ({"tax_ppm": "-1"}, "Enter a rate in per cent from 0 to 15, like 2.5."),
        ({"nsf_fee_cents": "50.01"}, "The most that can be set is $50.00."),
        ({"nsf_fee_cents": "lots"}, "Enter an amount in dollars and cents, like 62.44."),
        ({"installment_fee_cents": ""}, "Enter an amount."),
        ({"allocation_rule": "C"}, "Choose A or B."),
        ({"lead_days": "21", "valid_from": "2026-11-24"}, "Choose a day after today."),
        ({"lead_days": "21", "valid_from": "<b>"}, "Enter a day, like"),
        ({"lead_days": "21", "reason": " "}, "Write a sentence that says why."),
        ({}, "Nothing would change."),
    ],
)
def test_what_is_typed_wrong_is_said_at_its_field_and_asks_nobody(omar, database, typed, said):
    given = {"valid_from": FROM, "reason": "Filed."} | typed
    answer = send(omar, look="1", **given)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(approvals.Approval.id))) == 0


def test_of_two_tabs_one_request_is_made_and_the_other_reads_that_it_waits(omar, ada, database):
    assert ask(omar, lead_days="21").status_code == 303
    second = ask(ada, lead_days="22")
    assert second.status_code == 422
    assert "waits for a second person already" in second.get_data(as_text=True)


def test_what_changed_since_the_page_was_made_is_shown_first(omar, ada, database):
    answer = send(
        omar, lead_days="21", valid_from=FROM, reason="Filed.", facts_version="of another day"
    )
    assert answer.status_code == 422
    assert "The figures changed" in answer.get_data(as_text=True)


def test_sent_back_nothing_changes(omar, ada, database):
    ask(omar, lead_days="21")
    answer = decide(ada, request_no(database), "return", reason="Not filed yet.")
    assert answer.status_code == 302
    with database.reading() as session:
        assert plans.standard(session, on=datetime.date(2027, 1, 1)).lead_days == 20


def test_others_of_the_desk_read_and_change_nothing(app, database):
    client = people.sign_in(app.test_client(), people.make_staff(database, "finance"))
    assert "Add a version" not in text(client, PAGE)
    assert client.get(PLAN).status_code == 403


@pytest.mark.parametrize("code", ["XX", "standard%00", "settings", "ca"])
def test_settings_of_nothing_are_404(omar, code):
    assert omar.get(f"{PAGE}/{code}").status_code == 404


def test_they_are_printed(app, database):
    runner = app.test_cli_runner()
    said = runner.invoke(args=["billing", "settings"])
    assert "standard from 1900-01-01, in force" in said.output
    assert "Lead days: 20" in said.output
    found = json.loads(runner.invoke(args=["billing", "settings", "--json"]).output)
    assert {"standard", "FL", "NY"} <= {one["code"] for one in found}

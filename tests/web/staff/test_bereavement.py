"""A pet has died, at the desk: seen at once, the cover ended with its preview, the case closed."""

from __future__ import annotations

import datetime
import re

import pytest

from tests.support import autopaying, bills, cases, forms, people
from tests.support import mourning as pets

DIED = datetime.date(2026, 11, 20)


@pytest.fixture
def bill(quiet_ctx, database):
    """Paid bills and autopay; then the owner tells us."""
    made = bills.make_bill(database, effective_on=datetime.date(2026, 8, 1))
    for invoice in made.invoices:
        bills.pay(database, invoice)
    autopaying.join(quiet_ctx, made, autopaying.card(database, made.customer))
    pets.tell(quiet_ctx, made, DIED)
    return made


@pytest.fixture
def grace(database):
    return people.make_staff(database, "specialist", name="Grace Okonjo")


@pytest.fixture
def desk(app, grace):
    return people.sign_in(app.test_client(), grace)


def test_the_queue_says_how_it_is_to_be_handled(desk, quiet_ctx, bill):
    page = desk.get("/desk/queue").text
    assert "Gently: Bereavement, Biscuit" in page
    assert ">P2<" in page


def test_the_case_shows_the_day_what_stopped_and_what_goes_back(desk, quiet_ctx, bill):
    case = pets.case(quiet_ctx, bill)
    page = desk.get(f"/desk/disputes/{case.number}").text
    for fact in ("Biscuit has died", "Handle gently", "20 Nov 2026", "21 Nov 2026"):
        assert fact in page
    assert "autopay, bills, reminders and late fees" in page
    assert f"${case.disputed_cents / 100:.2f}" in page
    assert "End the cover from 21 Nov 2026…" in page


def test_the_button_leads_to_the_preview_and_the_end_closes_the_way(desk, grace, quiet_ctx, bill):
    case = pets.case(quiet_ctx, bill)
    page = desk.get(f"/desk/disputes/{case.number}").text
    form = re.search(r'<form[^>]*cancel".*?</form>', page, re.DOTALL)[0]
    to = f"/desk/policies/{bill.policy.number}/cancel"
    seen = forms.send(desk, form, to=to)
    assert seen.status_code == 200
    assert 'value="2026-11-21"' in seen.text
    assert f"Biscuit died on 20 Nov 2026. Case {case.number}." in seen.text
    assert "goes back to where it was paid from" in seen.text
    assert "Biscuit died on 20 Nov 2026</h2>" in seen.text
    ended = re.findall(r'<form[^>]*cancel".*?</form>', seen.text, re.DOTALL)[0]
    reason = f"Biscuit died on 20 Nov 2026. Case {case.number}."
    done = forms.send(desk, ended, to=to, on="2026-11-21", basis="pro_rata", reason=reason)
    assert done.status_code == 303
    after = desk.get(f"/desk/disputes/{case.number}").text
    assert "Cover ended" in after
    assert "End the cover from" not in after
    cases.take(quiet_ctx, case.number, grace)
    kind = cases.decision(outcome="upheld", answer="We sent back what was left.")
    cases.resolve(quiet_ctx, case.number, grace, kind)
    assert pets.mails(quiet_ctx)[-1] == "bereavement_word"


def test_it_stays_a_bereavement(desk, quiet_ctx, grace, bill):
    case = pets.case(quiet_ctx, bill)
    page = desk.get(f"/desk/disputes/{case.number}/hand-over").text
    assert "Wrong amount" not in page
    answer = forms.post(
        desk,
        f"/desk/disputes/{case.number}/hand-over",
        to=f"/desk/disputes/{case.number}/sort",
        version=case.version,
        category="fee",
        priority="P2",
    )
    assert answer.status_code == 409
    assert "A bereavement stays one" in answer.text

"""The ways in under attack: other sites as landing, forged hosts, old sessions, spent links."""

from __future__ import annotations

import datetime
import re

import pytest
import sqlalchemy as sa

from portal.domain.identity import models
from portal.domain.identity.operations import links, passwords
from portal.domain.notifications import models as notifications
from portal.web.shared import landing
from tests.support import forms, people

PASSWORD = "seven green boats"
OTHER = "nine yellow kites"


@pytest.fixture
def maria(database):
    return people.make_customer(database, password_hash=passwords.hashed(PASSWORD))


def link(database, template: str) -> str:
    """The path of the newest mailed link."""
    with database.reading() as session:
        found = sa.select(notifications.Mail.text).where(notifications.Mail.template == template)
        text = session.scalars(found.order_by(notifications.Mail.id.desc())).first()
    return re.search(r"https?://[^/\s]+(/\S+)", text)[1]


def is_in(client) -> bool:
    return client.get("/home").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.test",
        "//evil.test/",
        "/\\evil.test",
        "\\\\evil.test",
        "https://evil.test",
        "https:evil.test",
        "/\t/evil.test",
        " //evil.test",
        "javascript:alert(1)",
        "///evil.test",
        "/\r\nSet-Cookie: a=b",
        "/\u2028/evil.test",
    ],
)
def test_another_site_is_nowhere_to_land(wanted):
    assert landing.after_sign_in("customer", wanted) == "/home"
    assert landing.after_sign_in("specialist", wanted) == "/desk"


def test_an_address_that_only_looks_like_another_site_stays_on_ours():
    assert landing.after_sign_in("customer", "/%09/evil.test") == "/%09/evil.test"


def test_nobody_is_sent_to_another_site(client, maria):
    wanted = "//evil.test"
    answer = forms.post(client, "/sign-in", email=maria.email, password=PASSWORD, next=wanted)
    assert (answer.status_code, answer.location) == (303, "/home")
    assert client.get("/sign-in", query_string={"next": wanted}).location == "/home"


def test_a_forged_host_changes_no_mailed_link(client, database, maria, settings):
    evil = "http://evil.test"
    page = client.get("/sign-in/link", base_url=evil).get_data(as_text=True)
    typed = {"csrf_token": forms.TOKEN.search(page)[1], "email": maria.email}
    forged = {"X-Forwarded-Host": "evil.test", "X-Forwarded-For": "6.6.6.6"}
    answer = client.post("/sign-in/link", data=typed, base_url=evil, headers=forged)
    assert answer.headers["Location"].startswith("/")
    with database.reading() as session:
        text = session.scalars(sa.select(notifications.Mail.text)).one()
    assert "evil.test" not in text
    assert settings.base_url in text


def test_a_forged_forwarded_address_does_not_get_around_the_throttle(client, database):
    token = forms.token(client, "/sign-in")
    answers = [
        client.post(
            "/sign-in",
            data={"csrf_token": token, "email": f"n{n}@example.test", "password": "no"},
            headers={"X-Forwarded-For": f"10.1.2.{n}"},
        ).status_code
        for n in range(31)
    ]
    assert answers[-1] == 429


@pytest.mark.parametrize("twist", ["{}", " {} ", "\u00a0{}\u2003"])
def test_other_spellings_of_an_address_count_as_the_same_account(client, maria, twist):
    token = forms.token(client, "/sign-in")
    for n in range(11):
        email = maria.email.upper() if n % 2 else twist.format(maria.email)
        typed = {"csrf_token": token, "email": email, "password": "wrong"}
        answer = client.post("/sign-in", data=typed)
    assert answer.status_code == 429


def test_a_token_of_another_browser_is_no_token(app, client, maria):
    stolen = forms.token(app.test_client(), "/sign-in")
    client.get("/sign-in")
    typed = {"csrf_token": stolen, "email": maria.email, "password": PASSWORD}
    assert client.post("/sign-in", data=typed).status_code == 400


def test_signing_in_leaves_nothing_of_the_cookie_before(client, maria):
    before = forms.token(client, "/sign-in")
    forms.post(client, "/sign-in", email=maria.email, password=PASSWORD)
    assert client.post("/sign-out", data={"csrf_token": before}).status_code == 400
    assert is_in(client)


def test_signing_out_everywhere_ends_the_other_browser(app, database, maria):
    here, there = (people.sign_in(app.test_client(), maria) for _ in range(2))
    forms.post(here, "/settings/devices")
    assert is_in(here)
    assert not is_in(there)


def test_a_cookie_kept_from_before_signing_out_opens_nothing(app, maria):
    client = people.sign_in(app.test_client(), maria)
    with client.session_transaction() as cookie:
        kept = dict(cookie)
    forms.post(client, "/sign-out")
    with client.session_transaction() as cookie:
        cookie.update(kept)
    assert not is_in(client)


def test_a_deactivated_specialist_is_out_at_once_and_stays_out(app, database):
    grace = people.make_staff(database, password_hash=passwords.hashed(PASSWORD))
    client = people.sign_in(app.test_client(), grace)
    assert client.get("/desk").status_code in (200, 302)
    with database.unit_of_work() as session:
        session.execute(sa.update(models.Staff).values(is_active=False))
    assert client.get("/desk/queue").headers["Location"].startswith("/sign-in")
    other = app.test_client()
    answer = forms.post(other, "/sign-in", email=grace.email, password=PASSWORD)
    assert answer.status_code == 422
    forms.post(other, "/password/reset", email=grace.email)
    with database.reading() as session:
        assert session.scalars(sa.select(notifications.Mail)).all() == []


def test_a_deactivated_specialist_cannot_use_the_link_mailed_before(app, database):
    grace = people.make_staff(database, password_hash=passwords.hashed(PASSWORD))
    client = app.test_client()
    forms.post(client, "/password/reset", email=grace.email)
    address = link(database, "password_link")
    with database.unit_of_work() as session:
        session.execute(sa.update(models.Staff).values(is_active=False))
    forms.post(client, address, password=OTHER)
    answer = forms.post(client, "/sign-in", email=grace.email, password=OTHER)
    assert answer.status_code == 422


def test_a_session_ends_by_time(app, clock, maria):
    client = people.sign_in(app.test_client(), maria)
    clock.set(people.NOW + datetime.timedelta(days=30, seconds=1))
    assert not is_in(client)


def test_a_reset_link_in_two_tabs_sets_one_password(app, client, database, maria):
    forms.post(client, "/password/reset", email=maria.email)
    address = link(database, "password_link")
    second = app.test_client()
    late = forms.token(second, address)
    assert forms.post(client, address, password=OTHER).status_code == 303
    answer = second.post(address, data={"csrf_token": late, "password": "three blue horses"})
    assert answer.status_code == 410
    answer = forms.post(client, "/sign-in", email=maria.email, password=OTHER)
    assert answer.status_code == 303


def test_an_activation_link_of_before_cannot_change_a_password_set_since(app, client, database):
    pia = people.make_customer(database, activated_at=None)
    now = people.NOW
    with database.unit_of_work() as session:
        from_before = links.issue(
            session,
            purpose=models.LinkPurpose.ACTIVATE,
            customer_id=pia.id,
            email=pia.email,
            now=now,
        )
    forms.post(client, f"/activate/{from_before}", password=PASSWORD)
    other = app.test_client()
    answer = other.get(f"/activate/{from_before}")
    assert answer.status_code == 410


@pytest.mark.parametrize("page", ["/sign-in/link", "/password/reset"])
def test_nobody_learns_which_addresses_we_know(app, maria, page):
    known, unknown = app.test_client(), app.test_client()
    a = forms.post(known, page, email=maria.email)
    b = forms.post(unknown, page, email="nobody@example.test")
    assert (a.status_code, a.headers["Location"]) == (b.status_code, b.headers["Location"])


def test_a_forged_token_opens_nothing(client, database):
    for way in ("/sign-in/link/", "/activate/", "/password/", "/settings/email/"):
        for token in ("x", "a" * 5000, "%F0%9F%98%80", "..%2f..%2fetc", "%25%32%65"):
            assert client.get(f"{way}{token}").status_code == 404, (way, token)

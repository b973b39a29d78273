"""The way in and out: password, mailed link, activation, a forgotten password."""

import datetime
import re

import pytest
import sqlalchemy as sa

from portal.domain.identity import models
from portal.domain.identity.operations import passwords
from portal.domain.notifications import models as notifications
from portal.journeys import enrol
from portal.kernel import actor
from portal.web.shared import landing
from tests.support import forms, people

PASSWORD = "seven green boats"
OTHER = "nine yellow kites"


@pytest.fixture
def maria(database):
    return people.make_customer(database, password_hash=passwords.hashed(PASSWORD))


@pytest.fixture
def make_policy(quiet_ctx):
    """Enrol a pet of a customer; the policy's number."""

    def make(customer):
        terms = enrol.Terms(
            effective_on=datetime.date(2026, 11, 1),
            expires_on=datetime.date(2027, 11, 1),
            premium_cents=74_929,
        )
        with quiet_ctx.database.unit_of_work() as session:
            return enrol.enrol_policy(
                session,
                quiet_ctx,
                customer_id=customer.id,
                pet_name="Miso",
                species="cat",
                us_state="IL",
                terms=terms,
                who=actor.system("test"),
            ).policy_no

    return make


def page(answer):
    return answer.get_data(as_text=True)


def mails(database, template):
    with database.reading() as session:
        found = sa.select(notifications.Mail).where(notifications.Mail.template == template)
        return session.scalars(found.order_by(notifications.Mail.id)).all()


def link(database, template):
    """The path of the link in the newest mail of this kind."""
    return re.search(r"http://127\.0\.0\.1:8000(/\S+)", mails(database, template)[-1].text)[1]


def is_signed_in(client):
    return client.get("/settings").status_code == 200


def test_the_bare_address_shows_a_stranger_the_way_in(client):
    html = page(client.get("/"))
    for way in ("/sign-in/link", "/password/reset", "/activate"):
        assert f'href="{way}"' in html
    assert "asskey" not in html


def test_a_customer_signs_in_by_password_and_lands_at_home(client, maria):
    answer = forms.post(client, "/sign-in", email=maria.email.upper(), password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/home")
    assert is_signed_in(client)
    assert client.get("/").location == "/home"


def test_staff_land_at_the_desk(client, database):
    grace = people.make_staff(database, password_hash=passwords.hashed(PASSWORD))
    answer = forms.post(client, "/sign-in", email=grace.email, password=PASSWORD)
    assert answer.location == "/desk"


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_wrong_password_and_an_unknown_address_read_the_same(client, maria, language):
    known = forms.post(client, f"/sign-in?lang={language}", email=maria.email, password=OTHER)
    unknown = forms.post(client, "/sign-in", email="no@example.test", password=OTHER)
    assert known.status_code == unknown.status_code == 422
    plain = [
        re.sub(r'value="[^"]*"|nonce="[^"]*"', "", page(answer)) for answer in (known, unknown)
    ]
    assert plain[0] == plain[1]


def test_what_was_typed_is_kept_but_not_the_password(client, maria):
    html = page(forms.post(client, "/sign-in", email=maria.email, password=OTHER))
    assert f'value="{maria.email}"' in html
    assert OTHER not in html


def test_an_empty_form_says_what_is_missing(client, database):
    html = page(forms.post(client, "/sign-in"))
    assert "Enter your e-mail address." in html
    assert "Enter your password." in html


def test_after_signing_in_the_page_that_was_wanted_is_gone_to(client, maria):
    wanted = "/invoices?state=due"
    answer = forms.post(client, "/sign-in", email=maria.email, password=PASSWORD, next=wanted)
    assert answer.location == wanted


@pytest.mark.parametrize(
    ("role", "wanted", "landed"),
    [
        ("customer", "/invoices?state=due", "/invoices?state=due"),
        ("customer", "/desk/queue", "/home"),
        ("customer", "/sign-out", "/home"),
        ("customer", "", "/home"),
        ("specialist", "/desk/queue", "/desk/queue"),
        ("specialist", "/invoices", "/desk"),
        ("specialist", "", "/desk"),
    ],
)
def test_only_a_page_that_the_role_may_open_is_gone_to(role, wanted, landed):
    assert landing.after_sign_in(role, wanted) == landed


def test_a_stranger_is_sent_to_sign_in_and_back_to_the_page(client, database):
    answer = client.get("/settings/email?x=1")
    assert answer.location == "/sign-in?next=%2Fsettings%2Femail%3Fx%3D1"
    assert 'value="/settings/email?x=1"' in page(client.get(answer.location))


def test_signing_in_again_ends_the_session_before(client, maria, database):
    forms.post(client, "/sign-in", email=maria.email, password=PASSWORD)
    with client.session_transaction() as cookie:
        first = cookie["_user_id"]
    token = forms.token(client, "/settings/language")
    client.post("/sign-in", data={"csrf_token": token, "email": maria.email, "password": PASSWORD})
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != first
        cookie["_user_id"] = first
    assert not is_signed_in(client)


def test_too_many_tries_are_told_when_to_come_back(client, maria):
    for _ in range(10):
        answer = forms.post(client, "/sign-in", email=maria.email, password=OTHER)
        assert answer.status_code == 422
    refused = forms.post(client, "/sign-in", email=maria.email, password=PASSWORD)
    assert refused.status_code == 429
    assert "Please try again after Tue 24 Nov, 10:15." in page(refused)
    assert f'value="{maria.email}"' in page(refused)


def test_after_the_window_the_right_password_opens_again(client, maria, clock):
    for _ in range(11):
        forms.post(client, "/sign-in", email=maria.email, password=OTHER)
    clock.advance(datetime.timedelta(minutes=15))
    assert forms.post(client, "/sign-in", email=maria.email, password=PASSWORD).status_code == 303


def test_a_form_without_its_token_is_refused(client, maria):
    answer = client.post("/sign-in", data={"email": maria.email, "password": PASSWORD})
    assert answer.status_code == 400


def test_a_mailed_link_signs_a_customer_in_by_its_button_only(client, maria, database):
    answer = forms.post(client, "/sign-in/link", email=maria.email)
    assert answer.location == "/sign-in/link?sent=1"
    assert "15 minutes" in page(client.get(answer.location))
    path = link(database, "sign_in_link")
    for _ in range(3):  # mail scanners
        assert client.get(path).status_code == 200
    assert not is_signed_in(client)
    assert forms.post(client, path).location == "/home"
    assert is_signed_in(client)


def test_a_mailed_link_works_once(app, maria, database):
    forms.post(app.test_client(), "/sign-in/link", email=maria.email)
    path = link(database, "sign_in_link")
    forms.post(app.test_client(), path)
    again = app.test_client().get(path)
    assert again.status_code == 410
    assert "This link was used already" in page(again)
    assert 'href="/sign-in/link"' in page(again)


def test_a_mailed_link_ends_after_fifteen_minutes(client, maria, database, clock):
    forms.post(client, "/sign-in/link", email=maria.email)
    clock.advance(datetime.timedelta(minutes=15))
    answer = client.get(link(database, "sign_in_link"))
    assert answer.status_code == 410
    assert "This link is too old" in page(answer)


def test_a_newer_link_ends_the_older_one(client, maria, database):
    forms.post(client, "/sign-in/link", email=maria.email)
    older = link(database, "sign_in_link")
    forms.post(client, "/sign-in/link", email=maria.email)
    assert client.get(older).status_code == 410
    assert client.get(link(database, "sign_in_link")).status_code == 200


def test_a_link_that_never_was_is_told_apart_kindly(client, database):
    answer = client.get("/sign-in/link/nothing")
    assert answer.status_code == 404
    assert "We do not know this link" in page(answer)


def test_no_link_is_mailed_to_staff_to_strangers_or_before_activation(client, database):
    grace = people.make_staff(database)
    new = people.make_customer(database, activated_at=None)
    for email in (grace.email, "no@example.test", new.email):
        answer = forms.post(client, "/sign-in/link", email=email)
        assert answer.location == "/sign-in/link?sent=1"
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(notifications.Mail)) == 0


def test_asking_for_links_is_throttled_by_address_whether_it_exists_or_not(client, database):
    for _ in range(5):
        forms.post(client, "/sign-in/link", email="no@example.test")
    assert forms.post(client, "/sign-in/link", email="no@example.test").status_code == 429


def test_signing_out_ends_the_session_for_good(client, maria):
    people.sign_in(client, maria)
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    assert client.get("/sign-out").status_code == 200
    assert is_signed_in(client)
    assert forms.post(client, "/sign-out").location == "/sign-in"
    assert not is_signed_in(client)
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert not is_signed_in(client)


def test_a_forgotten_password_is_set_by_a_link_and_ends_every_session(app, maria, database):
    elsewhere = people.sign_in(app.test_client(), maria)
    client = app.test_client()
    forms.post(client, "/password/reset", email=maria.email)
    path = link(database, "password_link")
    html = page(client.get(path))
    assert maria.email in html
    assert forms.post(client, path, password=OTHER).location == "/sign-in"
    assert not is_signed_in(elsewhere)
    assert client.get(path).status_code == 410
    assert forms.post(client, "/sign-in", email=maria.email, password=OTHER).status_code == 303
    assert len(mails(database, "password_changed")) == 1


def test_staff_reset_their_password_the_same_way(client, database):
    grace = people.make_staff(database)
    forms.post(client, "/password/reset", email=grace.email)
    forms.post(client, link(database, "password_link"), password=OTHER)
    answer = forms.post(client, "/sign-in", email=grace.email, password=OTHER)
    assert answer.location == "/desk"


def test_a_refused_password_leaves_the_link_alive(client, maria, database):
    forms.post(client, "/password/reset", email=maria.email)
    path = link(database, "password_link")
    refused = forms.post(client, path, password="too short")
    assert refused.status_code == 422
    assert "12 characters" in page(refused)
    assert forms.post(client, path, password=OTHER).status_code == 303


def test_an_account_is_activated_by_policy_number_zip_code_and_a_mailed_link(
    client, database, make_policy
):
    new = people.make_customer(database, activated_at=None)
    number = make_policy(new)
    typed = number.lower().replace("-", " ")
    answer = forms.post(client, "/activate", policy_no=typed, zip_code="62704-1234")
    assert answer.location == "/activate?sent=1"
    path = link(database, "activate_link")
    assert new.email in page(client.get(path))
    assert forms.post(client, path, password=PASSWORD).location == "/home"
    assert is_signed_in(client)
    assert people.reload(database, new).activated_at is not None
    client.delete_cookie("portal")
    assert forms.post(client, "/sign-in", email=new.email, password=PASSWORD).status_code == 303


def test_activation_needs_no_password(client, database, make_policy):
    new = people.make_customer(database, activated_at=None)
    forms.post(client, "/activate", policy_no=make_policy(new), zip_code=new.zip)
    forms.post(client, link(database, "activate_link"), password="")
    assert is_signed_in(client)
    assert people.reload(database, new).password_hash is None


def test_a_wrong_zip_code_reads_the_same_and_mails_nothing(client, database, make_policy):
    new = people.make_customer(database, activated_at=None)
    answer = forms.post(client, "/activate", policy_no=make_policy(new), zip_code="10001")
    assert answer.location == "/activate?sent=1"
    assert mails(database, "activate_link") == []


def test_who_is_active_already_gets_a_link_to_sign_in(client, maria, database, make_policy):
    forms.post(client, "/activate", policy_no=make_policy(maria), zip_code=maria.zip)
    assert mails(database, "activate_link") == []
    assert len(mails(database, "sign_in_link")) == 1


@pytest.mark.parametrize(
    ("policy_no", "zip_code", "words"),
    [
        ("POL-1", "62704", "Enter the policy number as it stands"),
        ("", "62704", "Enter the policy number."),
        ("POL-00000000000", "627", "Enter the five digits"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(client, database, policy_no, zip_code, words):
    answer = forms.post(client, "/activate", policy_no=policy_no, zip_code=zip_code)
    assert answer.status_code == 422
    assert words in page(answer)
    assert f'value="{zip_code}"' in page(answer)


def test_every_page_on_the_way_in_speaks_spanish(client, maria, database):
    forms.post(client, "/sign-in/link", email=maria.email)
    forms.post(client, "/password/reset", email=maria.email)
    for path in (
        "/sign-in", "/sign-in/link", "/sign-in/link?sent=1", "/activate", "/activate?sent=1",
        "/password/reset", "/password/reset?sent=1", link(database, "sign_in_link"),
        link(database, "password_link"), "/sign-in/link/nothing",
    ):  # fmt: skip
        html = page(client.get(path, headers={"Accept-Language": "es-US,es"}))
        assert '<html lang="es">' in html
        assert html.count("<h1") == 1
        for english in ("Sign in", "Activate", "Choose a", "Look in", "link is", "Mail me"):
            assert english not in html, (path, english)


def test_each_sign_in_is_in_the_audit_log(client, maria, database):
    forms.post(client, "/sign-in", email=maria.email, password=PASSWORD)
    with database.reading() as session:
        row = session.execute(
            sa.text("SELECT action, subject, actor_kind, actor_id, data FROM audit_event")
        ).one()
    assert tuple(row) == (
        "identity.signed_in", maria.number, "customer", maria.id, {"how": "password"},
    )  # fmt: skip


def test_sessions_of_staff_who_left_end_at_once(client, database):
    grace = people.make_staff(database)
    people.sign_in(client, grace)
    assert client.get("/").location == "/desk"
    with database.unit_of_work() as session:
        session.execute(sa.update(models.Staff).values(is_active=False))
    assert client.get("/").status_code == 200

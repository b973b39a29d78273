"""The customer's account: contact, mail address, language, password, devices."""

import pytest
import sqlalchemy as sa

from portal.domain.identity.operations import passwords
from portal.web.shared import devices
from tests.support import forms, people
from tests.web.test_sign_in import PASSWORD, is_signed_in, link, mails, page

NEW = "nine yellow kites"
CONTACT = {
    "first_name": "María",
    "last_name": "Álvarez-O'Neil",
    "phone": "+1 (217) 555-0199",
    "street": "7 Oak Road",
    "city": "Peoria",
    "state": "WA",
    "zip_code": "98101",
}


@pytest.fixture
def maria(database):
    return people.make_customer(database, password_hash=passwords.hashed(PASSWORD))


@pytest.fixture
def at_home(client, maria):
    return people.sign_in(client, maria)


def events(database):
    with database.reading() as session:
        return session.scalars(sa.text("SELECT action FROM audit_event ORDER BY id")).all()


def test_the_account_shows_what_stands(at_home, maria):
    html = page(at_home.get("/settings"))
    for words in (
        maria.email, "Maria Alvarez", "217-555-0134", "12 Elm Street, Springfield, IL 62704",
        "English", "1 device", maria.number,
    ):  # fmt: skip
        assert words in html


def test_contact_is_changed_and_logged(at_home, maria, database):
    answer = forms.post(at_home, "/settings/contact", **CONTACT)
    assert answer.location == "/settings"
    row = people.reload(database, maria)
    found = (row.first_name, row.last_name, row.phone, row.street, row.city, row.state, row.zip)
    assert found == tuple(CONTACT.values())
    assert events(database) == ["identity.contact_changed"]
    assert "Saved." in page(at_home.get("/settings"))


def test_nothing_is_logged_when_nothing_changed(at_home, database):
    html = page(at_home.get("/settings/contact"))
    assert 'value="62704"' in html
    assert '<option value="IL" selected>' in html
    same = {
        "first_name": "Maria", "last_name": "Alvarez", "phone": "217-555-0134",
        "street": "12 Elm Street", "city": "Springfield", "state": "IL", "zip_code": "62704",
    }  # fmt: skip
    forms.post(at_home, "/settings/contact", **same)
    assert events(database) == []


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("zip_code", "9810", "Enter the five digits"),
        ("state", "XX", "Choose a state."),
        ("state", "", "Choose a state."),
        ("first_name", "", "Enter your first name."),
        ("first_name", "\u202eMaria", "Enter a name of up to 80 letters."),
        ("phone", "call me", "Enter a phone number like"),
        ("street", "x" * 121, "Use 120 letters or fewer."),
    ],
)
def test_contact_that_cannot_be_is_said_beside_its_field(
    at_home, maria, database, field, typed, words
):
    answer = forms.post(at_home, "/settings/contact", **(CONTACT | {field: typed}))
    assert answer.status_code == 422
    html = page(answer)
    assert words in html
    assert f'id="{field}-bad"' in html
    assert 'value="7 Oak Road"' in html or field == "street"
    assert people.reload(database, maria).city == "Springfield"


def test_a_new_address_counts_once_it_is_confirmed_and_the_old_one_is_told(
    at_home, app, maria, database
):
    typed = {"email": "New@Example.test", "password": PASSWORD}
    answer = forms.post(at_home, "/settings/email", **typed)
    assert "on its way" in page(at_home.get(answer.location))
    assert people.reload(database, maria).email == maria.email
    [asked] = mails(database, "email_change_confirm")
    assert asked.recipient == "new@example.test"
    path = link(database, "email_change_confirm")
    stranger = app.test_client()
    assert "new@example.test" in page(stranger.get(path))
    assert people.reload(database, maria).email == maria.email
    assert forms.post(stranger, path).location == "/settings"
    assert people.reload(database, maria).email == "new@example.test"
    [told] = mails(database, "email_changed")
    assert told.recipient == maria.email
    assert "new@example.test" in told.text
    assert stranger.get(path).status_code == 410
    assert "identity.email_changed" in events(database)


def test_links_mailed_to_the_old_address_end_with_it(at_home, app, maria, database):
    forms.post(app.test_client(), "/sign-in/link", email=maria.email)
    older = link(database, "sign_in_link")
    forms.post(at_home, "/settings/email", email="new@example.test", password=PASSWORD)
    forms.post(at_home, link(database, "email_change_confirm"))
    assert app.test_client().get(older).status_code == 410


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [
        ("new@example.test", "wrong", "This is not your present password."),
        ("new@example", PASSWORD, "Enter an e-mail address like"),
        ("a@b.test\r\nBcc: x@y.test", PASSWORD, "Enter an e-mail address like"),
    ],
)
def test_a_new_address_that_cannot_be_is_refused(at_home, database, email, password, words):
    answer = forms.post(at_home, "/settings/email", email=email, password=password)
    assert answer.status_code == 422
    assert words in page(answer)
    assert mails(database, "email_change_confirm") == []


def test_the_own_address_is_no_new_one(at_home, maria):
    answer = forms.post(at_home, "/settings/email", email=maria.email, password=PASSWORD)
    assert "This is your e-mail address already." in page(answer)


def test_whose_address_is_taken_is_not_told(at_home, database):
    other = people.make_customer(database)
    answer = forms.post(at_home, "/settings/email", email=other.email, password=PASSWORD)
    assert answer.location == "/settings/email?sent=1"
    assert mails(database, "email_change_confirm") == []


def test_an_address_taken_meanwhile_changes_nothing(at_home, maria, database):
    forms.post(at_home, "/settings/email", email="new@example.test", password=PASSWORD)
    people.make_customer(database, email="new@example.test")
    forms.post(at_home, link(database, "email_change_confirm"))
    assert people.reload(database, maria).email == maria.email
    assert "belongs to another account" in page(at_home.get("/settings"))


def test_a_new_password_signs_out_every_other_device_and_is_told(at_home, app, maria, database):
    other = people.sign_in(app.test_client(), maria)
    answer = forms.post(at_home, "/settings/password", present=PASSWORD, new=NEW)
    assert answer.location == "/settings"
    assert is_signed_in(at_home)
    assert not is_signed_in(other)
    assert passwords.matches(people.reload(database, maria).password_hash, NEW)
    assert len(mails(database, "password_changed")) == 1


@pytest.mark.parametrize(
    ("present", "new", "words"),
    [
        ("wrong", NEW, "This is not your present password."),
        (PASSWORD, "short", "Use 12 characters or more."),
        (PASSWORD, "MariaAlvarez1", "not made of your name"),
        (PASSWORD, "password1234", "easy to guess"),
        (PASSWORD, "", "Enter a new password."),
    ],
)
def test_a_password_that_cannot_be_is_refused_and_not_written_back(
    at_home, maria, database, present, new, words
):
    answer = forms.post(at_home, "/settings/password", present=present, new=new)
    assert answer.status_code == 422
    html = page(answer)
    assert words in html
    assert f'value="{new}"' not in html
    assert passwords.matches(people.reload(database, maria).password_hash, PASSWORD)


def test_guessing_the_present_password_is_throttled(at_home):
    for _ in range(10):
        forms.post(at_home, "/settings/password", present="wrong", new=NEW)
    answer = forms.post(at_home, "/settings/password", present=PASSWORD, new=NEW)
    assert answer.status_code == 429
    assert "Please try again after" in page(answer)


def test_a_customer_without_a_password_sets_one(client, database):
    lee = people.make_customer(database, first_name="Lee")
    people.sign_in(client, lee)
    assert 'name="present"' not in page(client.get("/settings/password"))
    forms.post(client, "/settings/password", new=NEW)
    assert passwords.matches(people.reload(database, lee).password_hash, NEW)


def test_the_language_is_kept_for_pages_and_mails(at_home, maria, database):
    forms.post(at_home, "/settings/language", language="es")
    html = page(at_home.get("/settings"))
    assert '<html lang="es">' in html
    assert "Su cuenta" in html
    forms.post(at_home, "/settings/password", present=PASSWORD, new=NEW)
    assert mails(database, "password_changed")[0].subject == "Se cambió su contraseña"


def test_no_other_language_can_be_chosen(at_home, maria, database):
    answer = forms.post(at_home, "/settings/language", language="fr")
    assert answer.status_code == 422
    assert people.reload(database, maria).language == "en"


def test_devices_are_listed_and_signed_out_but_this_one(at_home, app, maria):
    other = people.sign_in(app.test_client(), maria)
    html = page(at_home.get("/settings/devices"))
    assert html.count("Last used") == 1
    assert "This device" in html
    forms.post(at_home, "/settings/devices")
    html = page(at_home.get("/settings/devices"))
    assert is_signed_in(at_home)
    assert not is_signed_in(other)
    assert "1 device was signed out." in html
    assert "on this device only" in html


def test_no_other_customers_devices_are_touched(at_home, app, database):
    other = people.sign_in(app.test_client(), people.make_customer(database))
    token = forms.token(at_home, "/settings/language")
    at_home.post("/settings/devices", data={"csrf_token": token})
    assert is_signed_in(other)


def test_every_settings_page_speaks_spanish(at_home):
    for path in ("", "/contact", "/email", "/language", "/password", "/devices"):
        html = page(at_home.get(f"/settings{path}?lang=es"))
        assert html.count("<h1") == 1, path
        for english in ("Your ", "Change", "Save", "Password", "Sign out", "Where "):
            assert english not in html, path


WINDOWS = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (WINDOWS, "Chrome, Windows"),
        (f"{WINDOWS} Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604", "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko Firefox/143.0", "Firefox, Linux"),
    ],
)
def test_a_browser_is_called_what_people_call_it(user_agent, name):
    assert devices.name(user_agent) == name

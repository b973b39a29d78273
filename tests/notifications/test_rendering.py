"""How mails read, in both languages; no database and no Flask."""

import datetime
import os
import zoneinfo

import jinja2
import pytest

from portal.documents import formats, mails, texts

ZONE = zoneinfo.ZoneInfo("America/New_York")
FOLDER = mails.FOLDER / "email"
AT = datetime.datetime(2026, 11, 25, 1, 5, tzinfo=datetime.UTC)  # still the 24th in New York
LINK = "https://pay.example.test/sign-in/link/abc"
ACCESS = {
    "sign_in_link": {"link": LINK},
    "activate_link": {"link": LINK},
    "password_link": {"link": LINK},
    "password_changed": {"changed_at": AT},
    "email_change_confirm": {"link": LINK, "new_email": "new@example.test"},
    "email_changed": {"new_email": "new@example.test", "changed_at": AT},
    "staff_welcome": {"link": LINK},
}


def render(template, language="en", name="Maria", **view):
    return mails.render(
        template,
        language=language,
        zone=ZONE,
        brand="Fernhill Pet Insurance",
        phone="+18005550142",
        base_url="https://pay.example.test",
        name=name,
        **view,
    )


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("template", ACCESS)
def test_every_access_mail_has_a_subject_and_says_the_same_twice(template, language):
    mail = render(template, language, **ACCESS[template])
    assert mail.subject
    assert "\n" not in mail.subject
    for body in (mail.text, mail.html):
        assert "Maria" in body
        assert "1-800-555-0142" in body
        for value in ACCESS[template].values():
            if isinstance(value, str):
                assert value in body
    assert f'<html lang="{language}">' in mail.html
    assert "\n\n\n" not in mail.text


@pytest.mark.parametrize("template", ACCESS)
def test_every_access_mail_is_translated(template):
    english = render(template, "en", **ACCESS[template])
    spanish = render(template, "es", **ACCESS[template])
    assert spanish.subject != english.subject
    assert "Hola Maria" in spanish.text


def test_every_mail_is_written_as_text_and_as_a_page():
    pages, words = (
        {path.stem for path in FOLDER.glob(f"*.{kind}") if "{% extends" in path.read_text()}
        for kind in ("html", "txt")
    )
    assert pages == words
    assert set(ACCESS) <= pages


def test_names_are_escaped_in_the_page_and_plain_in_the_text():
    mail = render("sign_in_link", name="<b>Max & Moritz", link=LINK)
    assert "&lt;b&gt;Max &amp; Moritz" in mail.html
    assert "<b>Max & Moritz" in mail.text


def test_a_moment_is_told_in_the_insurers_zone():
    mail = render("password_changed", changed_at=AT)
    assert "Tuesday 24 November 2026, 20:05" in mail.text


def test_cents_are_written_as_money_for_templates():
    env = mails._environment("es", ZONE)
    told = env.from_string("{{ 124010|money }} {{ 1000|number }} {{ 5|figure }}").render()
    assert told == "$1,240.10 1,000 0.05"


def test_a_value_that_is_missing_is_a_fault_and_not_a_gap():
    with pytest.raises(jinja2.UndefinedError):
        render("sign_in_link")


@pytest.mark.parametrize(
    ("given", "written"), [("+18005550142", "1-800-555-0142"), ("555 0142", "555 0142")]
)
def test_a_phone_number_is_written_as_people_read_it(given, written):
    assert formats.phone(given) == written


def test_catalogues_are_compiled_once_and_again_when_they_change(tmp_path):
    folder = tmp_path / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "messages.po"
    source.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
                      'msgid "Pay"\nmsgstr "Pagar"\n')  # fmt: skip
    assert texts.compile_all(tmp_path) == 1
    assert texts.compile_all(tmp_path) == 0
    assert texts.catalogue("es", tmp_path).gettext("Pay") == "Pagar"
    compiled = folder / "messages.mo"
    old = compiled.stat().st_mtime - 60
    os.utime(compiled, (old, old))
    assert texts.compile_all(tmp_path) == 1
    assert [path.name for path in folder.iterdir() if path.suffix == ".new"] == []


def test_a_language_without_a_catalogue_reads_english(tmp_path):
    assert texts.catalogue("fr", tmp_path).gettext("Pay") == "Pay"

"""The demo's outbox: what it shows, what it hides, and that no other installation has it."""

import dataclasses

import pytest

from portal import app as portal_app
from portal.gateways import mail_files, ports

MAIL = ports.OutgoingMail(
    message_id="<abc123@fernhill.example>",
    sender="billing@fernhill.example",
    recipient="maria@demo.test",
    subject="Your bill is <paid>",
    text="Hello Maria,\n\nsee http://127.0.0.1:8000/home\n",
    html="<p style='color: red'>Hello <script>alert(1)</script></p>",
)


@pytest.fixture
def demo(settings, quiet_ctx):
    settings = dataclasses.replace(settings, environment="demo")
    return portal_app.create_app(settings, surroundings=quiet_ctx).test_client()


@pytest.fixture
def mailed(settings):
    mail_files.MailFiles(settings.var / "mail").send(MAIL)


@pytest.mark.usefixtures("mailed")
def test_the_outbox_lists_mails_and_escapes_what_they_say(demo):
    page = demo.get("/demo/mail").text
    assert "Your bill is &lt;paid&gt;" in page
    assert "maria@demo.test" in page
    assert 'href="/demo/mail/abc123"' in page


def test_an_empty_outbox_says_so(demo):
    assert "No mail yet" in demo.get("/demo/mail").text


@pytest.mark.usefixtures("mailed")
def test_a_mail_is_read_as_text_with_its_links_live(demo):
    page = demo.get("/demo/mail/abc123").text
    assert '<a href="http://127.0.0.1:8000/home"' in page


@pytest.mark.usefixtures("mailed")
def test_the_html_of_a_mail_is_shown_in_a_sandbox_that_runs_no_script(demo):
    answer = demo.get("/demo/mail/abc123/html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("name", ["other", "..", "..%2F..%2Fetc%2Fpasswd", "abc123.eml"])
@pytest.mark.usefixtures("mailed")
def test_only_mails_of_the_outbox_are_shown(demo, name):
    assert demo.get(f"/demo/mail/{name}").status_code == 404


@pytest.mark.usefixtures("mailed")
def test_outside_the_demo_there_is_no_outbox(client):
    assert client.get("/demo/mail").status_code == 404
    assert client.get("/demo/mail/abc123").status_code == 404

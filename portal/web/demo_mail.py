"""The demo's outbox: mails written as files, newest first; there is no such page elsewhere."""

from __future__ import annotations

import datetime
import email
import email.message
import email.policy
import pathlib
import re

import flask
import werkzeug.exceptions

from portal.web.shared import site

bp = flask.Blueprint("demo_mail", __name__, url_prefix="/demo/mail")
SHOWN = 100
NAME = re.compile(r"[0-9A-Za-z_-]{1,100}")
# A mail brings its own styles, no script; links may leave it as they would a mail program.
POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; "
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"
)


@bp.get("")
def outbox() -> flask.typing.ResponseReturnValue:
    """List the newest mails."""
    files = sorted(_folder().glob("*.eml"), key=lambda file: file.stat().st_mtime, reverse=True)
    mails = [_heading(file) for file in files[:SHOWN]]
    return flask.render_template("demo/outbox.html", mails=mails)


@bp.get("/<name>")
def mail(name: str) -> flask.typing.ResponseReturnValue:
    """Show one mail as text, its links live."""
    file = _file(name)
    text = _read(file).get_body(("plain",))
    return flask.render_template(
        "demo/mail.html",
        mail=_heading(file),
        paragraphs=_paragraphs(text.get_content() if text else ""),
    )


@bp.get("/<name>/html")
def html(name: str) -> flask.typing.ResponseReturnValue:
    """The mail's HTML as a page of its own, in a sandbox."""
    part = _read(_file(name)).get_body(("html",))
    if part is None:
        raise werkzeug.exceptions.NotFound
    response = flask.make_response(part.get_content())
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _folder() -> pathlib.Path:
    return site.settings().var / "mail"


def _file(name: str) -> pathlib.Path:
    file = _folder() / f"{name}.eml"
    if not NAME.fullmatch(name) or not file.is_file():
        raise werkzeug.exceptions.NotFound
    return file


def _read(file: pathlib.Path) -> email.message.EmailMessage:
    return email.message_from_bytes(file.read_bytes(), policy=email.policy.default)


def _paragraphs(text: str) -> list[list[str]]:
    return [part.splitlines() for part in text.split("\n\n") if part.strip()]


def _heading(file: pathlib.Path) -> dict[str, object]:
    found = _read(file)
    written = datetime.datetime.fromtimestamp(file.stat().st_mtime, datetime.UTC)
    return {
        "name": file.stem,
        "subject": str(found["Subject"]),
        "recipient": str(found["To"]),
        "written_at": written,
    }

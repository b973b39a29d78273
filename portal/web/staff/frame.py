"""The frame of every desk page: counts, person, what the role may do; knows no screen."""

from __future__ import annotations

from typing import TypeVar

import flask
import flask_login
import werkzeug.exceptions

from portal.domain.reports.queries import desk_counts
from portal.journeys import note_reading
from portal.web import access
from portal.web.shared import site
from portal.web.staff import cover, links, words

Row = TypeVar("Row")


def counts() -> desk_counts.CaseCounts:
    """What waits for the desk and for this person; asked once in a request."""
    if "desk_counts" not in flask.g:
        flask.g.desk_counts = desk_counts.cases(
            site.reader(), staff_id=flask_login.current_user.id, now=site.ctx().clock.now()
        )
    return flask.g.desk_counts


def page(template: str, *, query: str = "", **view: object) -> str:
    """Render a desk page with its frame; `query` stands in the search box."""
    person = flask_login.current_user
    waiting = counts()
    return flask.render_template(
        f"staff/{template}",
        desk={
            "queue": waiting.all_open,
            "approvals": waiting.approvals,
            "person": short_name(person.name),
        },
        query=query,
        can_work=can_work(),
        covers=cover.of_customer,
        href=links.href,
        word=words.word,
        look=words.look,
        **view,
    )


def can_work() -> bool:
    """Whether this person works cases; finance reads only."""
    return flask_login.current_user.role in access.CASE_WORK


def short_name(name: str) -> str:
    """First name and initial: Priya Nair is Priya N. in the frame."""
    first, _, rest = name.partition(" ")
    return f"{first} {rest[0]}." if rest else first


def initials(name: str) -> str:
    """Two letters for a narrow column: TL for Tomas Lindqvist."""
    parts = name.split()
    return (parts[0][0] + parts[-1][0]).upper() if len(parts) > 1 else name[:2].upper()


def found(row: Row | None) -> Row:
    """The row, or 404 where there is none."""
    if row is None:
        raise werkzeug.exceptions.NotFound
    return row


def opened(subject: str, *, customer_id: int) -> None:
    """Write down that this person read the page of `subject`."""
    note_reading.note_reading(site.ctx(), who=site.who(), subject=subject, customer_id=customer_id)


def version() -> int:
    """The version of the case on the page that was sent; 0, which fits none, for anything else."""
    return whole(flask.request.form.get("version", ""))


def whole(text: str) -> int:
    """A whole number of at most nine digits; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

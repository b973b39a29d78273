"""Customers on the desk: search by name, mail, phone or number, by key; knows no account."""

from __future__ import annotations

import flask

from portal.domain.reports.queries import customer_search
from portal.web.shared import site
from portal.web.staff import frame, links

bp = flask.Blueprint("desk_customers", __name__)
LONGEST = 100


@bp.get("/desk/customers")
def show() -> flask.typing.ResponseReturnValue:
    """The list; a whole number of anything leads straight to its page."""
    reader = site.reader()
    text = flask.request.args.get("q", "").strip()[:LONGEST]
    cursor = flask.request.args.get("after", "")
    if text:
        hit = customer_search.page_of_number(reader, text=text)
        if hit is not None:
            return flask.redirect(links.of_kind(*hit))
    page = customer_search.customers(reader, text=text, cursor=cursor)
    return frame.page(
        "customers.html",
        query=text,
        rows=page.rows,
        next_href=_address(text, page.next) if page.next else "",
        first_href=_address(text) if cursor else "",
    )


def _address(text: str, cursor: str = "") -> str:
    given = {"q": text, "after": cursor}
    return flask.url_for("desk_customers.show", **{k: v for k, v in given.items() if v})

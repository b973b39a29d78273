"""All disputes of an owner, and where to raise one."""

from __future__ import annotations

import flask
import flask_login
from flask_babel import gettext as _

from portal.documents import formats
from portal.domain.disputes.queries import owner
from portal.web.customer import dispute_words
from portal.web.shared import rows, site

bp = flask.Blueprint("disputes", __name__)


@bp.get("/disputes")
def index() -> str:
    """The disputes by their stage, newest first."""
    found = owner.own_cases(
        site.reader(),
        customer_id=flask_login.current_user.id,
        cursor=flask.request.args.get("after", ""),
    )
    write = rows.Writer(site.ctx().clock.today())
    return flask.render_template(
        "customer/disputes.html",
        open_rows=[_row(case, write) for case in found.rows if case.closed_at is None],
        closed_rows=[_row(case, write) for case in found.rows if case.closed_at],
        more=flask.url_for(".index", after=found.next) if found.next else "",
        first=flask.url_for(".index") if flask.request.args.get("after") else "",
    )


def _row(case: owner.OwnRow, write: rows.Writer) -> rows.Row:
    words = {
        "new": ("waiting", _("We received it")),
        "reopened": ("waiting", _("Open again")),
        "open": ("seen", _("We look into it")),
        "awaiting_approval": ("seen", _("Nearly decided")),
        "waiting_customer": ("due", _("We have a question for you")),
    }
    if case.closed_at:
        day = write.day(dispute_words.day_of(case.closed_at), "plain")
        state, text = (
            "void" if case.outcome == "withdrawn" else "good",
            _(dispute_words.OUTCOMES[case.outcome]),
        )
        note = _("Closed %(day)s", day=day)
    else:
        state, text = words[case.state]
        day = write.day(dispute_words.day_of(case.resolve_due_at))
        note = "" if case.state == "waiting_customer" else _("Our answer by %(day)s", day=day)
    return rows.Row(
        href=f"/disputes/{case.number}",
        title=dispute_words.title(case.category, case.pet_name),
        state=state,
        text=text,
        note=note,
        end=formats.money(case.disputed_cents) if case.disputed_cents else "",
    )

"""What went wrong: unknown payments, failed refunds, failed mails, events nobody could handle."""

from __future__ import annotations

import flask

from portal.domain.inbox import queries as inbox
from portal.domain.notifications import queries as notifications
from portal.domain.reports.queries import payment_record
from portal.web.shared import site
from portal.web.staff import frame

bp = flask.Blueprint("desk_trouble", __name__)


@bp.get("/desk/trouble")
def show() -> str:
    """The four lists."""
    reader = site.reader()
    return frame.page(
        "trouble.html",
        payments=payment_record.payments_in_state(reader, state="unknown"),
        refunds=payment_record.failed_refunds(reader),
        mails=notifications.failed(reader),
        events=inbox.unhandled(reader, now=site.ctx().clock.now()),
    )

"""What went wrong: unknown payments, failed refunds, chargebacks, failed mails, odd events."""

from __future__ import annotations

import flask

from portal.domain.inbox import queries as inbox
from portal.domain.notifications import queries as notifications
from portal.domain.reports.queries import chargeback_record, payment_record
from portal.web.shared import site
from portal.web.staff import chargeback_view, frame

bp = flask.Blueprint("desk_trouble", __name__)


@bp.get("/desk/trouble")
def show() -> str:
    """The five lists."""
    reader, now = site.reader(), site.ctx().clock.now()
    return frame.page(
        "trouble.html",
        payments=payment_record.payments_in_state(reader, state="unknown"),
        refunds=payment_record.failed_refunds(reader),
        chargebacks=chargeback_view.panels(chargeback_record.waiting(reader)),
        mails=notifications.failed(reader),
        events=inbox.unhandled(reader, now=now),
    )

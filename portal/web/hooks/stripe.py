"""The webhook of Stripe: verify, store once, queue, 200; a bad signature stores nothing."""

from __future__ import annotations

import flask
import structlog

from portal.gateways import ports
from portal.journeys import stripe_events
from portal.web.shared import site

bp = flask.Blueprint("hooks", __name__)
log = structlog.get_logger("portal.stripe")
MAX_BYTES = 1024 * 1024


@bp.post("/hooks/stripe")
def stripe() -> flask.typing.ResponseReturnValue:
    """Take one event in."""
    flask.request.max_content_length = MAX_BYTES
    signature = flask.request.headers.get("Stripe-Signature", "")
    try:
        stripe_events.receive(
            site.ctx(), body=flask.request.get_data(cache=False), signature=signature
        )
    except ports.BadSignature as refused:
        log.warning("webhook_refused", kind=str(refused), address=flask.request.remote_addr)
        return {"error": "signature"}, 400
    return {"received": True}

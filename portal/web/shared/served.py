"""Serves files that strangers sent: images may be looked at, all else is only downloaded."""

from __future__ import annotations

import flask

from portal.domain.disputes.queries import thread
from portal.web.shared import site

SHOWN = frozenset({"image/jpeg", "image/png"})  # made anew by us, so they are only pictures
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


def file(found: thread.FileView) -> flask.Response:
    """The file's bytes with headers that leave it no power in a browser."""
    response = flask.make_response(site.ctx().blobs.get(found.sha256))
    response.headers["Content-Type"] = found.media_type
    response.headers["Content-Security-Policy"] = POLICY
    response.headers.set(
        "Content-Disposition",
        "inline" if found.media_type in SHOWN else "attachment",
        filename=found.name,
    )
    return response

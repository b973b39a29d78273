"""Reads the files of a form, never more of one than is allowed; judges none."""

from __future__ import annotations

import flask

from portal.journeys import taking_files

FIELD = "files"  # the one field of our forms that takes files


def read(field: str = FIELD) -> tuple[taking_files.Upload, ...]:
    """The files that were chosen in `field`; an empty choice is none."""
    sent = flask.request.files.getlist(field)
    chosen = [file for file in sent if file.filename][: taking_files.FILES_MOST + 1]
    uploads = tuple(
        taking_files.Upload(
            name=file.filename or "", data=file.stream.read(taking_files.BYTES_MOST + 1)
        )
        for file in chosen
    )
    for file in sent:
        file.close()
    return uploads

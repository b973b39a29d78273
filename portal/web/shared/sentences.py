"""Sentences of expected failures in the reader's language, beside the field they are about."""

from __future__ import annotations

import datetime
from typing import Any

import flask_babel
import flask_wtf
import wtforms

from portal.kernel import errors
from portal.web.shared import looks


def said(error: errors.DomainError) -> str:
    """The error's sentence, translated; cents, days and moments in it as people write them."""
    shown = {name: _shown(name, value) for name, value in error.params.items()}
    return flask_babel.gettext(error.message) % shown


def beside(field: wtforms.Field, error: errors.DomainError) -> None:
    """Put the sentence beside the field."""
    field.errors = [*field.errors, said(error)]


def above(form: flask_wtf.FlaskForm, error: errors.DomainError) -> None:
    """Put the sentence above the form, where it is about no single field."""
    form.form_errors.append(said(error))


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return looks.moment(value)
    if isinstance(value, datetime.date):
        return looks.day(value, "full")
    if name.endswith("_cents"):
        return looks.money(value)
    return value

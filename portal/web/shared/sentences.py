"""Sentences of expected failures in the reader's language, beside the field they are about."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import flask_babel
import flask_wtf
import wtforms

from portal.documents import formats
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


def checked(rule: Callable[[str], Any]) -> Callable[[wtforms.Form, wtforms.Field], None]:
    """A validator of forms from a rule that raises a DomainError."""

    def check(_form: wtforms.Form, field: wtforms.Field) -> None:
        try:
            rule(field.data or "")
        except errors.DomainError as wrong:
            raise wtforms.ValidationError(said(wrong)) from wrong

    return check


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return looks.moment(value)
    if isinstance(value, datetime.date):
        return looks.day(value, "full")
    if name.endswith("_cents"):
        return formats.money(value)
    return value

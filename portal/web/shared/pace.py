"""Makes Flask and Jinja quicker without changing what a page says; knows no page and no filter.

Each piece stands for a share of the time of a list of bills, measured with
`bench/pages.py --profile`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, MutableMapping
from types import CodeType, FunctionType
from typing import Any

import flask
import flask.sessions
import flask.templating
import flask_wtf.csrf
import itsdangerous
import jinja2
import jinja2.runtime
import markupsafe

_special = re.compile("[&<>\"']").search


def escape(value: object) -> str:
    """What a template puts out for `value`, safe in HTML.

    The same text as `markupsafe.escape`, but a plain string where nothing has to be changed:
    wrapping it takes a hundred times as long as looking for what is special.
    """
    kind = type(value)
    if kind is str:
        return markupsafe.escape(value) if _special(value) else value
    return value if kind is markupsafe.Markup else markupsafe.escape(value)


class Site(flask.Flask):
    """Flask that does not ask each of a dozen functions a request whether it is a coroutine.

    None of ours is. The signer of cookies is made once: its key does not change while it runs.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.session_interface = _Cookies()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func


Signer = itsdangerous.URLSafeTimedSerializer


class _Cookies(flask.sessions.SecureCookieSessionInterface):
    def __init__(self) -> None:
        self._signer: Signer | None = None

    def get_signing_serializer(self, app: flask.Flask) -> Signer | None:
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer


def csrf_token() -> str:
    """This session's form token, signed once: without a time limit the first one stays good."""
    secret = flask.session.get("csrf_token")
    if not secret:
        return flask_wtf.csrf.generate_csrf()
    return _signed(secret, flask.current_app.secret_key)


@functools.lru_cache(maxsize=4096)
def _signed(secret: str, key: str) -> str:
    """As Flask-WTF signs it, which is what it looks for."""
    return itsdangerous.URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(secret)


class Context(jinja2.runtime.Context):
    """What a template calls with: a plain function asks for nothing of the template's own.

    Jinja looks, at each call of each sentence, for whether it does.
    """

    def call(self, __obj: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What the object gives for the arguments."""
        if type(__obj) is not FunctionType or __obj.__dict__:
            return super().call(__obj, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return __obj(*args, **kwargs)


class Template(jinja2.Template):
    """A template whose values go through `escape` of this module."""

    @classmethod
    def from_code(
        cls,
        environment: jinja2.Environment,
        code: CodeType,
        globals: MutableMapping[str, Any],
        uptodate: Callable[[], bool] | None = None,
    ) -> jinja2.Template:
        """As in Jinja; its compiled module looks `escape` up among its own names."""
        template = super().from_code(environment, code, globals, uptodate)
        template.root_render_func.__globals__["escape"] = escape
        return template


class Environment(flask.templating.Environment):
    """Jinja as Flask sets it up, with one dictionary of globals for every template.

    Jinja lays an empty map over it for each template, and every look-up and every import of a
    macro goes through both; no template of ours has globals of its own.
    """

    template_class = Template
    context_class = Context

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's own globals, unless a template brings some."""
        return super().make_globals(d) if d else self.globals

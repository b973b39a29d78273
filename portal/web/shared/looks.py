"""Gives templates their filters and globals; knows no route, no form and no database."""

import contextvars
import functools
import hashlib
import secrets
import urllib.parse
import zoneinfo
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import flask
import flask_babel
from markupsafe import Markup

from portal.documents import formats, texts, wording
from portal.kernel import languages
from portal.web.shared import pace

HASH_LENGTH = 12
MOST_KEPT = 200  # parts of pages, in all languages

# The language of the request that is being answered, once it was asked for: every sentence and
# every day asks, and Flask's own `g` takes ten times as long. None outside a request.
_spoken: contextvars.ContextVar[list[str] | None] = contextvars.ContextVar("spoken", default=None)


def install(app: flask.Flask) -> None:
    """Register every filter and global the templates use; call once, in `create_app`.

    Reads `PORTAL_BRAND`, `PORTAL_PHONE` and `PORTAL_TIME_ZONE` from `app.config`. Flask-Babel and
    Flask-WTF are installed elsewhere.
    """
    name, _, rest = app.config["PORTAL_BRAND"].partition(" ")
    phone = formats.phone(app.config["PORTAL_PHONE"])
    address = _static_addresses(app)
    app.jinja_environment = pace.Environment
    app.before_request(_begin)
    app.teardown_request(_end)
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(
        brand=app.config["PORTAL_BRAND"],
        brand_name=name,
        brand_rest=rest,
        phone=phone,
        phone_href="tel:+" + "".join(filter(str.isdigit, phone)),
        hours=hours,
        languages=languages.NAMES,
        page_lang=page_lang,
        language_url=language_url,
        csp_nonce=csp_nonce,
        static_url=address,
        sprites=Sprites(address),
        kept=Kept(),
    )
    env.filters.update(
        money=formats.money,
        figure=formats.figure,
        number=formats.number,
        size=formats.size,
        day=day,
        moment=moment,
        span=formats.span,
        method_name=wording.method,
    )


def page_lang() -> str:
    """Return the language of this page, as an HTML `lang`: "en" or "es"."""
    spoken = _spoken.get()
    if spoken:
        return spoken[0]
    locale = flask_babel.get_locale()
    language = locale.language if locale else languages.DEFAULT
    if spoken is not None:
        spoken.append(language)
    return language


def _begin() -> None:
    _spoken.set([])


def _end(_error: BaseException | None) -> None:
    _spoken.set(None)


def language_url(language: str) -> str:
    """Return the address of this page asking for another language."""
    asked = flask.request.args.to_dict(flat=False) | {"lang": [language]}
    return "?" + urllib.parse.urlencode(asked, doseq=True)


def csp_nonce() -> str:
    """Return this request's nonce; the Content-Security-Policy header uses the same."""
    if "csp_nonce" not in flask.g:
        flask.g.csp_nonce = secrets.token_urlsafe(16)
    return flask.g.csp_nonce


def hours() -> str:
    """Return when a person answers the phone, in the reader's language."""
    return texts.gettext("Mon–Fri 9–5", language=page_lang())


def day(value: date, style: str = "short") -> str:
    """Filter: a day as "Sat 28 Nov"; see `formats.day` for the styles."""
    return formats.day(value, style, language=page_lang())


def moment(value: datetime, style: str = "short") -> str:
    """Filter: an aware moment, in the insurer's zone, as "Sat 28 Nov, 18:42"."""
    zone = zoneinfo.ZoneInfo(flask.current_app.config["PORTAL_TIME_ZONE"])
    return formats.moment(value, style, zone=zone, language=page_lang())


def _static_addresses(app: flask.Flask) -> Callable[[str], Markup]:
    """Return `static_url(name)`: the file's address with its hash, so it may be kept for ever."""

    @functools.lru_cache(maxsize=64)
    def static_url(name: str) -> Markup:
        content = (Path(app.static_folder or "static") / name).read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:HASH_LENGTH]
        return Markup("{}/{}?v={}").format(app.static_url_path, name, digest)

    return static_url


class Kept:
    """`{% call kept('masthead', tab) %}`: a part of a page that is made once in each language.

    Only for what is the same for every reader: it may use the variables named and nothing else.
    """

    def __init__(self) -> None:
        self._parts: dict[tuple[str, ...], Markup] = {}

    def __call__(self, name: str, *variables: str, caller: Callable[[], Markup]) -> Markup:
        """The part, made by `caller` the first time."""
        key = (page_lang(), name, *variables)
        part = self._parts.get(key)
        if part is None:
            if len(self._parts) >= MOST_KEPT:
                raise RuntimeError(f"{name} differs too often to be kept: {variables}")
            part = self._parts[key] = caller()
        return part


class Sprites(dict[str, Markup]):
    """A drawn symbol's address by its name, `sprites['paid']`: a look-up is faster than a call.

    Names come from our templates, so there are no more of them than symbols.
    """

    def __init__(self, static_url: Callable[[str], Markup]) -> None:
        super().__init__()
        self._static_url = static_url

    def __missing__(self, name: str) -> Markup:
        self[name] = Markup("{}#{}").format(self._static_url("sprite.svg"), name)
        return self[name]

"""The one composition root: settings, database, gateways, blueprints, commands."""

from __future__ import annotations

import datetime
import pathlib
import urllib.parse
import wsgiref.headers

import flask
import flask_wtf
import werkzeug.middleware.proxy_fix
import whitenoise

from portal import config, logs, schema, web
from portal.cli import commands
from portal.documents import texts
from portal.gateways import (
    blobs,
    embedded_postgres,
    mail_files,
    mail_smtp,
    ports,
    queue,
    stripe_api,
)
from portal.journeys import context, stripe_events
from portal.kernel import clock, db
from portal.web import access
from portal.web.shared import (
    faults,
    headers,
    language,
    looks,
    pace,
    requests,
    sign_in_state,
    site,
)

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_REQUEST_BYTES = 56 * 1024 * 1024  # five files of 10 MB and the words around them
STATIC_SECONDS = 365 * 24 * 3600  # addresses carry a hash of the content


def create_app(
    settings: config.Settings | None = None, *, surroundings: context.Context | None = None
) -> flask.Flask:
    """Make the site. Tests pass `surroundings`; otherwise they are built from the settings."""
    settings = settings or config.from_environment()
    logs.configure()
    app = pace.Site(
        "portal",
        root_path=str(ROOT / "portal"),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    app.config.update(_flask_settings(settings))
    app.extensions["portal_settings"] = settings
    app.extensions["portal_context"] = surroundings or build_context(settings)
    app.extensions["portal_schema_older"] = schema.older()
    looks.install(app)
    requests.install(app)
    texts.compile_all()
    language.install(app, folder=str(texts.FOLDER), time_zone=settings.time_zone)
    sign_in_state.install(app)
    access.install(app)
    csrf = flask_wtf.CSRFProtect(app)
    app.jinja_env.globals.update(csrf_token=pace.csrf_token)
    headers.install(app)
    faults.install(app)
    app.teardown_appcontext(site.close_reader)
    web.register(app, csrf=csrf)
    commands.register(app)
    app.wsgi_app = _static(app, settings)
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = werkzeug.middleware.proxy_fix.ProxyFix(
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    return app


def build_context(settings: config.Settings) -> context.Context:
    """Build the real surroundings: the database and every adapter."""
    url = settings.database_url or embedded_url(settings)
    return context.Context(
        database=db.Database(url, role=settings.database_role, defer=queue.deferrer()),
        clock=clock.SystemClock(zone=settings.zone, fixed_day=settings.today),
        payments=stripe_api.StripePayments(
            secret_key=settings.stripe_secret_key,
            publishable_key=settings.stripe_publishable_key,
            webhook_secret=settings.stripe_webhook_secret,
            api_base=settings.stripe_api_base,
            script_url=settings.stripe_js_url,
            events=tuple(stripe_events.HANDLERS),
        ),
        blobs=blobs.FolderBlobs(_blob_folder(settings)),
        mail=_mail(settings),
        base_url=settings.base_url,
        brand=settings.brand,
        phone=settings.phone,
        mail_from=settings.mail_from,
        secret_key=settings.secret_key,
    )


def embedded_url(settings: config.Settings) -> str:
    """Start the embedded PostgreSQL and name its database."""
    server = embedded_postgres.EmbeddedPostgres(settings.var / "postgres")
    return server.url("portal")


def _mail(settings: config.Settings) -> ports.MailSender:
    if settings.smtp_url:
        return mail_smtp.MailSmtp(settings.smtp_url)
    return mail_files.MailFiles(settings.var / "mail")


def _blob_folder(settings: config.Settings) -> pathlib.Path:
    if settings.blobs_url:
        return pathlib.Path(urllib.parse.unquote(urllib.parse.urlsplit(settings.blobs_url).path))
    return settings.var / "blobs"


def _flask_settings(settings: config.Settings) -> dict[str, object]:
    prefix = "__Host-" if settings.is_secure else ""
    return {
        "SECRET_KEY": settings.secret_key,
        "DEBUG": settings.debug,
        "TESTING": settings.environment == "test",
        "PROPAGATE_EXCEPTIONS": False,
        "SESSION_COOKIE_NAME": f"{prefix}portal",
        "SESSION_COOKIE_SECURE": settings.is_secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": datetime.timedelta(days=30),
        "MAX_CONTENT_LENGTH": MAX_REQUEST_BYTES,
        "MAX_FORM_MEMORY_SIZE": 512 * 1024,
        "MAX_FORM_PARTS": 200,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": settings.is_secure,
        "PORTAL_BRAND": settings.brand,
        "PORTAL_PHONE": settings.phone,
        "PORTAL_TIME_ZONE": settings.time_zone,
        "TEMPLATES_AUTO_RELOAD": settings.debug,
    }


IMPORTED = ("js/card-form.js",)  # modules that others import by name, without a hash


def _keep_imports_fresh(answer: wsgiref.headers.Headers, path: str, _url: str) -> None:
    """A module whose address carries no hash is asked for again each time."""
    if path.endswith(IMPORTED):
        answer["Cache-Control"] = "no-cache"


def _static(app: flask.Flask, settings: config.Settings) -> whitenoise.WhiteNoise:
    return whitenoise.WhiteNoise(
        app.wsgi_app,
        root=str(ROOT / "static"),
        prefix="static/",
        max_age=STATIC_SECONDS,
        add_headers_function=_keep_imports_fresh,
        autorefresh=settings.debug,
    )

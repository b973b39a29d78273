"""Frozen settings read from the environment; refuses unsafe combinations, knows no other module."""

from __future__ import annotations

import dataclasses
import datetime
import os
import pathlib
import urllib.parse
import zoneinfo
from collections.abc import Mapping

DEMO_SECRET = "demo-secret-key-not-for-production"  # refused when PORTAL_ENV=production
DEMO_WEBHOOK_SECRET = "whsec_demo_only"
ENVIRONMENTS = ("demo", "test", "production")


class UnsafeSettings(Exception):
    """Settings that must not start; carries every reason, not only the first."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(reasons))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """All that differs between two installations. Made once, by `from_environment`."""

    environment: str
    bind: str = "127.0.0.1:8000"
    sandbox_bind: str = "127.0.0.1:8001"
    var: pathlib.Path = pathlib.Path("var")
    database_url: str = ""  # empty: the embedded PostgreSQL under `var`
    database_role: str = "portal_site"
    secret_key: str = DEMO_SECRET
    stripe_secret_key: str = ""
    stripe_publishable_key: str = ""
    stripe_webhook_secret: str = ""
    stripe_api_base: str = ""  # empty: Stripe itself
    stripe_js_url: str = "https://js.stripe.com/endive/stripe.js"
    smtp_url: str = ""  # empty: files under var/mail
    blobs_url: str = ""  # empty: files under var/blobs
    base_url: str = "http://127.0.0.1:8000"
    brand: str = "Fernhill Pet Insurance"
    phone: str = "+18005550142"
    mail_from: str = "billing@fernhill.example"
    time_zone: str = "America/New_York"
    today: datetime.date | None = None  # demo and test only
    proxies: int = 0
    metrics_token: str = ""
    debug: bool = False

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The insurer's zone, in which all days are counted."""
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def is_secure(self) -> bool:
        """Whether visitors come by https, so that cookies are `__Host-` and Secure."""
        return self.base_url.startswith("https://")

    @property
    def uses_sandbox(self) -> bool:
        """Whether payments go to the stand-in of the demo instead of Stripe."""
        return bool(self.stripe_api_base)


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Raises UnsafeSettings with every reason when PORTAL_ENV is missing or unknown, when a value
    does not parse, or when a production installation would be unsafe.
    """
    env = os.environ if environ is None else environ
    environment = env.get("PORTAL_ENV", "")
    if environment not in ENVIRONMENTS:
        raise UnsafeSettings([f"PORTAL_ENV must be one of {', '.join(ENVIRONMENTS)}"])
    reasons: list[str] = []
    values: dict[str, object] = {"environment": environment}
    for field, name in _TEXTS.items():
        if env.get(name):
            values[field] = env[name]
    if "base_url" in values:
        values["base_url"] = env["PORTAL_BASE_URL"].rstrip("/")
    values["var"] = pathlib.Path(env.get("PORTAL_VAR") or "var").absolute()
    if "stripe_secret_key" not in values and environment != "production":
        values |= _sandbox(env)
    values["today"] = _day(env.get("PORTAL_TODAY", ""), reasons)
    values["proxies"] = _count(env.get("PORTAL_PROXIES", ""), reasons)
    values["debug"] = env.get("FLASK_DEBUG", "") not in ("", "0", "false")
    settings = Settings(**values)  # every field is named in _TEXTS or above
    reasons += _bad_values(settings)
    if environment == "production":
        reasons += unsafe_in_production(settings, env)
    if reasons:
        raise UnsafeSettings(reasons)
    return settings


_TEXTS = {
    "bind": "PORTAL_BIND",
    "sandbox_bind": "SANDBOX_BIND",
    "database_url": "DATABASE_URL",
    "database_role": "DATABASE_ROLE",
    "secret_key": "SECRET_KEY",
    "stripe_secret_key": "STRIPE_SECRET_KEY",
    "stripe_publishable_key": "STRIPE_PUBLISHABLE_KEY",
    "stripe_webhook_secret": "STRIPE_WEBHOOK_SECRET",
    "stripe_api_base": "STRIPE_API_BASE",
    "stripe_js_url": "STRIPE_JS_URL",
    "smtp_url": "SMTP_URL",
    "blobs_url": "BLOBS_URL",
    "base_url": "PORTAL_BASE_URL",
    "brand": "PORTAL_BRAND",
    "phone": "PORTAL_PHONE",
    "mail_from": "PORTAL_MAIL_FROM",
    "time_zone": "PORTAL_TIME_ZONE",
    "metrics_token": "METRICS_TOKEN",
}


def _sandbox(env: Mapping[str, str]) -> dict[str, str]:
    """Without a Stripe key outside production, payments go to the sandbox beside the site."""
    origin = f"http://{env.get('SANDBOX_BIND') or '127.0.0.1:8001'}"
    return {
        "stripe_secret_key": "sk_test_sandbox",
        "stripe_publishable_key": "pk_test_sandbox",
        "stripe_webhook_secret": env.get("STRIPE_WEBHOOK_SECRET") or DEMO_WEBHOOK_SECRET,
        "stripe_api_base": env.get("STRIPE_API_BASE") or origin,
        "stripe_js_url": env.get("STRIPE_JS_URL") or f"{origin}/endive/stripe.js",
    }


def _day(text: str, reasons: list[str]) -> datetime.date | None:
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        reasons.append("PORTAL_TODAY must be a day like 2026-11-24")
        return None


def _count(text: str, reasons: list[str]) -> int:
    if text and not text.isdecimal():
        reasons.append("PORTAL_PROXIES must be a whole number of trusted hops")
        return 0
    return int(text or 0)


def _bad_values(settings: Settings) -> list[str]:
    reasons = []
    if not _is_zone(settings.time_zone):
        reasons.append(f"PORTAL_TIME_ZONE {settings.time_zone} is unknown")
    parts = urllib.parse.urlsplit(settings.base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        reasons.append("PORTAL_BASE_URL must be like https://pay.example.com")
    if settings.smtp_url and urllib.parse.urlsplit(settings.smtp_url).scheme not in (
        "smtp",
        "smtps",
        "smtp+starttls",
    ):
        reasons.append("SMTP_URL must begin with smtp://, smtps:// or smtp+starttls://")
    if settings.blobs_url and urllib.parse.urlsplit(settings.blobs_url).scheme != "file":
        reasons.append("BLOBS_URL must begin with file://")
    return reasons


def _is_zone(name: str) -> bool:
    """Whether there is such a time zone; listing them all would read hundreds of files."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def unsafe_in_production(settings: Settings, env: Mapping[str, str]) -> list[str]:
    """Every reason why these settings must not serve real money; empty when safe."""
    checks = (
        (not settings.database_url, "DATABASE_URL is missing; the embedded database is no choice"),
        (settings.secret_key == DEMO_SECRET, "SECRET_KEY is missing or the demo's"),
        (len(settings.secret_key) < 32, "SECRET_KEY is shorter than 32 characters"),
        (not settings.stripe_secret_key, "STRIPE_SECRET_KEY is missing"),
        (settings.stripe_secret_key.startswith("sk_test_"), "STRIPE_SECRET_KEY is a test key"),
        (not settings.stripe_publishable_key, "STRIPE_PUBLISHABLE_KEY is missing"),
        (
            settings.stripe_publishable_key.startswith("pk_test_"),
            "STRIPE_PUBLISHABLE_KEY is a test key",
        ),
        (not settings.stripe_webhook_secret, "STRIPE_WEBHOOK_SECRET is missing"),
        (
            settings.stripe_webhook_secret == DEMO_WEBHOOK_SECRET,
            "STRIPE_WEBHOOK_SECRET is the demo's",
        ),
        (bool(env.get("STRIPE_API_BASE")), "STRIPE_API_BASE must not be set"),
        (bool(env.get("STRIPE_JS_URL")), "STRIPE_JS_URL must not be set"),
        (bool(env.get("SANDBOX_BIND")), "SANDBOX_BIND must not be set"),
        (settings.today is not None, "PORTAL_TODAY must not be set"),
        (settings.debug, "FLASK_DEBUG must not be set"),
        (not settings.is_secure, "PORTAL_BASE_URL must be https"),
        (not settings.smtp_url, "SMTP_URL is missing"),
        (not settings.metrics_token, "METRICS_TOKEN is missing"),
    )
    return [reason for bad, reason in checks if bad]

"""Settings: what each environment may have, and every combination that must not serve."""

import datetime
import pathlib

import pytest

from portal import config

GOOD = {
    "PORTAL_ENV": "production",
    "DATABASE_URL": "postgresql://portal@db.internal/portal",
    "SECRET_KEY": "k" * 40,
    "STRIPE_SECRET_KEY": "sk_live_1",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_live_1",
    "PORTAL_BASE_URL": "https://pay.example.com",
    "SMTP_URL": "smtps://mail.internal",
    "METRICS_TOKEN": "scrape",
}


def reasons(**changes):
    """Why these settings are refused; a change to None takes the setting away."""
    environ = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    try:
        config.from_environment(environ)
    except config.UnsafeSettings as refused:
        return list(refused.reasons)
    return []


def test_a_safe_production_starts():
    settings = config.from_environment(GOOD)
    assert settings.environment == "production"
    assert settings.is_secure
    assert not settings.uses_sandbox
    assert settings.stripe_js_url.startswith("https://js.stripe.com/")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"DATABASE_URL": None}, "DATABASE_URL is missing"),
        ({"SECRET_KEY": None}, "SECRET_KEY is missing or the demo's"),
        ({"SECRET_KEY": config.DEMO_SECRET}, "SECRET_KEY is missing or the demo's"),
        ({"SECRET_KEY": "k" * 31}, "SECRET_KEY is shorter"),
        ({"STRIPE_SECRET_KEY": None}, "STRIPE_SECRET_KEY is missing"),
        ({"STRIPE_SECRET_KEY": "sk_test_1"}, "STRIPE_SECRET_KEY is a test key"),
        ({"STRIPE_PUBLISHABLE_KEY": None}, "STRIPE_PUBLISHABLE_KEY is missing"),
        ({"STRIPE_PUBLISHABLE_KEY": "pk_test_1"}, "STRIPE_PUBLISHABLE_KEY is a test key"),
        ({"STRIPE_WEBHOOK_SECRET": None}, "STRIPE_WEBHOOK_SECRET is missing"),
        (
            {"STRIPE_WEBHOOK_SECRET": config.DEMO_WEBHOOK_SECRET},
            "STRIPE_WEBHOOK_SECRET is the demo's",
        ),
        ({"STRIPE_API_BASE": "http://127.0.0.1:8001"}, "STRIPE_API_BASE must not be set"),
        ({"STRIPE_JS_URL": "http://127.0.0.1:8001/x.js"}, "STRIPE_JS_URL must not be set"),
        ({"SANDBOX_BIND": "127.0.0.1:8001"}, "SANDBOX_BIND must not be set"),
        ({"PORTAL_TODAY": "2026-11-24"}, "PORTAL_TODAY must not be set"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG must not be set"),
        ({"PORTAL_BASE_URL": "http://pay.example.com"}, "PORTAL_BASE_URL must be https"),
        ({"PORTAL_BASE_URL": None}, "PORTAL_BASE_URL must be https"),
        ({"SMTP_URL": None}, "SMTP_URL is missing"),
        ({"METRICS_TOKEN": None}, "METRICS_TOKEN is missing"),
    ],
)
def test_production_refuses_what_is_unsafe(changes, reason):
    found = reasons(**changes)
    assert any(one.startswith(reason) for one in found), found


def test_every_reason_is_told_at_once():
    assert len(reasons(SMTP_URL=None, METRICS_TOKEN=None, PORTAL_TODAY="2026-11-24")) == 3


@pytest.mark.parametrize("environment", ["", "prod", "development"])
def test_an_installation_has_to_say_what_it_is(environment):
    assert reasons(PORTAL_ENV=environment) == ["PORTAL_ENV must be one of demo, test, production"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"PORTAL_TIME_ZONE": "Mars/Olympus"}, "PORTAL_TIME_ZONE Mars/Olympus is unknown"),
        ({"PORTAL_TIME_ZONE": "America"}, "PORTAL_TIME_ZONE America is unknown"),
        ({"PORTAL_BASE_URL": "pay.example.com"}, "PORTAL_BASE_URL must be like"),
        ({"PORTAL_BASE_URL": "https://example.com/pay"}, "PORTAL_BASE_URL must be like"),
        ({"SMTP_URL": "mail.internal"}, "SMTP_URL must begin with"),
        ({"BLOBS_URL": "s3://bucket"}, "BLOBS_URL must begin with"),
        ({"PORTAL_TODAY": "24.11.2026"}, "PORTAL_TODAY must be a day"),
        ({"PORTAL_PROXIES": "-1"}, "PORTAL_PROXIES must be a whole number"),
    ],
)
def test_a_value_that_makes_no_sense_is_named(changes, reason):
    assert any(one.startswith(reason) for one in reasons(**changes))


def test_a_slash_after_the_address_of_the_site_is_taken_off():
    settings = config.from_environment({**GOOD, "PORTAL_BASE_URL": "https://pay.example.com/"})
    assert settings.base_url == "https://pay.example.com"


def test_without_a_stripe_key_the_demo_pays_at_the_sandbox():
    settings = config.from_environment({"PORTAL_ENV": "demo", "SANDBOX_BIND": "127.0.0.1:9001"})
    assert settings.uses_sandbox
    assert settings.stripe_api_base == "http://127.0.0.1:9001"
    assert settings.stripe_js_url.startswith("http://127.0.0.1:9001/")


def test_with_a_stripe_key_the_demo_pays_at_stripe():
    settings = config.from_environment({"PORTAL_ENV": "demo", "STRIPE_SECRET_KEY": "sk_test_mine"})
    assert not settings.uses_sandbox


def test_the_rest_is_read_as_what_it_is():
    settings = config.from_environment(
        {"PORTAL_ENV": "demo", "PORTAL_TODAY": "2026-11-24", "PORTAL_PROXIES": "2"}
    )
    assert settings.today == datetime.date(2026, 11, 24)
    assert settings.proxies == 2
    assert settings.var == pathlib.Path("var").absolute()
    assert settings.zone.key == "America/New_York"

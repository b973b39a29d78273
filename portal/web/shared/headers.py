"""Security headers of every answer; the strict policy, and what payment pages add to it."""

from __future__ import annotations

import urllib.parse

import flask

from portal.web.shared import looks, site

# Stripe's own list for Stripe.js and the Payment Element.
STRIPE_SCRIPTS = ("https://js.stripe.com", "https://*.js.stripe.com")
STRIPE_FRAMES = (*STRIPE_SCRIPTS, "https://hooks.stripe.com")
STRIPE_CONNECTIONS = ("https://api.stripe.com",)


def install(app: flask.Flask) -> None:
    """Put the headers on every answer."""
    app.after_request(_secure)


def for_payment() -> None:
    """Allow Stripe's script and frames on this page; call it in views that take a card."""
    flask.g.takes_payment = True


def policy(*, nonce: str, payment: bool, sandbox_origin: str = "", secure: bool = True) -> str:
    """The Content-Security-Policy. `sandbox_origin` stands in for Stripe in demo and test."""
    origin = (sandbox_origin,) if sandbox_origin else ()
    scripts = (*STRIPE_SCRIPTS, *origin) if payment else ()
    frames = (*STRIPE_FRAMES, *origin) if payment else ("'none'",)
    connections = (*STRIPE_CONNECTIONS, *origin) if payment else ()
    parts = {
        "default-src": ("'none'",),
        "script-src": (f"'nonce-{nonce}'", *scripts),
        "style-src": ("'self'",),
        "img-src": ("'self'", "data:"),
        "font-src": ("'self'",),
        "connect-src": ("'self'", *connections),
        "frame-src": frames,
        "form-action": ("'self'",),
        "base-uri": ("'none'",),
        "frame-ancestors": ("'none'",),
        "report-uri": ("/csp-report",),
    }
    text = "; ".join(f"{name} {' '.join(values)}" for name, values in parts.items())
    return f"{text}; upgrade-insecure-requests" if secure else text


def _secure(response: flask.Response) -> flask.Response:
    settings = site.settings()
    origin = ""
    if settings.uses_sandbox:
        parts = urllib.parse.urlsplit(settings.stripe_js_url)
        origin = f"{parts.scheme}://{parts.netloc}"
    response.headers.setdefault(
        "Content-Security-Policy",
        policy(
            nonce=looks.csp_nonce(),
            payment=flask.g.get("takes_payment", False),
            sandbox_origin=origin,
            secure=settings.is_secure,
        ),
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=*"
    if settings.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    if flask.request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response

"""Security headers of every answer; the strict policy, and what payment pages add to it."""

from __future__ import annotations

import urllib.parse

import flask

from portal import config
from portal.web.shared import looks

# Stripe's own list for Stripe.js and the Payment Element.
STRIPE_SCRIPTS = ("https://js.stripe.com", "https://*.js.stripe.com")
STRIPE_FRAMES = (*STRIPE_SCRIPTS, "https://hooks.stripe.com")
STRIPE_CONNECTIONS = ("https://api.stripe.com",)
# A wallet and a bank's own sign-in open a window that answers the page, and the bank asks from
# which site it was opened. Stripe: docs.stripe.com/financial-connections/deployment-checklist.
STRIPE_WINDOWS = {
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
NONCE = "{nonce}"  # where this request's nonce goes


def install(app: flask.Flask) -> None:
    """Put the headers on every answer."""
    app.after_request(_Headers(app.extensions["portal_settings"]).put)


def for_payment() -> None:
    """Allow Stripe's script, frames and windows on this page; call it in views that take a card."""
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


class _Headers:
    """The headers of every answer; what never changes is written once."""

    def __init__(self, settings: config.Settings) -> None:
        origin = ""
        if settings.uses_sandbox:
            parts = urllib.parse.urlsplit(settings.stripe_js_url)
            origin = f"{parts.scheme}://{parts.netloc}"
        self._policies = {
            payment: policy(
                nonce=NONCE, payment=payment, sandbox_origin=origin, secure=settings.is_secure
            ).partition(NONCE)
            for payment in (False, True)
        }
        self._always = {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=*",
        }
        if settings.is_secure:
            self._always["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"

    def put(self, response: flask.Response) -> flask.Response:
        """Put them on one answer."""
        headers, takes_payment = response.headers, flask.g.get("takes_payment", False)
        if "Content-Security-Policy" not in headers:
            before, _, after = self._policies[takes_payment]
            headers["Content-Security-Policy"] = f"{before}{looks.csp_nonce()}{after}"
        headers.update(self._always)
        if takes_payment:
            headers.update(STRIPE_WINDOWS)
        if flask.request.endpoint != "static":
            headers.setdefault("Cache-Control", "no-store")
        return response

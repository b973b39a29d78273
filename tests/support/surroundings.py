"""Makes what journeys run in: the test's database, clock and files, and payments over HTTP."""

from __future__ import annotations

import random

from portal.gateways import blobs, mail_files, stripe_api
from portal.journeys import context, stripe_events


def make(*, database, clock, settings, api_base: str, script_url: str) -> context.Context:
    """Surroundings whose payments go to `api_base` over HTTP, by the real SDK."""
    return context.Context(
        database=database,
        clock=clock,
        payments=stripe_api.StripePayments(
            secret_key="sk_test_sandbox",
            publishable_key="pk_test_sandbox",
            webhook_secret=settings.stripe_webhook_secret,
            api_base=api_base,
            script_url=script_url,
            events=tuple(stripe_events.HANDLERS),
        ),
        blobs=blobs.FolderBlobs(settings.var / "blobs"),
        mail=mail_files.MailFiles(settings.var / "mail"),
        base_url=settings.base_url,
        brand=settings.brand,
        phone=settings.phone,
        mail_from=settings.mail_from,
        secret_key=settings.secret_key,
        rng=random.Random(20261124),
    )

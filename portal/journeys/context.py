"""What a journey is given: the database, the clock, the ports; built by `app` alone."""

from __future__ import annotations

import dataclasses
import random
import secrets

from portal.gateways import ports
from portal.kernel import business_clock, clock, db


@dataclasses.dataclass(frozen=True, kw_only=True)
class Context:
    """The surroundings of a journey.

    `base_url` begins links in mails and return addresses. `rng` makes public numbers; the demo
    passes a seeded one so that its data is the same every time.
    """

    database: db.Database
    clock: clock.Clock
    payments: ports.PaymentGateway
    blobs: ports.BlobStore
    mail: ports.MailSender
    base_url: str
    brand: str
    phone: str
    mail_from: str
    secret_key: str
    rng: random.Random = dataclasses.field(default_factory=secrets.SystemRandom)

    @property
    def hours(self) -> business_clock.BusinessClock:
        """The insurer's office hours, in its zone."""
        return business_clock.BusinessClock(self.clock.zone)

"""The same questions for the sandbox, and for Stripe itself where a test key is given.

The sandbox is emptied once a file and not before each test, for Stripe is not: a test looks only at
what it made itself.
"""

from __future__ import annotations

import os

import pytest
import stripe

from tests.support import counterparts
from tests.support import sandbox as sandboxes


@pytest.fixture(scope="module", params=counterparts.names(os.environ))
def client(request: pytest.FixtureRequest) -> stripe.StripeClient:
    """The official client of whoever answers."""
    if request.param == "stripe":
        return counterparts.client(os.environ[counterparts.VARIABLE])
    sandbox = request.getfixturevalue("running_sandbox")
    sandbox.reset()
    return counterparts.client(sandboxes.SECRET_KEY, api_base=sandbox.url)


@pytest.fixture
def customer(client: stripe.StripeClient) -> str:
    """A new customer of this test's own."""
    return client.v1.customers.create({"name": "Dana Reyes", "email": "dana@example.com"}).id

"""The sandbox of this worker, forgetful before each of these tests, on the machine's time."""

import pytest
import stripe

from tests.support import sandbox as sandboxes


@pytest.fixture
def sandbox(running_sandbox: sandboxes.Sandbox) -> sandboxes.Sandbox:
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def client(sandbox: sandboxes.Sandbox) -> stripe.StripeClient:
    return sandbox.client()

"""One sandbox process for these tests, emptied before each of them."""

import collections.abc

import pytest
import stripe

from tests.support import sandbox as sandboxes


@pytest.fixture(scope="session")
def sandbox_process(
    tmp_path_factory: pytest.TempPathFactory,
) -> collections.abc.Iterator[sandboxes.Sandbox]:
    sandbox = sandboxes.Sandbox.start(tmp_path_factory.mktemp("sandbox"))
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(sandbox_process: sandboxes.Sandbox) -> sandboxes.Sandbox:
    sandbox_process.reset()
    return sandbox_process


@pytest.fixture
def client(sandbox: sandboxes.Sandbox) -> stripe.StripeClient:
    return sandbox.client()

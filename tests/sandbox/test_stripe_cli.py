"""Stripe's own command line against the sandbox: a client that we did not write."""

import os
import pathlib
import subprocess

import pytest
import requests
import stripe

from tests.support import sandbox as sandboxes

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "node_modules" / ".bin" / "stripe"
NOWHERE = "http://127.0.0.1:9"


def trigger(sandbox: sandboxes.Sandbox, home: pathlib.Path, event: str) -> str:
    """Have the program bring an event about; what it printed.

    It looks for a newer release of itself by the network: the proxy that nobody serves keeps
    it from that. It does not use the proxy for an address of this machine.
    """
    command = [str(PROGRAM), "trigger", event, "--api-key", "sk_test_commandline123"]
    done = subprocess.run(
        [*command, "--api-base", sandbox.url],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
            "HTTPS_PROXY": NOWHERE,
            "HTTP_PROXY": NOWHERE,
            "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
            "STRIPE_NO_AUTO_UPDATE": "1",
        },
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


@pytest.mark.parametrize(
    "event",
    [
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
        "setup_intent.succeeded",
        "charge.dispute.created",
        "charge.refunded",
    ],
)
def test_stripes_command_line_brings_an_event_about(
    sandbox: sandboxes.Sandbox,
    client: stripe.StripeClient,
    tmp_path: pathlib.Path,
    event: str,
) -> None:
    assert "Trigger succeeded" in trigger(sandbox, tmp_path, event)
    (told,) = client.v1.events.list({"type": event}).data
    assert told.data.object["object"] in event.replace("charge.dispute", "dispute")


def test_types_of_payment_methods_and_automatic_ones_exclude_each_other(
    sandbox: sandboxes.Sandbox,
) -> None:
    """As the command line calls: without naming a version."""
    body = {"amount": 2000, "currency": "usd", "payment_method_types[]": "card"}
    url, who = f"{sandbox.url}/v1/payment_intents", ("sk_test_x", "")
    made = requests.post(url, data=body, auth=who, timeout=10).json()
    assert (made["payment_method_types"], made["automatic_payment_methods"]) == (["card"], None)
    both = {**body, "automatic_payment_methods[enabled]": "true"}
    refused = requests.post(url, data=both, auth=who, timeout=10)
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "payment_method_types"


def test_goods_are_sent_to_a_name_and_an_address(client: stripe.StripeClient) -> None:
    body = {"amount": 2000, "currency": "usd"}
    shipped = client.v1.payment_intents.create(
        {**body, "shipping": {"name": "Ann", "address": {"line1": "1 Elm St", "city": "Ames"}}}
    ).shipping
    assert (shipped.name, shipped.address.city, shipped.phone) == ("Ann", "Ames", None)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.create({**body, "shipping": {"name": "Ann"}})
    assert caught.value.param == "shipping[address][line1]"

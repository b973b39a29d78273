"""The customer's browser at the Stripe sandbox, for filling the demo; never meets Stripe itself.

It holds the publishable key alone, as a browser does, and the controls that only a sandbox has.
"""

from __future__ import annotations

import datetime

import requests

TIMEOUT_SECONDS = (3, 20)  # to connect, to answer
ROUTING = "110000000"  # of the bank that tests may use
RETURN_URL = "http://127.0.0.1/"  # nobody follows it


class NotASandbox(Exception):
    """The address or key may be Stripe's own; nothing was sent."""


class BrowserFailed(Exception):
    """The sandbox answered something that no script expects."""


class SandboxBrowser:
    """Confirms what customers confirm, and moves the sandbox's clock. One connection is kept."""

    def __init__(self, *, api_base: str, publishable_key: str) -> None:
        if not api_base or not publishable_key.startswith("pk_test_"):
            raise NotASandbox("the demo is filled against the sandbox only")
        self._base = api_base
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.auth = (publishable_key, "")

    def confirm_setup(self, *, client_secret: str, card: str, expires: datetime.date) -> str:
        """Save the card; the status that the SetupIntent is left in."""
        return self._confirm("setup_intent", client_secret, _card(card, expires))

    def confirm_payment(self, *, client_secret: str, card: str, expires: datetime.date) -> str:
        """Pay with the card; the status that the PaymentIntent is left in."""
        return self._confirm("payment_intent", client_secret, _card(card, expires))

    def confirm_account(self, *, client_secret: str, account: str, name: str) -> str:
        """Save the bank account, verified at once; the status of the SetupIntent."""
        return self._confirm("setup_intent", client_secret, _account(account, name))

    def set_clock(self, at: datetime.datetime) -> None:
        """The sandbox's clock stands at `at`."""
        self._control({"at": at.isoformat()})

    def run_clock(self, at: datetime.datetime) -> None:
        """The sandbox's clock goes on from `at`."""
        self._control({"at": at.isoformat(), "run": True})

    def _confirm(self, kind: str, client_secret: str, typed: dict[str, object]) -> str:
        ref = client_secret.partition("_secret_")[0]
        answer = self._http.post(
            f"{self._base}/v1/{kind}s/{ref}/confirm",
            data={"client_secret": client_secret, "return_url": RETURN_URL, **typed},
            timeout=TIMEOUT_SECONDS,
        )
        body = answer.json()
        found = body.get("error", {}).get(kind) if answer.status_code == 402 else body
        if not answer.ok and not found:
            raise BrowserFailed(f"{answer.status_code}: {answer.text[:300]}")
        return str(found["status"])

    def _control(self, body: dict[str, object]) -> None:
        answer = self._http.post(
            f"{self._base}/sandbox/clock", json=body, timeout=TIMEOUT_SECONDS, auth=_nobody
        )
        if not answer.ok:
            raise BrowserFailed(f"{answer.status_code}: {answer.text[:300]}")


def _card(number: str, expires: datetime.date) -> dict[str, object]:
    """What the form of a card sends."""
    return {
        "payment_method_data[type]": "card",
        "payment_method_data[card][number]": number,
        "payment_method_data[card][exp_month]": expires.month,
        "payment_method_data[card][exp_year]": expires.year,
        "payment_method_data[card][cvc]": "1234" if number.startswith("37") else "123",
    }


def _account(number: str, name: str) -> dict[str, object]:
    """What the form of a bank account sends, with the agreement that stands below it."""
    account = "payment_method_data[us_bank_account]"
    return {
        "payment_method_data[type]": "us_bank_account",
        f"{account}[account_holder_type]": "individual",
        f"{account}[account_type]": "checking",
        f"{account}[routing_number]": ROUTING,
        f"{account}[account_number]": number,
        "payment_method_data[billing_details][name]": name,
        "mandate_data[customer_acceptance][type]": "online",
        "mandate_data[customer_acceptance][online][infer_from_client]": "true",
    }


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """The controls ask for no key."""
    return request

"""A payer's browser at Stripe: it holds the publishable key and what the page was given.

Its answers are lost now and then too: then the payer does not know what became of it.
"""

from __future__ import annotations

import urllib.parse

from bench.simulation import wire

KEY = "pk_test_sandbox"
RETURN = "http://127.0.0.1/"
_HEADERS = {
    "Authorization": f"Bearer {KEY}",
    "Content-Type": "application/x-www-form-urlencoded",
    "User-Agent": "Browser",
}


class Browser:
    """Confirms what payers confirm."""

    def __init__(self, app: wire.Application) -> None:
        self._app = app

    def confirm(self, client_secret: str, number: str) -> str:
        """Pay, or save, with a card or an account typed in; the status that is left.

        "" where Stripe refuses to act at all: the intent is over.
        """
        ref = client_secret.partition("_secret_")[0]
        kind = "setup_intent" if ref.startswith("seti") else "payment_intent"
        typed = _account(number) if number.startswith("0") else _card(number)
        answer = self._post(
            f"/v1/{kind}s/{ref}/confirm",
            {"client_secret": client_secret, "return_url": RETURN, **typed},
        )
        told = answer.json()
        found = told.get("error", {}).get(kind) if answer.status != 200 else told
        return str(found["status"]) if found and answer.status in (200, 402) else ""

    def prove(self, client_secret: str, *, passes: bool) -> None:
        """Answer the bank's page."""
        ref = client_secret.partition("_secret_")[0]
        query = urllib.parse.urlencode({"client_secret": client_secret})
        outcome = {"outcome": "complete" if passes else "fail"}
        self._post(f"/3ds/redirect/{ref}?{query}", outcome)

    def _post(self, path: str, form: dict[str, str]) -> wire.Answer:
        body = urllib.parse.urlencode(form).encode()
        return wire.ask(self._app, "POST", path, body=body, headers=_HEADERS)


def _card(number: str) -> dict[str, str]:
    return {
        "payment_method_data[type]": "card",
        "payment_method_data[card][number]": number,
        "payment_method_data[card][exp_month]": "12",
        "payment_method_data[card][exp_year]": "2044",
        "payment_method_data[card][cvc]": "1234" if number.startswith("37") else "123",
    }


def _account(number: str) -> dict[str, str]:
    """An account that its bank verifies at once, and the mandate that is agreed to beside it."""
    data = "payment_method_data"
    return {
        f"{data}[type]": "us_bank_account",
        f"{data}[us_bank_account][account_number]": number,
        f"{data}[us_bank_account][routing_number]": "110000000",
        f"{data}[us_bank_account][account_holder_type]": "individual",
        f"{data}[billing_details][name]": "Dana Reyes",
        f"{data}[billing_details][email]": "dana@example.com",
        "mandate_data[customer_acceptance][type]": "online",
        "mandate_data[customer_acceptance][online][infer_from_client]": "true",
    }

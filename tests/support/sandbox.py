"""Knows how to run the Stripe sandbox as a process and how to work its controls; knows nothing
of the portal."""

import dataclasses
import datetime
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import typing

import requests
import stripe

SECRET_KEY = "sk_test_sandbox"
PUBLISHABLE_KEY = "pk_test_sandbox"
WEBHOOK_SECRET = "whsec_sandbox"
GOOD_ACCOUNT = "000123456789"
ACCEPTED: typing.Any = {
    "customer_acceptance": {
        "type": "online",
        "online": {"ip_address": "203.0.113.7", "user_agent": "Test browser"},
    }
}
_START_SECONDS = 20


@dataclasses.dataclass
class Webhook:
    """A signed event as the sandbox would have posted it."""

    event_id: str
    type: str
    url: str
    body: str
    headers: dict[str, str]


class Sandbox:
    """A sandbox process of its own: ``Sandbox.start(tmp_path)``, ``.url``, ``.stop()``."""

    def __init__(self, data_dir: pathlib.Path, port: int) -> None:
        self.data_dir = data_dir
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._http = requests.Session()

    @classmethod
    def start(cls, data_dir: pathlib.Path, *, port: int | None = None) -> "Sandbox":
        """A running sandbox over ``data_dir``, on a free port unless one is given."""
        sandbox = cls(data_dir, port or free_port())
        sandbox.launch()
        return sandbox

    def launch(self) -> None:
        """Start the process and wait until it answers."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        log = (self.data_dir / "sandbox.log").open("ab")
        command = [sys.executable, "-m", "portal.sandbox"]
        command += ["--bind", f"127.0.0.1:{self.port}", "--data", str(self.data_dir)]
        root = pathlib.Path(__file__).resolve().parents[2]
        with log:
            self._process = subprocess.Popen(
                command, cwd=root, stdout=log, stderr=log, start_new_session=True
            )
        self._wait()

    def _wait(self) -> None:
        pause = threading.Event()
        for _ in range(_START_SECONDS * 20):
            try:
                if requests.get(f"{self.url}/sandbox/health", timeout=5).ok:
                    return
            except requests.ConnectionError:
                pause.wait(0.05)
        raise AssertionError((self.data_dir / "sandbox.log").read_text())

    def stop(self) -> None:
        """End the process in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the process without any warning, as a crash would."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Kill it and start it again over the same data and port."""
        self.kill()
        self.launch()

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, how)
        self._process.wait(15)
        self._process = None
        self._http.close()

    def client(self, *, key: str = SECRET_KEY, retries: int = 0) -> stripe.StripeClient:
        """The official client, pointed at the sandbox."""
        return stripe.StripeClient(
            key,
            base_addresses={"api": self.url},
            max_network_retries=retries,
            http_client=stripe.RequestsClient(timeout=(3, 20)),
        )

    def card(self, number: str, **fields: typing.Any) -> str:
        """The id of a new PaymentMethod for a card number, made as a browser makes it.

        ``fields`` are exp_month, exp_year, cvc.
        """
        card = {"number": number, "exp_month": 12, "exp_year": 2044, "cvc": "123", **fields}
        if number.startswith("37") and "cvc" not in fields:
            card["cvc"] = "1234"
        browser = self.client(key=PUBLISHABLE_KEY)
        return browser.v1.payment_methods.create({"type": "card", "card": card}).id

    def bank_account(self, number: str = GOOD_ACCOUNT, **fields: str) -> str:
        """The id of a new PaymentMethod for a bank account, never verified.

        ``fields`` are account_type, account_holder_type, routing_number.
        """
        account: typing.Any = {
            "account_holder_type": "individual",
            "account_number": number,
            "routing_number": "110000000",
            **fields,
        }
        body: typing.Any = {
            "type": "us_bank_account",
            "us_bank_account": account,
            "billing_details": {"name": "Dana Reyes", "email": "dana@example.com"},
        }
        return self.client().v1.payment_methods.create(body).id

    def tell_deposits(self, intent: typing.Any, *amounts: int) -> requests.Response:
        """Enter the two amounts, the right ones unless others are given, on the hosted page."""
        first, second = amounts or (32, 45)
        return requests.post(
            intent.next_action.verify_with_microdeposits.hosted_verification_url,
            data={"first": first, "second": second},
            timeout=20,
        )

    def settle_payment(self, intent_id: str, **outcome: str) -> dict[str, typing.Any]:
        """Have a bank answer a debit that is processing, now, as its account has it in store.

        ``outcome`` asks for another: status (``succeeded``, ``failed``), failure_code.
        """
        return self._control("POST", f"payment_intents/{intent_id}/settle", outcome)

    def end_mandate(self, mandate_id: str) -> dict[str, typing.Any]:
        """Have a mandate taken back."""
        return self._control("POST", f"mandates/{mandate_id}/deactivate")

    def authenticate(self, intent: typing.Any, *, passes: bool = True) -> requests.Response:
        """Answer the bank's 3-D Secure page for an intent, without following the way back."""
        return requests.post(
            f"{self.url}/3ds/redirect/{intent.id}",
            params={"client_secret": intent.client_secret},
            data={"outcome": "complete" if passes else "fail"},
            allow_redirects=False,
            timeout=20,
        )

    def health(self) -> dict[str, typing.Any]:
        """The time in the sandbox and what it holds."""
        return self._control("GET", "health")

    def reset(self) -> None:
        """Forget everything and follow the machine's time."""
        self._control("POST", "reset")

    def advance(self, seconds: float = 0, *, days: float = 0) -> None:
        """Move the sandbox's clock on and do what has become due."""
        self._control("POST", "clock", {"advance_seconds": seconds + days * 86400})

    def set_clock(self, at: datetime.datetime) -> None:
        """Stop the clock at a moment (aware)."""
        self._control("POST", "clock", {"at": at.isoformat()})

    def run_clock(self) -> None:
        """Let a frozen clock go on from where it stands."""
        self._control("POST", "clock", {"run": True})

    def fault(
        self,
        mode: str,
        path: str = "/v1/",
        *,
        method: str | None = "POST",
        times: int = 1,
        seconds: float = 30,
    ) -> None:
        """Arm trouble for the next ``times`` requests whose path matches the expression.

        Modes: drop_before, drop_after, error_500, error_500_after, error_429, hang, hang_after.
        """
        fault = {"mode": mode, "path": path, "times": times, "seconds": seconds}
        self._control("POST", "faults", {**fault, "method": method})

    def armed_faults(self) -> list[dict[str, typing.Any]]:
        """The faults that still wait for their requests."""
        return list(self._control("GET", "faults")["faults"])

    def clear_faults(self) -> None:
        """Disarm every fault and let go of requests that hang."""
        self._control("DELETE", "faults")

    def register_webhook(
        self,
        url: str,
        *,
        secret: str = WEBHOOK_SECRET,
        events: typing.Sequence[str] = ("*",),
    ) -> dict[str, typing.Any]:
        """Have a webhook endpoint with a known secret."""
        body = {"url": url, "secret": secret, "enabled_events": list(events)}
        return self._control("POST", "webhook_endpoints", body)

    def hold_webhooks(self) -> None:
        """Deliver nothing until told otherwise."""
        self._control("POST", "webhooks/mode", {"mode": "hold"})

    def pending_webhooks(self) -> list[Webhook]:
        """What waits to be delivered, oldest first."""
        return _webhooks(self._control("GET", "webhooks/pending"))

    def take_webhooks(self) -> list[Webhook]:
        """What waits, signed, counted as delivered: post it as often and in any order."""
        return _webhooks(self._control("POST", "webhooks/take"))

    def flush_webhooks(self, *, order: str = "forward", times: int = 1) -> list[typing.Any]:
        """Have the sandbox post what waits, now; the answers it got."""
        sent = self._control("POST", "webhooks/flush", {"order": order, "times": times})
        return list(sent["data"])

    def redeliver(self, event_id: str, *, times: int = 1) -> list[typing.Any]:
        """Have the sandbox post one event again; the answers it got."""
        sent = self._control("POST", f"events/{event_id}/redeliver", {"times": times})
        return list(sent["answers"])

    def settle_refund(self, refund_id: str, status: str) -> None:
        """Bring a refund's outcome, ``succeeded`` or ``failed``, now."""
        self._control("POST", f"refunds/{refund_id}/settle", {"status": status})

    def open_dispute(self, charge_id: str, **claim: typing.Any) -> dict[str, typing.Any]:
        """Have a bank charge back. ``claim``: reason, amount (cents), inquiry, final."""
        return self._control("POST", "disputes", {"charge": charge_id, **claim})

    def settle_dispute(self, dispute_id: str, status: str) -> dict[str, typing.Any]:
        """End a dispute: ``won`` or ``lost``, an inquiry ``warning_closed``."""
        return self._control("POST", f"disputes/{dispute_id}/settle", {"status": status})

    def expire_dispute(self, dispute_id: str) -> dict[str, typing.Any]:
        """Let the deadline of a dispute pass."""
        return self._control("POST", f"disputes/{dispute_id}/expire")

    def escalate_dispute(self, dispute_id: str) -> dict[str, typing.Any]:
        """Turn an inquiry into a chargeback."""
        return self._control("POST", f"disputes/{dispute_id}/escalate")

    def warn_of_fraud(self, charge_id: str, **words: str) -> dict[str, typing.Any]:
        """Have a bank warn early. ``words``: fraud_type."""
        return self._control("POST", "early_fraud_warnings", {"charge": charge_id, **words})

    def renew_card(self, method_id: str, **card: typing.Any) -> dict[str, typing.Any]:
        """Have a bank renew a saved card. ``card``: number, exp_month, exp_year."""
        return self._control("POST", f"payment_methods/{method_id}/renew", card)

    def put_in_wallet(self, method_id: str, type: str, **digits: str) -> dict[str, typing.Any]:
        """Have a card come from a wallet. ``digits``: dynamic_last4, the device's own."""
        return self._control(
            "POST", f"payment_methods/{method_id}/wallet", {"type": type, **digits}
        )

    def make_payout(self) -> dict[str, typing.Any]:
        """Have everything that is available paid out now."""
        return self._control("POST", "payouts")

    def schedule_payouts(self, interval: str) -> None:
        """Pay out ``daily`` or only when asked, ``manual``."""
        self._control("POST", "payouts/schedule", {"interval": interval})

    def settle_payout(self, payout_id: str, status: str, **why: str) -> dict[str, typing.Any]:
        """Make a payout ``paid`` or ``failed`` now. ``why``: failure_code."""
        return self._control("POST", f"payouts/{payout_id}/settle", {"status": status, **why})

    def _control(
        self, method: str, path: str, body: dict[str, typing.Any] | None = None
    ) -> dict[str, typing.Any]:
        answer = self._http.request(method, f"{self.url}/sandbox/{path}", json=body, timeout=60)
        assert answer.ok, answer.text
        return dict(answer.json())


def route_public_host(page: typing.Any, sandbox: Sandbox) -> None:
    """Lead a Playwright page's requests for Stripe's public hosts to the sandbox."""

    def lead(route: typing.Any) -> None:
        request = route.request
        path = request.url.split("/", 3)[-1]
        headers = {k: v for k, v in request.headers.items() if k.lower() != "host"}
        answer = requests.request(
            request.method,
            f"{sandbox.url}/{path}",
            data=request.post_data_buffer,
            headers=headers,
            allow_redirects=False,
            timeout=20,
        )
        kept = {"content-type", "content-security-policy", "location", "cache-control"}
        route.fulfill(
            status=answer.status_code,
            body=answer.content,
            headers={k: v for k, v in answer.headers.items() if k.lower() in kept},
        )

    for host in ("js.stripe.com", "hooks.stripe.com", "api.stripe.com"):
        page.route(f"https://{host}/**", lead)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _webhooks(answer: dict[str, typing.Any]) -> list[Webhook]:
    return [Webhook(**item) for item in answer["data"]]

"""The way from Stripe's SDK to the sandbox, inside this process; loses what chaos says.

No socket: the sandbox's WSGI application is called as a server would call it.
"""

from __future__ import annotations

import dataclasses
import io
import json
import urllib.parse
from collections.abc import Callable, Mapping

import stripe

from bench.simulation import chaos

BASE = "http://sandbox.test"
_TROUBLE = json.dumps({"error": {"type": "api_error", "message": "Something went wrong."}}).encode()
_TOO_MANY = json.dumps(
    {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many."}}
).encode()

Application = Callable[..., object]


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the application answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict:
        """The body as JSON."""
        return json.loads(self.body)


def ask(
    app: Application, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str]
) -> Answer:
    """One request; `path` may carry a query."""
    path, _, query = path.partition("?")
    environ: dict[str, object] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "sandbox.test",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "sandbox.test",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    told: list = []

    def start(status: str, found: list, _exc: object = None) -> None:
        told[:] = [int(status.partition(" ")[0]), found]

    chunks = app(environ, start)
    whole = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    return Answer(told[0], {name.lower(): value for name, value in told[1]}, whole)


class Wire(stripe.HTTPClient):
    """The SDK's HTTP client over an application; it never waits before it tries again."""

    name = "wire"

    def __init__(self, app: Application, troubles: chaos.Chaos) -> None:
        super().__init__()
        self._app = app
        self._chaos = troubles

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: str | bytes | None = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send one request, unless it is lost on its way. Raises APIConnectionError."""
        self._chaos.at_call()
        trouble = self._chaos.trouble()
        if trouble == "refused":
            raise stripe.APIConnectionError("Connection refused", should_retry=True)
        if trouble == "lost_before":
            raise stripe.APIConnectionError("timed out", should_retry=True)
        if trouble == "error_500":
            return _TROUBLE, 500, {}
        if trouble == "error_429":
            return _TOO_MANY, 429, {}
        where = urllib.parse.urlsplit(url)
        path = f"{where.path}?{where.query}" if where.query else where.path
        body = post_data.encode() if isinstance(post_data, str) else post_data or b""
        answer = ask(self._app, method.upper(), path, body=body, headers=headers or {})
        if trouble == "lost_after":
            raise stripe.APIConnectionError("timed out", should_retry=True)
        if trouble == "error_500_after":
            return _TROUBLE, 500, {}
        self._chaos.at_call()
        return answer.body, answer.status, answer.headers

    def close(self) -> None:
        """There is nothing to close."""

    def _sleep_time_seconds(self, _num_retries: int) -> float:
        return 0.0

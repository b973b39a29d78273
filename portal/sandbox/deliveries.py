"""Knows how events travel: signed, retried with backoff, held back or handed out on demand."""

import concurrent.futures
import dataclasses
import hashlib
import hmac
import http.client
import json
import threading
import typing
import urllib.parse

from portal.sandbox import call as calls
from portal.sandbox import store as stores
from portal.sandbox.objects import events

TIMEOUT_SECONDS = 10
MAX_ATTEMPTS = 16
_BACKOFF_CAP_SECONDS = 300
_AT_ONCE = 4
_PENDING = (
    "SELECT id, event, endpoint, attempts FROM deliveries"
    " WHERE state = 'pending' AND next_at <= ? ORDER BY id LIMIT ?"
)
_LOTS = 1_000_000


@dataclasses.dataclass(frozen=True)
class Letter:
    """One event on its way to one endpoint, signed and ready."""

    delivery: int
    event: str
    type: str
    url: str
    body: str
    headers: dict[str, str]

    def as_json(self) -> dict[str, typing.Any]:
        """What the controls hand out."""
        return {
            "event_id": self.event,
            "type": self.type,
            "url": self.url,
            "body": self.body,
            "headers": self.headers,
        }


def sign(body: str, secret: str, at: int) -> str:
    """The ``Stripe-Signature`` header for a body sent at that second."""
    payload = f"{at}.{body}".encode()
    digest = hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def compose(
    call: calls.Call, delivery: int, event: stores.Record, endpoint: stores.Record
) -> Letter:
    """The letter for a delivery.

    It is signed with the machine's time, not the sandbox's, because receivers compare the
    signature with theirs.
    """
    document = events.present(call, event.document)
    if endpoint["api_version"]:
        document["api_version"] = endpoint["api_version"]
    body = json.dumps(document, indent=2)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (sandbox)",
        "Stripe-Signature": sign(body, endpoint.hidden["secret"], int(call.clock.real_seconds())),
    }
    return Letter(delivery, event.id, event["type"], endpoint["url"], body, headers)


def pending(call: calls.Call, *, until: float, limit: int = _LOTS) -> list[Letter]:
    """Letters not yet answered whose next attempt is due by ``until`` (machine's seconds)."""
    rows = call.store.db.execute(_PENDING, (until, limit)).fetchall()
    letters = []
    for delivery, event_id, endpoint_id, _ in rows:
        event = call.store.find(event_id, "event")
        endpoint = call.store.find(endpoint_id, "webhook_endpoint")
        if event is None or endpoint is None or endpoint["status"] != "enabled":
            mark(call.store, delivery, "failed", "endpoint gone")
            continue
        letters.append(compose(call, delivery, event, endpoint))
    return letters


def all_pending(call: calls.Call) -> list[Letter]:
    """Every letter not yet answered, whenever its next attempt is."""
    return pending(call, until=float("inf"))


def mark(store: stores.Store, delivery: int, state: str, answer: str) -> None:
    """Write down how a delivery ended."""
    store.db.execute(
        "UPDATE deliveries SET state = ?, attempts = attempts + 1, last_answer = ? WHERE id = ?",
        (state, answer, delivery),
    )


def send(letter: Letter) -> str:
    """Post a letter; the status as a string, or the reason why there was none."""
    target = urllib.parse.urlsplit(letter.url)
    factory = http.client.HTTPConnection
    if target.scheme == "https":
        factory = http.client.HTTPSConnection
    path = target.path or "/"
    if target.query:
        path = f"{path}?{target.query}"
    try:
        connection = factory(target.netloc, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("POST", path, letter.body.encode(), letter.headers)
            return str(connection.getresponse().status)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as reason:
        return f"{type(reason).__name__}: {reason}"


def record(call: calls.Call, letter: Letter, answer: str) -> None:
    """Note a delivery's answer: done, to be tried again later, or given up."""
    store = call.store
    if answer.startswith("2"):
        mark(store, letter.delivery, "delivered", answer)
        return
    row = store.db.execute(
        "SELECT attempts FROM deliveries WHERE id = ?", (letter.delivery,)
    ).fetchone()
    attempts = row[0] if row else MAX_ATTEMPTS
    is_over = attempts + 1 >= MAX_ATTEMPTS
    mark(store, letter.delivery, "failed" if is_over else "pending", answer)
    next_at = call.clock.real_seconds() + min(2**attempts, _BACKOFF_CAP_SECONDS)
    store.db.execute("UPDATE deliveries SET next_at = ? WHERE id = ?", (next_at, letter.delivery))


class Postman:
    """A thread that does what is due by the clock and delivers what waits."""

    def __init__(
        self,
        store: stores.Store,
        new_call: typing.Callable[[], calls.Call],
        apply_due: typing.Callable[[calls.Call], int],
    ) -> None:
        self._store = store
        self._new_call = new_call
        self._apply_due = apply_due
        self._wake = threading.Event()
        self._stopping = False
        self._on_their_way: set[int] = set()
        self._pool = concurrent.futures.ThreadPoolExecutor(_AT_ONCE, "deliver")
        self._thread = threading.Thread(target=self._run, name="postman", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the letters on their way."""
        self._stopping = True
        self._wake.set()
        self._thread.join(TIMEOUT_SECONDS)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def nudge(self) -> None:
        """There may be something to deliver: look now."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(0.2)
            self._wake.clear()
            if self._stopping:
                return
            for letter in self._next():
                self._pool.submit(self._deliver, letter)

    def _next(self) -> list[Letter]:
        with self._store.transaction():
            call = self._new_call()
            self._apply_due(call)
            if self._store.setting("webhook_mode", "deliver") != "deliver":
                return []
            free = 8 * _AT_ONCE - len(self._on_their_way)
            waiting = pending(call, until=call.clock.real_seconds(), limit=max(free, 0) + 1)
            letters = [x for x in waiting if x.delivery not in self._on_their_way]
            self._on_their_way.update(letter.delivery for letter in letters)
            return letters

    def _deliver(self, letter: Letter) -> None:
        answer = send(letter)
        with self._store.transaction():
            record(self._new_call(), letter, answer)
            self._on_their_way.discard(letter.delivery)
        if len(self._on_their_way) < _AT_ONCE:
            self._wake.set()

"""Senders of POSTs, each on a kept connection: how long every answer took; knows no server."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import http.client
import math
import time
import urllib.parse
from collections.abc import Callable
from concurrent import futures

Message = tuple[bytes, dict[str, str]]  # body and headers


@dataclasses.dataclass(frozen=True, kw_only=True)
class Times:
    """How long answers took, in milliseconds."""

    all: tuple[float, ...]

    def percentile(self, share: float) -> float:
        """The time within which `share` (0 to 1) of the answers came."""
        ordered = sorted(self.all)
        return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def signed(body: bytes, *, secret: str, at: float) -> dict[str, str]:
    """Headers with the signature of Stripe's scheme: HMAC-SHA-256 over moment and body."""
    moment = int(at)
    digest = hmac.new(secret.encode(), b"%d.%s" % (moment, body), hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={moment},v1={digest}", "Content-Type": "application/json"}


def post(address: str, make: Callable[[int], Message], *, senders: int, messages: int) -> Times:
    """Each of `senders` posts `messages` times; `make` gets a number of its own each time.

    Raises RuntimeError for any answer but 200.
    """
    where = urllib.parse.urlsplit(address)
    batches = [
        [make(sender * messages + count) for count in range(messages)] for sender in range(senders)
    ]
    with futures.ThreadPoolExecutor(senders) as pool:
        found = list(pool.map(lambda batch: _send(where, batch), batches))
    return Times(all=tuple(took for times in found for took in times))


def _send(where: urllib.parse.SplitResult, batch: list[Message]) -> list[float]:
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
    times = []
    for body, headers in batch:
        begun = time.perf_counter()
        connection.request("POST", where.path, body, headers)
        answer = connection.getresponse()
        answer.read()
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status != 200:
            raise RuntimeError(f"{where.path} answered {answer.status}")
    connection.close()
    return times

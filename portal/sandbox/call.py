"""Knows who asks, when and with what: everything an operation on objects may look at."""

import dataclasses
import typing

from portal.sandbox import clock as clocks
from portal.sandbox import store as stores
from portal.sandbox.wire import errors

DEFAULT_VERSION = "2026-10-28.endive"


@dataclasses.dataclass
class Call:
    """One API call, or one thing that happens by itself when its time has come.

    ``params`` are checked and coerced. ``is_browser`` is a call under a publishable key, which
    must show the client secret of what it touches. ``is_pinned`` is a call that names its API
    version; one that names none is an older program and may use what versions since removed.
    ``ip_address`` and ``user_agent`` are those of whoever sent the request.
    ``moment`` is set for what was planned for a moment that the clock has jumped over.
    """

    store: stores.Store
    clock: clocks.SandboxClock
    params: dict[str, typing.Any] = dataclasses.field(default_factory=dict)
    api_version: str = DEFAULT_VERSION
    request_id: str | None = None
    idempotency_key: str | None = None
    is_browser: bool = False
    is_pinned: bool = False
    base_url: str = ""
    ip_address: str = ""
    user_agent: str = ""
    moment: float | None = None

    @property
    def exact_now(self) -> float:
        """The moment at which this happens, in seconds since 1970."""
        return self.clock.now().timestamp() if self.moment is None else self.moment

    @property
    def now(self) -> int:
        """The moment at which this happens, in whole seconds since 1970."""
        return int(self.exact_now)

    def get(self, name: str, default: typing.Any = None) -> typing.Any:
        """A parameter's value, or the default when it was not sent."""
        return self.params.get(name, default)

    def load(self, kind: str, id: str, *, param: str | None = None) -> stores.Record:
        """The record of that kind and id.

        Raises ApiError ``resource_missing``: 404 for the object in the address, 400 when
        ``param`` names the parameter that pointed to it.
        """
        record = self.store.find(id, kind)
        if record is None:
            if param is None:
                raise errors.missing(kind, id)
            raise errors.missing(kind, id, param=param, status=400)
        return record

    def check_secret(self, record: stores.Record) -> None:
        """Let a browser through only with the record's own client secret (else 404)."""
        if not self.is_browser:
            return
        if self.get("client_secret") != record["client_secret"]:
            raise errors.missing(record.kind, record.id)

"""Knows which requests are to go wrong and how; refuses to know what they ask for."""

import dataclasses
import re
import threading
import typing

MODES = (
    "drop_before",
    "drop_after",
    "error_500",
    "error_500_after",
    "error_429",
    "hang",
    "hang_after",
)


@dataclasses.dataclass
class Fault:
    """One kind of trouble for the next ``times`` matching requests.

    ``path`` is a regular expression matched from the start of the path. ``hang`` waits
    ``seconds`` before acting, ``hang_after`` after; ``drop_*`` close the connection without an
    answer, before or after acting.
    """

    mode: str
    path: str
    method: str | None = None
    times: int = 1
    seconds: float = 0.0
    release: threading.Event = dataclasses.field(default_factory=threading.Event)

    def as_json(self) -> dict[str, typing.Any]:
        """As the controls show it."""
        shown = ("mode", "path", "method", "times", "seconds")
        return {name: getattr(self, name) for name in shown}

    def hang(self) -> None:
        """Wait ``seconds``, or until all faults are disarmed."""
        self.release.wait(self.seconds)


class Faults:
    """The faults that are still to happen, oldest first."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._faults: list[Fault] = []
        self._release = threading.Event()

    def add(self, fault: Fault) -> None:
        """Arm a fault."""
        with self._guard:
            self._faults.append(fault)

    def clear(self) -> None:
        """Disarm all, and let go of the requests that hang."""
        with self._guard:
            self._faults.clear()
            self._release.set()
            self._release = threading.Event()

    def listed(self) -> list[dict[str, typing.Any]]:
        """What is armed."""
        with self._guard:
            return [fault.as_json() for fault in self._faults]

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, used up by one."""
        with self._guard:
            for fault in self._faults:
                if fault.method in (None, method) and re.match(fault.path, path):
                    fault.times -= 1
                    fault.release = self._release
                    if fault.times <= 0:
                        self._faults.remove(fault)
                    return fault
        return None

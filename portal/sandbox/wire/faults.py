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

    def as_json(self) -> dict[str, typing.Any]:
        """As the controls show it."""
        return dataclasses.asdict(self)


class Faults:
    """The faults that are still to happen, oldest first."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Arm a fault."""
        with self._guard:
            self._faults.append(fault)

    def clear(self) -> None:
        """Disarm all."""
        with self._guard:
            self._faults.clear()

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
                    if fault.times <= 0:
                        self._faults.remove(fault)
                    return fault
        return None

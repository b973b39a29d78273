"""Knows the sandbox's own time: real time plus an offset, or a frozen moment."""

import datetime
import threading
import typing

RealClock = typing.Callable[[], datetime.datetime]


def real_now() -> datetime.datetime:
    """The machine's time, aware, UTC."""
    return datetime.datetime.now(datetime.UTC)


class SandboxClock:
    """Time as the sandbox's objects see it. ``state`` and ``restore`` let it outlive a restart."""

    def __init__(self, real: RealClock = real_now) -> None:
        self._real = real
        self._guard = threading.Lock()
        self._offset = datetime.timedelta()
        self._frozen_at: datetime.datetime | None = None

    def now(self) -> datetime.datetime:
        """The moment it is in the sandbox, aware, UTC."""
        with self._guard:
            return self._now()

    def seconds(self) -> int:
        """The moment it is in the sandbox, in whole seconds since 1970."""
        return int(self.now().timestamp())

    def real_seconds(self) -> float:
        """The machine's own time in seconds since 1970, whatever the sandbox's is."""
        return self._real().timestamp()

    @property
    def is_frozen(self) -> bool:
        """Whether time stands still until told otherwise."""
        return self._frozen_at is not None

    def advance(self, seconds: float) -> None:
        """Move forward; a frozen clock stays frozen, at the later moment."""
        step = datetime.timedelta(seconds=seconds)
        with self._guard:
            if self._frozen_at is None:
                self._offset += step
            else:
                self._frozen_at += step

    def freeze(self, at: datetime.datetime) -> None:
        """Stand still at the moment given (aware)."""
        with self._guard:
            self._frozen_at = at.astimezone(datetime.UTC)

    def run(self) -> None:
        """Go on from the moment at which it stands."""
        with self._guard:
            if self._frozen_at is not None:
                self._offset = self._frozen_at - self._real()
                self._frozen_at = None

    def follow_real(self) -> None:
        """Be the machine's time again, without offset."""
        with self._guard:
            self._offset = datetime.timedelta()
            self._frozen_at = None

    def state(self) -> dict[str, typing.Any]:
        """What ``restore`` needs to continue after a restart."""
        with self._guard:
            return {
                "offset_seconds": self._offset.total_seconds(),
                "frozen_at": self._frozen_at.isoformat() if self._frozen_at else None,
            }

    def restore(self, state: dict[str, typing.Any]) -> None:
        """Continue from a stored ``state``."""
        with self._guard:
            self._offset = datetime.timedelta(seconds=state["offset_seconds"])
            frozen = state["frozen_at"]
            self._frozen_at = datetime.datetime.fromisoformat(frozen) if frozen else None

    def _now(self) -> datetime.datetime:
        if self._frozen_at is not None:
            return self._frozen_at
        return self._real() + self._offset

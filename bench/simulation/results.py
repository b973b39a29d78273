"""What came of each seed, kept in a file that is whole whenever the run is stopped."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import tempfile
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
    """One seed: its story, or what is wrong with it."""

    seed: int
    seconds: float
    outcome: dict[str, Any] | None = None
    wrong: str = ""


class Results:
    """The seeds that are done. Written anew and renamed after each: a kill loses one at most."""

    def __init__(self, path: pathlib.Path | None, *, about: dict[str, int | bool]) -> None:
        """`about` is what all of them share; a file of other stories is refused: ValueError."""
        self._path = path
        self._about = about
        self._done: dict[int, Result] = {}
        if path is not None and path.exists():
            kept = json.loads(path.read_text())
            if kept["about"] != about:
                raise ValueError(f"{path} is of {kept['about']}, not of {about}")
            self._done = {row["seed"]: Result(**row) for row in kept["seeds"]}

    @property
    def done(self) -> tuple[Result, ...]:
        """All results, by seed."""
        return tuple(self._done[seed] for seed in sorted(self._done))

    def left(self, seeds: range) -> list[int]:
        """The seeds that are still to be played."""
        return [seed for seed in seeds if seed not in self._done]

    def add(self, result: Result) -> None:
        """Keep one."""
        self._done[result.seed] = result
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        whole = {"about": self._about, "seeds": [dataclasses.asdict(row) for row in self.done]}
        with tempfile.NamedTemporaryFile("w", dir=self._path.parent, delete=False) as draft:
            json.dump(whole, draft, indent=0)
            draft.flush()
            os.fsync(draft.fileno())
        pathlib.Path(draft.name).replace(self._path)

    def sums(self) -> dict[str, Any]:
        """All seeds together."""
        told = [result.outcome for result in self.done if result.outcome]
        names = ("payments", "settled", "refunds", "chargebacks", "events", "kills")
        return {
            "seeds": len(self._done),
            "failed": [result.seed for result in self.done if result.wrong],
            **{name: sum(outcome[name] for outcome in told) for name in names},
            "seconds": round(sum(result.seconds for result in self.done), 1),
        }

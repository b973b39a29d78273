"""Python's garbage collector, told to look through less; knows nothing of what is kept."""

from __future__ import annotations

import gc

NEW_OBJECTS = 5_000  # made since the last look, until it looks again


def relax(*, new_objects: int = NEW_OBJECTS) -> None:
    """Never look again through what is loaded by now, and seldom through what is new.

    For a process that has loaded all it needs, and whose work makes thousands of objects and
    hardly a circle.
    """
    gc.freeze()
    gc.set_threshold(new_objects, 20, 100)

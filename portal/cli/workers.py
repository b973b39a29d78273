"""One command run by several processes, each with its part; knows nothing of what they do."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Sequence


class PartFailed(Exception):
    """A process of the command ended with an error; says which and how."""

    def __init__(self, part: str, code: int) -> None:
        super().__init__(f"part {part} ended with code {code}")


def run(arguments: Sequence[str], *, parts: int) -> list[str]:
    """Run `flask ARGUMENTS --part I/PARTS` for every I at once; the last line each wrote.

    The processes end when this one does, however it dies. Raises PartFailed.
    """
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments, "--part"]
    with contextlib.ExitStack() as stack:
        started = {
            part: stack.enter_context(
                subprocess.Popen(
                    [*command, part], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for part in (f"{index}/{parts}" for index in range(parts))
        }
        said = [process.stdout.read() for process in started.values()]
        for part, process in started.items():
            if process.wait() != 0:  # the others are at their end, too
                raise PartFailed(part, process.returncode)
    return [words.splitlines()[-1] for words in said]


def end_with_parent() -> None:
    """End this process as soon as the one that started it with a pipe is gone."""
    threading.Thread(target=_await_end, daemon=True).start()


def _await_end() -> None:
    os.read(sys.stdin.fileno(), 1)  # nobody writes: it ends when the other end is closed
    os._exit(1)

"""One command run by several processes, each with its part; knows nothing of what they do."""

from __future__ import annotations

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
    names = [f"{index}/{parts}" for index in range(parts)]
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments, "--part"]
    started = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in names
    ]
    said = []
    for name, process in zip(names, started, strict=True):
        words = process.stdout.read()
        if process.wait() != 0:
            raise PartFailed(name, process.returncode)
        said.append(words.splitlines()[-1])
    return said


def end_with_parent() -> None:
    """End this process as soon as the one that started it with a pipe is gone."""
    threading.Thread(target=_await_end, daemon=True).start()


def _await_end() -> None:
    os.read(sys.stdin.fileno(), 1)  # nobody writes: it ends when the other end is closed
    os._exit(1)

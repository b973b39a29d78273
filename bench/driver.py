"""Sends requests over kept connections for a while and counts answers; wrk where there is one."""

from __future__ import annotations

import asyncio
import dataclasses
import pathlib
import re
import shutil
import subprocess
import time
import urllib.parse
from collections.abc import Sequence

WRK = shutil.which("wrk")
RATE = re.compile(r"Requests/sec:\s+([0-9.]+)")
BAD = re.compile(r"Non-2xx|Socket errors")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Call:
    """One GET: a path and the cookie it carries, "" for none."""

    path: str
    cookie: str = ""


class WrongAnswer(Exception):
    """A measured request was not answered with 200: the figure would mean nothing."""


def name() -> str:
    """Which driver measures here."""
    return "wrk" if WRK else "asyncio"


def rate(
    address: str, calls: Sequence[Call], *, connections: int, seconds: float, folder: pathlib.Path
) -> float:
    """Answers a second, the calls taken in turns. Raises WrongAnswer."""
    if WRK:
        return _wrk(address, calls, connections=connections, seconds=seconds, folder=folder)
    return asyncio.run(_own(address, calls, connections=connections, seconds=seconds))


def _wrk(
    address: str, calls: Sequence[Call], *, connections: int, seconds: float, folder: pathlib.Path
) -> float:
    script = folder / "calls.lua"
    script.write_text(_lua(calls))
    command = [WRK or "wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout", "10s"]
    told = subprocess.run(
        [*command, "-s", str(script), address],
        capture_output=True,
        text=True,
        timeout=seconds + 30,
        check=True,
    ).stdout
    found = RATE.search(told)
    if found is None or BAD.search(told):
        raise WrongAnswer(told)
    return float(found[1])


def _lua(calls: Sequence[Call]) -> str:
    made = ",\n".join(
        f'wrk.format("GET", "{call.path}", {{["Cookie"] = "{call.cookie}"}})' for call in calls
    )
    return (
        f"local calls, at\ninit = function()\ncalls, at = {{{made}}}, 0\nend\n"
        "request = function()\nat = at % #calls + 1\nreturn calls[at]\nend\n"
    )


async def _own(address: str, calls: Sequence[Call], *, connections: int, seconds: float) -> float:
    where = urllib.parse.urlsplit(address)
    until = time.perf_counter() + seconds
    begun = time.perf_counter()
    counts = await asyncio.gather(
        *(_keep_asking(where, calls, first, until) for first in range(connections))
    )
    return sum(counts) / (time.perf_counter() - begun)


async def _keep_asking(
    where: urllib.parse.SplitResult, calls: Sequence[Call], first: int, until: float
) -> int:
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    done = 0
    while time.perf_counter() < until:
        call = calls[(first + done) % len(calls)]
        head = f"GET {call.path} HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: {call.cookie}\r\n\r\n"
        writer.write(head.encode())
        status = await reader.readline()
        if b" 200 " not in status:
            raise WrongAnswer(status.decode(errors="replace"))
        length = 0
        while (line := await reader.readline()).strip():
            key, _, value = line.partition(b":")
            if key.lower() == b"content-length":
                length = int(value)
        await reader.readexactly(length)
        done += 1
    writer.close()
    return done

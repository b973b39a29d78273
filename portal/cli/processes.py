"""Child processes that live and die together, each with its log; knows nothing of what they do."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence

TAIL_LINES = 15
POLL_SECONDS = 0.1


class Stopped(Exception):
    """Somebody asked everything to stop: Ctrl-C or SIGTERM."""


class Crashed(Exception):
    """A child ended that should not have; says which, how, and the end of its log."""

    def __init__(self, child: Child, code: int) -> None:
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        super().__init__(f"the {child.name} {how}; the end of {child.log}:\n{child.tail()}")


class NotReady(Exception):
    """Something did not answer in time."""


class PortTaken(Exception):
    """Another program listens where a child would."""


@dataclasses.dataclass(kw_only=True)
class Child:
    """One running process."""

    name: str
    process: subprocess.Popen[bytes]
    log: pathlib.Path
    patience: float  # seconds it may take to stop before it is killed

    def tail(self) -> str:
        """The last lines it wrote."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-TAIL_LINES:])


class Family:
    """Children that are started one by one, watched together and stopped in reverse order.

    `folder` gets a log of each, anew at every start; the one before is kept as `.old`. They
    start in the folder `root`. Once `stop` is set, all waiting ends with Stopped.
    """

    def __init__(
        self,
        *,
        folder: pathlib.Path,
        root: pathlib.Path,
        environ: Mapping[str, str],
        stop: threading.Event,
    ) -> None:
        self._folder = folder
        self._root = root
        self._environ = dict(environ)
        self._children: list[Child] = []
        self._stop = stop

    def start(self, name: str, command: Sequence[str], *, patience: float = 10) -> Child:
        """Start a child that has to live until all are stopped."""
        log = self._log(name)
        with log.open("wb") as file:
            process = subprocess.Popen(
                command,
                cwd=self._root,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        child = Child(name=name, process=process, log=log, patience=patience)
        self._children.append(child)
        return child

    def run(self, name: str, command: Sequence[str]) -> None:
        """Run a child to its good end, while the others live on. Raises Crashed, Stopped."""
        child = self.start(name, command)
        while child.process.poll() is None:
            self.check(but=child)
            self.pause(POLL_SECONDS)
        self._children.remove(child)
        if child.process.returncode != 0:
            raise Crashed(child, child.process.returncode)

    def check(self, *, but: Child | None = None) -> None:
        """Raise Crashed when a child has ended."""
        for child in self._children:
            code = child.process.poll()
            if code is not None and child is not but:
                raise Crashed(child, code)

    def pause(self, seconds: float) -> None:
        """Wait a while. Raises Stopped as soon as that was asked for."""
        if self._stop.wait(seconds):
            raise Stopped

    def watch(self) -> None:
        """Wait until told to stop (raises Stopped) or a child ends (raises Crashed)."""
        while True:
            self.check()
            self.pause(0.5)

    @contextlib.contextmanager
    def living(self) -> Iterator[None]:
        """On the way out, however it is taken, stop every child."""
        try:
            yield
        finally:
            self._end()

    def _end(self) -> None:
        for child in reversed(self._children):
            if child.process.poll() is None:
                child.process.terminate()
        for child in reversed(self._children):
            try:
                child.process.wait(child.patience)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        self._children.clear()

    def _log(self, name: str) -> pathlib.Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        log = self._folder / f"{name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.old"))
        return log


@contextlib.contextmanager
def stop_asked() -> Iterator[threading.Event]:
    """An event that Ctrl-C, SIGTERM and SIGHUP set, instead of ending this process."""
    asked = threading.Event()
    before = {
        kind: signal.signal(kind, lambda *_: asked.set())
        for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield asked
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def require_free(bind: str, *, setting: str) -> None:
    """Raise PortTaken unless a server may listen on `bind` ("host:port")."""
    host, _, port = bind.rpartition(":")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
        except OSError as refused:
            raise PortTaken(
                f"{bind} cannot be listened on ({refused.strerror}). Perhaps another demo runs; "
                f"stop it, or choose another address with {setting}."
            ) from refused

"""Knows how the sandbox is started from the command line: address, data, moment."""

import argparse
import datetime
import pathlib
import typing

import gunicorn.app.base

from portal.sandbox import app as apps

THREADS = 16


class _Server(gunicorn.app.base.BaseApplication):
    """One process, many threads: the store lives in one process only."""

    def __init__(self, build: typing.Callable[[], typing.Any], settings: dict[str, typing.Any]):
        self._build = build
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> typing.Any:
        return self._build()


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m portal.sandbox", description=__doc__)
    parser.add_argument("--bind", default="127.0.0.1:8001", help="address to listen on")
    parser.add_argument("--data", default="var/sandbox", type=pathlib.Path, help="data directory")
    parser.add_argument(
        "--at", type=datetime.datetime.fromisoformat, help="freeze the clock at this moment"
    )
    given = parser.parse_args()
    at = given.at
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=datetime.UTC)
    settings = {
        "bind": given.bind,
        "workers": 1,
        "worker_class": "gthread",
        "threads": THREADS,
        "keepalive": 75,
        "graceful_timeout": 1,
        "timeout": 0,
        "loglevel": "warning",
        "control_socket_disable": True,
    }
    _Server(lambda: apps.create_app(data_dir=given.data, at=at), settings).run()


if __name__ == "__main__":
    main()

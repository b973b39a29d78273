"""Runs a small server beside a test, in a thread of its own; knows nothing of what it serves."""

from __future__ import annotations

import collections.abc
import contextlib
import socketserver
import threading

POLL_SECONDS = 0.02  # how soon a stop is noticed; Python's own half a second adds up over tests


@contextlib.contextmanager
def running(server: socketserver.BaseServer) -> collections.abc.Iterator[None]:
    """Serve while the block runs."""
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

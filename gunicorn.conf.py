"""How gunicorn serves the site, in the demo and in production: `gunicorn wsgi:app`.

Processes give throughput, threads only cover the wait for the database and for Stripe: two
processes a core use the machine, and four threads in each leave the others their turn.
"""

import gc
import os

from gunicorn.workers import gthread


class FairWorker(gthread.ThreadWorker):
    """Takes no new connection while all its threads are busy: another process may be free.

    Otherwise the process that wakes first takes a whole burst of connections, keeps them, and
    serves them all on one core.
    """

    busy = 0  # requests with a thread, or about to get one

    def enqueue_req(self, conn):
        """Hand a request to a thread."""
        self.busy += 1
        super().enqueue_req(conn)
        if self.busy >= self.cfg.threads:
            self.set_accept_enabled(False)

    def finish_request(self, conn, fs):
        """A thread is free again."""
        self.busy -= 1
        super().finish_request(conn, fs)

    def set_accept_enabled(self, enabled):
        """Listen for new connections, if there is a thread for them."""
        super().set_accept_enabled(enabled and self.busy < self.cfg.threads)


bind = os.environ.get("PORTAL_BIND", "127.0.0.1:8000")
worker_class = FairWorker
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
preload_app = True  # the application is read once; the pool opens after the fork
keepalive = 15  # seconds; longer than a proxy keeps an idle connection between two requests
timeout = 60
graceful_timeout = 20
loglevel = "warning"
control_socket_disable = True


def pre_fork(_server, _worker):
    """What is loaded by now lives for ever: the collector need not look through it again.

    A page makes thousands of objects and hardly a circle, so it need not look after every 700.
    """
    gc.freeze()
    gc.set_threshold(5_000, 20, 100)

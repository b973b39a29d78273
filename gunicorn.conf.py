"""How gunicorn serves the site, in the demo and in production: `gunicorn wsgi:app`.

Processes give throughput, threads only cover the wait for the database and for Stripe: two
processes a core use the machine, and four threads in each leave the others their turn.
"""

import gc
import os

bind = os.environ.get("PORTAL_BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
preload_app = True  # the application is read once; the pool opens after the fork
keepalive = 15  # seconds; longer than a proxy keeps an idle connection between two requests
timeout = 60
graceful_timeout = 20
loglevel = "warning"
control_socket_disable = True


def pre_fork(_server, _worker):
    """What is loaded by now lives for ever: the collector need not look through it again."""
    gc.freeze()

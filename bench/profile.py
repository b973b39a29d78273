"""Where a page's time goes: cProfile over the site in this process, without a network."""

from __future__ import annotations

import cProfile
import io
import pstats
import time

import flask
import werkzeug.test

from bench import machine

REQUESTS = 300
SHOWN = 45


def show(url: str) -> None:
    """Print the costliest functions of both pages, and the time of one request without profile."""
    app = machine.site(url)
    one = machine.people(app, most=1)[0]
    for path in ("/invoices", f"/invoices/{one.invoice_no}"):
        _ask(app, path, one.cookie, 20)
        begun = time.process_time()
        _ask(app, path, one.cookie, REQUESTS)
        took = (time.process_time() - begun) / REQUESTS
        print(f"\n{path}: {took * 1000:.2f} ms of processor a request, load {machine.load()}")
        profiler = cProfile.Profile(time.process_time)
        profiler.runcall(_ask, app, path, one.cookie, REQUESTS)
        told = io.StringIO()
        stats = pstats.Stats(profiler, stream=told).strip_dirs()
        stats.sort_stats("tottime").print_stats(SHOWN)
        stats.sort_stats("cumulative").print_stats(SHOWN)
        print(told.getvalue())


def _ask(app: flask.Flask, path: str, cookie: str, times: int) -> None:
    """The WSGI application itself, as gunicorn calls it."""
    environ = werkzeug.test.EnvironBuilder(path=path, headers={"Cookie": cookie}).get_environ()
    for _ in range(times):
        response = werkzeug.test.run_wsgi_app(app, dict(environ), buffered=True)
        if not response[1].startswith("200"):
            raise RuntimeError(f"{path} answered {response[1]}")

"""The site for a WSGI server: `gunicorn wsgi:app`; and the commands for `flask`."""

import sys

from portal.app import create_app
from portal.cli import demo

# `flask demo` brings its own settings and starts the site as a process of its own.
app = demo.application() if demo.is_asked_for(sys.argv) else create_app()

"""The site for a WSGI server: `gunicorn wsgi:app`; and the commands for `flask`."""

import sys

from portal.cli import demo

if demo.is_asked_for(sys.argv):  # it needs no settings, and starts the site as a program of its own
    app = demo.application()
else:
    from portal.app import create_app

    app = create_app()

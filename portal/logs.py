"""Logs are JSON lines on standard error; neither secrets nor the values of rows get into them."""

from __future__ import annotations

import logging
import re
import sys

import structlog
import structlog.tracebacks
import structlog.typing

# PostgreSQL quotes rows and parameters here: names, addresses, what a customer wrote.
_VALUES = re.compile(
    r"\n(?:DETAIL|CONTEXT): .*?(?=\n\[SQL: |\n\nThe above exception|\n\nDuring handling|\Z)",
    re.DOTALL,
)
_HIDDEN = "\n(values not logged)"


def configure() -> None:
    """Set structlog up; calling it again changes nothing."""
    if structlog.is_configured():
        return
    plain = logging.StreamHandler(sys.stderr)
    plain.setFormatter(_Plain("%(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[plain])
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            _hide_values,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


class _Plain(logging.Formatter):
    """What libraries log, a job that failed for one."""

    def formatException(self, ei: structlog.typing.ExcInfo) -> str:  # the name is logging's
        """The traceback without the values that PostgreSQL quotes."""
        return without_values(super().formatException(ei))


def _hide_values(
    _logger: object, _method: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    for error in line.get("exception", ()):
        error["exc_value"] = without_values(error["exc_value"])
    return line


def without_values(text: str) -> str:
    """An error's words without the rows and parameters that PostgreSQL quotes in them."""
    return _VALUES.sub(_HIDDEN, text)

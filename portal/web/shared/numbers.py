"""Public numbers in addresses: 404 for what cannot be one of ours; asks no database."""

from __future__ import annotations

import werkzeug.exceptions

from portal.kernel import ids


def wanted(number: str, prefix: ids.Prefix) -> str:
    """`number` as it came; NotFound where it cannot be one of ours."""
    if not ids.is_valid(number, prefix):
        raise werkzeug.exceptions.NotFound
    return number

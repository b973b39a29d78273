"""Which bill was issued in the place of which, for other statements; runs none itself."""

from __future__ import annotations

import sqlalchemy as sa

from portal.domain.billing import models

_invoice = models.Invoice.__table__


def _number(other: sa.FromClause, where: sa.ColumnElement[bool]) -> sa.ScalarSelect[str]:
    return sa.select(other.c.number).where(where).correlate(_invoice).scalar_subquery()


_old = _invoice.alias("replaced")
_new = _invoice.alias("replacing")
# Of the invoice of the enclosing statement: the number of the withdrawn bill in whose place it
# is, and of the bill in the place of this one.
COLUMNS = (
    _number(_old, _old.c.id == _invoice.c.replaces_id).label("replaces_no"),
    _number(_new, _new.c.replaces_id == _invoice.c.id).label("replaced_by_no"),
)

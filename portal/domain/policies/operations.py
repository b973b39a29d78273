"""What can be changed about pets, policies and terms."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.policies import models


def correct_premium(session: orm.Session, *, term_id: int, cents: int) -> None:
    """Write down that `cents` of the term's premium should not have been charged."""
    session.execute(
        sa.update(models.Term)
        .where(models.Term.id == term_id)
        .values(corrected_cents=models.Term.corrected_cents + cents)
    )

"""What billing reads from the table of charge kinds (`ledger.chart`); knows no amount."""

from __future__ import annotations

from portal.domain.ledger.chart import CHARGES, PLANNED, ChargeKind, Treatment

__all__ = ["COVER", "ORDER", "PLANNED", "ChargeKind"]

# the order in which money reaches a bill's lines
ORDER = {kind: row.paid_as for kind, row in CHARGES.items()}
# What keeps a policy in force; everything else is a fee, and a fee may never cause a lapse.
COVER = frozenset(kind for kind, row in CHARGES.items() if row.treatment is not Treatment.AT_ONCE)

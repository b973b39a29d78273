"""The kinds of charge and the order in which money reaches them; knows no amount."""

from __future__ import annotations

import enum


class ChargeKind(enum.StrEnum):
    """Why an amount is owed, in the order in which money reaches it inside an invoice."""

    TAX = "tax"
    PREMIUM = "premium"
    POLICY_FEE = "policy_fee"
    INSTALLMENT_FEE = "installment_fee"
    LATE_FEE = "late_fee"
    NSF_FEE = "nsf_fee"


ORDER = {kind: place for place, kind in enumerate(ChargeKind)}
# What keeps a policy in force; everything else is a fee, and a fee may never cause a lapse.
COVER = frozenset({ChargeKind.TAX, ChargeKind.PREMIUM})

"""The texts that people agree to before money is taken later; each has a version.

A changed sentence is a new version: what was agreed to before is kept word for word elsewhere.
"""

from __future__ import annotations

import dataclasses

from portal.documents import texts
from portal.kernel.msgids import N_


@dataclasses.dataclass(frozen=True, kw_only=True)
class Agreement:
    """A text and its version; `%(brand)s` is the insurer's name."""

    version: str
    message: str

    def text(self, *, language: str, **values: str) -> str:
        """The text as it is shown in `language`."""
        return texts.gettext(self.message, language=language) % values


STORE = Agreement(
    version="store-2026-11",
    message=N_(
        "I allow %(brand)s to keep this payment method for later payments that I make or allow. "
        "I can remove it at any time."
    ),
)
DEBIT = Agreement(
    version="debit-2026-11",
    message=N_(
        "I authorise %(brand)s to debit the bank account given here, through Stripe, for the "
        "amounts that I pay or allow here, and to correct a wrong debit by a credit. This holds "
        "until I take it back: by removing the account here or by calling, at least 3 business "
        "days before a debit. I am allowed to use this account, which is mine or my household's."
    ),
)
AUTOPAY = Agreement(
    version="autopay-2026-11",
    message=N_(
        "I authorise %(brand)s to take each bill of %(pet)s from %(method)s on the day that is "
        "announced. Amounts may vary: I am told the amount and the day at least 10 days before. "
        "After a refusal it is tried again at most 3 times. This holds until I leave autopay, "
        "which I can do here at any time before a debit."
    ),
)
SCHEDULED = Agreement(
    version="scheduled-2026-11",
    message=N_(
        "I authorise %(brand)s to take %(sum)s from %(method)s on %(day)s for the bills named "
        "here, or less if less is open by then. After a refusal it is tried again at most 3 "
        "times. I can change the day or cancel here until it is taken."
    ),
)
MOVED = Agreement(
    version="scheduled-moved-2026-11",
    message=N_(
        "I authorise %(brand)s to take %(sum)s from %(method)s on the day entered here instead "
        "of %(day)s, or less if less is open by then. After a refusal it is tried again at most "
        "3 times."
    ),
)
ARRANGEMENT = Agreement(
    version="arrangement-2026-11",
    message=N_(
        "I authorise %(brand)s to take %(sum)s in parts from %(method)s for the bills named here: "
        "%(parts)s. Less is taken if less is open by then. After a refusal a part is tried again "
        "at most 3 times. I can end this here at any time before a part is taken; what is open is "
        "then due as before."
    ),
)

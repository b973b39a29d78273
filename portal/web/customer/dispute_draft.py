"""A dispute on its way through the three steps: kept in the page, signed; stores nothing."""

from __future__ import annotations

import dataclasses

import itsdangerous
import werkzeug.datastructures

from portal.domain.disputes import categories
from portal.kernel import ids
from portal.web.shared import numbers, once, site

LINES_MOST = 40
WORDS_KEPT = 6000  # a little more than is taken, so that too much comes back to be shortened


@dataclasses.dataclass(frozen=True, kw_only=True)
class Draft:
    """What is chosen and written so far."""

    customer_id: int
    category: str = ""
    invoice: str = ""
    payment: str = ""
    about: str = ""  # "none" when it is about no bill and no payment
    lines: tuple[int, ...] = ()
    words: str = ""
    once_key: str = ""

    @property
    def has_category(self) -> bool:
        """Whether a category is chosen that we know."""
        return categories.can_be_chosen(self.category)

    @property
    def kind(self) -> categories.Category:
        """The chosen category; there must be one."""
        return categories.Category(self.category)

    @property
    def has_subject(self) -> bool:
        """Whether it is settled what it is about."""
        return bool(self.invoice or self.payment or self.about)


def read(values: werkzeug.datastructures.MultiDict, *, customer_id: int) -> Draft:
    """The draft from a form or an address; 404 for a number that cannot be one of ours."""
    about = values.get("about", "")
    invoice, payment = values.get("invoice", ""), values.get("payment", "")
    if about.startswith(ids.Prefix.INVOICE):
        invoice, about = about, ""
    elif about.startswith(ids.Prefix.PAYMENT):
        payment, about = about, ""
    for number, prefix in ((invoice, ids.Prefix.INVOICE), (payment, ids.Prefix.PAYMENT)):
        if number:
            numbers.wanted(number, prefix)
    category = values.get("category", "")
    return Draft(
        customer_id=customer_id,
        category=category if categories.can_be_chosen(category) else "",
        invoice=invoice,
        payment="" if invoice else payment,
        about="none" if about == "none" else "",
        lines=_numbers(values.getlist("line")),
        words=values.get("words", "")[:WORDS_KEPT],
        once_key=once.new_key(),
    )


def sign(draft: Draft) -> str:
    """The draft as a text that only we can have written."""
    return _signer().dumps(dataclasses.asdict(draft))


def unsign(text: str, *, customer_id: int) -> Draft | None:
    """The draft of this customer from a signed text, or None when it is not one."""
    try:
        values = _signer().loads(text)
        draft = Draft(**(values | {"lines": tuple(values["lines"])}))
    except (itsdangerous.BadData, TypeError, KeyError):
        return None
    return draft if draft.customer_id == customer_id else None


def _numbers(texts: list[str]) -> tuple[int, ...]:
    kept = {int(t) for t in texts[:LINES_MOST] if t.isascii() and t.isdecimal() and len(t) < 5}
    return tuple(sorted(kept))


def _signer() -> itsdangerous.URLSafeSerializer:
    return itsdangerous.URLSafeSerializer(site.ctx().secret_key, salt="dispute-draft")

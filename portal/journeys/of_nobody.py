"""What Stripe tells of money that belongs to nothing we know: an error that people must see."""

from __future__ import annotations


class OfNobody(Exception):
    """We know no row for what an event is about; it may only not be written yet.

    `code` is "of_nobody." and the kind of thing: intent, refund, chargeback, fraud_warning.
    """

    def __init__(self, kind: str) -> None:
        self.code = f"of_nobody.{kind}"
        super().__init__(self.code)

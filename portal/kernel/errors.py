"""What an expected failure is: a code and a sentence for a reader; knows no language but English.

Web and documents translate `message` and fill in `params`; anything that is not a `DomainError`
is a fault of ours and crashes loudly.
"""

from __future__ import annotations

from typing import Any, ClassVar

from portal.kernel import msgids


class DomainError(Exception):
    """An expected failure that a customer or a specialist may read.

    A subclass stands beside its raiser and names `code` (stable, for logs and the API) and
    `message` (the English msgid, with `%(name)s` where a parameter goes). Parameters are given by
    keyword; one that the sentence needs and that was not given is a KeyError at once, not later
    on somebody's page. More parameters than the sentence shows are welcome: logs show them.
    """

    code: ClassVar[str] = "not_possible"
    message: ClassVar[str] = msgids.N_("This is not possible.")

    def __init__(self, **params: Any) -> None:
        super().__init__(self.message % params)
        self.params = params

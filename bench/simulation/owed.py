"""Refunds that failed and are owed still: the desk sends them again, or pays them by check."""

from __future__ import annotations

import datetime

from bench.simulation import life, quarrels
from portal.journeys import reissue_refund

How = reissue_refund.How
OLDEST_CHECK = 30  # days
_FAILED = "SELECT number FROM refund WHERE state = 'failed' ORDER BY id"
_ANY = "SELECT number FROM refund ORDER BY id"


def pay(one: life.Life) -> None:
    """A specialist pays a failed refund; perhaps presses twice, or the other way in another tab.

    Now and then it is one that is not owed at all: an old page is still open.
    """
    refund = one.row(_ANY if one.rng.random() < 0.2 else _FAILED)
    if refund is None:
        return
    ask = _ask(one)
    one.rivals = [
        lambda: _press(one, refund.number, ask),
        lambda: _press(one, refund.number, _ask(one)),
    ]
    for _ in range(one.rng.choice((1, 1, 1, 2))):
        _press(one, refund.number, ask)
    one.rivals = []
    if one.rng.random() < 0.3:
        _press(one, refund.number, _ask(one))


def _press(one: life.Life, number: str, ask: reissue_refund.Ask) -> None:
    done = one.happen(
        f"reissue {number} {ask.how}",
        lambda: reissue_refund.reissue(one.ctx, number=number, ask=ask, who=one.staff.specialist),
    )
    if isinstance(done, reissue_refund.Done) and done.approval_no and one.rng.random() < 0.8:
        quarrels.decide_request(one, done.approval_no)


def _ask(one: life.Life) -> reissue_refund.Ask:
    if one.rng.random() < 0.5:
        return reissue_refund.Ask(how=How.AGAIN, reason="The card works again.")
    written = datetime.timedelta(days=one.rng.randrange(OLDEST_CHECK))
    return reissue_refund.Ask(
        how=How.CHECK,
        reason="The card is closed.",
        check_no=str(one.rng.randrange(1_000, 10_000)),
        check_on=one.ctx.clock.today() - written,
    )

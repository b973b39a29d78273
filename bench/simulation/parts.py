"""Debts paid in parts: proposed by customers, agreed to by the rule or the desk, ended."""

from __future__ import annotations

import datetime

from bench.simulation import life, people
from portal.domain.billing.rules import arranging
from portal.domain.wallet import queries as wallet
from portal.journeys import arrange, decide_arrangement, propose_arrangement
from portal.kernel import errors

_WAITING = """
    SELECT number, total_cents, parts -> 0 ->> 0 AS first_on FROM arrangement
    WHERE state = 'proposed' ORDER BY id
"""
_RUNNING = """
    SELECT number, customer_id FROM arrangement WHERE state IN ('proposed', 'active') ORDER BY id
"""


def propose(one: life.Life) -> None:
    """Somebody proposes parts, perhaps by the same form twice; or ends what runs."""
    if one.rng.random() < 0.15:
        _end(one)
        return
    propose_for(one, one.person())
    if one.rng.random() < 0.7:
        decide(one)


def propose_for(one: life.Life, person: people.Person) -> None:
    """Somebody proposes to pay some of what they owe in parts."""
    with one.ctx.database.reading() as session:
        methods = wallet.methods(session, customer_id=person.id)
        owed = propose_arrangement.debt(session, customer_id=person.id, today=one.ctx.clock.today())
        if not methods or not owed:
            return
        proposal = _proposal(one, [bill.number for bill in owed], one.rng.choice(methods).number)
        try:
            seen = propose_arrangement.preview(
                session, one.ctx, customer_id=person.id, proposal=proposal, language="en"
            )
        except errors.DomainError:
            return
    key = one.key()
    for _ in range(one.rng.choice((1, 1, 2))):
        one.happen(
            f"propose {key}",
            lambda: propose_arrangement.propose(
                one.ctx,
                customer_id=person.id,
                proposal=proposal,
                expected_cents=seen.total_cents,
                once_key=key,
                language="en",
                who=person.who,
            ),
        )


def decide(one: life.Life) -> None:
    """The desk agrees to what was proposed, or declines it, perhaps twice.

    What is too late is declined, unless nobody saw that it is.
    """
    found = one.row(_WAITING)
    if found is None:
        return
    is_large = found.total_cents > arranging.SUPERVISOR_ABOVE_CENTS
    who = one.staff.supervisor if is_large else one.staff.specialist
    is_over = found.first_on <= one.ctx.clock.today().isoformat()
    agrees = one.rng.random() < (0.2 if is_over else 0.85)
    for _ in range(one.rng.choice((1, 1, 1, 2))):
        if agrees:
            one.happen(
                f"agree {found.number}",
                lambda: decide_arrangement.approve(one.ctx, number=found.number, who=who),
            )
        else:
            one.happen(
                f"decline {found.number}",
                lambda: decide_arrangement.decline(
                    one.ctx, number=found.number, reason="Too long.", who=who
                ),
            )


def _end(one: life.Life) -> None:
    found = one.row(_RUNNING)
    if found is None:
        return
    who = next(person.who for person in one.people if person.id == found.customer_id)
    one.happen(
        f"end {found.number}",
        lambda: arrange.cancel(
            one.ctx, customer_id=found.customer_id, number=found.number, who=who
        ),
    )


def _proposal(one: life.Life, numbers: list[str], method_no: str) -> propose_arrangement.Proposal:
    most = len(numbers)
    chosen = most if one.rng.random() < 0.6 else one.rng.randint(1, most)
    first = datetime.timedelta(days=one.rng.randrange(1, 5))
    return propose_arrangement.Proposal(
        invoice_nos=tuple(one.rng.sample(numbers, chosen)),
        count=one.rng.choice((2, 2, 3, 4)),
        first_on=one.ctx.clock.today() + first,
        every=one.rng.choice((arranging.Every.WEEK, arranging.Every.WEEK, arranging.Every.MONTH)),
        method_no=method_no,
    )

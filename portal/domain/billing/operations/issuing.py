"""Turns installments that are due for billing into invoices, lines, entries: a batch a statement.

Everything of a batch is written by the database from its own rows, so a batch of thousands costs
little more than storing them. Each installment names its invoice from then on and is billed once.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models
from portal.domain.billing.operations import issuing_sql
from portal.domain.billing.rules import billable
from portal.kernel import actor, errors, ids, msgids


@dataclasses.dataclass(frozen=True, kw_only=True)
class Issued:
    """An invoice just issued."""

    invoice_id: int
    number: str
    customer_id: int
    policy_id: int
    due_on: datetime.date
    total_cents: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Batch:
    """What one batch did: the ids of its invoices, and how many installments it set aside."""

    invoice_ids: tuple[int, ...] = ()
    set_aside: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether it found nothing to do."""
        return not self.invoice_ids and not self.set_aside


class NotBillable(errors.DomainError):
    """The installment can't be billed as it stands."""

    code = "installment_not_billable"
    message = msgids.N_("This can’t be billed as it stands. Somebody has to look at it.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Order:
    """What all invoices of a batch share."""

    on: datetime.date
    now: datetime.datetime
    run_id: int | None
    rng: ids.Bits
    who: actor.Actor


def issue_batch(
    session: orm.Session,
    *,
    on: datetime.date,
    now: datetime.datetime,
    run_id: int,
    rng: ids.Bits,
    who: actor.Actor,
    limit: int = 200,
) -> Batch:
    """Issue up to `limit` installments whose issue day is `on` or before.

    An empty batch says that nothing is left, also by others who take batches at the same time.
    What can't be billed is set aside with its reason and waits for a person. A period that
    begins when its policy is already cancelled is never billed, nor is a policy on hold.
    """
    order = _Order(on=on, now=now, run_id=run_id, rng=rng, who=who)
    found = _take(session, on=on, limit=limit)
    if not found:
        return Batch()
    reasons = {row.id: billable.trouble(row) for row in found}
    good = [id for id, reason in reasons.items() if not reason]
    bad = {id: reason for id, reason in reasons.items() if reason}
    invoice_ids = _issue(session, order, good, bad)
    for id, reason in bad.items():
        session.execute(issuing_sql.SET_ASIDE, {"id": id, "reason": reason})
    counted = {"run_id": run_id, "issued": len(invoice_ids), "set_aside": len(bad)}
    session.execute(issuing_sql.COUNT, counted)
    return Batch(invoice_ids=tuple(invoice_ids), set_aside=len(bad))


def issue_now(
    session: orm.Session,
    *,
    installment_id: int,
    on: datetime.date,
    now: datetime.datetime,
    rng: ids.Bits,
    who: actor.Actor,
) -> Issued:
    """Bill one installment at once, outside any run; the caller has locked the account.

    Raises NotBillable.
    """
    order = _Order(on=on, now=now, run_id=None, rng=rng, who=who)
    made = _issue(session, order, [installment_id], {})
    if not made:
        raise NotBillable()
    return issued(session, invoice_ids=made)[0]


def _take(session: orm.Session, *, on: datetime.date, limit: int) -> Sequence[sa.Row]:
    """Installments that are due, their customers' accounts locked; () when none is left.

    Accounts that somebody else holds are passed over. Where only such are left the first of them
    is waited for: the batch that holds it may have been killed. Nothing is held while it waits.
    """
    given = {"on": on, "limit": limit}
    while True:
        found = _locked(session, issuing_sql.TAKE, given)
        if found or not session.scalar(issuing_sql.ANY_LEFT, {"on": on}):
            return found
        if session.execute(issuing_sql.OPEN_ACCOUNTS, given).rowcount:
            continue  # the accounts just opened are ours to take
        found = _locked(session, issuing_sql.WAIT, {"on": on})
        if found:
            return found


def _locked(
    session: orm.Session, accounts: sa.TextClause, given: dict[str, object]
) -> Sequence[sa.Row]:
    """Take accounts, then what is due of them now that nobody else can change it.

    Where nothing of it is due any more the accounts are let go again.
    """
    trial = session.begin_nested()
    taken = session.execute(accounts, given).all()
    wanted = {"on": given["on"], "installments": [row.id for row in taken]}
    whose = {row.customer_id for row in taken}
    rows = session.execute(issuing_sql.STILL_DUE, wanted) if taken else ()
    found = [row for row in rows if row.customer_id in whose]
    if found:
        trial.commit()
    else:
        trial.rollback()
    return found


def _issue(
    session: orm.Session, order: _Order, installments: Sequence[int], bad: dict[int, str]
) -> list[int]:
    """Issue all of them; those that the database refuses, found by halving, are left in `bad`."""
    if not installments:
        return []
    trial = session.begin_nested()
    try:
        made = session.scalars(issuing_sql.ISSUE, _values(order, installments)).all()
        trial.commit()
    except (sa.exc.IntegrityError, sa.exc.DataError) as refused:
        trial.rollback()
        if len(installments) == 1:
            bad[installments[0]] = f"{billable.REFUSED}: {_said(refused)}"
            return []
        middle = len(installments) // 2
        first = _issue(session, order, installments[:middle], bad)
        return first + _issue(session, order, installments[middle:], bad)
    return list(made)


def _values(order: _Order, installments: Sequence[int]) -> dict[str, object]:
    return issuing_sql.RECIPE | {
        "installments": list(installments),
        "numbers": [ids.new(ids.Prefix.INVOICE, order.rng) for _ in installments],
        "on": order.on,
        "now": order.now,
        "run_id": order.run_id,
        "actor_kind": order.who.kind,
        "actor": order.who.label,
    }


def _said(refused: sa.exc.DBAPIError) -> str:
    """The name of what refused, without the values of anybody's row."""
    about = getattr(refused.orig, "diag", None)
    return getattr(about, "constraint_name", None) or type(refused.orig).__name__


def issued(session: orm.Session, *, invoice_ids: Sequence[int]) -> tuple[Issued, ...]:
    """The invoices with these ids, as those who are told of them need them.

    Withdrawn ones and those given up are told to nobody; credit may have paid one at once.
    """
    table, state = models.Invoice, models.InvoiceState
    rows = session.execute(
        sa.select(
            table.id.label("invoice_id"),
            table.number,
            table.customer_id,
            table.policy_id,
            table.due_on,
            table.total_cents,
        )
        .where(table.id.in_(invoice_ids), table.state.in_((state.ISSUED, state.PAID)))
        .order_by(table.id)
    )
    return tuple(Issued(**row._mapping) for row in rows)

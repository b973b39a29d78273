"""Bills several installments of one policy on one invoice, outside the batches of a run."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.billing import models
from portal.domain.billing.operations import books, issuing
from portal.domain.billing.rules import billable
from portal.domain.billing.rules.charges import PLANNED
from portal.domain.ledger import rules as ledger
from portal.domain.policies import models as policies
from portal.kernel import actor, ids

Pair = tuple[models.Installment, policies.Term]


def issue(
    session: orm.Session,
    *,
    installment_ids: Sequence[int],
    due_on: datetime.date,
    on: datetime.date,
    now: datetime.datetime,
    rng: ids.Bits,
    who: actor.Actor,
    run_id: int | None = None,
    replaces_id: int | None = None,
) -> issuing.Issued:
    """One bill for all of them, each with lines of its own; the caller has locked the account.

    Raises NotBillable where one of them is billed already or can't be.
    """
    pairs = _take(session, installment_ids)
    invoice = _invoice(session, pairs, due_on=due_on, on=on, now=now, rng=rng)
    invoice.run_id, invoice.replaces_id = run_id, replaces_id
    session.add(invoice)
    session.flush()
    lines = list(_lines(invoice, [part for part, _ in pairs]))
    session.add_all(lines)
    for part, _ in pairs:
        part.invoice_id = invoice.id
    session.flush()
    _post(session, invoice, lines, now=now, who=who)
    return issuing.issued(session, invoice_ids=[invoice.id])[0]


def _take(session: orm.Session, installment_ids: Sequence[int]) -> list[Pair]:
    rows = session.execute(
        sa.select(models.Installment, policies.Term)
        .join(policies.Term, policies.Term.id == models.Installment.term_id)
        .where(models.Installment.id.in_(list(installment_ids)))
        .order_by(models.Installment.due_on, models.Installment.id)
        .with_for_update(of=models.Installment)
        .execution_options(populate_existing=True)
    )
    pairs = [(part, term) for part, term in rows]
    if not pairs or len(pairs) != len(set(installment_ids)):
        raise issuing.NotBillable()
    for part, term in pairs:
        if part.invoice_id is not None or trouble(part, term):
            raise issuing.NotBillable()
    return pairs


def trouble(part: models.Installment, term: policies.Term) -> str:
    """Why an installment of the term can't be billed; "" where it can."""
    return billable.trouble(_Seen(part, term))


class _Seen:
    """An installment with its term's days, as the rule reads it."""

    def __init__(self, part: models.Installment, term: policies.Term) -> None:
        for kind in PLANNED:
            setattr(self, f"{kind}_cents", getattr(part, f"{kind}_cents"))
        self.period_start_on, self.period_end_on = part.period_start_on, part.period_end_on
        self.effective_on, self.expires_on = term.effective_on, term.expires_on


def _invoice(
    session: orm.Session,
    pairs: Sequence[Pair],
    *,
    due_on: datetime.date,
    on: datetime.date,
    now: datetime.datetime,
    rng: ids.Bits,
) -> models.Invoice:
    (policy_id,) = {term.policy_id for _, term in pairs}
    total = sum(getattr(part, f"{kind}_cents") for part, _ in pairs for kind in PLANNED)
    return models.Invoice(
        number=ids.new(ids.Prefix.INVOICE, rng),
        customer_id=session.get_one(policies.Policy, policy_id).customer_id,
        policy_id=policy_id,
        state=models.InvoiceState.ISSUED,
        issued_on=on,
        due_on=due_on,
        period_start_on=min(part.period_start_on for part, _ in pairs),
        period_end_on=max(part.period_end_on for part, _ in pairs),
        total_cents=total,
        open_cents=total,
        created_at=now,
    )


def _lines(
    invoice: models.Invoice, parts: Sequence[models.Installment]
) -> Iterator[models.InvoiceLine]:
    number = 0
    for part in parts:
        for kind in PLANNED:
            cents = getattr(part, f"{kind}_cents")
            if not cents:
                continue
            number += 1
            yield models.InvoiceLine(
                invoice_id=invoice.id,
                number=number,
                kind=kind,
                amount_cents=cents,
                open_cents=cents,
                rule=f"installment-{part.sequence}",
                installment_id=part.id,
            )


def _post(
    session: orm.Session,
    invoice: models.Invoice,
    lines: Sequence[models.InvoiceLine],
    *,
    now: datetime.datetime,
    who: actor.Actor,
) -> None:
    charges = [
        ledger.Charge(
            kind=str(line.kind),
            cents=line.amount_cents,
            customer_id=invoice.customer_id,
            invoice_id=invoice.id,
        )
        for line in lines
    ]
    books.post(
        session,
        key=f"issued:{invoice.number}",
        event=ledger.Event.INVOICE_ISSUED,
        booked_on=invoice.issued_on,
        now=now,
        subject=invoice.number,
        actor=who.label,
        postings=ledger.invoice_issued(charges),
    )
    audit.record(
        session,
        who=who,
        action="billing.issued",
        subject=invoice.number,
        now=now,
        customer_id=invoice.customer_id,
        total_cents=invoice.total_cents,
        due_on=invoice.due_on.isoformat(),
        run=invoice.run_id,
    )

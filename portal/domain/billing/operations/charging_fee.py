"""Bills the fee for a returned payment: a bill of one line, once per fact; mails nothing."""

from __future__ import annotations

import datetime

from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.billing import models
from portal.domain.billing.operations import books, issuing
from portal.domain.billing.queries import plans
from portal.domain.billing.rules import nsf_fee
from portal.domain.billing.rules.charges import ChargeKind
from portal.domain.ledger import queries as ledger_queries
from portal.domain.ledger import rules as ledger
from portal.domain.policies import models as policies
from portal.kernel import actor, ids

RULE = "nsf-fee"  # stands on the line, with the return's code and the payment
DAY = datetime.timedelta(days=1)


def charge_nsf_fee(
    session: orm.Session,
    *,
    fact: str,
    payment_no: str,
    customer_id: int,
    policy_id: int,
    return_code: str,
    was_fraud_victim: bool,
    now: datetime.datetime,
    today: datetime.date,
    who: actor.Actor,
    rng: ids.Bits,
) -> issuing.Issued | None:
    """Bill the fee of a payment that was sent back; None where there is none, or it is billed.

    It is the fee of whoever paid, also where the policy was handed over since. `fact` is what is
    paid for once ("PAY-…"). It is due the plan's lead days after `today`. The
    caller has locked the customer's account. Source: docs/billing-rules.md, "Returned debits".
    """
    key = f"nsf:{fact}"
    plan = plans.standard(session, on=today)
    policy = session.get_one(policies.Policy, policy_id)
    cap = plans.state(session, us_state=policy.us_state, on=today).nsf_cap_cents
    cents = nsf_fee.nsf_fee_cents(
        return_code=return_code,
        configured_cents=plan.nsf_fee_cents,
        state_cap_cents=cap,
        was_fraud_victim=was_fraud_victim,
    )
    if not cents or ledger_queries.is_posted(session, key=key):
        return None
    invoice = models.Invoice(
        number=ids.new(ids.Prefix.INVOICE, rng),
        customer_id=customer_id,
        policy_id=policy_id,
        state=models.InvoiceState.ISSUED,
        issued_on=today,
        due_on=today + plan.lead_days * DAY,
        period_start_on=today,
        period_end_on=today + DAY,
        total_cents=cents,
        open_cents=cents,
        created_at=now,
    )
    session.add(invoice)
    session.flush()
    _write(session, invoice, f"{RULE}:{return_code}:{payment_no}", key=key, now=now, who=who)
    return issuing.Issued(
        invoice_id=invoice.id,
        number=invoice.number,
        customer_id=customer_id,
        policy_id=policy_id,
        due_on=invoice.due_on,
        total_cents=cents,
    )


def _write(
    session: orm.Session,
    invoice: models.Invoice,
    rule: str,
    *,
    key: str,
    now: datetime.datetime,
    who: actor.Actor,
) -> None:
    """The line, its entry, the audit event."""
    session.add(
        models.InvoiceLine(
            invoice_id=invoice.id,
            number=1,
            kind=ChargeKind.NSF_FEE,
            amount_cents=invoice.total_cents,
            open_cents=invoice.total_cents,
            rule=rule,
        )
    )
    charge = ledger.Charge(
        kind=str(ChargeKind.NSF_FEE),
        cents=invoice.total_cents,
        customer_id=invoice.customer_id,
        invoice_id=invoice.id,
    )
    books.post(
        session,
        key=key,
        event=ledger.Event.INVOICE_ISSUED,
        booked_on=invoice.issued_on,
        now=now,
        subject=invoice.number,
        actor=who.label,
        postings=ledger.invoice_issued([charge]),
    )
    audit.record(
        session,
        who=who,
        action="billing.nsf_fee",
        subject=invoice.number,
        now=now,
        customer_id=invoice.customer_id,
        amount_cents=invoice.total_cents,
        rule=rule,
    )

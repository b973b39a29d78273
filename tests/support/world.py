"""A small world in which every page has something to show: one customer, one stranger, the desk."""

from __future__ import annotations

import dataclasses
import datetime
import re

import sqlalchemy as sa

from portal.domain.billing import models as billing
from portal.domain.billing.operations import arranging
from portal.domain.billing.rules import arranging as limits
from portal.domain.billing.rules import billable
from portal.domain.payments import models as payments
from portal.domain.payments.operations import drafting, inviting, refunding
from portal.domain.payments.rules import ChargebackEvent, PaymentEvent, RefundEvent
from portal.domain.payments.states import DraftKind
from portal.domain.wallet import models as wallet
from portal.journeys import renew_terms, taking_files, term_scene
from portal.kernel import actor, ids
from tests.support import autopaying, bills, cases, charging, files, people


@dataclasses.dataclass(frozen=True, kw_only=True)
class World:
    """The people, and the public numbers that addresses take."""

    owner: object
    other: object  # another customer, with nothing in common
    specialist: object
    supervisor: object
    finance: object
    numbers: dict[str, str]  # blueprint → number
    attachment: str
    change: str  # of a policy, with a letter

    def address(self, rule: str, endpoint: str) -> str:
        """The rule's address with real numbers in it; "" where only a mailed link leads."""
        if "<token>" in rule or "<path:" in rule or "<name>" in rule:
            return ""
        number = self.numbers.get(endpoint.partition(".")[0], "")
        own = {"attachment": self.attachment, "change": self.change}
        return re.sub(r"<(\w+)>", lambda m: own.get(m[1], number), rule)

    def person(self, role: str):
        """Somebody with this role; None for a stranger."""
        return {
            "customer": self.owner,
            "specialist": self.specialist,
            "supervisor": self.supervisor,
            "finance": self.finance,
        }.get(role)


def build(ctx, database) -> World:
    """Bills late, due and paid; payments of several ends; cases open, waiting and over."""
    specialist = people.make_staff(database, "specialist", name="Grace Lindqvist")
    supervisor = people.make_staff(database, "supervisor", name="Omar Haddad")
    finance = people.make_staff(database, "finance", name="Ada Brooks")
    bill = bills.make_bill(database, effective_on=datetime.date(2026, 9, 28), premium_cents=480_000)
    owner, other = bill.customer, people.make_customer(database)
    bills.make_bill(
        database,
        customer=owner,
        pet_name="Miso",
        species="cat",
        effective_on=datetime.date(2026, 11, 20),
    )
    oldest = bill.invoices[0]
    paid = bills.pay(database, oldest)
    extra = bills.pay(database, oldest, cents=oldest.total_cents)
    bills.begin_payment(
        database, bill.invoices[1], event=PaymentEvent.FAIL, failure_code="insufficient_funds"
    )
    letter = taking_files.Upload(name="letter.pdf", data=files.PDF)
    case = cases.raise_case(ctx, owner, invoice_no=bill.number, line_numbers=[1], files=[letter])
    cases.take(ctx, case, specialist)
    over = cases.raise_case(ctx, owner, invoice_no=oldest.number)
    cases.take(ctx, over, specialist)
    cases.resolve(ctx, over, specialist, cases.decision())
    failed = _failed_refund(database, owner, case)
    waiting = cases.raise_case(ctx, owner, payment_no=extra)
    cases.take(ctx, waiting, specialist)
    asked = cases.resolve(ctx, waiting, specialist, cases.refund(extra, 30_000))
    claim = charging.report(ChargebackEvent.CLAIM, charging.taken(5_000), cents=5_000)
    claimed = charging.absorb(database, paid, claim, case_no=case)
    numbers = {
        "desk_refund": failed,
        **_paying(ctx, database, bill),
        "desk_chargeback": claimed.number,
        **dict.fromkeys(("invoices", "desk_invoice", "desk_close_invoice"), bill.number),
        "payments": paid,
        "statements": "2026-11",
        "pay_result": paid,
        "desk_payment": extra,
        "dispute": case,
        "desk_case": case,
        "desk_resolve": case,
        "desk_hand_over": case,
        "desk_approvals": asked.approval_no,
        "desk_customer": owner.number,
        "desk_event": "evt_1",
    }
    return World(
        owner=owner,
        other=other,
        specialist=specialist,
        supervisor=supervisor,
        finance=finance,
        numbers=numbers,
        attachment=_attachment(database),
        change=_renewed(ctx, bill),
    )


def _attachment(database) -> str:
    with database.reading() as session:
        return session.scalar(sa.text("SELECT number FROM dispute_attachment"))


def _renewed(ctx, bill) -> str:
    """The policy's next term is written; the number of that change."""
    ask = term_scene.Ask(policy_no=bill.policy.number, once_key="world", who=actor.system("world"))
    return renew_terms.renew(ctx, ask=ask).number


def _failed_refund(database, owner, case: str) -> str:
    """A refund that Stripe refused, in a case."""
    bill = bills.make_bill(database, customer=owner, pet_name="Olive")
    number = bills.pay(database, bill.invoice, cents=bill.invoice.total_cents + 2000)
    how = {"now": people.NOW, "today": people.NOW.date(), "who": actor.system("world")}
    with database.unit_of_work() as session:
        payment = session.scalars(
            sa.select(payments.Payment).where(payments.Payment.number == number)
        ).one()
        refund = refunding.approve(
            session,
            payment=payment,
            amount_cents=2000,
            key="refund:world",
            subject=case,
            reason="Paid too much.",
            rng=ids.SYSTEM,
            **how,
        )
        refunding.move(
            session, refund=refund, event=RefundEvent.FAIL, failure_code="refused", **how
        )
        refund.case_no = case
        return refund.number


def _paying(ctx, database, bill) -> dict[str, str]:
    """A card, autopay, a planned payment, arrangements, somebody else who pays."""
    card = _card(database, bill.customer)
    autopaying.join(ctx, bill, card, days_before=3)
    _arrangement(database, bill, [bill.invoices[1].id], takes_back=True)
    debtor = bills.make_bill(database, effective_on=datetime.date(2026, 10, 28))
    return {
        "payment_methods": card,
        "autopay": bill.policy.number,
        "scheduled": _planned(database, bill, card),
        "desk_billing": _set_aside(database, debtor),
        "desk_arrangements": _arrangement(database, debtor, [debtor.invoices[0].id]),
        "payers": _payer(database, bill),
        "payer_new": bill.policy.number,
        "policies": bill.policy.number,
        "together": "2026-11-28",
        "policy_change": bill.policy.number,
        "bereavement": bill.policy.number,
        "desk_policy": bill.policy.number,
        "desk_hold_invoicing": bill.policy.number,
        "desk_move": bill.policy.number,
        "desk_settings": "standard",
    }


def _set_aside(database, bill) -> str:
    """An installment that no run can bill; its policy."""
    with database.unit_of_work() as session:
        found = session.scalars(
            sa.select(billing.Installment)
            .where(billing.Installment.term_id == bill.term.id)
            .order_by(billing.Installment.sequence.desc())
            .limit(1)
        ).one()
        found.set_aside = billable.BELOW_ZERO
    return bill.policy.number


def _payer(database, bill) -> str:
    with database.unit_of_work() as session:
        payer = inviting.invite(
            session,
            customer_id=bill.customer.id,
            policy_id=bill.policy.id,
            policy_no=bill.policy.number,
            name="Ana Ruiz",
            email="ana@example.test",
            language="en",
            now=people.NOW,
            who=people.owner(bill.customer),
            rng=ids.SYSTEM,
        )
        return payer.number


def _card(database, customer) -> str:
    method = wallet.PaymentMethod(
        number=ids.new(ids.Prefix.METHOD),
        customer_id=customer.id,
        stripe_ref="pm_of_the_world",
        kind=wallet.MethodKind.CARD,
        brand="visa",
        last4="4242",
        exp_month=12,
        exp_year=2030,
        is_default=True,
        added_at=people.NOW,
    )
    with database.unit_of_work() as session:
        session.add(method)
    return method.number


def _planned(database, bill, card: str) -> str:
    with database.unit_of_work() as session:
        method = session.scalars(
            sa.select(wallet.PaymentMethod).where(wallet.PaymentMethod.number == card)
        ).one()
        draft = drafting.plan(
            session,
            key="planned:world",
            kind=DraftKind.SCHEDULED,
            customer_id=bill.customer.id,
            method_id=method.id,
            invoice_ids=[bill.invoice.id],
            amount_cents=2000,
            draft_on=datetime.date(2026, 12, 4),
            now=people.NOW,
            who=people.owner(bill.customer),
            rng=ids.SYSTEM,
        )
        return draft.number


def _arrangement(database, bill, invoice_ids: list[int], *, takes_back: bool = False) -> str:
    who = people.owner(bill.customer)
    with database.unit_of_work() as session:
        row = arranging.propose(
            session,
            once_key=f"world:{bill.number}",
            customer_id=bill.customer.id,
            invoice_ids=invoice_ids,
            total_cents=60_000,
            parts=[
                limits.Part(datetime.date(2026, 12, 1), 30_000),
                limits.Part(datetime.date(2027, 1, 1), 30_000),
            ],
            method_no="",
            now=people.NOW,
            who=who,
            rng=ids.SYSTEM,
        )
        if takes_back:
            arranging.step(
                session, arrangement=row, event=limits.Event.CANCEL, now=people.NOW, who=who
            )
        return row.number

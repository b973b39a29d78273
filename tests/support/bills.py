"""A customer with pets, policies, terms and issued bills, made by the real billing operations."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa

from portal.domain.billing import models as billing
from portal.domain.billing.operations import allocating, books, issuing, planning
from portal.domain.billing.rules import installments
from portal.domain.ledger import rules as ledger
from portal.domain.payments import models as payments
from portal.domain.policies import models as policies
from portal.kernel import ids
from tests.support import people

TODAY = people.NOW.date()
PREMIUM_CENTS = 74_929
TAX_PPM = 10_000
NOON = datetime.timedelta(hours=16)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bill:
    """What `make_bill` made: rows as they stood, invoices oldest due first."""

    customer: object
    pet: policies.Pet
    policy: policies.Policy
    term: policies.Term
    invoices: tuple[billing.Invoice, ...]

    @property
    def invoice(self) -> billing.Invoice:
        """The newest invoice."""
        return self.invoices[-1]

    @property
    def number(self) -> str:
        """The public number of the newest invoice."""
        return self.invoice.number


def make_bill(
    database,
    *,
    customer=None,
    pet_name: str = "Biscuit",
    species: str = "dog",
    effective_on: datetime.date = datetime.date(2026, 11, 28),
    through: datetime.date = TODAY,
    plan: str = "monthly",
    premium_cents: int = PREMIUM_CENTS,
    installment_fee_cents: int = 300,
    policy_fee_cents: int = 0,
    us_state: str = "IL",
    rng: ids.Bits = ids.SYSTEM,
) -> Bill:
    """A policy billed through the day `through`, each invoice issued on its own issue day.

    With the defaults: the first of 12 installments, 66.08, issued on 8 November 2026 and due on the
    28th. An earlier `effective_on` leaves older invoices past due; pay them with `pay`.
    """
    customer = customer or people.make_customer(database)
    pet, policy, term = _insure(
        database,
        customer=customer,
        pet_name=pet_name,
        species=species,
        effective_on=effective_on,
        plan=plan,
        premium_cents=premium_cents,
        installment_fee_cents=installment_fee_cents,
        policy_fee_cents=policy_fee_cents,
        us_state=us_state,
        rng=rng,
    )
    issue_through(database, term_id=term.id, through=through, rng=rng)
    return Bill(
        customer=customer,
        pet=pet,
        policy=policy,
        term=term,
        invoices=invoices_of(database, policy_id=policy.id),
    )


def issue_through(database, *, term_id: int, through: datetime.date, rng=ids.SYSTEM) -> None:
    """Run billing on every issue day of the term up to and with `through`."""
    with database.reading() as session:
        days = session.scalars(
            sa.select(billing.Installment.issue_on)
            .where(
                billing.Installment.term_id == term_id,
                billing.Installment.issue_on <= through,
                billing.Installment.billed_at.is_(None),
            )
            .order_by(billing.Installment.issue_on)
        ).all()
    for day in days:
        now = at(day)
        with database.unit_of_work() as session:
            run_id = issuing.start_run(session, on=day, now=now)
            issued = issuing.issue_batch(
                session, on=day, now=now, run_id=run_id, rng=rng, actor="billing run"
            )
            issuing.finish_run(session, run_id=run_id, issued=len(issued), now=now)


def invoices_of(database, *, policy_id: int) -> tuple[billing.Invoice, ...]:
    """The policy's invoices as they stand now, oldest due first."""
    with database.reading() as session:
        rows = session.scalars(
            sa.select(billing.Invoice)
            .where(billing.Invoice.policy_id == policy_id)
            .order_by(billing.Invoice.due_on, billing.Invoice.id)
        )
        return tuple(rows)


def lines_of(database, number: str) -> tuple[billing.InvoiceLine, ...]:
    """The lines of one invoice as they stand now."""
    with database.reading() as session:
        rows = session.scalars(
            sa.select(billing.InvoiceLine)
            .join(billing.Invoice, billing.Invoice.id == billing.InvoiceLine.invoice_id)
            .where(billing.Invoice.number == number)
            .order_by(billing.InvoiceLine.number)
        )
        return tuple(rows)


def pay(
    database,
    *invoices: billing.Invoice,
    cents: int | None = None,
    on: datetime.date = TODAY,
    method_label: str = "visa 4242",
) -> str:
    """Settle a payment of `cents` (all that is open, unless given) on invoices; its number.

    It writes what a settlement writes, without Stripe; journeys that pay have their own tests.
    """
    now = at(on)
    customer_id = invoices[0].customer_id
    with database.unit_of_work() as session:
        books.lock_customer(session, customer_id=customer_id)
        locked = allocating.lock_invoices(session, invoice_ids=[i.id for i in invoices])
        amount = cents or sum(i.open_cents for i in locked)
        payment = new_payment(
            customer_id=customer_id,
            cents=amount,
            now=now,
            state="settled",
            settled_at=now,
            method_label=method_label,
            planned=[[i.number, i.open_cents] for i in locked],
        )
        session.add(payment)
        session.flush()
        applied, left = allocating.apply(
            session,
            source=payment.number,
            cents=amount,
            invoice_ids=[i.id for i in locked],
            now=now,
            today=on,
        )
        payment.unapplied_cents = left
        books.post(
            session,
            key=f"settled:{payment.number}",
            event=ledger.Event.PAYMENT_SETTLED,
            booked_on=on,
            now=now,
            subject=payment.number,
            actor="test",
            postings=ledger.payment_settled(
                amount_cents=amount, applied=applied, customer_id=customer_id
            ),
        )
        return payment.number


def begin_payment(
    database,
    invoice: billing.Invoice,
    *,
    state: str = "processing",
    cents: int | None = None,
    now: datetime.datetime = people.NOW,
    released: bool = False,
    failure_code: str = "",
) -> str:
    """A payment of one invoice that is not settled, with its reservation; its number."""
    amount = cents or invoice.open_cents
    with database.unit_of_work() as session:
        payment = new_payment(
            customer_id=invoice.customer_id,
            cents=amount,
            now=now,
            state=state,
            planned=[[invoice.number, amount]],
            failure_code=failure_code,
        )
        session.add(payment)
        session.flush()
        session.add(
            payments.Reservation(
                payment_id=payment.id,
                invoice_id=invoice.id,
                cents=amount,
                released_at=now if released else None,
            )
        )
        return payment.number


def new_payment(*, customer_id: int, cents: int, now: datetime.datetime, **more):
    """A payment row, not yet added."""
    number = ids.new(ids.Prefix.PAYMENT)
    values = {"planned": [], "method_label": "visa 4242"} | more
    return payments.Payment(
        number=number,
        customer_id=customer_id,
        amount_cents=cents,
        once_key=f"once-{number}",
        stripe_ref=f"pi_{number}",
        charge_ref=f"ch_{number}",
        created_at=now,
        **values,
    )


def at(day: datetime.date) -> datetime.datetime:
    """Eleven or twelve in the morning of that day in New York."""
    return datetime.datetime.combine(day, datetime.time(), tzinfo=datetime.UTC) + NOON


def _insure(
    database,
    *,
    customer,
    pet_name,
    species,
    effective_on,
    plan,
    premium_cents,
    installment_fee_cents,
    policy_fee_cents,
    us_state,
    rng,
):
    made = at(effective_on - datetime.timedelta(days=30))
    with database.unit_of_work() as session:
        pet = policies.Pet(customer_id=customer.id, name=pet_name, species=species)
        session.add(pet)
        session.flush()
        policy = policies.Policy(
            number=ids.new(ids.Prefix.POLICY, rng),
            customer_id=customer.id,
            pet_id=pet.id,
            us_state=us_state,
            state="active",
            created_at=made,
        )
        session.add(policy)
        session.flush()
        term = policies.Term(
            policy_id=policy.id,
            number=1,
            effective_on=effective_on,
            expires_on=effective_on.replace(year=effective_on.year + 1),
            premium_cents=premium_cents,
            tax_cents=installments.term_tax(premium_cents, TAX_PPM),
            policy_fee_cents=policy_fee_cents,
            installment_fee_cents=installment_fee_cents,
            payment_plan=plan,
            installments={"in_full": 1, "quarterly": 4}.get(plan, 12),
            corrected_cents=0,
            down_payment_cents=0,
            created_at=made,
        )
        session.add(term)
        session.flush()
        planning.plan_term(session, term_id=term.id, now=made)
    return pet, policy, term

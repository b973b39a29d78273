"""A customer with pets, policies, terms and issued bills, made by the real billing operations."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa

from portal.domain.billing import models as billing
from portal.domain.billing.operations import allocating, billing_runs, books, issuing, planning
from portal.domain.billing.rules import installments
from portal.domain.payments import models as payments
from portal.domain.payments.operations import settling, starting
from portal.domain.payments.rules import PaymentEvent
from portal.domain.policies import models as policies
from portal.kernel import actor, ids
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
                billing.Installment.invoice_id.is_(None),
            )
            .order_by(billing.Installment.issue_on)
        ).all()
    for day in days:
        now = at(day)
        with database.unit_of_work() as session:
            run_id = billing_runs.begin(session, on=day, now=now)
            issuing.issue_batch(
                session,
                on=day,
                now=now,
                run_id=run_id,
                rng=rng,
                who=actor.system("billing run"),
            )
            billing_runs.finish(session, run_id=run_id, now=now)


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

    It goes the way of every settlement, without Stripe; journeys that pay have their own tests.
    """
    number = begin_payment(
        database, *invoices, cents=cents, now=at(on), event=None, method_label=method_label
    )
    move_payment(database, number, PaymentEvent.SETTLE, now=at(on))
    return number


def begin_payment(
    database,
    *invoices: billing.Invoice,
    event: PaymentEvent | None = PaymentEvent.PROCESS,
    cents: int | None = None,
    now: datetime.datetime = people.NOW,
    method_label: str = "visa 4242",
    failure_code: str = "",
) -> str:
    """A payment that is under way, or where `event` led it; its number."""
    customer_id = invoices[0].customer_id
    with database.unit_of_work() as session:
        books.lock_customer(session, customer_id=customer_id)
        locked = allocating.lock_invoices(session, invoice_ids=[i.id for i in invoices])
        shares = [
            starting.Share(invoice_id=i.id, invoice_no=i.number, cents=i.open_cents) for i in locked
        ]
        if cents is not None:
            shares[0] = dataclasses.replace(shares[0], cents=cents)
        payment = starting.begin(
            session,
            customer_id=customer_id,
            shares=shares,
            once_key=ids.new(ids.Prefix.PAYMENT),
            method_id=None,
            method_label=method_label,
            save_method=False,
            now=now,
            rng=ids.SYSTEM,
        )
        number = payment.number
    if event is not None:
        move_payment(database, number, event, now=now, failure_code=failure_code)
    return number


def move_payment(
    database, number: str, event: PaymentEvent, *, now: datetime.datetime, failure_code: str = ""
) -> None:
    """Take a payment along `event`, as if Stripe had said so."""
    with database.unit_of_work() as session:
        payment_id = session.scalars(
            sa.select(payments.Payment.id).where(payments.Payment.number == number)
        ).one()
        payment = settling.lock(session, payment_id=payment_id)
        settling.move(
            session,
            payment=payment,
            event=event,
            received_cents=payment.amount_cents,
            failure_code=failure_code,
            now=now,
            today=now.date(),
            who=actor.system("test"),
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
            tax_ppm=TAX_PPM,
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
        session.add(
            policies.Segment(
                term_id=term.id,
                starts_on=term.effective_on,
                ends_on=term.expires_on,
                premium_cents=premium_cents,
            )
        )
        planning.plan_term(session, term_id=term.id)
    return pet, policy, term

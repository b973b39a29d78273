"""Finds who fits a disputed case: a customer with such a bill or payment, each in one case only."""

from __future__ import annotations

import dataclasses
import datetime
import sys

import sqlalchemy as sa

from portal.domain.billing import models as billing
from portal.domain.disputes.categories import Category
from portal.domain.payments import models as payments
from portal.domain.payments.states import PaymentState
from portal.domain.policies import models as policies
from portal.journeys.demo import roster
from portal.journeys.demo.stage import Player, Stage

ABOUT_A_PAYMENT = frozenset(
    {
        Category.CHARGED_TWICE,
        Category.PAYMENT_NOT_CREDITED,
        Category.AUTOPAY_NOT_RECOGNISED,
        Category.CHARGED_AFTER_CANCELLATION,
        Category.REFUND_NOT_RECEIVED,
    }
)
SPECIAL = frozenset({roster.REFUND_PENDING, roster.REFUND_FAILS})
ALONE_CENTS = 25_000  # up to here a specialist decides alone
RECENT = datetime.timedelta(days=75)
NEW_POLICY = datetime.timedelta(days=70)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cast:
    """Who plays and what the case is about; `cents` is the bill's open or the payment's amount."""

    player: Player
    language: str
    pet_name: str
    invoice_no: str | None = None
    payment_no: str | None = None
    policy_no: str | None = None
    line_numbers: tuple[int, ...] = ()
    cents: int
    due_on: datetime.date


@dataclasses.dataclass(kw_only=True)
class Company:
    """All players by customer id, who of them is in a case already, and what ended."""

    players: dict[int, tuple[Player, roster.Household]]
    taken: set[int] = dataclasses.field(default_factory=set)
    ended: set[str] = dataclasses.field(default_factory=set)  # policies that were cancelled

    def free(self, *, part: str = "", card: str = "") -> list[int]:
        """The customer ids that can be cast: of that part, or of none; with that card."""
        return [
            customer_id
            for customer_id, (_, household) in self.players.items()
            if household.part == part
            and (household.card == card if card else household.card not in SPECIAL)
            and (part or customer_id not in self.taken)
            and household.habit is not roster.Habit.STOPPED
        ]


def bill(
    stage: Stage, company: Company, category: Category, *, is_paid: bool = False, part: str = ""
) -> Cast | None:
    """A customer with a bill of these weeks that is open (or paid), and reserved by nobody."""
    table = billing.Invoice
    chosen = _selected().where(
        table.customer_id.in_(company.free(part=part)),
        table.state == (billing.InvoiceState.PAID if is_paid else billing.InvoiceState.ISSUED),
        table.due_on >= stage.today + datetime.timedelta(days=1 if not is_paid else -25),
        table.total_cents <= ALONE_CENTS,
    )
    if not is_paid:
        chosen = chosen.where(table.open_cents == table.total_cents, ~_reserved())
    if category is Category.RATE_INCREASE:
        chosen = chosen.where(policies.Term.number > 1)
    if category is Category.FEE:
        chosen = chosen.where(billing.Installment.installment_fee_cents > 0)
    with stage.ctx.database.reading() as session:
        found = session.execute(chosen.order_by(table.id)).all()
        if not found:
            return None
        row = stage.rng.choice(found)
        lines: tuple[int, ...] = ()
        if category is Category.FEE:
            lines = tuple(
                session.scalars(
                    sa.select(billing.InvoiceLine.number).where(
                        billing.InvoiceLine.invoice_id == row.id,
                        billing.InvoiceLine.kind == "installment_fee",
                    )
                )
            )
    cents = row.total_cents if not lines else row.installment_fee_cents
    return _cast(company, row, invoice_no=row.number, line_numbers=lines, cents=cents)


def payment(
    stage: Stage,
    company: Company,
    category: Category,
    *,
    at_least: int = 0,
    at_most: int = sys.maxsize,
    card: str = "",
    part: str = "",
) -> Cast | None:
    """A customer with a settled payment of one bill that was never touched; newest ones first."""
    table = payments.Payment
    chosen = (
        _selected()
        .join(payments.Reservation, payments.Reservation.invoice_id == billing.Invoice.id)
        .join(table, table.id == payments.Reservation.payment_id)
        .add_columns(table.number.label("payment_no"), table.amount_cents)
        .where(
            table.customer_id.in_(company.free(card=card, part=part)),
            table.state == PaymentState.SETTLED,
            table.refunded_cents == 0,
            table.unapplied_cents == 0,
            table.amount_cents.between(at_least, at_most),
            table.amount_cents == billing.Invoice.total_cents,
        )
    )
    if category is Category.FREE_LOOK_OR_CANCEL:
        chosen = chosen.where(policies.Term.effective_on >= stage.today - NEW_POLICY)
    elif not card:
        since = stage.now - (RECENT * 6 if at_least else RECENT)
        chosen = chosen.where(table.settled_at >= since)
    with stage.ctx.database.reading() as session:
        found = session.execute(chosen.order_by(table.id)).all()
    if not found:
        return None
    row = found[-1] if card or part else stage.rng.choice(found)
    about = {"payment_no": row.payment_no}
    if category is Category.FREE_LOOK_OR_CANCEL:
        about["policy_no"] = row.policy_no
    return _cast(company, row, cents=row.amount_cents, **about)


def _selected() -> sa.Select:
    return (
        sa.select(
            billing.Invoice.id,
            billing.Invoice.number,
            billing.Invoice.customer_id,
            billing.Invoice.total_cents,
            billing.Invoice.due_on,
            billing.Installment.installment_fee_cents,
            policies.Policy.number.label("policy_no"),
            policies.Pet.name.label("pet_name"),
        )
        .join(billing.Installment, billing.Installment.invoice_id == billing.Invoice.id)
        .join(policies.Term, policies.Term.id == billing.Installment.term_id)
        .join(policies.Policy, policies.Policy.id == billing.Invoice.policy_id)
        .join(policies.Pet, policies.Pet.id == policies.Policy.pet_id)
    )


def _reserved() -> sa.Exists:
    return sa.exists().where(
        payments.Reservation.invoice_id == billing.Invoice.id,
        payments.Reservation.released_at.is_(None),
    )


def _cast(company: Company, row: sa.Row, **about: object) -> Cast:
    company.taken.add(row.customer_id)
    player, household = company.players[row.customer_id]
    return Cast(
        player=player,
        language=household.language,
        pet_name=row.pet_name,
        due_on=row.due_on,
        **about,
    )

"""Drafts in tests: planned for a bill, collected on a day, read as they stand."""

from __future__ import annotations

import datetime

import sqlalchemy as sa

from portal.domain.billing import models as billing
from portal.domain.billing.operations import books
from portal.domain.payments import models
from portal.domain.payments.operations import drafting, standing
from portal.domain.payments.states import DraftKind
from portal.domain.wallet import consents
from portal.domain.wallet import models as wallet
from portal.journeys import collect_drafts
from tests.support import people

AGREED = consents.Shown(
    kind=wallet.ConsentKind.AUTOPAY, version="test", language="en", text="I agree."
)


def method_id(session, number: str) -> int:
    """The row behind a method's number."""
    return session.scalars(
        sa.select(wallet.PaymentMethod.id).where(wallet.PaymentMethod.number == number)
    ).one()


def join(ctx, bill, method: str, *, backup: str | None = None) -> int:
    """Autopay for the bill's policy, without announcing; its row id."""
    who = people.owner(bill.customer)
    now = ctx.clock.now()
    with ctx.database.unit_of_work() as session:
        books.lock_customer(session, customer_id=bill.customer.id)
        consent_id = consents.record(
            session,
            shown=AGREED,
            customer_id=bill.customer.id,
            subject=bill.policy.number,
            method_label="",
            now=now,
            who=who,
        )
        autopay = standing.begin(
            session,
            customer_id=bill.customer.id,
            policy_id=bill.policy.id,
            policy_no=bill.policy.number,
            terms=standing.Terms(
                method_id=method_id(session, method),
                backup_method_id=method_id(session, backup) if backup else None,
            ),
            consent_id=consent_id,
            now=now,
            who=who,
        )
        return autopay.id


def plan(
    ctx,
    bill,
    method: str,
    *,
    on: datetime.date | None = None,
    backup: str | None = None,
    cents: int | None = None,
    kind: DraftKind = DraftKind.AUTOPAY,
    autopay_id: int | None = None,
) -> str:
    """A draft for the bill, today unless another day is named; its number."""
    if kind is DraftKind.AUTOPAY and autopay_id is None:
        autopay_id = join(ctx, bill, method, backup=backup)
    with ctx.database.unit_of_work() as session:
        books.lock_customer(session, customer_id=bill.customer.id)
        invoice = session.scalars(
            sa.select(billing.Invoice).where(billing.Invoice.number == bill.number)
        ).one()
        draft = drafting.plan(
            session,
            key=f"test:{bill.number}:{kind}",
            kind=kind,
            customer_id=bill.customer.id,
            method_id=method_id(session, method),
            backup_method_id=method_id(session, backup) if backup else None,
            invoice_ids=[invoice.id],
            amount_cents=cents or invoice.open_cents,
            draft_on=on or ctx.clock.today(),
            now=ctx.clock.now(),
            who=people.owner(bill.customer),
            rng=ctx.rng,
            autopay_id=autopay_id,
        )
        return draft.number


def collect(ctx, *, flights: int = 1) -> dict[str, int]:
    """Collect what is due today; how many drafts by what came of them."""
    return collect_drafts.run(ctx, on=ctx.clock.today(), flights=flights, rate=1000).counts


def row(ctx, number: str) -> models.Draft:
    """The draft's row as it stands."""
    with ctx.database.reading() as session:
        return session.scalars(sa.select(models.Draft).where(models.Draft.number == number)).one()


def attempts(ctx, number: str) -> list[models.Payment]:
    """The payments of a draft, oldest first."""
    with ctx.database.reading() as session:
        return list(
            session.scalars(
                sa.select(models.Payment)
                .join(models.Draft, models.Draft.id == models.Payment.draft_id)
                .where(models.Draft.number == number)
                .order_by(models.Payment.id)
            )
        )


def to_day(ctx, clock, sandbox, day: datetime.date) -> None:
    """Move both clocks to 10 in the morning of a day."""
    clock.set(datetime.datetime.combine(day, datetime.time(15), datetime.UTC))
    sandbox.set_clock(clock.now())

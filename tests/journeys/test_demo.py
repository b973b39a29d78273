"""The demo's insurer: made by real journeys, the same every time, its books whole."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
import sqlalchemy as sa

from portal import app as portal_app
from portal.cli import seed_demo
from portal.domain.billing.queries import payable
from portal.domain.identity import models as identity
from portal.domain.payments import models as payments
from portal.domain.payments.queries import standing
from portal.domain.wallet import queries as wallet
from portal.gateways import sandbox_browser
from portal.journeys import check_books
from portal.journeys.demo import history
from portal.kernel import clock as clocks
from tests.support import cleaning, paying, people

SMALL = history.Size(long=2, short=4, second_pets=2, long_months=2)
DIGEST = """
    SELECT string_agg(row, E'\\n' ORDER BY row) FROM (
        SELECT concat_ws(' ', 'invoice', number, total_cents, open_cents, due_on) FROM invoice
        UNION ALL
        SELECT concat_ws(' ', 'payment', number, amount_cents, state, method_label, settled_at)
        FROM payment
        UNION ALL SELECT concat_ws(' ', 'dispute', number, category, state, due_at) FROM dispute
        UNION ALL SELECT concat_ws(' ', 'refund', number, amount_cents, state) FROM refund
        UNION ALL SELECT concat_ws(' ', 'mail', template, recipient, subject) FROM mail
        UNION ALL SELECT concat_ws(' ', 'draft', number, amount_cents, state, draft_on) FROM draft
        UNION ALL SELECT concat_ws(' ', 'customer', number, email, street) FROM customer
    ) found (row)
"""


@pytest.fixture
def demo(ctx, settings, sandbox):
    """Fills the test's database with a small insurer, against the sandbox; gives the summary."""
    pointed = dataclasses.replace(settings, stripe_api_base=sandbox.url)

    def fill():
        return seed_demo.fill(ctx, pointed, size=SMALL, is_quiet=True)

    return fill


def digest(ctx) -> str:
    with ctx.database.reading() as session:
        return session.scalar(sa.text(DIGEST))


def customer(ctx, email: str) -> identity.Customer:
    with ctx.database.reading() as session:
        return session.scalars(
            sa.select(identity.Customer).where(identity.Customer.email == email)
        ).one()


def open_bills(ctx, person):
    with ctx.database.reading() as session:
        return payable.open_invoices(session, customer_id=person.id)


def newest_moment(ctx) -> datetime.datetime:
    with ctx.database.reading() as session:
        found = session.scalar(sa.text("SELECT max(at) FROM audit_event"))
        mailed = session.scalar(sa.text("SELECT max(queued_at) FROM mail"))
    return max(found, mailed)


def test_the_books_hold_and_the_same_day_gives_the_same_insurer(ctx, demo, owner_engine, sandbox):
    summary = demo()
    assert [proof for proof in summary.proofs if not proof.holds] == []
    assert len(summary.proofs) == len(check_books.PROOFS) + 2  # earned premium, Stripe’s clearing
    assert summary.counts["customer"] == 6
    assert summary.counts["pet"] == 8
    assert summary.counts["mail"] > summary.counts["invoice"]
    assert_the_people_are_as_they_are_introduced(ctx)
    first = digest(ctx)
    assert first.count("\npayment") >= 10

    cleaning.empty(owner_engine)
    sandbox.reset()
    demo()
    assert digest(ctx) == first


def assert_the_people_are_as_they_are_introduced(ctx):
    maria, sam, lee = (customer(ctx, f"{name}@demo.test") for name in ("maria", "sam", "lee"))
    (miso,) = open_bills(ctx, maria)
    assert (miso.pet_name, miso.payable_cents) == ("Miso", 4010)
    assert 0 <= (miso.due_on - ctx.clock.today()).days <= 4
    assert open_bills(ctx, sam)[0].is_past_due(ctx.clock.today())
    with ctx.database.reading() as session:
        failed = session.scalars(
            sa.select(payments.Payment.failure_code).where(
                payments.Payment.customer_id == sam.id, payments.Payment.state == "failed"
            )
        ).all()
        assert len(failed) == 4  # the day that was announced, and three more
        assert {m.last4 for m in wallet.methods(session, customer_id=sam.id)} == {"0341", "4242"}
        assert [m.last4 for m in wallet.methods(session, customer_id=maria.id)] == ["4242"]
        assert {m.last4 for m in wallet.methods(session, customer_id=lee.id)} == {"4444", "6789"}
        on = {
            one.pet_name: one.method_label.rpartition(" ")[2]
            for person in (maria, sam, lee)
            for one in standing.of_customer(session, customer_id=person.id)
        }
        assert on == {"Biscuit": "4242", "Miso": "", "Rocky": "0341", "Pepper": "6789"}
        taken = session.scalars(
            sa.select(payments.Draft.state).where(payments.Draft.customer_id == maria.id)
        ).all()
        assert set(taken) == {"paid"}
        (sams,) = standing.of_customer(session, customer_id=sam.id)
        assert (sams.gave_up, sams.next_state) == (True, "planned")
        waiting = session.scalar(
            sa.text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        )
        unsent = session.scalar(sa.text("SELECT count(*) FROM mail WHERE state <> 'sent'"))
        lees = session.scalars(
            sa.text("SELECT state FROM dispute WHERE customer_id = :id"), {"id": lee.id}
        ).all()
    assert (waiting, unsent, lees) == (0, 0, ["open"])
    assert newest_moment(ctx) <= clocks.start_of(ctx.clock.today(), ctx.clock.zone)


def test_a_database_with_customers_is_left_alone(ctx, demo, database):
    people.make_customer(database)

    with pytest.raises(history.HalfFilled):
        demo()

    assert paying.mails(ctx, "bill") == 0


def test_it_is_filled_against_a_sandbox_only(ctx, settings):
    real = dataclasses.replace(
        settings, stripe_api_base="", stripe_publishable_key="pk_live_something"
    )

    with pytest.raises(sandbox_browser.NotASandbox):
        seed_demo.fill(ctx, real, size=SMALL, is_quiet=True)


def test_production_is_refused(ctx, settings):
    app = portal_app.create_app(
        dataclasses.replace(settings, environment="production"), surroundings=ctx
    )

    result = app.test_cli_runner().invoke(args=["seed", "demo"])

    assert result.exit_code == 2
    assert "no place in production" in result.output

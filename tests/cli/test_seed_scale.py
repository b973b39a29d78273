"""A book made for measuring is a real one: proved, paged, and refused in production."""

import dataclasses

import pytest
import sqlalchemy as sa

from portal import app as portal_app
from portal.cli import seed_scale
from tests.support import paying

COUNTS = sa.text(
    """
    SELECT (SELECT count(*) FROM policy), (SELECT count(*) FROM invoice),
        (SELECT count(*) FROM invoice WHERE state = 'paid'),
        (SELECT count(*) FROM installment WHERE invoice_id IS NULL AND issue_on <= :today)
    """
)


@pytest.fixture
def counts(quiet_ctx):
    def count():
        with quiet_ctx.database.reading() as session:
            return session.execute(COUNTS, {"today": quiet_ctx.clock.today()}).one()

    return count


def test_the_books_of_made_up_policies_hold_and_more_can_be_added(quiet_ctx, counts):
    filled = seed_scale.fill(quiet_ctx, policies=30)
    policies, invoices, paid, forgotten = counts()
    assert (policies, invoices) == (filled.policies, filled.invoices) == (30, invoices)
    assert invoices > paid > invoices // 2
    assert forgotten == 0
    paying.assert_books(quiet_ctx, with_stripe=False)
    seed_scale.fill(quiet_ctx, policies=5)
    assert counts()[0] == 35
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_production_refuses_made_up_customers(settings, quiet_ctx, counts):
    real = dataclasses.replace(settings, environment="production")
    app = portal_app.create_app(real, surroundings=quiet_ctx)
    told = app.test_cli_runner().invoke(args=["seed", "scale", "--policies", "5"])
    assert told.exit_code == 2
    assert counts()[0] == 0

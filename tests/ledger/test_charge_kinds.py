"""Posting follows the one table of charge kinds, by the recipes and by the statement that bills."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.billing import models as billing
from portal.domain.billing.operations import books, issuing
from portal.domain.billing.rules import charges
from portal.domain.ledger import models, rules
from portal.domain.ledger.chart import CHARGES, PLANNED, AccountCode, ChargeKind, Treatment
from portal.kernel import actor, ids
from tests.support import bills, people

EARLY = datetime.date(2026, 1, 1)  # nothing is billed by then
INCOME = {AccountCode.POLICY_FEES, AccountCode.LATE_FEES}
CREDITED = {  # source: docs/billing-rules.md, "Books"
    "premium": ("1100", "2100"),
    "tax": ("1100", "2400"),
    "policy_fee": ("1110", "4100"),
    "installment_fee": ("1110", "4100"),
    "late_fee": ("1110", "4110"),
    "nsf_fee": ("1110", "4110"),
}


def charge(kind):
    return rules.Charge(kind=str(kind), cents=700, customer_id=1, invoice_id=2)


def sides(postings):
    return {str(p.account): p.cents for p in postings}


def test_every_kind_stands_in_the_table_once_with_places_of_its_own():
    assert set(CHARGES) == set(ChargeKind)
    assert {str(k): (str(r.receivable), str(r.credited)) for k, r in CHARGES.items()} == CREDITED
    places = sorted(row.paid_as for row in CHARGES.values())
    assert places == list(range(1, len(CHARGES) + 1))
    assert sorted(row.line for row in CHARGES.values() if row.line) == [1, 2, 3, 4]


def test_what_is_billed_is_income_at_once_only_where_the_treatment_says_so():
    for row in CHARGES.values():
        assert (row.credited in INCOME) == (row.treatment is Treatment.AT_ONCE)


def test_money_reaches_a_bill_in_the_order_of_the_documents():
    order = ["tax", "premium", "policy_fee", "installment_fee", "late_fee", "nsf_fee"]
    assert [str(kind) for kind in sorted(CHARGES, key=charges.ORDER.get)] == order
    assert {ChargeKind.TAX, ChargeKind.PREMIUM} == charges.COVER


@pytest.mark.parametrize("kind", ChargeKind)
def test_the_recipes_follow_the_table(kind):
    receivable, credited = CREDITED[str(kind)]
    one = [charge(kind)]
    assert sides(rules.invoice_issued(one)) == {receivable: 700, credited: -700}
    paid = rules.payment_settled(amount_cents=700, applied=one, customer_id=1)
    assert sides(paid) == {"1010": 700, receivable: -700}
    corrected = rules.correction(credited=one, closed=one, customer_id=1)
    assert sides(corrected) == {credited: 700, receivable: -700}
    assert sides(rules.shortfall(one)) == {"5300": 700, receivable: -700}


def test_the_statement_that_bills_follows_the_table(database, clock):
    bill = bills.make_bill(database, through=EARLY)
    amounts = {kind: 1000 + 10 * place for place, kind in enumerate(PLANNED)}
    with database.unit_of_work() as session:
        part = session.scalars(
            sa.select(billing.Installment)
            .where(billing.Installment.term_id == bill.term.id)
            .order_by(billing.Installment.sequence)
        ).first()
        for kind, cents in amounts.items():
            setattr(part, f"{kind}_cents", cents)
        session.flush()
        books.lock_customer(session, customer_id=bill.customer.id)
        made = issuing.issue_now(
            session,
            installment_id=part.id,
            on=clock.today(),
            now=people.NOW,
            rng=ids.SYSTEM,
            who=actor.system("test"),
        )
        posted = session.execute(
            sa.select(models.Line.account, sa.func.sum(models.Line.amount_cents))
            .join(models.Entry, models.Entry.id == models.Line.entry_id)
            .where(models.Entry.key == f"issued:{made.number}")
            .group_by(models.Line.account)
        ).all()
    wanted = {}
    for kind, cents in amounts.items():
        for account, moved in zip(CREDITED[str(kind)], (cents, -cents), strict=True):
            wanted[account] = wanted.get(account, 0) + moved
    assert {account: int(cents) for account, cents in posted} == wanted
    lines = bills.lines_of(database, made.number)
    assert [(line.kind, line.amount_cents) for line in lines] == list(amounts.items())

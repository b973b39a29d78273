"""Changes inside a term: what they ask for, give back and leave behind, to the cent."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import random

import pytest
import sqlalchemy as sa

from portal.domain.billing import models
from portal.domain.billing.operations import books, crediting
from portal.domain.billing.rules import pro_rata, replanning
from portal.domain.policies import changing
from portal.domain.policies import models as policies
from portal.journeys import earn_premium, renew_terms, run_billing, term_changes
from portal.kernel import actor, errors
from tests.support import bills, charging, closing, jobs, paying

D = datetime.date
DAY = datetime.timedelta(days=1)
WHO = actor.system("test")
PREMIUM = 74_929
STARTS = D(2026, 8, 1)


@pytest.fixture
def bill(database, clock):
    """A policy from 1 August on, billed through today, 20 November 2026: four bills are out."""
    return bills.make_bill(database, effective_on=STARTS, premium_cents=PREMIUM)


def ask(bill, key: str = "one", **given) -> term_changes.Ask:
    return term_changes.Ask(policy_no=bill.policy.number, once_key=key, who=WHO, **given)


def term(database, bill) -> policies.Term:
    with database.reading() as session:
        return session.get_one(policies.Term, bill.term.id)


def balance(ctx, account: str) -> int:
    """What stands on an account of the books."""
    with ctx.database.reading() as session:
        return session.scalar(
            sa.text("SELECT coalesce(sum(amount_cents), 0) FROM ledger_line WHERE account = :no"),
            {"no": account},
        )


def planned(database, bill) -> list[models.Installment]:
    with database.reading() as session:
        return list(
            session.scalars(
                sa.select(models.Installment)
                .where(
                    models.Installment.term_id == bill.term.id,
                    models.Installment.invoice_id.is_(None),
                )
                .order_by(models.Installment.sequence)
            )
        )


def charged(database, bill) -> tuple[int, int]:
    """Premium and tax on bills, less what went back."""
    with database.reading() as session:
        rows = session.execute(
            sa.select(
                models.InvoiceLine.kind,
                sa.func.sum(models.InvoiceLine.amount_cents - models.InvoiceLine.returned_cents),
            )
            .join(models.Installment, models.Installment.id == models.InvoiceLine.installment_id)
            .where(models.Installment.term_id == bill.term.id)
            .group_by(models.InvoiceLine.kind)
        )
        found = {str(kind): int(cents) for kind, cents in rows}
    return found.get("premium", 0), found.get("tax", 0)


def test_a_dearer_premium_is_spread_over_what_is_not_billed_yet(quiet_ctx, database, bill):
    before = [(p.due_on, p.premium_cents) for p in planned(database, bill)]
    made = term_changes.change_premium(
        quiet_ctx, ask=ask(bill), effective_on=D(2026, 11, 20), premium_cents=90_000
    )
    change = made.facts["change_cents"]
    assert change == 10_488  # 150.71 × 254 ÷ 365 = 104.877…
    after = planned(database, bill)
    assert [p.due_on for p in after] == [due for due, _ in before]
    added = [p.premium_cents - cents for p, (_, cents) in zip(after, before, strict=True)]
    assert sum(added) == change
    assert added == sorted(added, reverse=True)
    assert added[0] - added[-1] <= 1
    now = term(database, bill)
    assert now.premium_cents == PREMIUM + change
    assert now.tax_cents == round(now.premium_cents / 100)
    assert made.facts["billed_now_cents"] == made.facts["returned_cents"] == 0
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_cheaper_premium_goes_back_only_beyond_what_is_not_billed(
    ctx, sandbox, database, clock, bill
):
    charging.pay(ctx, sandbox, bill.customer, *(invoice.number for invoice in bill.invoices))
    made = term_changes.change_premium(
        ctx, ask=ask(bill), effective_on=STARTS, premium_cents=12_000
    )
    assert planned(database, bill) == []
    assert charged(database, bill) == (12_000, 120)
    assert made.facts["returned_cents"] == made.facts["refunded_cents"] > 0
    jobs.run_all(ctx)
    paying.assert_books(ctx)


def test_with_no_bill_left_to_come_the_difference_is_billed_at_once(quiet_ctx, database, clock):
    bill = bills.make_bill(database, effective_on=STARTS, plan="in_full", premium_cents=PREMIUM)
    made = term_changes.change_premium(
        quiet_ctx, ask=ask(bill), effective_on=D(2026, 12, 1), premium_cents=90_000
    )
    *_, last = bills.invoices_of(database, policy_id=bill.policy.id)
    assert made.facts["billed_now_cents"] == last.total_cents
    assert last.issued_on == clock.today()
    assert last.due_on == clock.today() + 20 * DAY
    lines = {str(line.kind): line.amount_cents for line in bills.lines_of(database, last.number)}
    assert lines["premium"] == made.facts["change_cents"]
    assert "installment_fee" not in lines
    jobs.run_all(quiet_ctx)
    assert paying.mails(quiet_ctx, "bill") == 1
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_cancellation_bills_what_was_covered_and_drops_the_rest(quiet_ctx, database, bill):
    made = term_changes.cancel(quiet_ctx, ask=ask(bill), on=D(2027, 1, 1))
    kept = PREMIUM - made.facts["return_cents"]
    assert made.facts["days_in_force"] == 153
    assert made.facts["return_cents"] == 43_520  # 749.29 × 212 ÷ 365 = 435.203…
    assert charged(database, bill)[0] == kept == term(database, bill).premium_cents
    assert planned(database, bill) == []
    assert made.facts["billed_now_cents"] > 0
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_cancellation_gives_back_to_the_card_what_was_paid_ahead(ctx, sandbox, database, clock):
    bill = bills.make_bill(database, effective_on=STARTS, plan="in_full", premium_cents=PREMIUM)
    charging.pay(ctx, sandbox, bill.customer, bill.number)
    made = term_changes.cancel(ctx, ask=ask(bill), on=clock.today())
    kept, kept_tax = charged(database, bill)
    assert kept == PREMIUM - made.facts["return_cents"]
    assert kept_tax == round(kept / 100)
    assert made.facts["refunded_cents"] == made.facts["returned_cents"]
    jobs.run_all(ctx)
    with database.reading() as session:
        (refund,) = session.execute(sa.text("SELECT amount_cents, state FROM refund")).all()
    assert refund.amount_cents == made.facts["refunded_cents"]
    earn_premium.run(ctx, on=clock.today() + 30 * DAY)
    assert balance(ctx, "4000") == -kept
    assert balance(ctx, "2100") == 0
    paying.assert_books(ctx)


def test_short_rate_keeps_a_tenth_of_what_would_go_back(quiet_ctx, database, bill):
    plain = term_changes.cancel(quiet_ctx, ask=ask(bill, "a"), on=D(2026, 12, 1), is_trial=True)
    short = term_changes.cancel(
        quiet_ctx,
        ask=ask(bill),
        on=D(2026, 12, 1),
        basis=pro_rata.CancellationBasis.SHORT_RATE,
    )
    assert short.facts["return_cents"] == pytest.approx(plain.facts["return_cents"] * 0.9, abs=1)
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_preview_says_what_the_change_does_and_changes_nothing(quiet_ctx, database, bill):
    before = [(p.due_on, p.total) for p in _rows(database, bill)]
    seen = term_changes.cancel(quiet_ctx, ask=ask(bill), on=D(2027, 1, 1), is_trial=True)
    assert [(p.due_on, p.total) for p in _rows(database, bill)] == before
    assert term(database, bill).ended_on is None
    done = term_changes.cancel(quiet_ctx, ask=ask(bill), on=D(2027, 1, 1))
    assert dict(done.facts) == dict(seen.facts)


def _rows(database, bill):
    with database.reading() as session:
        return session.execute(
            sa.text(
                "SELECT due_on, premium_cents + tax_cents + policy_fee_cents"
                " + installment_fee_cents AS total FROM installment WHERE term_id = :id"
                " ORDER BY sequence"
            ),
            {"id": bill.term.id},
        ).all()


@pytest.mark.parametrize("ends", [D(2026, 11, 25), D(2026, 12, 15), D(2027, 2, 1)])
def test_a_reinstated_policy_costs_what_it_would_have_cost(quiet_ctx, database, bill, ends):
    term_changes.cancel(quiet_ctx, ask=ask(bill, "end"), on=ends)
    made = term_changes.reinstate(quiet_ctx, ask=ask(bill, "on"))
    now = term(database, bill)
    assert (now.premium_cents, now.ended_on) == (PREMIUM, None)
    premium, _ = charged(database, bill)
    assert premium + sum(p.premium_cents for p in planned(database, bill)) == PREMIUM
    with database.reading() as session:
        policy = session.get_one(policies.Policy, bill.policy.id)
    assert (str(policy.state), policy.cancelled_on) == ("active", None)
    assert made.facts["cancelled_by"].startswith("CHG-")
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_moved_day_keeps_the_total_and_says_so(quiet_ctx, database, bill):
    before = planned(database, bill)
    made = term_changes.move_day(quiet_ctx, ask=ask(bill), day=15)
    after = planned(database, bill)
    assert {p.due_on.day for p in after} == {15}
    assert sum(p.premium_cents for p in after) == sum(p.premium_cents for p in before)
    assert made.facts["bridge_days"] == 14
    assert [cents for _, cents in made.facts["after"]] == [
        p.premium_cents + p.tax_cents + p.policy_fee_cents + p.installment_fee_cents for p in after
    ]
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_paying_in_full_is_one_bill_without_more_installment_fees(quiet_ctx, database, bill):
    before = planned(database, bill)
    made = term_changes.pay_in_full(quiet_ctx, ask=ask(bill))
    assert planned(database, bill) == []
    *_, last = bills.invoices_of(database, policy_id=bill.policy.id)
    assert made.facts["invoice_no"] == last.number
    assert made.facts["fees_saved_cents"] == 300 * len(before)
    assert last.total_cents == sum(p.premium_cents + p.tax_cents for p in before)
    assert last.due_on >= D(2026, 12, 10)
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_form_sent_twice_changes_once(quiet_ctx, database, bill):
    first = term_changes.move_day(quiet_ctx, ask=ask(bill), day=15)
    again = term_changes.move_day(quiet_ctx, ask=ask(bill), day=15)
    assert again.number == first.number
    with database.reading() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM policy_event")) == 1


def test_what_cannot_be_is_refused_and_changes_nothing(quiet_ctx, database, bill):
    before = _rows(database, bill)
    other = bills.make_bill(database)
    for wrong, act in (
        (
            term_changes.NoSuchPolicy,
            lambda: term_changes.move_day(
                quiet_ctx, ask=ask(bill, customer_id=other.customer.id), day=3
            ),
        ),
        (replanning.SameDay, lambda: term_changes.move_day(quiet_ctx, ask=ask(bill), day=1)),
        (replanning.DayUnreadable, lambda: term_changes.move_day(quiet_ctx, ask=ask(bill), day=31)),
        (
            changing.NoTermNow,
            lambda: term_changes.cancel(quiet_ctx, ask=ask(bill), on=D(2025, 1, 1)),
        ),
        (
            changing.NoTermNow,
            lambda: term_changes.change_premium(
                quiet_ctx, ask=ask(bill), effective_on=D(2029, 1, 1), premium_cents=1
            ),
        ),
        (changing.NotCancelled, lambda: term_changes.reinstate(quiet_ctx, ask=ask(bill))),
    ):
        with pytest.raises(wrong):
            act()
    assert _rows(database, bill) == before
    term_changes.cancel(quiet_ctx, ask=ask(bill, "end"), on=D(2026, 12, 15))
    with pytest.raises(term_changes.CancelledAlready):
        term_changes.cancel(quiet_ctx, ask=ask(bill, "twice"), on=D(2026, 12, 16))


FLAT = pro_rata.CancellationBasis.FLAT


def correct(ctx, bill, cents: dict[str, int]) -> None:
    """Credit so much of the newest bill's premium and tax as wrongly billed."""
    lines = {str(line.kind): line.id for line in bills.lines_of(ctx.database, bill.number)}
    with ctx.database.unit_of_work() as session:
        books.lock_customer(session, customer_id=bill.customer.id)
        crediting.correct(
            session,
            key="correct",
            customer_id=bill.customer.id,
            parts={lines[kind]: part for kind, part in cents.items()},
            subject=bill.number,
            reason="",
            now=ctx.clock.now(),
            today=ctx.clock.today(),
            actor="test",
            rng=ctx.rng,
        )


def cheap_end(ctx, bill) -> term_changes.Change:
    return term_changes.change_premium(
        ctx, ask=ask(bill), effective_on=bill.term.effective_on, premium_cents=6_245
    )


def flat_end(ctx, bill) -> term_changes.Change:
    return term_changes.cancel(ctx, ask=ask(bill), on=bill.term.effective_on, basis=FLAT)


@pytest.mark.parametrize("act", [cheap_end, flat_end])
def test_a_bill_whose_rounded_tax_was_corrected_stands_in_no_ones_way(quiet_ctx, database, act):
    bill = bills.make_bill(database)
    correct(quiet_ctx, bill, {"premium": 6_245, "tax": 63})  # 1 % of all that is left are 62
    act(quiet_ctx, bill)
    now = term(database, bill)
    assert (now.premium_cents, now.tax_cents) == (6_245, 63)
    assert charged(database, bill) == (6_245, 63)
    paying.assert_books(quiet_ctx, with_stripe=False)


def test_a_next_term_whose_first_bill_was_corrected_is_dropped(quiet_ctx, database, clock):
    bill = bills.make_bill(database, effective_on=D(2025, 11, 28))
    renew_terms.run(quiet_ctx, on=clock.today())
    clock.set(bills.at(D(2026, 11, 25)))
    run_billing.run(quiet_ctx, on=clock.today())
    newest = bills.invoices_of(database, policy_id=bill.policy.id)
    bill = dataclasses.replace(bill, invoices=newest)
    correct(quiet_ctx, bill, {"premium": 6_245, "tax": 63})
    made = term_changes.cancel(quiet_ctx, ask=ask(bill), on=D(2026, 11, 27))
    assert made.facts["returned_cents"] > 0
    paying.assert_books(quiet_ctx, with_stripe=False)


@pytest.mark.parametrize("is_reissued", [False, True])
def test_what_a_correction_pays_does_not_stand_in_the_way_of_an_end(
    quiet_ctx, database, is_reissued
):
    bill = bills.make_bill(database)
    correct(quiet_ctx, bill, {"premium": 3_000, "tax": 30})
    bills.pay(database, bill.invoice)
    if is_reissued:  # the correction is the customer's money then, and pays the new bill
        closing.close(quiet_ctx, bill.number, closing.ask(closing.Action.REISSUE))
    *_, newest = bills.invoices_of(database, policy_id=bill.policy.id)
    assert newest.open_cents == 0
    made = flat_end(quiet_ctx, bill)
    paid, left = 6_608 - 3_030, 33 if is_reissued else 0  # the credit had paid the new bill's tax
    assert made.facts["returned_cents"] == paid
    assert made.facts["refunded_cents"] == paid - left
    assert balance(quiet_ctx, "2210") == -left
    paying.assert_books(quiet_ctx, with_stripe=False)


def something(ctx, rng: random.Random, asked: term_changes.Ask, today: datetime.date) -> None:
    """One change of any kind, possible or not."""
    match rng.randrange(5):
        case 0:
            term_changes.change_premium(
                ctx,
                ask=asked,
                effective_on=today + rng.randrange(-20, 60) * DAY,
                premium_cents=rng.choice((0, 1, 20_000, 74_929, 90_001, 250_000)),
            )
        case 1:
            term_changes.move_day(ctx, ask=asked, day=rng.randrange(1, 29))
        case 2:
            term_changes.pay_in_full(ctx, ask=asked)
        case 3:
            on = today + rng.randrange(0, 90) * DAY
            basis = rng.choice(list(pro_rata.CancellationBasis))
            term_changes.cancel(ctx, ask=asked, on=on, basis=basis)
        case _:
            term_changes.reinstate(ctx, ask=asked)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_to_a_term_it_charges_the_time_covered(quiet_ctx, database, clock, seed):
    """Any sequence of changes: after each the books hold; at the end the cents are the days'."""
    rng = random.Random(seed)
    plan = rng.choice(["monthly", "quarterly", "in_full"])
    bill = bills.make_bill(database, effective_on=STARTS, plan=plan, premium_cents=PREMIUM)
    today = clock.today()
    for step in range(10):
        with contextlib.suppress(errors.DomainError):
            something(quiet_ctx, rng, ask(bill, f"{seed}-{step}"), today)
        if rng.random() < 0.5:
            today += rng.randrange(5, 40) * DAY
            clock.set(bills.at(today))
            run_billing.run(quiet_ctx, on=today)
            earn_premium.run(quiet_ctx, on=today)
        paying.assert_books(quiet_ctx, with_stripe=False)
        assert all(row.total >= 0 for row in _rows(database, bill))
    now = term(database, bill)
    premium, _ = charged(database, bill)
    assert premium + sum(p.premium_cents for p in planned(database, bill)) == now.premium_cents
    over = max(today, now.expires_on) + DAY
    clock.set(bills.at(over))
    run_billing.run(quiet_ctx, on=over)
    earn_premium.run(quiet_ctx, on=over)
    assert balance(quiet_ctx, "2100") == 0
    assert -balance(quiet_ctx, "4000") == now.premium_cents

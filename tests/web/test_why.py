"""A bill explains itself: how each line is worked out, and why it is not as the one before."""

from __future__ import annotations

import datetime
import html as markup
import itertools
import re

import pytest
import sqlalchemy as sa

from portal.domain.billing import models
from portal.domain.billing.operations import books, charging_fee, planning
from portal.domain.policies import models as policies
from portal.domain.policies import operations
from portal.domain.reports.queries import invoice_record
from portal.journeys import term_changes
from portal.kernel import actor, ids
from tests.support import bills, people

D = datetime.date
DAY = datetime.timedelta(days=1)
WHO = actor.system("test")
ROW = re.compile(r'<th scope="row">(.*?)(?: <small>(.*?)</small>)?</th><td>([+−]?)\$([\d,.]+)</td>')


@pytest.fixture
def bill(database):
    """A policy from 1 August 2026 on; its fifth bill, due on 1 December, is the last one out."""
    return bills.make_bill(database, effective_on=D(2026, 8, 1))


def ask(bill, key: str = "one") -> term_changes.Ask:
    return term_changes.Ask(policy_no=bill.policy.number, once_key=key, who=WHO)


def dearer(ctx, bill) -> term_changes.Change:
    return term_changes.change_premium(
        ctx, ask=ask(bill), effective_on=D(2026, 11, 24), premium_cents=90_000
    )


def issue(database, bill, through: D) -> models.Invoice:
    """The policy's newest bill once everything up to a day is out."""
    with database.reading() as session:
        of = sa.select(policies.Term.id).where(policies.Term.policy_id == bill.policy.id)
        terms = session.scalars(of.order_by(policies.Term.number)).all()
    for term_id in terms:
        bills.issue_through(database, term_id=term_id, through=through)
    return bills.invoices_of(database, policy_id=bill.policy.id)[-1]


def read(client, bill, number: str, query: str = "") -> str:
    people.sign_in(client, bill.customer)
    answer = client.get(f"/invoices/{number}{query}")
    assert answer.status_code == 200
    return markup.unescape(answer.get_data(as_text=True))


def why(html: str) -> str:
    """The section that says why; "" where there is none."""
    found = re.search(r'<section class="l-part" aria-labelledby="why">.*?</section>', html, re.S)
    return found[0] if found else ""


def rows(html: str) -> list[tuple[str, str, int]]:
    """Title, note and cents of each cause, the difference last."""
    causes = html.partition("</table>")[0]
    return [
        (what, note, int(re.sub(r"\D", "", cents)) * (-1 if sign == "−" else 1))
        for what, note, sign, cents in ROW.findall(causes)
    ]


def add_up(found: list[tuple[str, str, int]], before, after) -> None:
    *causes, (what, _, cents) = found
    assert what == "Difference"
    assert sum(one for *_, one in causes) == cents == after.total_cents - before.total_cents


def test_bills_that_are_alike_need_no_reason(client, bill):
    assert bill.invoices[3].total_cents == bill.invoices[2].total_cents
    assert why(read(client, bill, bill.invoices[3].number)) == ""
    assert why(read(client, bill, bill.invoices[0].number)) == ""


def test_an_odd_cent_is_said_to_be_one(client, bill):
    found = why(read(client, bill, bill.invoices[1].number))
    assert "It is $0.01 less than the bill due 1 Aug." in found
    add_up(rows(found), *bill.invoices[:2])
    assert rows(found)[0] == (
        "Odd cents",
        "Bills of one year differ by a cent or so, to add up to it exactly",
        -1,
    )
    assert f'href="/invoices/{bill.invoices[0].number}"' in found


def test_a_policy_fee_is_only_on_the_first_bill(client, database):
    bill = bills.make_bill(database, effective_on=D(2026, 8, 1), policy_fee_cents=1_500)
    found = rows(why(read(client, bill, bill.invoices[1].number)))
    add_up(found, *bill.invoices[:2])
    assert found[0] == ("Policy fee", "Only with the first bill of a term", -1_500)


def test_a_change_of_the_premium_is_told_with_its_days_its_sum_and_its_bills(
    client, database, quiet_ctx, bill
):
    made = dearer(quiet_ctx, bill)
    after = issue(database, bill, D(2026, 12, 31))
    html = read(client, bill, after.number)
    found = rows(why(html))
    add_up(found, bill.invoice, after)
    assert made.facts["change_cents"] == 10_323  # 150.71 × 250 ÷ 365 = 103.226…
    assert found[0] == (
        "The premium changed on 24 Nov",
        "From $749.29 to $900.00 a year. For the 250 of 365 days left that is +$103.23, spread "
        "over 7 bills",
        1_475,
    )
    assert ("Tax", "It follows the premium: 1% of it", 14) in found
    assert "A whole year costs $900.00." in html
    again = read(client, bill, bill.invoice.number)
    assert "One of 12 equal parts of the $749.29 for the year" in again


def test_a_moved_due_day_is_told_with_its_days_and_what_they_cost(
    client, database, quiet_ctx, bill
):
    made = term_changes.move_day(quiet_ctx, ask=ask(bill), day=15)
    after = issue(database, bill, D(2026, 12, 31))
    html = read(client, bill, after.number)
    found = rows(why(html))
    add_up(found, bill.invoice, after)
    assert found[0] == (
        "The new due day",
        "Days between the old day and the new, paid once: 14. The year costs the same",
        made.facts["bridge_cents"],
    )
    assert found[1][0] == "The rest of the year, split again"
    assert found[1][2] < 0
    assert "for the 14 days by which the due day moved" in html
    following = issue(database, bill, D(2027, 1, 31))
    found = rows(why(read(client, bill, following.number)))
    add_up(found, after, following)
    assert found[0] == (
        "The new due day",
        "The bill before carried the days between: 14",
        -made.facts["bridge_cents"],
    )


def test_the_rest_of_a_year_at_once_is_one_cause_and_its_fee_fell_away(
    client, database, quiet_ctx, bill
):
    made = term_changes.pay_in_full(quiet_ctx, ask=ask(bill))
    after = bills.invoices_of(database, policy_id=bill.policy.id)[-1]
    assert after.number == made.facts["invoice_no"]
    html = read(client, bill, after.number)
    found = rows(why(html))
    add_up(found, bill.invoice, after)
    assert found[0][:2] == ("The rest of the year on one bill", "All that was not billed yet")
    assert ("Installment fee", "This bill has none", -300) in found
    assert "The rest of the year at once" in html
    assert "Installment 5 of 12" in read(client, bill, bill.invoice.number)


def test_a_change_that_no_later_bill_could_carry_has_a_bill_of_its_own(client, database, quiet_ctx):
    bill = bills.make_bill(database, effective_on=D(2026, 8, 1), plan="in_full")
    dearer(quiet_ctx, bill)
    after = bills.invoices_of(database, policy_id=bill.policy.id)[-1]
    html = read(client, bill, after.number)
    found = rows(why(html))
    add_up(found, bill.invoice, after)
    assert found[0][0] == "A change of the policy"
    assert "Once, for a change of the policy" in html
    assert "The whole $749.29 for the year." in read(client, bill, bill.invoice.number)


def test_a_new_year_is_told_with_both_premiums(client, database, bill):
    last = issue(database, bill, D(2027, 7, 1))
    with database.unit_of_work() as session:
        term = operations.add_term(
            session,
            policy_id=bill.policy.id,
            effective_on=D(2027, 8, 1),
            expires_on=D(2028, 8, 1),
            premium_cents=84_127,
            tax_cents=841,
            tax_ppm=10_000,
            installment_fee_cents=350,
            now=people.NOW,
            who=WHO,
        )
        planning.plan_term(session, term_id=term.id)
    after = issue(database, bill, D(2027, 7, 31))
    assert (last.due_on, after.due_on) == (D(2027, 7, 1), D(2027, 8, 1))
    found = rows(why(read(client, bill, after.number)))
    add_up(found, last, after)
    assert found[0] == (
        "A new year of cover",
        "$841.27 for the year, $749.29 for the year before",
        766,
    )
    assert ("Installment fee", "$3.50 now, $3.00 before", 50) in found


def test_a_bill_for_a_fee_alone_is_compared_with_nothing_and_nothing_with_it(
    client, database, bill
):
    with database.unit_of_work() as session:
        books.lock_customer(session, customer_id=bill.customer.id)
        fee = charging_fee.charge_nsf_fee(
            session,
            fact="PAY-1",
            payment_no="PAY-1",
            customer_id=bill.customer.id,
            policy_id=bill.policy.id,
            return_code="R01",
            was_fraud_victim=False,
            now=people.NOW,
            today=people.NOW.date(),
            who=WHO,
            rng=ids.SYSTEM,
        )
    html = read(client, bill, fee.number)
    assert why(html) == ""
    assert "How each line is worked out" not in html
    after = issue(database, bill, D(2026, 12, 31))
    add_up(rows(why(read(client, bill, after.number))), bill.invoice, after)


def test_a_bill_that_was_withdrawn_is_passed_over(client, database, bill):
    first, second, third = bill.invoices[:3]
    with database.unit_of_work() as session:
        session.get_one(models.Invoice, second.id).state = models.InvoiceState.VOIDED
        session.get_one(models.Invoice, second.id).open_cents = 0
    found = why(read(client, bill, third.number))
    assert f'href="/invoices/{first.number}"' in found
    add_up(rows(found), first, third)


def test_line_by_line_names_what_stayed_and_what_did_not(client, database, quiet_ctx, bill):
    dearer(quiet_ctx, bill)
    after = issue(database, bill, D(2026, 12, 31))
    table = why(read(client, bill, after.number)).partition("<summary>Line by line</summary>")[2]
    assert '<th scope="row">Premium</th><td>$62.44</td><td>$77.19</td><td>+$14.75</td>' in table
    assert '<th scope="row">Installment fee</th><td>$3.00</td><td>$3.00</td><td>same</td>' in table
    assert f"<td>${bill.invoice.total_cents / 100:.2f}</td>" in table


def test_whatever_happened_to_a_policy_the_causes_add_up(database, quiet_ctx, bill):
    dearer(quiet_ctx, bill)
    issue(database, bill, D(2026, 12, 31))
    term_changes.move_day(quiet_ctx, ask=ask(bill, "day"), day=20)
    issue(database, bill, D(2027, 2, 10))
    term_changes.cancel(quiet_ctx, ask=ask(bill, "end"), on=D(2027, 3, 1))
    term_changes.reinstate(quiet_ctx, ask=ask(bill, "on"))
    issue(database, bill, D(2027, 4, 10))
    term_changes.pay_in_full(quiet_ctx, ask=ask(bill, "all"))
    every = bills.invoices_of(database, policy_id=bill.policy.id)
    assert len(every) > 8
    for before, after in itertools.pairwise(every):
        with database.reading() as session:
            found = invoice_record.invoice(session, number=after.number).beside
        assert found.before.number == before.number
        total = sum(cause.cents for cause in found.causes)
        assert total == after.total_cents - before.total_cents


def test_it_reads_in_spanish(client, database, quiet_ctx, bill):
    dearer(quiet_ctx, bill)
    after = issue(database, bill, D(2026, 12, 31))
    html = read(client, bill, after.number, "?lang=es")
    found = re.sub(r"<[^>]*>", "|", why(html))
    assert "¿Por qué cambió?" in found
    *causes, whole = rows(why(html))
    assert sum(cents for *_, cents in causes) == whole[2] == after.total_cents - 6_607
    for english in ("Why did", "premium", "Tax", "year", "Line by line", "|same"):
        assert english not in found
    assert "How each line" not in html


def test_the_desk_reads_the_same_causes(client, database, quiet_ctx, bill):
    dearer(quiet_ctx, bill)
    after = issue(database, bill, D(2026, 12, 31))
    people.sign_in(client, people.make_staff(database, "specialist", name="Grace Lindqvist"))
    html = client.get(f"/desk/invoices/{after.number}").get_data(as_text=True)
    found = rows(why(html))
    add_up(found, bill.invoice, after)
    assert found[0][0] == "The premium changed on 24 Nov"
    assert f'href="/desk/invoices/{bill.invoice.number}"' in why(html)

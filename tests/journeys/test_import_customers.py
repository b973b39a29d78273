"""A file of customers is taken wholly or not at all, and every fault is told with its place."""

import csv
import io

import pytest
import sqlalchemy as sa

from portal.domain.billing import models as billing
from portal.domain.identity import queries as identity
from portal.domain.policies import queries as policies
from portal.journeys import import_customers
from portal.kernel import actor, ids
from tests.support import people

MARIA = {
    "email": "maria@example.test", "first_name": "Maria", "last_name": "Alvarez",
    "street": "12 Elm Street", "city": "Springfield", "state": "IL", "zip": "62704",
}  # fmt: skip
BISCUIT = {
    "pet_name": "Biscuit", "species": "dog", "effective_on": "2026-12-01", "premium": "749.29",
    "tax": "7.49", "installment_fee": "3.00",
}  # fmt: skip
MISO = {"pet_name": "Miso", "species": "cat", "effective_on": "2026-12-01", "premium": "386.47"}
LINE = MARIA | BISCUIT


def written(*lines, columns=None):
    columns = columns or list(dict.fromkeys(name for line in lines for name in line))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue().encode()


def run(ctx, data, *, dry_run=False):
    return import_customers.run(ctx, data=data, dry_run=dry_run, who=actor.system("test"))


def faults(report):
    return [(fault.line, fault.column) for fault in report.errors]


def is_empty(ctx):
    tables = ("customer", "pet", "policy", "term", "installment", "audit_event")
    with ctx.database.reading() as session:
        return not any(session.scalar(sa.text(f"SELECT count(*) FROM {name}")) for name in tables)


def test_a_file_makes_customers_pets_policies_terms_and_installments(quiet_ctx):
    report = run(quiet_ctx, written(LINE, MARIA | MISO))
    assert report.kept
    assert report.errors == ()
    made = report.made
    assert (report.lines, made.customers, made.policies, made.terms) == (2, 1, 2, 2)
    with quiet_ctx.database.reading() as session:
        maria = identity.customer_by_email(session, email="maria@example.test")
        held = policies.of_customer(session, customer_id=maria.id, today=quiet_ctx.clock.today())
        planned = session.scalars(
            sa.select(billing.Installment).where(billing.Installment.term_id == held[0].term.id)
        ).all()
    assert not maria.is_activated
    assert [policy.pet_name for policy in held] == ["Biscuit", "Miso"]
    assert held[0].term.expires_on.isoformat() == "2027-12-01"
    assert sum(part.premium_cents for part in planned) == 74_929
    assert sum(part.tax_cents for part in planned) == 749
    assert len(planned) == 12


def test_a_dry_run_finds_the_same_and_keeps_nothing(quiet_ctx):
    report = run(quiet_ctx, written(LINE, MARIA | MISO), dry_run=True)
    assert not report.kept
    assert report.made.terms == 2
    assert is_empty(quiet_ctx)


def test_one_wrong_line_keeps_everything_out(quiet_ctx):
    report = run(quiet_ctx, written(LINE, MARIA | MISO | {"premium": "386,47"}))
    assert faults(report) == [(3, "premium")]
    assert not report.kept
    assert is_empty(quiet_ctx)


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        ({"email": "maria"}, "email"),
        ({"email": ""}, "email"),
        ({"first_name": ""}, "first_name"),
        ({"state": "XX"}, "state"),
        ({"zip": "627"}, "zip"),
        ({"language": "fr"}, "language"),
        ({"pet_name": ""}, "pet_name"),
        ({"species": "dragon"}, "species"),
        ({"born_on": "24.11.2020"}, "born_on"),
        ({"policy_number": "POL-1"}, "policy_number"),
        ({"policy_state": "YY"}, "policy_state"),
        ({"effective_on": ""}, "effective_on"),
        ({"expires_on": "2026-12-01"}, "expires_on"),
        ({"premium": "0"}, "premium"),
        ({"premium": "-1.00"}, "premium"),
        ({"premium": "749.293"}, "premium"),
        ({"payment_plan": "weekly"}, "payment_plan"),
        ({"payment_plan": "quarterly", "expires_on": "2027-02-01"}, "payment_plan"),
        ({"installments": "3"}, "installments"),
        ({"installments": "three"}, "installments"),
        ({"phone": "x" * 41}, "phone"),
    ],
)
def test_a_fault_is_told_with_line_column_and_a_sentence(quiet_ctx, wrong, column):
    report = run(quiet_ctx, written(MARIA | MISO, LINE | wrong))
    assert (3, column) in faults(report)
    assert all(fault.message.endswith(".") for fault in report.errors)
    assert is_empty(quiet_ctx)


def test_every_fault_of_a_file_is_told_at_once(quiet_ctx):
    report = run(quiet_ctx, written(LINE | {"zip": "1", "premium": "x"}, LINE | {"species": "?"}))
    assert faults(report) == [(2, "premium"), (2, "zip"), (3, "species")]


def test_lines_of_one_customer_must_agree(quiet_ctx):
    report = run(quiet_ctx, written(LINE, MARIA | MISO | {"last_name": "Alvares"}))
    assert faults(report) == [(3, "email")]
    assert "line 2" in report.errors[0].message


def test_a_second_term_goes_to_the_pets_policy(quiet_ctx):
    data = written(LINE, LINE | {"effective_on": "2027-12-01", "pet_name": "biscuit"})
    made = run(quiet_ctx, data).made
    assert (made.policies, made.terms) == (1, 2)


def test_the_same_file_again_is_refused_line_by_line(quiet_ctx):
    data = written(LINE, MARIA | MISO)
    run(quiet_ctx, data)
    again = run(quiet_ctx, data)
    assert faults(again) == [(2, "effective_on"), (3, "effective_on")]
    assert "2026-12-01 to 2027-12-01" in again.errors[0].message


def test_a_customer_who_is_here_already_is_used_and_not_changed(quiet_ctx):
    people.make_customer(quiet_ctx.database, email="maria@example.test", city="Peoria")
    made = run(quiet_ctx, written(LINE)).made
    assert (made.customers, made.policies) == (0, 1)
    with quiet_ctx.database.reading() as session:
        maria = identity.customer_by_email(session, email="maria@example.test")
    assert maria.city == "Peoria"


def test_an_address_of_staff_is_refused(quiet_ctx):
    people.make_staff(quiet_ctx.database, email="maria@example.test")
    assert faults(run(quiet_ctx, written(LINE))) == [(2, "email")]


def test_a_policy_number_of_another_pet_is_refused(quiet_ctx):
    number = ids.new(ids.Prefix.POLICY)
    run(quiet_ctx, written(LINE | {"policy_number": number}))
    other = LINE | {"policy_number": number, "email": "lee@example.test"}
    later = LINE | {"policy_number": number, "effective_on": "2027-12-01"}
    report = run(quiet_ctx, written(other, later))
    assert faults(report) == [(2, "policy_number")]


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"", 1, "missing"),
        (b"email,email\n", 1, "twice"),
        (b"email,colour\n", 1, "unknown"),
        (b"email\nmar\xeda@example.test\n", 2, "UTF-8"),
        (written(LINE) + b"only,two\n", 3, "values"),
        (written(LINE) + b'"open', 3, "CSV"),
    ],
)
def test_a_file_that_is_no_such_csv_is_refused_with_its_line(quiet_ctx, data, line, words):
    report = run(quiet_ctx, data)
    assert any(fault.line == line and words in fault.message for fault in report.errors)
    assert not report.kept


def test_a_file_of_a_spreadsheet_with_its_mark_and_empty_lines_is_read(quiet_ctx):
    data = b"\xef\xbb\xbf" + written(LINE) + b",,,\r\n\r\n"
    assert run(quiet_ctx, data).kept


def test_a_down_payment_plan_is_read_with_its_two_numbers(quiet_ctx):
    line = LINE | {"payment_plan": "down_payment", "installments": "10", "down_payment": "74.93"}
    assert run(quiet_ctx, written(line)).kept
    with quiet_ctx.database.reading() as session:
        parts = session.scalars(
            sa.select(billing.Installment.premium_cents).order_by(billing.Installment.sequence)
        ).all()
    assert len(parts) == 11
    assert parts[0] == 7493
    assert sum(parts) == 74_929


def test_the_first_claim_of_a_policy_is_written_down(quiet_ctx):
    later = {"effective_on": "2027-12-01", "claim_filed_on": "2026-12-20"}
    run(quiet_ctx, written(LINE | {"claim_filed_on": "2026-12-09"}, MARIA | MISO))
    run(quiet_ctx, written(LINE | later))
    with quiet_ctx.database.reading() as session:
        maria = identity.customer_by_email(session, email="maria@example.test")
        held = policies.of_customer(session, customer_id=maria.id, today=quiet_ctx.clock.today())
    assert [str(policy.claim_filed_on) for policy in held] == ["2026-12-09", "None"]

"""The authorisation table against every route and every role; a stranger's numbers are 404."""

from __future__ import annotations

import re

import pytest

from portal.web import access
from tests.support import people, statements, world

# pages that speak to Stripe when they are opened; their own tests do that
ASKS_STRIPE = {"payment_methods.added"}
MACHINES = {"hooks.stripe", "shared.csp_report"}  # they post without a form of ours
WRITES = re.compile(r"\s*(insert into|update|delete from)\s+(\w+)", re.IGNORECASE)
GETS_THAT_WRITE = {
    "pay_result.show": "the payer comes back from Stripe: the payment may settle",
    "guest.result": "a guest comes back from Stripe: the payment may settle",
    "payment_methods.added": "the card that Stripe saved is mirrored",
    "desk_approvals.one": "the decision is tried inside a savepoint and rolled back",
    "bereavement.show": "the end of the cover is tried inside a savepoint and rolled back",
    "policy_change.in_full": "the change is tried inside a savepoint and rolled back",
    "policy_change.monthly": "the change is tried inside a savepoint and rolled back",
}
GETS_THAT_ARE_RECORDED = {
    "desk_case.show",
    "desk_chargeback.show",
    "desk_customer.show",
    "desk_policy.show",
    "desk_refund.show",
}


@pytest.fixture
def here(quiet_ctx, database):
    return world.build(quiet_ctx, database)


def rules(app):
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))


def browser(app, here, role):
    client = app.test_client()
    person = here.person(role)
    return client if person is None else people.sign_in(client, person)


def every(app, here, method):
    """Each role with each route that takes `method`, and its address, in one browser a role."""
    for role in access.ROLES:
        client = browser(app, here, role)
        for rule in rules(app):
            address = here.address(rule.rule, rule.endpoint)
            if method in rule.methods and address and rule.endpoint not in ASKS_STRIPE:
                yield role, rule.endpoint, client, address


def refusal(role: str, endpoint: str) -> int:
    """How somebody with this role is refused here: what is not theirs does not exist for them."""
    if role == access.STRANGER:
        return 302
    return 403 if role in access.DESK and access.TABLE[endpoint] & access.DESK else 404


def test_the_table_and_the_routes_are_the_same(app):
    known = {rule.endpoint for rule in rules(app)}
    assert known - access.TABLE.keys() == set()
    spare = {name for name in access.TABLE if name.partition(".")[0] != "demo_mail"} - known
    assert spare == set()


def test_the_desk_is_for_the_desk_alone(app):
    at_the_desk = {rule.endpoint for rule in rules(app) if rule.rule.startswith("/desk")}
    assert at_the_desk == {name for name in access.TABLE if name.startswith("desk_")}
    assert all(access.TABLE[name] <= access.DESK for name in at_the_desk)


def test_every_page_opens_for_whom_the_table_says_and_writes_nothing_but_what_the_list_says(
    app, here, database
):
    for role, endpoint, client, address in every(app, here, "GET"):
        with statements.counted() as sent:
            answer = client.get(address)
        said = (role, address, answer.status_code)
        if role not in access.TABLE[endpoint]:
            assert answer.status_code == refusal(role, endpoint), said
            if role == access.STRANGER:
                assert answer.location.startswith("/sign-in?next="), said
        else:
            assert answer.status_code in (200, 302, 303) or endpoint == "probes.metrics", said
        written = {found[2] for statement in sent if (found := WRITES.match(statement))}
        if endpoint not in GETS_THAT_WRITE:
            recorded = {"audit_event"} if endpoint in GETS_THAT_ARE_RECORDED else set()
            assert written <= recorded, (said, written)


def test_no_form_is_taken_where_the_table_forbids_it_or_without_its_token(app, here):
    for role, endpoint, client, address in every(app, here, "POST"):
        status = client.post(address).status_code
        if role not in access.TABLE[endpoint]:
            assert status == refusal(role, endpoint), (role, address, status)
        elif endpoint not in MACHINES:
            assert status == 400, (role, address, status)


def test_another_customers_numbers_are_404(app, here):
    client = people.sign_in(app.test_client(), here.other)
    for rule in rules(app):
        address = here.address(rule.rule, rule.endpoint)
        if (
            "<" not in rule.rule
            or not address
            or access.CUSTOMER not in access.TABLE[rule.endpoint]
        ):
            continue
        if "GET" in rule.methods:
            assert client.get(address).status_code == 404, address


def test_a_number_that_nobody_has_is_404_for_everybody(app, here):
    for role in ("customer", "specialist", "supervisor"):
        client = browser(app, here, role)
        for rule in rules(app):
            address = here.address(rule.rule, rule.endpoint)
            if address and "<number>" in rule.rule and "GET" in rule.methods:
                wrong = address.replace(here.numbers[rule.endpoint.partition(".")[0]], "INV-0")
                assert client.get(wrong).status_code in (403, 404), (role, wrong)


def test_private_pages_are_never_kept_by_a_cache(client, database):
    people.sign_in(client, people.make_customer(database))
    for path in ("/home", "/invoices", "/pay", "/disputes", "/settings"):
        assert "no-store" in client.get(path).headers["Cache-Control"]

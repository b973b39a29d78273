"""The authorisation table against every route and every role; a stranger's numbers are 404."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from portal.web import access
from tests.support import people, world

# pages that speak to Stripe when they are opened; their own tests do that
ASKS_STRIPE = {"payment_methods.added"}
GETS_THAT_WRITE = {
    "pay_result.show": "the payer comes back from Stripe: the payment may settle",
    "payment_methods.added": "the card that Stripe saved is mirrored",
    "desk_case.show": "that it was read is recorded",
    "desk_customer.show": "that it was read is recorded",
    "desk_approvals.one": "the decision is tried inside a savepoint and rolled back",
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


def every(app, here, roles):
    """Each role with each route, in one browser a role."""
    for role in roles:
        client = browser(app, here, role)
        for rule in rules(app):
            yield role, rule, client


def test_every_route_stands_in_the_table(app):
    missing = {rule.endpoint for rule in rules(app)} - access.TABLE.keys()
    assert missing == set()


def test_every_row_of_the_table_is_a_route(app):
    known = {rule.endpoint for rule in rules(app)}
    spare = {name for name in access.TABLE if name.partition(".")[0] != "demo_mail"} - known
    assert spare == set()


def test_every_page_opens_for_whom_the_table_says_and_for_nobody_else(app, here):
    for role, rule, client in every(app, here, access.ROLES):
        address = here.address(rule.rule, rule.endpoint)
        if "GET" not in rule.methods or not address or rule.endpoint in ASKS_STRIPE:
            continue
        status = client.get(address).status_code
        said = (role, address, status)
        if role in access.TABLE[rule.endpoint]:
            assert status in (200, 302, 303) or rule.endpoint == "probes.metrics", said
        elif role == access.STRANGER:
            assert status == 302, said
        else:
            assert status in (403, 404), said


def test_nobody_posts_where_the_table_does_not_allow_it(app, here):
    for role, rule, client in every(app, here, access.ROLES):
        address = here.address(rule.rule, rule.endpoint)
        if "POST" not in rule.methods or not address or role in access.TABLE[rule.endpoint]:
            continue
        status = client.post(address).status_code
        assert status in (302, 400, 403, 404), (role, address, status)
        if role != access.STRANGER:
            assert status != 302, (role, address)


def test_no_form_is_taken_without_its_token(app, here):
    for role, rule, client in every(app, here, access.ROLES[1:]):
        address = here.address(rule.rule, rule.endpoint)
        machine = rule.endpoint in ("hooks.stripe", "shared.csp_report")
        if "POST" in rule.methods and address and not machine:
            status = client.post(address).status_code
            assert status in (400, 403, 404), (role, address, status)


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
            if "<number>" in rule.rule and "GET" in rule.methods:
                address = here.address(rule.rule, rule.endpoint)
                wrong = address.replace(here.numbers[rule.endpoint.partition(".")[0]], "INV-0")
                assert client.get(wrong).status_code in (403, 404), (role, wrong)


def test_gets_write_nothing_but_what_the_list_says(app, here, database):
    for role in access.ROLES:
        client = browser(app, here, role)
        for rule in rules(app):
            address = here.address(rule.rule, rule.endpoint)
            if "GET" not in rule.methods or not address or rule.endpoint in ASKS_STRIPE:
                continue
            written: list[str] = []

            def heard(_conn, _cursor, statement, *_rest, kept=written):
                if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
                    kept.append(statement)

            event.listen(database.engine, "before_cursor_execute", heard)
            client.get(address)
            event.remove(database.engine, "before_cursor_execute", heard)
            if rule.endpoint not in GETS_THAT_WRITE:
                assert written == [], (role, address)


def test_private_pages_are_never_kept_by_a_cache(app, here):
    client = browser(app, here, "customer")
    for path in ("/home", "/invoices", "/pay", "/disputes", "/settings"):
        assert "no-store" in client.get(path).headers["Cache-Control"]

"""Every page of both audiences: axe finds nothing, nothing scrolls sideways, nothing complains."""

from __future__ import annotations

import pytest

from portal.web import access
from tests.browser import conftest
from tests.support import world

OPEN = ("/sign-in", "/sign-in/link", "/p", "/activate", "/password/reset", "/nowhere")
CUSTOMER = (
    "/home",
    "/invoices",
    "/pay",
    "/pay?when=later",
    "/arrangement",
    "/arrangement/new",
    "/payments",
    "/statements",
    "/payers",
    "/payment-methods",
    "/payment-methods/add",
    "/autopay",
    "/disputes",
    "/disputes/new",
    "/settings",
    "/settings/contact",
    "/settings/devices",
    "/settings/email",
    "/settings/language",
    "/settings/password",
    "/sign-out",
    "/policies",
)
DESK = (
    "/desk",
    "/desk/queue",
    "/desk/approvals",
    "/desk/arrangements",
    "/desk/billing",
    "/desk/billing/settings",
    "/desk/customers",
    "/desk/ledger",
    "/desk/trouble",
)
BY_NUMBER = {
    "customer": (
        ("/invoices/{}", "invoices"),
        ("/payments/{}", "payments"),
        ("/statements/{}", "statements"),
        ("/payments/scheduled/{}", "scheduled"),
        ("/pay/{}", "pay_result"),
        ("/disputes/{}", "dispute"),
        ("/disputes/{}/withdraw", "dispute"),
        ("/payment-methods/{}", "payment_methods"),
        ("/payers/{}", "payers"),
        ("/payers/new/{}", "payer_new"),
        ("/autopay/{}", "autopay"),
        ("/autopay/{}/leave", "autopay"),
        ("/policies/{}", "policies"),
        ("/policies/together", "policies"),
        ("/invoices/due/{}", "together"),
        ("/policies/{}/day?day=15", "policies"),
        ("/policies/{}/in-full", "policies"),
        ("/policies/{}/monthly", "policies"),
        ("/policies/{}/cancel", "policies"),
        ("/policies/{}/bereavement", "policies"),
        ("/policies/{}/next-plan", "policies"),
        ("/policies/{}/next-plan?plan=quarterly", "policies"),
        ("/disputes/new?invoice={}", "invoices"),
        ("/disputes/new?step=which&category=wrong_amount&invoice={}", "invoices"),
    ),
    "supervisor": (
        ("/desk/customers/{}", "desk_customer"),
        ("/desk/invoices/{}", "desk_invoice"),
        ("/desk/invoices/{}/close?do=reissue", "desk_close_invoice"),
        ("/desk/policies/{}/invoicing", "desk_policy"),
        ("/desk/payments/{}", "desk_payment"),
        ("/desk/disputes/{}", "desk_case"),
        ("/desk/chargebacks/{}", "desk_chargeback"),
        ("/desk/refunds/{}", "desk_refund"),
        ("/desk/policies/{}", "desk_policy"),
        ("/desk/policies/{}/move", "desk_move"),
        ("/desk/billing/settings/{}", "desk_settings"),
        ("/desk/disputes/{}/resolve", "desk_resolve"),
        ("/desk/disputes/{}/hand-over", "desk_hand_over"),
        ("/desk/approvals/{}", "desk_approvals"),
        ("/desk/arrangements/{}", "desk_arrangements"),
    ),
}


@pytest.fixture
def here(site, database):
    return world.build(site.ctx, database)


def pages(here, role):
    fixed = {"stranger": OPEN, "customer": CUSTOMER, "supervisor": DESK}[role]
    return [*fixed, *(path.format(here.numbers[key]) for path, key in BY_NUMBER.get(role, ()))]


@pytest.mark.parametrize("role", ["stranger", "customer", "supervisor"])
def test_every_page_is_accessible_and_fits(visit, here, role):
    me = visit(here.person(role))
    found: dict[str, object] = {}
    for path in pages(here, role):
        me.open(path)
        wrong = []
        for width, height in (*conftest.SIZES.items(), (320, 640)):
            me.page.set_viewport_size({"width": width, "height": height})
            if width in conftest.SIZES:
                wrong += me.axe()
            if me.overflow():
                wrong.append(f"scrolls sideways by {me.overflow()} px at {width}")
        if wrong:
            found[path] = wrong
    if role == "stranger":
        me.complaints[:] = [c for c in me.complaints if "404" not in c]
    assert found == {}


def test_the_lists_above_leave_no_page_out(site, here):
    app = site.app
    listed = {
        p.partition("?")[0]
        for role in ("stranger", "customer", "supervisor")
        for p in pages(here, role)
    }
    left_out = set()
    for rule in app.url_map.iter_rules():
        address = here.address(rule.rule, rule.endpoint)
        people = access.TABLE[rule.endpoint]
        page = "GET" in rule.methods and address and not address.endswith(".pdf")
        machine = people == access.ANYBODY and rule.endpoint.startswith(("probes", "shared"))
        spare = rule.endpoint in {
            "start.show",
            "dispute.file",
            "desk_case.file",
            "desk_queue.new",
            "payment_methods.added",
        }
        if page and not machine and not spare and address not in listed:
            left_out.add(address)
    assert left_out == set()


@conftest.both_widths
def test_pages_fit_with_text_twice_as_large(visit, here):
    me = visit(here.owner)
    for path in ("/home", "/invoices", "/pay", "/disputes/new", "/settings"):
        page = me.open(path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert me.overflow() == 0, path

"""Every page says how many statements it may run; one that asks in a loop, or is new, fails."""

from portal.web import access
from tests.support import people, statements, world

LIST = 8  # the most that a list may run
LISTS = {
    "invoices.index": 3,
    "autopay.index": 2,
    "payments.index": 4,
    "statements.index": 3,
    "payers.index": 4,
    "policies.index": 3,
    "payment_methods.show": 4,
    "disputes.index": 2,
    "desk_queue.show": 4,
    "desk_approvals.show": 4,
    "desk_arrangements.index": 4,
    "desk_billing.show": 4,
    "desk_customers.show": 3,
    "desk_ledger.show": 5,
    "desk_trouble.show": 7,
}
# endpoint → the most statements, the look-up of the person among them and, on every page with
# money, the one that says what it means for cover
PAGES = {
    "activate.ask": 1,
    "autopay.ask": 3,
    "autopay.show": 7,
    "arrangement.show": 4,
    "arrangement_new.show": 13,
    "desk_approvals.one": 44,  # the decision is tried in a savepoint
    "desk_arrangements.one": 10,
    "desk_case.file": 2,
    "desk_case.show": 20,
    "desk_chargeback.show": 13,
    "desk_close_invoice.show": 5,
    "desk_hold_invoicing.show": 6,
    "desk_customer.show": 18,
    "desk_hand_over.show": 4,
    "desk_home.show": 3,
    "desk_invoice.show": 11,
    "desk_payment.show": 14,
    "desk_queue.new": 1,
    "desk_policy.letter": 2,
    "desk_move.show": 5,
    "desk_policy.show": 13,
    "desk_settings.new": 5,
    "desk_settings.show": 4,
    "desk_refund.show": 10,
    "desk_resolve.show": 17,
    "dispute.file": 2,
    "dispute.leave": 8,
    "dispute.show": 10,
    "dispute_new.show": 4,
    "guest.ask": 1,
    "home.show": 7,
    "invoices.paper": 2,
    "invoices.show": 3,
    "password.ask": 1,
    "pay.show": 11,
    "payer_new.new": 2,
    "payers.show": 4,
    "policies.letter": 2,
    "policies.show": 6,
    "bereavement.show": 57,  # the end of the cover is tried in a savepoint
    "policy_change.day": 8,
    "policy_change.in_full": 40,  # the change is tried in a savepoint
    "policy_change.monthly": 45,  # the change is tried in a savepoint
    "policy_change.cancel": 8,
    "policy_change.next_plan": 9,
    "pay_result.show": 6,
    "payment_methods.add": 1,
    "payment_methods.one": 5,
    "payments.paper": 4,
    "payments.show": 5,
    "scheduled.show": 3,
    "settings.show": 4,
    "settings_contact.show": 2,
    "settings_devices.show": 2,
    "settings_email.show": 2,
    "settings_language.show": 2,
    "settings_password.show": 2,
    "sign_in.show": 1,
    "sign_in_link.ask": 1,
    "sign_out.show": 1,
    "start.show": 1,
    "statements.paper": 3,
    "together.due": 3,
    "together.paper": 4,
    "together.show": 3,
    "statements.show": 3,
}
BOUNDS = LISTS | PAGES
ELSEWHERE = {  # no page, or one whose own test looks
    "static",
    "probes.healthz",
    "probes.readyz",
    "probes.metrics",
    "payment_methods.added",
}


def test_every_page_keeps_to_its_statements(app, quiet_ctx, database):
    here = world.build(quiet_ctx, database)
    too_many, seen = [], set()
    for role in access.ROLES:
        client = app.test_client()
        person = here.person(role)
        if person is not None:
            people.sign_in(client, person)
        for rule in app.url_map.iter_rules():
            address = here.address(rule.rule, rule.endpoint)
            may_open = role in access.TABLE[rule.endpoint] and "GET" in rule.methods
            if not (address and may_open) or rule.endpoint in ELSEWHERE:
                continue
            with statements.counted() as sent:
                client.get(address)
            seen.add(rule.endpoint)
            if len(sent) > BOUNDS.get(rule.endpoint, 0):
                too_many.append((role, address, len(sent)))
    assert too_many == []
    assert seen == BOUNDS.keys()


def test_no_list_may_run_more_than_the_bar():
    assert max(LISTS.values()) <= LIST

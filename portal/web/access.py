"""The one authorisation table: which role may open which route; enforced before every request."""

from __future__ import annotations

import urllib.parse

import flask
import flask_login
import werkzeug.exceptions

STRANGER = "stranger"
CUSTOMER = "customer"
SPECIALIST = "specialist"
SUPERVISOR = "supervisor"
FINANCE = "finance"
ROLES = (STRANGER, CUSTOMER, SPECIALIST, SUPERVISOR, FINANCE)

ANYBODY = frozenset(ROLES)
OWNERS = frozenset({CUSTOMER})
DESK = frozenset({SPECIALIST, SUPERVISOR, FINANCE})
CASE_WORK = frozenset({SPECIALIST, SUPERVISOR})

# endpoint -> roles; a route that is missing here is refused and fails the tests.
TABLE: dict[str, frozenset[str]] = {
    "static": ANYBODY,
    # machines
    "probes.healthz": ANYBODY,
    "probes.readyz": ANYBODY,
    "probes.metrics": ANYBODY,
    "hooks.stripe": ANYBODY,
    "shared.csp_report": ANYBODY,
    # the way in and out; a mailed link may be opened in any browser
    "start.show": ANYBODY,
    "sign_in.show": ANYBODY,
    "sign_in.send": ANYBODY,
    "sign_in_link.ask": ANYBODY,
    "sign_in_link.send": ANYBODY,
    "sign_in_link.show": ANYBODY,
    "sign_in_link.use": ANYBODY,
    "sign_out.show": ANYBODY,
    "sign_out.send": ANYBODY,
    "activate.ask": ANYBODY,
    "activate.send": ANYBODY,
    "activate.show": ANYBODY,
    "activate.finish": ANYBODY,
    "password.ask": ANYBODY,
    "password.send": ANYBODY,
    "password.show": ANYBODY,
    "password.finish": ANYBODY,
    "settings_email.look": ANYBODY,
    "settings_email.confirm": ANYBODY,
    # one bill, for whoever holds its link or knows its policy
    "guest.ask": ANYBODY,
    "guest.find": ANYBODY,
    "guest.show": ANYBODY,
    "guest.send": ANYBODY,
    "guest.result": ANYBODY,
    # one announced payment, for whoever holds the link that their bank made necessary
    "confirm.show": ANYBODY,
    "confirm.send": ANYBODY,
    "confirm.result": ANYBODY,
    # one pet's bills, for whoever was asked to pay them
    "payer_page.show": ANYBODY,
    "payer_page.send": ANYBODY,
    "payer_page.result": ANYBODY,
    "payer_methods.add": ANYBODY,
    "payer_methods.start": ANYBODY,
    "payer_methods.added": ANYBODY,
    "payer_methods.take_off": ANYBODY,
    "payer_autopay.show": ANYBODY,
    "payer_autopay.send": ANYBODY,
    "payer_autopay.leave": ANYBODY,
    "payer_page.ask_end": ANYBODY,
    "payer_page.end": ANYBODY,
    # pets, bills and payments of the customer
    "home.show": OWNERS,
    "invoices.index": OWNERS,
    "invoices.show": OWNERS,
    "invoices.paper": OWNERS,
    "payments.index": OWNERS,
    "payments.show": OWNERS,
    "payments.paper": OWNERS,
    "statements.index": OWNERS,
    "statements.show": OWNERS,
    "statements.paper": OWNERS,
    "scheduled.show": OWNERS,
    "scheduled.move": OWNERS,
    "scheduled.cancel": OWNERS,
    "arrangement.show": OWNERS,
    "arrangement.cancel": OWNERS,
    "arrangement_new.show": OWNERS,
    "arrangement_new.send": OWNERS,
    # disputes of the customer
    "disputes.index": OWNERS,
    "dispute_new.show": OWNERS,
    "dispute_new.check": OWNERS,
    "dispute_new.send": OWNERS,
    "dispute.show": OWNERS,
    "dispute.write": OWNERS,
    "dispute.leave": OWNERS,
    "dispute.withdraw": OWNERS,
    "dispute.reopen": OWNERS,
    "dispute.file": OWNERS,
    # the customer's account
    "settings.show": OWNERS,
    "settings_contact.show": OWNERS,
    "settings_contact.save": OWNERS,
    "settings_email.show": OWNERS,
    "settings_email.send": OWNERS,
    "settings_language.show": OWNERS,
    "settings_language.save": OWNERS,
    "settings_password.show": OWNERS,
    "settings_password.save": OWNERS,
    "settings_devices.show": OWNERS,
    "settings_devices.send": OWNERS,
    # paying
    "pay.show": OWNERS,
    "pay.send": OWNERS,
    "pay_result.show": OWNERS,
    "payment_methods.show": OWNERS,
    "payment_methods.add": OWNERS,
    "payment_methods.start": OWNERS,
    "payment_methods.added": OWNERS,
    "payment_methods.one": OWNERS,
    "payment_methods.make_default": OWNERS,
    "payment_methods.remove": OWNERS,
    "autopay.index": OWNERS,
    "autopay.show": OWNERS,
    "autopay.send": OWNERS,
    "autopay.ask": OWNERS,
    "autopay.leave": OWNERS,
    # who else pays
    "payers.index": OWNERS,
    "policies.index": OWNERS,
    "together.show": OWNERS,
    "together.choose": OWNERS,
    "together.leave": OWNERS,
    "together.due": OWNERS,
    "together.paper": OWNERS,
    "policies.show": OWNERS,
    "policies.letter": OWNERS,
    "bereavement.show": OWNERS,
    "bereavement.send": OWNERS,
    "bereavement.take_back": OWNERS,
    "policy_change.day": OWNERS,
    "policy_change.in_full": OWNERS,
    "policy_change.monthly": OWNERS,
    "policy_change.cancel": OWNERS,
    "policy_change.next_plan": OWNERS,
    "payers.show": OWNERS,
    "payers.send_link": OWNERS,
    "payers.end": OWNERS,
    "payer_new.new": OWNERS,
    "payer_new.invite": OWNERS,
    # the demo's outbox, which no other installation has
    "demo_mail.outbox": ANYBODY,
    "demo_mail.mail": ANYBODY,
    "demo_mail.html": ANYBODY,
    # the desk: everybody there reads
    "desk_home.show": DESK,
    "desk_trouble.show": DESK,
    "desk_customers.show": DESK,
    "desk_customer.show": DESK,
    "desk_invoice.show": DESK,
    "desk_payment.show": DESK,
    "desk_chargeback.show": DESK,
    "desk_refund.show": DESK,
    "desk_ledger.show": DESK,
    "desk_queue.show": DESK,
    "desk_queue.new": DESK,
    "desk_case.show": DESK,
    "desk_case.file": DESK,
    "desk_approvals.show": DESK,
    "desk_approvals.one": DESK,
    "desk_arrangements.index": DESK,
    "desk_arrangements.one": DESK,
    "desk_billing.show": DESK,
    "desk_settings.show": DESK,
    "desk_policy.show": DESK,
    "desk_policy.letter": DESK,
    # the desk: whoever works cases
    "desk_queue.take_next": CASE_WORK,
    "desk_case.take": CASE_WORK,
    "desk_case.reply": CASE_WORK,
    "desk_case.note": CASE_WORK,
    "desk_hand_over.show": CASE_WORK,
    "desk_hand_over.assign": CASE_WORK,
    "desk_hand_over.sort": CASE_WORK,
    "desk_chargeback.submit": CASE_WORK,
    "desk_chargeback.choose": CASE_WORK,
    "desk_event.close": CASE_WORK,
    "desk_event.again": CASE_WORK,
    "desk_refund.again": CASE_WORK,
    "desk_refund.check": CASE_WORK,
    "desk_hold_invoicing.show": CASE_WORK,
    "desk_hold_invoicing.send": CASE_WORK,
    "desk_close_invoice.show": CASE_WORK,
    "desk_close_invoice.send": CASE_WORK,
    "desk_resolve.show": CASE_WORK,
    "desk_resolve.decide": CASE_WORK,
    "desk_arrangements.approve": CASE_WORK,
    "desk_arrangements.decline": CASE_WORK,
    "desk_billing.again": CASE_WORK,
    "desk_policy.premium": CASE_WORK,
    "desk_move.show": CASE_WORK,
    "desk_move.send": CASE_WORK,
    "desk_policy.monthly": CASE_WORK,
    "desk_policy.renew": CASE_WORK,
    "desk_policy.term": CASE_WORK,
    "desk_policy.cancel": CASE_WORK,
    "desk_policy.reinstate": CASE_WORK,
    # the desk: the second person
    "desk_settings.new": frozenset({SUPERVISOR}),
    "desk_settings.ask": frozenset({SUPERVISOR}),
    "desk_settings.withdraw": frozenset({SUPERVISOR}),
    "desk_approvals.approve": frozenset({SUPERVISOR}),
    "desk_approvals.send_back": frozenset({SUPERVISOR}),
}


def install(app: flask.Flask) -> None:
    """Refuse every request that the table does not allow."""
    app.before_request(_enforce)


def role() -> str:
    """The role of this request's person."""
    person = flask_login.current_user
    return person.role if person.is_authenticated else STRANGER


def _enforce() -> flask.typing.ResponseReturnValue | None:
    endpoint = flask.request.endpoint
    if endpoint is None:  # no such address, or a wrong method: the error page tells
        return None
    allowed = TABLE.get(endpoint, frozenset())
    if allowed == ANYBODY:
        return None  # open pages need no look-up of the person
    here = role()
    if here in allowed:
        return None
    if here == STRANGER:
        return _to_sign_in()
    if here in DESK and allowed & DESK:
        raise werkzeug.exceptions.Forbidden
    raise werkzeug.exceptions.NotFound


def _to_sign_in() -> flask.typing.ResponseReturnValue:
    """Send a stranger to sign in, and back here after; what was posted is not repeated."""
    wanted = flask.request.full_path.rstrip("?") if flask.request.method == "GET" else ""
    query = f"?{urllib.parse.urlencode({'next': wanted})}" if wanted else ""
    return flask.redirect(f"/sign-in{query}")

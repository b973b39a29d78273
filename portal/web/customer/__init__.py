"""Screens of pet owners, one a file; the ways in and out serve staff too.

Those are `start`, `sign_in`, `password` and `sign_out`: one door for everybody.
"""

from __future__ import annotations

import flask

from portal.web.customer import (
    activate,
    arrangement,
    arrangement_new,
    autopay,
    confirm,
    dispute,
    dispute_new,
    disputes,
    guest,
    home,
    invoices,
    password,
    pay,
    pay_result,
    payer_autopay,
    payer_methods,
    payer_new,
    payer_page,
    payers,
    payment_methods,
    payments,
    policies,
    policy_change,
    scheduled,
    settings,
    settings_contact,
    settings_devices,
    settings_email,
    settings_language,
    settings_password,
    sign_in,
    sign_in_link,
    sign_out,
    start,
    statements,
    together,
)


def blueprints() -> tuple[flask.Blueprint, ...]:
    """Every blueprint of this audience."""
    return (
        start.bp,
        sign_in.bp,
        sign_in_link.bp,
        sign_out.bp,
        activate.bp,
        home.bp,
        invoices.bp,
        payments.bp,
        statements.bp,
        scheduled.bp,
        arrangement.bp,
        arrangement_new.bp,
        disputes.bp,
        dispute_new.bp,
        dispute.bp,
        password.bp,
        settings.bp,
        pay.bp,
        pay_result.bp,
        guest.bp,
        payment_methods.bp,
        autopay.bp,
        confirm.bp,
        policies.bp,
        together.bp,
        policy_change.bp,
        payers.bp,
        payer_new.bp,
        payer_page.bp,
        payer_methods.bp,
        payer_autopay.bp,
        settings_contact.bp,
        settings_email.bp,
        settings_language.bp,
        settings_password.bp,
        settings_devices.bp,
    )

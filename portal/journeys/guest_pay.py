"""Paying somebody's bill without an account: by the link in the bill, or by its policy number.

Whoever holds the link sees one bill and may pay it; nothing else of anybody.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

import itsdangerous

from portal.domain.billing.queries import payable
from portal.domain.billing.rules import paying
from portal.domain.identity import queries as identity
from portal.domain.identity.operations import throttling
from portal.domain.payments import rules as payment_rules
from portal.domain.payments.queries import bills, payment
from portal.domain.payments.states import PaymentState
from portal.domain.wallet import consents
from portal.journeys import context, pay_invoices, policy_papers, settle_payment, throttle
from portal.kernel import actor, errors, msgids

SALT = "guest-pay"
BILL_DAYS = 90  # a link that came with a bill works so long after it was made
FOUND_DAYS = 1  # one that was found by policy number
CARDS_PER_BILL = 10  # whoever tries stolen cards needs more
CARDS_PER_ADDRESS = 20


class LinkOver(errors.DomainError):
    """The link is too old, or none of ours."""

    code = "guest_link_over"
    message = msgids.N_("This link does not work any more.")


class NoSuchBill(errors.DomainError):
    """The policy number and the ZIP code do not go together, or nothing is open."""

    code = "no_such_bill"
    message = msgids.N_("We found no open bill for this policy number and ZIP code.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class GuestBill:
    """What the holder of a link may see, in cents. Names are "" where they may not be seen.

    `to_pay_cents` is 0 when nothing can be paid now: `is_under_way`, `is_paused` and `is_small`
    tell why.
    """

    customer_id: int
    invoice_no: str
    first_name: str
    pet_name: str
    due_on: datetime.date
    to_pay_cents: int
    is_under_way: bool
    is_paused: bool  # while a dispute about it is looked at
    is_small: bool  # less is open than a payment can be


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Claim:
    invoice_no: str
    shows_names: bool


def link(ctx: context.Context, *, invoice_no: str, shows_names: bool = True) -> str:
    """The address under which anybody can pay this bill."""
    days = BILL_DAYS if shows_names else FOUND_DAYS
    until = ctx.clock.today() + datetime.timedelta(days=days)
    token = _signer(ctx).dumps([invoice_no, shows_names, until.isoformat()])
    return f"{ctx.base_url}/p/{token}"


def look(ctx: context.Context, *, token: str) -> GuestBill:
    """The bill behind a link. Raises LinkOver."""
    claim = _read(ctx, token)
    with ctx.database.reading() as session:
        invoice = payable.whose(session, number=claim.invoice_no)
        if invoice is None:
            raise LinkOver()
        owed = bills.open_bills(session, customer_id=invoice.customer_id)
        customer = identity.customer(session, customer_id=invoice.customer_id)
    mine = next((bill for bill in owed.bills if bill.number == claim.invoice_no), None)
    open_cents = mine.to_pay_cents if mine else 0
    is_small = 0 < open_cents < paying.LEAST_CENTS
    return GuestBill(
        customer_id=invoice.customer_id,
        invoice_no=claim.invoice_no,
        first_name=customer.first_name if claim.shows_names else "",
        pet_name=invoice.pet_name if claim.shows_names else "",
        due_on=invoice.due_on,
        to_pay_cents=0 if is_small else open_cents,
        is_under_way=bool(mine and mine.under_way_cents),
        is_paused=bool(mine and mine.disputed_cents),
        is_small=is_small,
    )


def find(ctx: context.Context, *, policy_no: str, zip_code: str, who: actor.Actor) -> str:
    """The link to the oldest open bill of a policy that can be paid, without names.

    Raises PolicyNumberUnreadable, ZipUnreadable, TooManyTries, NoSuchBill: the same for numbers
    that do not go together and for a policy that owes nothing.
    """
    customer = policy_papers.holder(
        ctx, policy_no=policy_no, zip_code=zip_code, purpose="guest_pay", who=who
    )
    if customer is None:
        raise NoSuchBill()
    number = policy_papers.number(policy_no)
    with ctx.database.reading() as session:
        owed = bills.open_bills(session, customer_id=customer.id)
    mine = [b for b in owed.bills if b.policy_no == number and b.to_pay_cents > 0]
    if not mine:
        raise NoSuchBill()
    first = next((b for b in mine if b.to_pay_cents >= paying.LEAST_CENTS), mine[0])
    return link(ctx, invoice_no=first.number, shows_names=False)


def start(
    ctx: context.Context,
    *,
    token: str,
    expected_cents: int,
    once_key: str,
    who: actor.Actor,
    agreed: Sequence[consents.Shown] = (),
) -> pay_invoices.Started:
    """Begin paying the bill with a card or an account of the guest's, which is not kept.

    Raises LinkOver, TooManyTries, and what `pay_invoices.start` raises.
    """
    bill = look(ctx, token=token)
    throttle.take(
        ctx,
        throttling.per_account("guest_card", bill.invoice_no, most=CARDS_PER_BILL),
        throttling.per_address("guest_card", who.address, most=CARDS_PER_ADDRESS),
    )
    return pay_invoices.start(
        ctx,
        customer_id=bill.customer_id,
        order=pay_invoices.Order(invoice_nos=(bill.invoice_no,), expected_cents=expected_cents),
        once_key=once_key,
        method_no=None,
        save_method=False,
        agreed=agreed,
        by_guest=True,
        who=who,
    )


def outcome(
    ctx: context.Context, *, token: str, payment_no: str, who: actor.Actor
) -> tuple[GuestBill, payment.PaymentHead] | None:
    """What became of a payment of the bill, read again at Stripe where it is open; None: not its.

    Raises LinkOver.
    """
    bill = look(ctx, token=token)
    found = _payment(ctx, bill, payment_no)
    if found is None:
        return None
    if PaymentState(found.state) in payment_rules.OPEN_STATES:
        settle_payment.look(ctx, payment_id=found.id, who=who)
        bill, found = look(ctx, token=token), _payment(ctx, bill, payment_no) or found
    return bill, found


def _payment(ctx: context.Context, bill: GuestBill, payment_no: str) -> payment.PaymentHead | None:
    with ctx.database.reading() as session:
        found = payment.payment(session, customer_id=bill.customer_id, number=payment_no)
    if found is None or bill.invoice_no not in {part.number for part in found.bills}:
        return None
    return found.head


def _signer(ctx: context.Context) -> itsdangerous.URLSafeSerializer:
    return itsdangerous.URLSafeSerializer(ctx.secret_key, salt=SALT)


def _read(ctx: context.Context, token: str) -> _Claim:
    try:
        invoice_no, shows_names, until = _signer(ctx).loads(token)
    except itsdangerous.BadData as bad:
        raise LinkOver() from bad
    if datetime.date.fromisoformat(until) < ctx.clock.today():
        raise LinkOver()
    return _Claim(invoice_no=invoice_no, shows_names=shows_names)

"""What is planned already for bills, what that leaves to plan, and with which method.

A draft by autopay gives way to a chosen day or to parts, if it is the customer's own and for no
other bill; whatever else is planned keeps its share of the bills.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

from sqlalchemy import orm

from portal.domain.billing.operations import allocating
from portal.domain.billing.queries import payable
from portal.domain.billing.rules import allocation, chosen_day, paying
from portal.domain.payments import rules
from portal.domain.payments.operations import drafting
from portal.domain.payments.queries import bills, drafts, methods
from portal.domain.payments.states import DraftKind
from portal.domain.wallet import queries as wallet
from portal.kernel import actor, errors, msgids


class NoSuchDraft(errors.DomainError):
    """It is not the customer's, or not of this kind."""

    code = "no_such_draft"
    message = msgids.N_("There is no such planned payment.")


class MethodRefused(errors.DomainError):
    """Its bank said that it must not be charged again, and nobody will be present."""

    code = "method_refused"
    message = msgids.N_("The bank refused this card for good. Choose another way to pay.")


class MethodExpires(errors.DomainError):
    """The card is no longer good on the day."""

    code = "method_expires"
    message = msgids.N_("This card expires before that day. Choose another one, or an earlier day.")


class BeingTaken(errors.DomainError):
    """A planned payment of one of the bills is being taken at this moment."""

    code = "planned_being_taken"
    message = msgids.N_(
        "A planned payment of these bills is being taken right now. Look again a little later."
    )


class InParts(errors.DomainError):
    """One of the bills is in an arrangement, or is proposed for one."""

    code = "bill_in_parts"
    message = msgids.N_(
        "You pay one of these bills in parts, or asked to. It can’t be planned once more."
    )


class PlannedAlready(errors.DomainError):
    """Other planned payments take all of it."""

    code = "planned_already"
    message = msgids.N_(
        "All of this is planned already, for %(planned_on)s. Change or cancel that payment first."
    )


class MoreThanLeft(errors.DomainError):
    """More than the bills ask for beside what is planned already."""

    code = "more_than_left"
    message = msgids.N_("At most %(most_cents)s of these bills can be planned. Enter less.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rivals:
    """What is planned for some bills: by autopay, which gives way, and what stays."""

    by_autopay: tuple[drafts.DraftView, ...]
    staying: tuple[drafts.DraftView, ...]

    @property
    def promises(self) -> tuple[chosen_day.Promise, ...]:
        """What stays, as the rule reads it."""
        return tuple(
            chosen_day.Promise(
                invoice_nos=frozenset(bill.invoice_no for bill in draft.bills),
                cents=draft.amount_cents,
            )
            for draft in self.staying
        )


def rivals(
    session: orm.Session, *, customer_id: int, invoices: Sequence[payable.PayableInvoice]
) -> Rivals:
    """What is planned for the bills. Raises BeingTaken, PaymentUnderWay."""
    chosen = {invoice.number for invoice in invoices}
    under_way = {
        bill.number
        for bill in bills.open_bills(session, customer_id=customer_id).bills
        if bill.under_way
    }
    if chosen & under_way:
        raise rules.PaymentUnderWay()
    giving, staying = [], []
    for draft in drafts.not_over(session, customer_id=customer_id):
        numbers = {bill.invoice_no for bill in draft.bills}
        if not numbers & chosen:
            continue
        if not draft.is_waiting:
            raise BeingTaken()
        is_own = draft.kind == DraftKind.AUTOPAY and draft.payer_id is None
        (giving if is_own and numbers <= chosen else staying).append(draft)
    return Rivals(by_autopay=tuple(giving), staying=tuple(staying))


def left_to_plan(
    session: orm.Session,
    *,
    invoices: Sequence[payable.PayableInvoice],
    rivals: Rivals,
    wish: paying.Wish,
    on: datetime.date,
) -> paying.Plan:
    """What the wish would take of the bills on that day, beside what is planned already.

    Raises PlannedAlready, MoreThanLeft, NothingToPay, TooLittle, TooLittleLeft, TooMuch.
    """
    rule = allocating.rule_in_force(session, on=on)
    lines = allocating.open_lines(session, invoice_ids=[invoice.id for invoice in invoices])
    left = chosen_day.left_after(lines, rivals.promises, rule)
    if allocation.payable_cents(left) == 0:
        if rivals.staying and allocation.payable_cents(lines):
            raise PlannedAlready(planned_on=rivals.staying[0].draft_on)
        raise rules.NothingToPay()
    try:
        return paying.plan(left, wish=wish, credit_cents=0, rule=rule)
    except paying.MoreThanOpen as more:
        raise MoreThanLeft(**more.params) from None


def method(
    session: orm.Session, *, customer_id: int, number: str, last_on: datetime.date
) -> wallet.MethodView:
    """The saved method, good until `last_on`.

    Raises MethodGone, MandateOver, MethodExpires, MethodRefused.
    """
    found = methods.chosen(session, customer_id=customer_id, number=number)
    if found.has_expired(last_on):
        raise MethodExpires()
    if methods.refused_for_good(session, customer_id=customer_id, method_ids=[found.id]):
        raise MethodRefused()
    return found


def view(session: orm.Session, *, customer_id: int, number: str) -> drafts.DraftView:
    """One draft as pages show it. Raises NoSuchDraft."""
    found = drafts.one(session, customer_id=customer_id, number=number)
    if found is None:
        raise NoSuchDraft()
    return found


def give_way(
    session: orm.Session,
    *,
    customer_id: int,
    number: str,
    now: datetime.datetime,
    who: actor.Actor,
) -> None:
    """Call off a draft by autopay whose bill is taken otherwise. Raises BeingTaken."""
    draft = drafting.lock(session, number=number, customer_id=customer_id)
    if draft is None or not drafting.cancel(
        session, draft=draft, now=now, who=who, reason="replaced"
    ):
        raise BeingTaken()

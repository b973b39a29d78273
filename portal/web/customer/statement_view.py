"""A statement made ready for its page and its paper, in the reader's language; asks no database."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from portal.documents import formats, wording
from portal.domain.billing.rules import aging, statement
from portal.domain.billing.rules.charges import PLANNED, ChargeKind
from portal.domain.ledger.rules import Event
from portal.domain.payments.queries import statements
from portal.kernel import msgids
from portal.web.shared import language, rows

N_ = msgids.N_
_ = language.gettext

# An event that never moves a customer's account has no words here.
EVENTS = {
    Event.INVOICE_ISSUED: N_("Bill, %(bill)s"),
    Event.INVOICE_VOIDED: N_("Bill withdrawn, %(bill)s"),
    Event.INVOICE_WRITTEN_OFF: N_("Written off"),
    Event.INVOICE_WRITTEN_BACK: N_("Written off before, owed again"),
    Event.PAYMENT_SETTLED: N_("Payment, %(method)s"),
    Event.UNAPPLIED_USED: N_("%(sum)s of your money used for bills"),
    Event.ALLOCATION_TAKEN_BACK: N_("%(sum)s taken off bills, yours again"),
    Event.REFUND_APPROVED: N_("Refund, %(method)s"),
    Event.CHARGEBACK_LOST: N_("Your bank took a payment back"),
    Event.CHARGEBACK_REGAINED: N_("Your bank gave a payment back to us"),
    Event.CORRECTION: N_("Corrected: it should not have been billed"),
    Event.RETURN_PREMIUM: N_("Premium given back"),
    Event.GOODWILL_CREDIT: N_("A credit from us"),
    Event.FEE_WAIVED: N_("A fee waived"),
    Event.SHORTFALL: N_("A small remainder, let off"),
}
NUMBERED = {Event.PAYMENT_SETTLED, Event.REFUND_APPROVED}
# a bill of its own for a fee that no plan foresees
FEE_BILLS = frozenset(ChargeKind) - frozenset(PLANNED)
BUCKETS = {
    aging.Bucket.CURRENT: N_("Not past due"),
    aging.Bucket.DAYS_1_30: N_("1 to 30 days past due"),
    aging.Bucket.DAYS_31_60: N_("31 to 60 days past due"),
    aging.Bucket.DAYS_61_90: N_("61 to 90 days past due"),
    aging.Bucket.OVER_90: N_("More than 90 days past due"),
}


class Row(NamedTuple):
    """One movement as it is read; amounts in cents, `href` where it leads, if anywhere.

    `number` is what the movement is about, where nothing else names it.
    """

    on: datetime.date
    what: str
    note: str
    href: str
    charged_cents: int
    paid_cents: int
    balance_cents: int
    number: str


class Total(NamedTuple):
    """What one pet, or the money on no bill, did in the period, in cents."""

    what: str
    charged_cents: int
    paid_cents: int
    closing_cents: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class StatementView:
    """What a statement shows, amounts in cents; `last_on` is the last day that it tells of."""

    heading: str
    period: statement.Period
    last_on: datetime.date
    is_over: bool
    opening_cents: int
    charged_cents: int
    paid_cents: int
    closing_cents: int
    open_cents: int
    unapplied_cents: int
    rows: tuple[Row, ...]
    aging: tuple[tuple[str, str, int], ...]  # what, note, cents
    totals: tuple[Total, ...]

    @property
    def goes_below(self) -> bool:
        """Whether any balance is the customer's: below zero."""
        every = (self.opening_cents, *(row.balance_cents for row in self.rows))
        return any(cents < 0 for cents in every)


def view(
    account: statements.Account, period: statement.Period, *, today: datetime.date
) -> StatementView:
    """The statement of a period, or of what has passed of it by `today`."""
    found, write = account.found, rows.Writer(today)
    last_on = min(period.ends_on - statement.DAY, today)
    return StatementView(
        heading=_("Statement, %(period)s", period=name(period)),
        period=period,
        last_on=last_on,
        is_over=period.ends_on <= today,
        opening_cents=found.opening.balance_cents,
        charged_cents=found.charged_cents,
        paid_cents=found.paid_cents,
        closing_cents=found.closing.balance_cents,
        open_cents=found.closing.open_cents,
        unapplied_cents=found.closing.unapplied_cents,
        rows=tuple(_row(line, account, write) for line in found.lines),
        aging=_aging(account, last_on),
        totals=tuple(_totals(account)),
    )


def name(period: statement.Period) -> str:
    """A period in words: "November 2026", "2026"."""
    if not period.month:
        return str(period.year)
    return rows.Writer(period.starts_on).day(period.starts_on, "period")


def _aging(account: statements.Account, last_on: datetime.date) -> tuple[tuple[str, str, int], ...]:
    """What was open at the end of `last_on` by days past due, all five buckets or nothing."""
    still_open = account.found.closing.bills
    if not still_open:
        return ()
    by_day = ((account.bills[bill].due_on, cents) for bill, cents in still_open.items())
    sums = aging.totals(by_day, as_of=last_on)
    return tuple((_(BUCKETS[bucket]), "", cents) for bucket, cents in sums.items())


def _totals(account: statements.Account) -> Iterator[Total]:
    pets = {one.pet_id: one.pet_name for one in account.bills.values()}
    for share in statement.shares(account.found, lambda bill: account.bills[bill].pet_id):
        what = _("On no bill yet") if share.group is None else pets[share.group]
        yield Total(what, share.charged_cents, share.paid_cents, share.closing_cents)


def _row(line: statement.Line, account: statements.Account, write: rows.Writer) -> Row:
    move = line.movement
    bills = [account.bills[bill] for bill in move.bills]
    paid = account.paid.get(move.subject)
    return Row(
        on=move.booked_on,
        what=_what(move, bills, paid, write),
        note=_note(move, bills, write),
        href=_href(move, bills, paid),
        charged_cents=line.charged_cents,
        paid_cents=line.paid_cents,
        balance_cents=line.balance_cents,
        number=move.subject if move.event in NUMBERED else "",
    )


def _what(
    move: statement.Movement,
    bills: Sequence[statements.BillFacts],
    paid: statements.PaidWith | None,
    write: rows.Writer,
) -> str:
    if move.event == Event.INVOICE_ISSUED and bills and bills[0].kind in FEE_BILLS:
        return f"{_(wording.CHARGES[bills[0].kind])}, {bills[0].pet_name}"
    label = paid.label if paid else ""
    if move.event == Event.PAYMENT_SETTLED:
        payer = wording.payer(label)
        if payer:
            return _("Payment by %(payer)s", payer=payer)
        if not label:
            return _("Payment")
    return _(
        EVENTS[Event(move.event)],
        bill=_bills(bills, write),
        method=wording.method(label) or _("your payment method"),
        sum=formats.money(abs(move.unapplied_cents)),
    )


def _note(
    move: statement.Movement, bills: Sequence[statements.BillFacts], write: rows.Writer
) -> str:
    """A bill's due day; of everything else what it was about, and what of it is on no bill."""
    if move.is_charge:
        return _("Due %(day)s", day=write.near(bills[0].due_on, move.booked_on)) if bills else ""
    parts = [_bills(bills, write)] if bills else []
    if move.event == Event.PAYMENT_SETTLED and bills and move.unapplied_cents:
        loose = formats.money(move.unapplied_cents)
        parts.append(_("%(sum)s of it on no bill yet", sum=loose))
    return "; ".join(parts)


def _bills(bills: Sequence[statements.BillFacts], write: rows.Writer) -> str:
    """Bills by their names; many by their pets alone."""
    if len(bills) <= 2:
        named = [write.bill(one.pet_name, one.due_on) for one in bills]
    else:
        named = list(dict.fromkeys(one.pet_name for one in bills))
    return rows.names(named)


def _href(
    move: statement.Movement,
    bills: Sequence[statements.BillFacts],
    paid: statements.PaidWith | None,
) -> str:
    if paid:
        return f"/payments/{paid.number}"
    return f"/invoices/{bills[0].number}" if len(bills) == 1 else ""

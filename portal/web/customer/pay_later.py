"""The pay page for another day: what it would do, where an error stands, and the planning."""

from __future__ import annotations

import dataclasses
import datetime

import flask
import flask_login
from sqlalchemy import orm

from portal.domain.billing.rules import chosen_day, paying
from portal.domain.payments import rules
from portal.domain.wallet import rules as wallet
from portal.journeys import planned, schedule_payment
from portal.kernel import errors, money, msgids
from portal.web.shared import looks, once, site


class SaveFirst(errors.DomainError):
    """What is not saved can't be charged later."""

    code = "save_card_first"
    message = msgids.N_(
        "For another day a card or account must be saved first. Save it, then choose it here."
    )


class NotSeen(errors.DomainError):
    """The button was pressed before the page showed what it does."""

    code = "plan_not_seen"
    message = msgids.N_("Look at what this does, then press the button again. Nothing is planned.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Later:
    """What the choice would do (None while something is wrong with it), and what is wrong."""

    seen: schedule_payment.Preview | None = None
    wrong: errors.DomainError | None = None

    @property
    def field(self) -> str:
        """The field that the error is about, "" for none of them."""
        if isinstance(self.wrong, DAY_ERRORS):
            return "day"
        return "amount" if isinstance(self.wrong, AMOUNT_ERRORS) else ""


DAY_ERRORS = (chosen_day.DayUnreadable, chosen_day.DayTooSoon, chosen_day.DayTooLate)
AMOUNT_ERRORS = (money.MoneyError, paying.AmountRefused, planned.MoreThanLeft)
OTHERS = (
    SaveFirst,
    rules.MethodGone,
    rules.NothingToPay,
    rules.PaymentUnderWay,
    wallet.MandateOver,
    planned.MethodExpires,
    planned.MethodRefused,
    planned.BeingTaken,
    planned.InParts,
    planned.PlannedAlready,
)


def look(
    session: orm.Session,
    *,
    customer_id: int,
    numbers: tuple[str, ...],
    method: str,
    day: str,
    cents: int | None,
) -> Later:
    """What taking so much (None: all that is left) with the method on the typed day would do."""
    try:
        order = _order(numbers, method, day, cents)
        seen = schedule_payment.preview(
            session, site.ctx(), customer_id=customer_id, order=order, language=looks.page_lang()
        )
    except (*DAY_ERRORS, *AMOUNT_ERRORS, *OTHERS) as wrong:
        return Later(wrong=wrong)
    return Later(seen=seen)


def send(
    *, numbers: tuple[str, ...], method: str, day: str, cents: int | None, expected_cents: int
) -> str:
    """Plan what the page showed; the number of the planned payment.

    Raises NotSeen where the page showed another day or method, and what schedule raises.
    """
    order = _order(numbers, method, day, cents)
    if flask.request.form.get("seen", "") != mark(order.draft_on, method):
        raise NotSeen()
    return schedule_payment.schedule(
        site.ctx(),
        customer_id=flask_login.current_user.id,
        order=order,
        expected_cents=expected_cents,
        once_key=once.given_key(),
        language=looks.page_lang(),
        who=site.who(),
    )


def mark(draft_on: datetime.date, method: str) -> str:
    """What the shown effect says of day and method, for the form to bring back."""
    return f"{draft_on.isoformat()} {method}"


def _order(
    numbers: tuple[str, ...], method: str, day: str, cents: int | None
) -> schedule_payment.Order:
    draft_on = chosen_day.read(day, example=chosen_day.last_on(site.ctx().clock.today()))
    chosen_day.check(draft_on, today=site.ctx().clock.today())
    if method == "new":
        raise SaveFirst()
    return schedule_payment.Order(
        invoice_nos=numbers, draft_on=draft_on, method_no=method, cents=cents
    )

"""A decision before it is carried out, as its facts say: what changes, the books, the button.

It reads the plain facts that an approver's request keeps, so that a preview and a request look
alike; it never reads a row.
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import flask_babel

from portal.documents import formats, wording
from portal.domain.disputes import rules
from portal.domain.payments.operations import refunding
from portal.journeys import telling
from portal.kernel import calendars
from portal.web.shared import looks, site
from portal.web.staff import words

_ = flask_babel.gettext


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decision:
    """What a decision does, ready for its page: rows (what, before, after), book lines."""

    effect: str  # "Refund $300.00 to Visa 4242"
    ask: str  # "Ask a second person to approve the $300.00 refund"
    outcome: str
    action: str
    amount_cents: int
    moved_30d_cents: int  # for the customer, without this amount
    payment_no: str | None
    freed: str
    reason: str
    answer: str
    changes: tuple[tuple[str, str, str], ...]
    books: tuple[tuple[str, str, int | None, int | None], ...]
    sent_later: bool


def of(facts: dict[str, Any], *, lifted_holds: int | None = None) -> Decision:
    """The decision that `facts` hold; `lifted_holds` is how many holds it ends, where known."""
    action, cents = str(facts["action"]), int(facts["amount_cents"])
    return Decision(
        effect=_effect(facts),
        ask=_(
            "Ask a second person to approve the %(sum)s %(what)s",
            sum=formats.money(cents),
            what=words.word("action", action).lower(),
        ),
        outcome=str(facts["outcome"]),
        action=action,
        amount_cents=cents,
        moved_30d_cents=max(int(facts["case_30d_cents"]), int(facts["customer_30d_cents"])),
        payment_no=facts["payment_no"],
        freed=_freed(facts),
        reason=str(facts["reason"]),
        answer=str(facts["answer"]),
        changes=_changes(facts, lifted_holds),
        books=book_lines(facts),
        sent_later=action == rules.MoneyAction.REFUND,
    )


def mail(facts: dict[str, Any], *, number: str, language: str, first_name: str) -> str:
    """The mail as the customer will read it, word for word, in their language."""
    ctx = site.ctx()
    today = ctx.clock.today()
    return telling.render(
        ctx,
        "dispute_resolved",
        language=language,
        name=first_name,
        number=number,
        outcome=facts["outcome"],
        answer=facts["answer"],
        action=facts["action"],
        amount_cents=facts["amount_cents"],
        refund_to=facts.get("method_label", ""),
        expected_on=calendars.BANKING.add_business_days(today, refunding.BANK_DAYS),
        reopen_days=rules.REOPEN_DAYS,
    ).text


def _effect(facts: dict[str, Any]) -> str:
    amount = formats.money(facts["amount_cents"])
    if facts["action"] == rules.MoneyAction.REFUND:
        return _(
            "Refund %(sum)s to %(method)s",
            sum=amount,
            method=wording.method(facts.get("method_label", "")),
        )
    if facts["action"] == rules.MoneyAction.CREDIT:
        return _("Credit %(sum)s", sum=amount)
    if facts["outcome"] == rules.Outcome.DECLINED:
        return _("Decline and send the answer")
    return _("Send the answer, no money moves")


def _freed(facts: dict[str, Any]) -> str:
    return {
        "credit": _("The bill is credited: it should not have been charged."),
        "take_back": _("The bill opens again with its first due day."),
    }.get(facts["freed_by"], "")


def _changes(facts: dict[str, Any], lifted_holds: int | None) -> tuple[tuple[str, str, str], ...]:
    """Every balance, and of the bills only those that change."""
    rows = figure_rows(facts)
    if facts["amount_cents"]:
        moved = int(facts["customer_30d_cents"])
        rows.append(
            (
                _("Credits and refunds, 30 days"),
                formats.money(moved),
                formats.money(moved + facts["amount_cents"]),
            )
        )
    if lifted_holds:
        on = flask_babel.ngettext("%(num)s hold on", "%(num)s holds on", lifted_holds)
        rows.append((_("Paused for this case"), on, _("lifted")))
    opened = words.word("case", "open").lower()
    rows.append((_("Case"), opened, words.word("outcome", facts["outcome"]).lower()))
    return tuple(rows)


def figure_rows(facts: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Figures before and after, what changes first; of the bills only those that change."""
    names = {
        "balance": _("Balance"),
        "unapplied": _("Unapplied"),
        "next_draft": _("Next planned payment"),
    }
    pets = {"paid_to": _("%(pet)s paid to"), "past_due": _("%(pet)s past due")}
    rows = []
    for figure in facts.get("figures", ()):
        before, after = _shown(figure, "before"), _shown(figure, "after")
        if figure["name"] == "invoice":
            if before != after:
                rows.append((_("Open on %(no)s", no=figure["about"]), before, after))
        elif figure["name"] in pets:
            rows.append((pets[figure["name"]] % {"pet": figure["about"]}, before, after))
        else:
            rows.append((names[figure["name"]], before, after))
    rows.sort(key=lambda row: row[1] == row[2])
    return rows


def _shown(figure: dict[str, Any], side: str) -> str:
    value = figure[side]
    if figure["is_day"]:
        return looks.day(datetime.date.fromisoformat(value), "year")
    return formats.money(value)


def book_lines(
    facts: dict[str, Any],
) -> tuple[tuple[str, str, int | None, int | None], ...]:
    """What is posted: the event on its first line, the account, debit, credit."""
    lines = []
    for entry in facts.get("entries", ()):
        for place, line in enumerate(entry["lines"]):
            cents = line["cents"]
            lines.append(
                (
                    "" if place else words.word("event", entry["event"]),
                    f"{line['account']} {line['name']}",
                    cents if cents > 0 else None,
                    -cents if cents < 0 else None,
                )
            )
    return tuple(lines)

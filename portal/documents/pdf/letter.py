"""Letters of a policy as PDF: a term renewed, a premium changed; out of the facts of the change.

The facts are those that were written down with it, so that a letter never says anything else.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping
from typing import Any

from portal.documents import formats, wording
from portal.documents.pdf import press
from portal.kernel import money, msgids

N_ = msgids.N_
PERMILLE = 1000
PLANS = {
    "monthly": N_("You pay it in 12 monthly bills."),
    "quarterly": N_("You pay it in four bills, one every three months."),
    "in_full": N_("You pay it on one bill."),
    "down_payment": N_("You pay a down payment first, and the rest in monthly bills."),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class LetterPaper:
    """What a letter is made from: `facts` as `kind` has them, cents and ISO days.

    `state` is the name of the state whose tax it is. `page` is where the policy stands.
    """

    kind: str
    number: str
    policy_no: str
    written_on: datetime.date
    effective_on: datetime.date
    facts: Mapping[str, Any]
    state: str
    page: str


@dataclasses.dataclass(frozen=True)
class Writer:
    """Says things in the reader's language."""

    say: wording.Say
    language: str

    def day(self, value: datetime.date | str, style: str = "year") -> str:
        """A day, also one that is written as the facts have it."""
        read = datetime.date.fromisoformat(value) if isinstance(value, str) else value
        return formats.day(read, style, language=self.language)


Body = tuple[str, list[str], list[dict[str, Any]], str, list[str]]


def render(paper: LetterPaper, *, language: str, brand: str, phone: str) -> bytes:
    """The letter as tagged PDF in `language`."""
    write = Writer(wording.speaker(language), language)
    say, head = write.say, paper.facts["letter"]
    title, opening, parts, closing_title, closing = _BODIES[paper.kind](paper, write)
    read_phone = formats.phone(phone)
    closing.append(say(N_("Questions? Call %(phone)s."), phone=read_phone))
    values = {
        "title": title,
        "brand": brand,
        "contact": f"{read_phone}, {say(N_('Mon–Fri 9–5'))}",
        "foot": f"{brand}, {paper.number}",
        "page": say(N_("Page")),
        "address": list(head["address"]),
        "facts": [
            (say(N_("Written on")), write.day(paper.written_on)),
            (say(N_("Policy")), paper.policy_no),
            (say(N_("In force from")), write.day(paper.effective_on)),
            (say(N_("Number to quote")), paper.number),
        ],
        "columns": (say(N_("What")), say(N_("Amount"))),
        "opening": opening,
        "parts": parts,
        "closing_title": closing_title,
        "closing": closing,
    }
    return press.print_pdf("letter", values, language=language)


def change_of(before_cents: int, after_cents: int) -> str:
    """A difference in money and in percent: "+$50.71, +6.8%"."""
    change = after_cents - before_cents
    told = formats.money(change, sign=True)
    if not before_cents or not change:
        return told
    whole, tenth = divmod(money.pro_rata(abs(change), PERMILLE, before_cents), 10)
    return f"{told}, {formats.MINUS if change < 0 else '+'}{whole}.{tenth}%"


def _renewal(paper: LetterPaper, write: Writer) -> Body:
    say, facts, pet = write.say, paper.facts, paper.facts["letter"]["pet_name"]
    first, last = write.day(paper.effective_on), write.day(facts["expires_on"])
    opening = [
        say(
            N_("%(pet)s’s policy has a new term, from %(first)s up to %(last)s."),
            pet=pet,
            first=first,
            last=last,
        )
    ]
    if facts["before_cents"] is None:
        opening.append(say(N_("You need do nothing.")))
    else:
        opening += [
            say(
                N_("The premium of a term is %(after)s; up to now it is %(before)s (%(change)s)."),
                after=formats.money(facts["premium_cents"]),
                before=formats.money(facts["before_cents"]),
                change=change_of(facts["before_cents"], facts["premium_cents"]),
            ),
            say(N_("Cover goes on without a gap. You need do nothing.")),
        ]
    parts = [
        _table(write, N_("What the term costs"), _costs(paper, write), N_("The whole term"), []),
        _schedule(write, facts["bills"], [say(PLANS[facts["payment_plan"]])]),
    ]
    return say(N_("%(pet)s’s next term"), pet=pet), opening, parts, *_choices(paper, write, first)


def _costs(paper: LetterPaper, write: Writer) -> list[tuple[str, str, int]]:
    """The premium, tax and fees of a new term."""
    say, facts = write.say, paper.facts
    before = facts["before_cents"]
    note = ""
    if before is not None:
        note = say(
            N_("Up to now %(before)s: %(change)s"),
            before=formats.money(before),
            change=change_of(before, facts["premium_cents"]),
        )
    lines = [(say(N_("Premium")), note, facts["premium_cents"])]
    for kind, cents in (
        ("tax", facts["tax_cents"]),
        ("policy_fee", facts["policy_fee_cents"]),
        ("installment_fee", facts["fees_cents"]),
    ):
        if cents:
            name, rule = wording.charge(kind, say=say, state=paper.state)
            lines.append((name, rule, cents))
    return lines


def _choices(paper: LetterPaper, write: Writer, first: str) -> tuple[str, list[str]]:
    """What the owner may do before the term begins, and after."""
    say = write.say
    return say(N_("If you want it otherwise")), [
        say(
            N_(
                "You can pay monthly, every three months or once a year: choose it at %(page)s "
                "until the first bill of the term is out."
            ),
            page=paper.page,
        ),
        say(
            N_(
                "You can cancel there at any time. Cancel with the end of the last term, on "
                "%(first)s, and nothing of the new one is asked for; later you pay for the days "
                "that were covered."
            ),
            first=first,
        ),
    ]


def _premium(paper: LetterPaper, write: Writer) -> Body:
    say, facts, pet = write.say, paper.facts, paper.facts["letter"]["pet_name"]
    day = write.day(paper.effective_on)
    before, after = facts["before_cents"], facts["after_cents"]
    opening = [
        say(
            N_("From %(day)s the year costs %(after)s instead of %(before)s (%(change)s)."),
            day=day,
            after=formats.money(after),
            before=formats.money(before),
            change=change_of(before, after),
        )
    ]
    due = facts["change_cents"] + facts["tax_change_cents"]
    lines = [
        (
            say(N_("Premium")),
            say(
                N_("%(left)s of %(all)s days are left"),
                left=facts["days_left"],
                all=facts["term_days"],
            ),
            facts["change_cents"],
        ),
        (say(N_("%(state)s premium tax"), state=paper.state), "", facts["tax_change_cents"]),
    ]
    total = N_("More to pay") if due > 0 else N_("Less to pay")
    parts = [
        _table(write, N_("For the rest of the term"), lines, total, _where(facts, write, due)),
        _schedule(write, facts["bills"], []),
    ]
    closing = [say(N_("Your bills, and what you can change, stand at %(page)s."), page=paper.page)]
    title = say(N_("%(pet)s’s premium changes"), pet=pet)
    return title, opening, parts, say(N_("If something is wrong")), closing


def _where(facts: Mapping[str, Any], write: Writer, due: int) -> list[str]:
    """On which bills a change of the premium stands, and what goes back."""
    say, told = write.say, []
    billed, returned = facts["billed_now_cents"], facts["returned_cents"]
    refunded = facts["refunded_cents"]
    spread = due - billed + returned + facts.get("others_returned_cents", 0)
    if facts["parts"] and spread:
        told.append(
            say(
                N_("%(sum)s is spread over the %(n)s bills that are not out yet.")
                if facts["parts"] > 1
                else N_("%(sum)s is on the one bill that is not out yet."),
                sum=formats.money(spread, sign=True),
                n=facts["parts"],
            )
        )
    if billed:
        told.append(say(N_("%(sum)s is on a bill of its own at once."), sum=formats.money(billed)))
    if refunded:
        told.append(
            say(N_("%(sum)s goes back to where it was paid from."), sum=formats.money(refunded))
        )
    if returned > refunded:
        rest = formats.money(returned - refunded)
        told.append(say(N_("%(sum)s is taken off what you owe."), sum=rest))
    return told


def _schedule(write: Writer, bills: list[list[Any]], notes: list[str]) -> dict[str, Any]:
    """The bills to come, each with its day."""
    say = write.say
    lines = [(say(N_("Due %(day)s"), day=write.day(on)), "", cents) for on, cents in bills]
    if not lines:
        notes = [*notes, say(N_("Every bill of this term is out."))]
    return _table(write, N_("Bills to come"), lines, N_("Total"), notes)


def _table(
    write: Writer,
    title: str,
    lines: list[tuple[str, str, int]],
    total_label: str,
    notes: list[str],
) -> dict[str, Any]:
    """A part of the letter: amounts that add up, and what is said under them."""
    return {
        "title": write.say(title),
        "lines": [(what, note, formats.money(cents)) for what, note, cents in lines],
        "total_label": write.say(total_label),
        "total": formats.money(sum(cents for _, _, cents in lines)),
        "notes": notes,
    }


_BODIES: Mapping[str, Callable[[LetterPaper, Writer], Body]] = {
    "term_begun": _renewal,
    "renewed": _renewal,
    "premium_changed": _premium,
}
KINDS = frozenset(_BODIES)

"""The first page of an owner: are my pets covered, what do I owe, where do I press."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import NamedTuple

import flask
import flask_babel
import flask_login

from portal.documents import formats
from portal.domain.billing.queries import coverage
from portal.domain.billing.rules.coverage import CoverageKind
from portal.domain.disputes import categories
from portal.domain.disputes.queries import owner
from portal.domain.payments.queries import bills, drafts, history, standing
from portal.web.customer import autopay_view, cover_view, owed_view, upcoming
from portal.web.shared import in_parts, rows, site

bp = flask.Blueprint("home", __name__)
_ = flask_babel.gettext
ngettext = flask_babel.ngettext
RECENT = 3
DISPUTES = 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class PetCard:
    """One pet's card: sentences and counts; `late` is past due, `ended` is no longer covered.

    `autopay` is "" where there is nothing more to pay; `href` and `link` lead to it.
    """

    name: str
    species: str
    cover: str
    late: bool
    ended: bool
    paid: int
    due: int
    installments: int
    next_state: str
    next_text: str
    next_sum: str
    autopay: str
    autopay_state: str
    href: str
    link: str


class OpenCase(NamedTuple):
    """A dispute that is not answered yet."""

    number: str
    title: str
    text: str


@bp.get("/home")
def show() -> str:
    """The page: seven statements with the look-up of the person."""
    me = flask_login.current_user.id
    reader, clock = site.reader(), site.ctx().clock
    today = clock.today()
    write = rows.Writer(today)
    owed = bills.open_bills(reader, customer_id=me)
    covers = coverage.covers(reader, customer_id=me, today=today)
    disputes = owner.own_cases(reader, customer_id=me, size=DISPUTES).rows
    recent = history.recent(reader, customer_id=me, limit=RECENT)
    planned = drafts.not_over(reader, customer_id=me) if owed.bills else ()
    by_bill = drafts.by_invoice(planned)
    autopays = {one.policy_no: one for one in standing.of_customer(reader, customer_id=me)}
    return flask.render_template(
        "customer/home.html",
        heading=_heading(covers, write),
        owed=owed,
        due=owed_view.view(owed, by_bill, write),
        whose=_whose(owed.bills),
        coming=_coming(covers),
        pets=[_card(cover, owed, by_bill, autopays[cover.policy_no], write) for cover in covers],
        disputes=[_case(case, write) for case in disputes if _is_followed(case)],
        planned=upcoming.listed(
            [d for d in upcoming.nearest(planned) if d.kind != "autopay"][:RECENT], write
        ),
        recent=rows.payment_rows(recent, write, clock.zone),
    )


def _heading(covers: tuple[coverage.PolicyCover, ...], write: rows.Writer) -> str:
    """The answer to "is my pet covered": true of every pet it names."""
    ended = [c for c in covers if cover_view.is_over(c)]
    died = [c.pet_name for c in ended if c.died_on is not None]
    begun = [c for c in covers if c not in ended and c.has_begun(write.today)]
    coming = [c for c in covers if c not in ended and c not in begun]
    if begun:
        return ngettext(
            "%(names)s is covered",
            "%(names)s are covered",
            len(begun),
            names=rows.names([c.pet_name for c in begun]),
        )
    if coming:
        first = min(coming, key=lambda c: c.starts_on)
        return _(
            "%(name)s’s cover begins on %(day)s",
            name=first.pet_name,
            day=write.day(first.starts_on, "long"),
        )
    if died:
        return _("We are sorry about %(names)s", names=rows.names(died))
    if ended:
        names = rows.names([c.pet_name for c in ended])
        return ngettext(
            "%(names)s is no longer covered",
            "%(names)s are no longer covered",
            len(ended),
            names=names,
        )
    return _("Welcome, %(name)s", name=flask_login.current_user.first_name)


def _whose(found: tuple[bills.OpenBill, ...]) -> str:
    """The pets whose bills ask for something now."""
    return rows.names(list(dict.fromkeys(b.pet_name for b in found if b.to_pay_cents)))


def _coming(covers: tuple[coverage.PolicyCover, ...]) -> coverage.PolicyCover | None:
    """The policy whose next bill comes first."""
    waiting = [c for c in covers if c.next_on is not None]
    return min(waiting, key=lambda c: c.next_on or datetime.date.max, default=None)


def _card(
    cover: coverage.PolicyCover,
    owed: bills.OpenBills,
    planned: Mapping[str, tuple[drafts.DraftView, ...]],
    autopay: standing.Standing,
    write: rows.Writer,
) -> PetCard:
    state, text, total = _next(cover, owed, planned, write)
    kind = cover.line.kind
    mine = [b for b in owed.bills if b.policy_no == cover.policy_no]
    # what is on its way or paid in parts is past due in the books; the row below says where it is
    is_late = kind is CoverageKind.PAST_DUE and any(
        b.is_past_due(write.today) and in_parts.of(planned.get(b.number, ())) is None for b in mine
    )
    return PetCard(
        name=cover.pet_name,
        species=cover.species,
        cover=cover_view.line(cover, write),
        late=is_late or kind is CoverageKind.NOTICE,
        ended=cover_view.is_over(cover),
        paid=cover.paid,
        due=cover.due,
        installments=0 if cover.died_on is not None else cover.installments,
        next_state=state,
        next_text=text,
        next_sum=total,
        **(_autopay(autopay, write) if cover.died_on is None else _quiet(cover)),
    )


def _quiet(cover: coverage.PolicyCover) -> dict[str, str]:
    """The way to what was told of a pet that has died."""
    href = f"/policies/{cover.policy_no}/bereavement"
    link = _("What we do for %(pet)s’s policy", pet=cover.pet_name)
    return {"autopay": "", "autopay_state": "", "href": href, "link": link}


def _autopay(one: standing.Standing, write: rows.Writer) -> dict[str, str]:
    """Autopay on the card: on with what, with its next day, or where to turn it on."""
    if not one.is_on and not one.can_join(write.today):
        return {"autopay": "", "autopay_state": "", "href": "", "link": ""}
    text, state = autopay_view.state_text(one), "good" if one.is_on else ""
    if one.needs_method:
        state, text = "failed", autopay_view.trouble_text(one, write)
    elif one.next_on is not None and one.next_left_cents > 0:
        text = _("%(how)s, next on %(day)s", how=text, day=write.day(one.next_on, "plain"))
    link = (
        _("Change autopay for %(pet)s", pet=one.pet_name)
        if one.is_on
        else _("Set up autopay for %(pet)s", pet=one.pet_name)
    )
    href = f"/autopay/{one.policy_no}"
    return {"autopay": text, "autopay_state": state, "href": href, "link": link}


def _next(
    cover: coverage.PolicyCover,
    owed: bills.OpenBills,
    planned: Mapping[str, tuple[drafts.DraftView, ...]],
    write: rows.Writer,
) -> tuple[str, str, str]:
    """The next money of this pet: the oldest open bill, else the next one that will come."""
    if cover.died_on is not None:
        return "", "", ""
    mine = [b for b in owed.bills if b.policy_no == cover.policy_no]
    for bill in mine:
        row = rows.open_rows((bill,), write, planned=planned)[0]
        return row.state, row.text, row.end
    if cover.next_on is None:
        return "", "", ""
    return "", _("Next, %(day)s", day=write.day(cover.next_on)), formats.money(cover.next_cents)


def _is_followed(case: owner.OwnRow) -> bool:
    """Open, and a dispute: what is done for a pet that has died stands at the pet."""
    return case.closed_at is None and case.category != categories.Category.BEREAVEMENT


def _case(case: owner.OwnRow, write: rows.Writer) -> OpenCase:
    what = _(categories.describe(categories.Category(case.category)).label)
    if case.pet_name:
        what = _("%(what)s, %(pet)s", what=what, pet=case.pet_name)
    zone = site.ctx().clock.zone
    day = write.day(case.resolve_due_at.astimezone(zone).date(), "long")
    if case.state == "waiting_customer":
        return OpenCase(case.number, what, _("We have a question for you."))
    return OpenCase(case.number, what, _("Expect our answer by %(day)s.", day=day))

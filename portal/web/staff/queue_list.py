"""The list of cases as the queue and a case show it: views, filters, rows, what comes next."""

from __future__ import annotations

import dataclasses
import datetime
import urllib.parse

import flask
import flask_babel
import flask_login

from portal.domain.disputes import categories
from portal.domain.disputes.queries import queue
from portal.domain.reports.queries import desk_counts
from portal.web.shared import looks, site
from portal.web.staff import clocks, frame, words

LONGEST = 100
_ = flask_babel.gettext


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One case as the queue macro draws it."""

    href: str
    level: int
    clock: str
    clock_state: str
    customer: str
    subject: str
    cents: int
    owner: str
    initials: str
    age: str
    open: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Choice:
    """What of the queue is asked for; unknown values are as if they were not there."""

    view: queue.View
    category: categories.Category | None
    priority: categories.Priority | None
    search: str
    cursor: str

    def query(self, **other: str) -> str:
        """The same choice as a query string, with some of it changed; "" for the plain queue."""
        given = {
            "view": "" if self.view is queue.View.ALL else str(self.view),
            "category": str(self.category or ""),
            "priority": str(self.priority or ""),
            "q": self.search,
            "after": self.cursor,
        } | other
        text = urllib.parse.urlencode({k: v for k, v in given.items() if v})
        return f"?{text}" if text else ""

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the view leaves cases out."""
        return bool(self.category or self.priority or self.search)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Listing:
    """The left column: views (text, href, here, late), rows, the news bar and the pager."""

    choice: Choice
    views: tuple[tuple[str, str, bool, int], ...]
    rows: tuple[Row, ...]
    shown: str
    more_href: str
    first_href: str
    as_of: str
    since: str
    categories: tuple[tuple[str, str], ...]
    priorities: tuple[tuple[str, str], ...]


def listing(*, open_number: str = "") -> Listing:
    """The queue this request asks for, `open_number` being the case beside it.

    One statement beside the counts.
    """
    reader, now = site.reader(), site.ctx().clock.now()
    me = flask_login.current_user.id
    choice = chosen()
    counts = frame.counts()
    page = queue.queue_page(
        reader,
        view=choice.view,
        staff_id=me,
        category=choice.category,
        priority=choice.priority,
        search=choice.search,
        cursor=choice.cursor,
        now=now,
    )
    return Listing(
        choice=choice,
        views=_views(choice, counts),
        rows=tuple(_row(row, choice, open_number, now) for row in page.rows),
        shown=_shown(len(page.rows), choice, counts),
        more_href=f"/desk/queue{choice.query(after=page.next)}" if page.next else "",
        first_href=f"/desk/queue{choice.query(after='')}" if choice.cursor else "",
        as_of=looks.moment(now, "time"),
        since=now.isoformat(),
        categories=(
            ("", _("Any subject")),
            *((str(c), words.word("category", c)) for c in categories.Category),
        ),
        priorities=(("", _("P1 to P3")), *((str(p), str(p)) for p in categories.Priority)),
    )


def chosen() -> Choice:
    """The choice in this request's query string."""
    args = flask.request.args
    view, category = args.get("view", ""), args.get("category", "")
    priority = args.get("priority", "")
    return Choice(
        view=queue.View(view) if view in set(queue.View) else queue.View.ALL,
        category=(categories.Category(category) if category in set(categories.Category) else None),
        priority=(categories.Priority(priority) if priority in set(categories.Priority) else None),
        search=args.get("q", "").strip()[:LONGEST],
        cursor=args.get("after", ""),
    )


def subject(category: str, pet_name: str, bank: str = "") -> str:
    """What a case is about, in a few words: "Charged twice, Biscuit".

    A bank's word goes first; a death says how it is to be handled.
    """
    label = words.word("bank", bank) if bank else words.word("category", category)
    if category == categories.Category.BEREAVEMENT:
        label = _("Gently: %(what)s", what=label)
    return f"{label}, {pet_name}" if pet_name else label


def _views(
    choice: Choice, counts: desk_counts.CaseCounts
) -> tuple[tuple[str, str, bool, int], ...]:
    texts = {
        queue.View.ALL: _("All open %(n)s", n=counts.all_open),
        queue.View.MINE: _("Mine %(n)s", n=counts.mine),
        queue.View.NOBODYS: _("Nobody’s %(n)s", n=counts.nobodys),
        queue.View.LATE: _("Late") if counts.late else _("Late 0"),
        queue.View.WAITING: _("Waiting %(n)s", n=counts.waiting),
    }
    return tuple(
        (
            text,
            f"/desk/queue{choice.query(view='' if view is queue.View.ALL else view, after='')}",
            view is choice.view,
            counts.late if view is queue.View.LATE else 0,
        )
        for view, text in texts.items()
    )


def _shown(count: int, choice: Choice, counts: desk_counts.CaseCounts) -> str:
    if choice.is_narrowed or choice.cursor:
        return flask_babel.ngettext("%(num)s case here", "%(num)s cases here", count)
    whole = {
        queue.View.ALL: counts.all_open,
        queue.View.MINE: counts.mine,
        queue.View.NOBODYS: counts.nobodys,
        queue.View.LATE: counts.late,
        queue.View.WAITING: counts.waiting,
    }[choice.view]
    return _("%(n)s of %(all)s", n=count, all=whole)


def _row(row: queue.QueueRow, choice: Choice, open_number: str, now: datetime.datetime) -> Row:
    clock = clocks.words(
        row, runs=row.runs, replied=row.replied, now=now, zone=site.ctx().clock.zone
    )
    first = row.customer_name[:1]
    return Row(
        href=f"/desk/disputes/{row.number}{choice.query()}",
        level=int(row.priority[1:]),
        clock=clock.text,
        clock_state=clock.state,
        customer=f"{row.customer_last_name}, {first}.",
        subject=subject(row.category, row.pet_name, row.bank),
        cents=row.disputed_cents,
        owner=row.owner_name,
        initials=frame.initials(row.owner_name) if row.owner_name else "",
        age=clocks.age(row.raised_at, now),
        open=row.number == open_number,
    )

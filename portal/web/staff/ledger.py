"""The books on the desk: trial balance, and the journal by key with filters."""

from __future__ import annotations

import dataclasses
import datetime

import flask
import flask_babel

from portal.domain.ledger import queries
from portal.domain.ledger.chart import AccountCode
from portal.kernel import ids
from portal.web.shared import site
from portal.web.staff import frame

bp = flask.Blueprint("desk_ledger", __name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Filter:
    """What the journal is narrowed to; what was typed is kept even where it can't be read."""

    subject: str
    account: str
    day: str
    on: datetime.date | None
    error: str

    @property
    def is_set(self) -> bool:
        """Whether anything is left out."""
        return bool(self.subject or self.account or self.on)

    def address(self, cursor: str = "") -> str:
        """The address of this page with the same filters, from `cursor` on."""
        given = {"q": self.subject, "account": self.account, "day": self.day, "after": cursor}
        return flask.url_for("desk_ledger.show", **{k: v for k, v in given.items() if v})


@bp.get("/desk/ledger")
def show() -> str:
    """The trial balance through today, then the journal, newest first."""
    reader = site.reader()
    chosen = _filter()
    cursor = flask.request.args.get("after", "")
    balance = queries.trial_balance(reader)
    journal = queries.journal(
        reader, subject=chosen.subject, account=chosen.account, on=chosen.on, cursor=cursor
    )
    return frame.page(
        "ledger.html",
        balance=balance,
        debits=sum(row.debit_cents for row in balance),
        credits=sum(row.credit_cents for row in balance),
        journal=journal.rows,
        next_href=chosen.address(journal.next) if journal.next else "",
        first_href=chosen.address() if cursor else "",
        chosen=chosen,
    )


def _filter() -> Filter:
    args = flask.request.args
    account, day = args.get("account", ""), args.get("day", "").strip()
    on, error = None, ""
    if day:
        try:
            on = datetime.date.fromisoformat(day)
        except ValueError:
            error = flask_babel.gettext("Write the day as 2026-11-24.")
    return Filter(
        subject=_subject(args.get("q", "")),
        account=account if account in set(AccountCode) else "",
        day=day,
        on=on,
        error=error,
    )


def _subject(typed: str) -> str:
    """A number as it is written; an earning entry's subject is a day and stays as typed."""
    text = typed.replace("\x00", "").strip()[:40]
    number = ids.normalise(text)
    return number if number[:3] in set(ids.Prefix) else text

"""Statements of an owner: the months and years that have one, one of them, and its paper."""

from __future__ import annotations

import datetime
import itertools

import flask
import flask_login
import werkzeug.exceptions

from portal.documents import formats
from portal.domain.billing.rules import statement
from portal.domain.identity import queries
from portal.domain.payments.queries import statements
from portal.kernel import paging
from portal.web.customer import cover_view, papers, statement_view
from portal.web.shared import language, rows, site

_ = language.gettext
bp = flask.Blueprint("statements", __name__)
SIZE = 40  # movements on a page


@bp.get("/statements")
def index() -> str:
    """The months, newest first, under their years: two statements."""
    cursor = flask.request.args.get("after", "")
    page = statements.months(
        site.reader(),
        customer_id=flask_login.current_user.id,
        today=site.ctx().clock.today(),
        cursor=cursor,
    )
    years = itertools.groupby(page.rows, lambda month: month.starts_on.year)
    return flask.render_template(
        "customer/statements.html",
        covers=cover_view.beside_money(),
        years=[(year, [_row(month) for month in months]) for year, months in years],
        next_href=f"?after={page.next}" if page.next else "",
        first_href="/statements" if cursor else "",
    )


@bp.get("/statements/<period>")
def show(period: str) -> str:
    """One statement, its movements in pages by key: two statements."""
    told, account = _mine(period)
    today = site.ctx().clock.today()
    view = statement_view.view(account, told, today=today)
    cursor = flask.request.args.get("after", "")
    shown = _after(account.found.lines, cursor)
    first = len(account.found.lines) - len(shown)
    page = paging.page(shown[: SIZE + 1], size=SIZE, key=_key)
    listed = view.rows[first : first + len(page.rows)]
    return flask.render_template(
        "customer/statement.html",
        covers=cover_view.beside_money(),
        view=view,
        listed=listed,
        opening_cents=view.rows[first - 1].balance_cents if first else view.opening_cents,
        closing_cents=listed[-1].balance_cents if listed else view.closing_cents,
        others=_others(told, account.since, today),
        next_href=f"?after={page.next}" if page.next else "",
        first_href=f"/statements/{told.name}" if first else "",
    )


@bp.get("/statements/<period>.pdf")
def paper(period: str) -> flask.Response:
    """The statement as a PDF with every movement: three statements."""
    told, account = _mine(period)
    view = statement_view.view(account, told, today=site.ctx().clock.today())
    owner = queries.customer(site.reader(), customer_id=flask_login.current_user.id)
    return papers.of_statement(view, owner, site.ctx())


def _mine(name: str) -> tuple[statement.Period, statements.Account]:
    """A period that has begun, and the account that moved before it was over; else not found."""
    period, today = statement.named(name), site.ctx().clock.today()
    if period is None or period.starts_on > today:
        raise werkzeug.exceptions.NotFound
    account = statements.account(
        site.reader(),
        customer_id=flask_login.current_user.id,
        starts_on=period.starts_on,
        ends_on=min(period.ends_on, today + statement.DAY),
    )
    if account is None:
        raise werkzeug.exceptions.NotFound
    return period, account


def _row(month: statements.Month) -> rows.Row:
    period = statement.Period(month.starts_on.year, month.starts_on.month)
    return rows.Row(
        href=f"/statements/{period.name}",
        title=statement_view.name(period).capitalize(),
        note=_(
            "%(charged)s billed, %(paid)s paid or credited",
            charged=formats.money(month.charged_cents),
            paid=formats.money(month.paid_cents),
        ),
        end=formats.money(month.balance_cents),
    )


def _key(line: statement.Line) -> tuple[str, int]:
    return line.movement.booked_on.isoformat(), line.movement.id


def _after(lines: tuple[statement.Line, ...], cursor: str) -> tuple[statement.Line, ...]:
    """The lines after a cursor; all of them where it is not one of ours."""
    place = paging.decode(cursor, (str, int))
    return tuple(line for line in lines if _key(line) > place) if place else lines


def _others(
    period: statement.Period, since: datetime.date, today: datetime.date
) -> list[tuple[str, str]]:
    """The statements beside this one, by name and address: the year of a month, before, after."""
    beside = [statement.Period(period.year)] if period.month else []
    if since < period.starts_on:
        beside.append(period.before)
    if period.ends_on <= today:
        beside.append(period.after)
    return [(statement_view.name(one), f"/statements/{one.name}") for one in beside]

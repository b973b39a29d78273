"""Queue and case on the desk."""

from __future__ import annotations

import datetime
import re

import pytest
import sqlalchemy as sa

from portal.domain.audit import models as audit
from portal.domain.disputes import categories, rules
from portal.kernel import ids
from tests.support import bills, cases, forms, people, statements

Category = categories.Category


def page(browser, address, status=200):
    answer = browser.get(address)
    assert answer.status_code == status, (answer.status_code, answer.headers.get("Location"))
    return answer.get_data(as_text=True)


def words(html):
    """What stands on the page, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.fixture
def bill(database):
    return bills.make_bill(database, effective_on=datetime.date(2026, 10, 28))


@pytest.fixture
def case(quiet_ctx, bill):
    return cases.raise_case(quiet_ctx, bill.customer, invoice_no=bill.number)


def send(browser, number, action, **typed):
    """Fill in and send a form of the case's page, with the page's own version and key."""
    here = f"/desk/disputes/{number}"
    html = page(browser, here)
    hidden = dict(re.findall(r'name="(version|once_key|seen_at)" value="([^"]*)"', html))
    return browser.post(
        f"{here}/{action}",
        data=hidden | {"csrf_token": forms.TOKEN.search(html)[1]} | typed,
    )


def test_the_queue_shows_a_case_with_its_clock_in_words(desk, case):
    html = page(desk, "/desk/queue")
    assert f'href="/desk/disputes/{case}"' in html
    assert "8 h to reply" in html
    assert "Alvarez, M." in html
    assert "Wrong amount, Biscuit" in html


def test_a_clock_that_ran_out_says_by_how_much(client, specialist, clock, case):
    clock.advance(datetime.timedelta(days=1, minutes=25))
    desk = people.sign_in(client, specialist, now=clock.now())
    assert "25 min over" in page(desk, "/desk/queue?view=late")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("view=nobodys", True),
        ("view=mine", False),
        ("view=waiting", False),
        ("view=late", False),
        ("priority=P1", False),
        ("priority=P2", True),
        ("category=fee", False),
        ("q=alvarez", True),
        ("q=nobody", False),
        ("view=nonsense&priority=x&category=y&after=z", True),
    ],
)
def test_views_filters_and_search_narrow_the_queue(desk, case, query, shown):
    assert (f"/desk/disputes/{case}" in page(desk, f"/desk/queue?{query}")) is shown


def test_the_queue_is_paged_by_key(database, quiet_ctx, desk):
    for _ in range(35):
        cases.raise_case(quiet_ctx, people.make_customer(database))
    first = page(desk, "/desk/queue")
    more = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    found = [
        set(re.findall(r"/desk/disputes/(DSP-\w+)", html)) for html in (first, page(desk, more))
    ]
    assert len(found[0] | found[1]) == 35
    assert not found[0] & found[1]


def test_take_next_gives_the_most_urgent_free_case_and_opens_it(
    database, quiet_ctx, desk, specialist, case
):
    urgent = cases.raise_case(
        quiet_ctx, people.make_customer(database), category=Category.CHARGED_TWICE
    )
    answer = forms.post(desk, "/desk/queue", to="/desk/queue/next")
    assert answer.headers["Location"] == f"/desk/disputes/{urgent}"
    assert cases.row(database, urgent).owner_id == specialist.id


def test_take_next_says_so_when_everything_is_taken(desk, database):
    forms.post(desk, "/desk/queue", to="/desk/queue/next")
    assert "Every open case is taken." in page(desk, "/desk/queue")


def test_new_work_is_counted_for_the_bar(database, quiet_ctx, clock, desk, case):
    since = clock.now().isoformat()
    clock.advance(datetime.timedelta(minutes=1))
    cases.raise_case(quiet_ctx, people.make_customer(database))
    answer = desk.get("/desk/queue/new", query_string={"since": since})
    assert answer.get_json() == {"count": 1}
    assert desk.get("/desk/queue/new?since=nonsense").get_json() == {"count": 0}


def test_a_case_shows_its_facts_and_the_queue_beside_it(desk, bill, case):
    html = page(desk, f"/desk/disputes/{case}")
    text = words(html)
    assert "Wrong amount: Biscuit, $" in text
    assert "This does not look right." in text
    assert f"/desk/invoices/{bill.number}" in html
    assert html.count(f'href="/desk/disputes/{case}"') >= 1
    assert "Installment fee" in text


def test_a_case_of_charged_twice_shows_both_payments_side_by_side(database, quiet_ctx, desk, bill):
    first = bills.pay(database, bill.invoices[0])
    second = bills.pay(database, bill.invoices[0], cents=bill.invoices[0].total_cents)
    number = cases.raise_case(
        quiet_ctx, bill.customer, category=Category.CHARGED_TWICE, payment_no=second
    )
    text = words(page(desk, f"/desk/disputes/{number}"))
    assert "Two payments of the same amount" in text
    assert first in text
    assert "Unapplied, $66.08" in text


def test_opening_a_case_is_written_down_as_a_read(database, desk, case):
    page(desk, f"/desk/disputes/{case}")
    page(desk, f"/desk/disputes/{case}")
    with database.reading() as session:
        found = session.scalars(
            sa.select(audit.AuditEvent.actor_label).where(
                audit.AuditEvent.subject == case, audit.AuditEvent.action == "desk.opened"
            )
        ).all()
    assert found == ["Grace Lindqvist"]


def test_a_reply_is_mailed_and_makes_the_case_ones_own(database, desk, specialist, case):
    answer = send(desk, case, "reply", reply="I can see the bill.\nIt was my mistake.")
    assert answer.headers["Location"] == f"/desk/disputes/{case}"
    assert cases.row(database, case).owner_id == specialist.id
    assert "It was my mistake." in cases.mails(database, case)[-1].text
    assert "Your reply is on its way." in page(desk, f"/desk/disputes/{case}")


def test_asking_the_customer_pauses_the_clock(database, desk, case):
    send(desk, case, "reply", reply="Which card was it?", asks="1")
    assert cases.row(database, case).state is rules.CaseState.WAITING_CUSTOMER
    assert "Paused, customer" in page(desk, "/desk/queue")


def test_a_note_is_kept_on_the_desk_and_sent_to_nobody(database, desk, case):
    before = len(cases.mails(database, case))
    send(desk, case, "note", note="The premium table was wrong.")
    html = page(desk, f"/desk/disputes/{case}")
    assert "The premium table was wrong." in html
    assert 'class="is-note"' in html
    assert len(cases.mails(database, case)) == before


@pytest.mark.parametrize(("action", "field"), [("reply", "reply"), ("note", "note")])
def test_empty_words_are_refused_beside_the_field(desk, case, action, field):
    answer = send(desk, case, action, **{field: "  "})
    assert answer.status_code == 422
    assert f'id="{field}-bad"' in answer.get_data(as_text=True)


def test_a_stale_reply_is_refused_kept_and_told_what_changed(
    database, clock, app, desk, supervisor, case
):
    html = page(desk, f"/desk/disputes/{case}")
    hidden = dict(re.findall(r'name="(version|once_key|seen_at)" value="([^"]*)"', html))
    clock.advance(datetime.timedelta(minutes=3))
    other = people.sign_in(app.test_client(), supervisor)
    send(other, case, "reply", reply="Omar was faster.")
    answer = desk.post(
        f"/desk/disputes/{case}/reply",
        data=hidden | {"csrf_token": forms.TOKEN.search(html)[1], "reply": "My long answer"},
    )
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert ">\nMy long answer</textarea>" in text
    alert = text.split('role="alert"')[1].split("c-facts--strip")[0]
    assert "Omar was faster." in alert
    assert not any("My long answer" in mail.text for mail in cases.mails(database, case))


def test_the_same_form_sent_twice_is_one_reply(database, desk, case):
    html = page(desk, f"/desk/disputes/{case}")
    hidden = dict(re.findall(r'name="(version|once_key|seen_at)" value="([^"]*)"', html))
    data = hidden | {"csrf_token": forms.TOKEN.search(html)[1], "reply": "Once only."}
    desk.post(f"/desk/disputes/{case}/reply", data=data)
    desk.post(f"/desk/disputes/{case}/reply", data=data)
    assert sum("Once only." in mail.text for mail in cases.mails(database, case)) == 1


def test_a_case_changes_hands(database, desk, supervisor, case):
    address = f"/desk/disputes/{case}/hand-over"
    version = cases.row(database, case).version
    token = forms.token(desk, address)
    answer = desk.post(address, data={"csrf_token": token, "version": version, "to": supervisor.id})
    assert answer.headers["Location"] == f"/desk/disputes/{case}"
    assert cases.row(database, case).owner_id == supervisor.id


def test_handing_over_to_nobody_is_explained(desk, case):
    address = f"/desk/disputes/{case}/hand-over"
    answer = desk.post(
        address, data={"csrf_token": forms.token(desk, address), "version": 1, "to": "99999"}
    )
    assert answer.status_code == 409
    assert "Choose somebody who works cases." in answer.get_data(as_text=True)


def test_a_case_is_sorted_anew(database, desk, case):
    address = f"/desk/disputes/{case}/hand-over"
    desk.post(
        f"/desk/disputes/{case}/sort",
        data={
            "csrf_token": forms.token(desk, address),
            "version": cases.row(database, case).version,
            "priority": "P1",
            "category": "fee",
        },
    )
    row = cases.row(database, case)
    assert (str(row.priority), str(row.category)) == ("P1", "fee")


def test_finance_reads_a_case_and_cannot_work_it(database, finance_desk, case):
    html = page(finance_desk, f"/desk/disputes/{case}")
    assert "c-reply" not in html
    assert "Take next" not in html
    token = forms.token(finance_desk, "/desk/queue")
    for action in ("take", "reply", "note", "sort", "hand-over", "resolve"):
        answer = finance_desk.post(f"/desk/disputes/{case}/{action}", data={"csrf_token": token})
        assert answer.status_code == 403


@pytest.mark.parametrize("action", ["take", "reply", "note", "sort", "hand-over", "resolve"])
def test_a_form_without_its_token_changes_nothing(database, desk, case, action):
    before = cases.row(database, case).version
    assert desk.post(f"/desk/disputes/{case}/{action}", data={"reply": "x"}).status_code == 400
    assert cases.row(database, case).version == before


def test_a_case_that_is_nobodys_is_not_found(desk):
    for number in ("DSP-1", "%00", ids.new(ids.Prefix.DISPUTE)):
        assert desk.get(f"/desk/disputes/{number}").status_code == 404


def test_pages_run_no_more_statements_than_they_promise(database, quiet_ctx, desk, bill, case):
    bills.pay(database, bill.invoices[0])
    limits = {"/desk/queue": 8, f"/desk/disputes/{case}": 20, "/desk/customers": 6, "/desk": 4}
    limits |= {"/desk/ledger": 6, f"/desk/invoices/{bill.number}": 12}
    limits |= {f"/desk/customers/{bill.customer.number}": 20}
    for address, most in limits.items():
        with statements.counted() as sent:
            page(desk, address)
        assert len(sent) <= most, (address, len(sent), sent)

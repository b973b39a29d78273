"""Statements of an owner: the list, a month, a year, their papers; nobody else's, none to come."""

from __future__ import annotations

import datetime
import io
import re

import pypdf
import pytest

from portal.domain.billing.rules import statement
from portal.domain.ledger.rules import Event
from portal.domain.payments.queries import statements
from portal.web.customer import statement_view
from tests.support import bills, people, refunding

DAY = datetime.date
# what is booked without a customer on any line
NEVER_AN_OWNERS = {
    Event.STRIPE_FEE,
    Event.PAYOUT,
    Event.PAYOUT_RETURNED,
    Event.REFUND_SENT,
    Event.REFUND_FAILED,
    Event.REFUND_PAID_OTHERWISE,
    Event.CHARGEBACK_OPENED,
    Event.CHARGEBACK_WON,
    Event.PREMIUM_EARNED,
}


@pytest.fixture
def owner(database):
    """Biscuit since August with bills overdue, Miso since October; one bill paid too much.

    What the payment has on that bill's premium goes back to the card on the 24th of November.
    """
    bill = bills.make_bill(database, effective_on=DAY(2026, 8, 28))
    bills.pay(database, bill.invoices[0], on=DAY(2026, 8, 30))
    miso = bills.make_bill(
        database,
        customer=bill.customer,
        pet_name="Miso",
        species="cat",
        effective_on=DAY(2026, 10, 20),
    )
    first = miso.invoices[0]
    paid = bills.pay(database, first, cents=8608, on=DAY(2026, 11, 2))
    refunding.refund_line(database, payment_no=paid, invoice_no=first.number, line=1)
    bills.make_bill(database, pet_name="Olive")  # a stranger's
    return bill.customer


def page(client, person, path, status=200):
    people.sign_in(client, person)
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.get_data(as_text=True)


def plain(html):
    """The words of a page, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_every_event_that_moves_an_account_has_its_words():
    assert set(Event) - NEVER_AN_OWNERS == statement_view.EVENTS.keys()


def test_the_list_leads_to_every_month_and_year_newest_first(client, owner):
    html = page(client, owner, "/statements")
    assert re.findall(r'href="/statements/([^"]+)"', html) == [
        "2026",
        "2026-11",
        "2026-10",
        "2026-09",
        "2026-08",
    ]
    assert "$66.08 billed, $66.08 paid or credited" in plain(html)


def test_a_month_tells_every_movement_with_the_balance_that_runs(client, owner):
    text = plain(page(client, owner, "/statements/2026-11"))
    rows = [
        "What happened",
        "Brought forward $264.29",
        "Payment, Visa 4242",
        "Miso, October",
        "$20.00 of it on no bill yet $86.08 $178.21",
        "Bill, Biscuit, November",
        "Due 28 Nov $66.07 $244.28",
        "$62.45 taken off bills, yours again",
        "Miso, October $244.28",
        "Refund, Visa 4242",
        "−$62.45 $306.73",
        "Balance $306.73",
    ]
    place = 0
    for row in rows:
        place = text.find(row, place)
        assert place > 0, row
    assert "1 Nov 2026 to 24 Nov 2026. It is not over yet" in text
    assert "$20.00 of yours was on no bill on 24 Nov 2026" in text
    assert "Olive" not in text


def test_what_is_open_is_told_by_its_age_and_sums_to_what_is_open(client, owner):
    text = plain(page(client, owner, "/statements/2026-11"))
    assert (
        "Not past due $66.07 1 to 30 days past due $132.14 31 to 60 days past due $128.52 "
        "61 to 90 days past due $0.00 More than 90 days past due $0.00 Open on bills $326.73"
    ) in text


def test_the_pets_and_the_money_on_no_bill_sum_to_the_whole(client, owner):
    text = plain(page(client, owner, "/statements/2026-11"))
    assert (
        "Biscuit $66.07 $0.00 $198.21 Miso $0.00 $3.63 $128.52 "
        "On no bill yet $0.00 $20.00 −$20.00 Together $66.07 $23.63 $306.73"
    ) in text


def test_a_year_has_the_months_in_it_and_a_quiet_month_carries_its_balance(client, database):
    bill = bills.make_bill(database, plan="in_full", effective_on=DAY(2025, 12, 10))
    people.sign_in(client, bill.customer)
    assert "Brought forward $756.78 Billed $0.00" in plain(client.get("/statements/2026").text)
    quiet = plain(client.get("/statements/2026-03").text)
    assert "Nothing was billed and nothing was paid." in quiet
    assert "Balance on 31 Mar 2026 $756.78" in quiet
    assert "More than 90 days past due $756.78 Open on bills $756.78" in quiet
    assert "61 to 90 days past due $0.00" in quiet
    year = plain(client.get("/statements/2025").text)
    assert "Bill, Biscuit, December 2025" in year
    assert "It is not over yet" not in year


@pytest.mark.parametrize(
    "name",
    [
        *("2026-12", "2027", "2027-01", "2026-07", "2025", "1999-01", "2026-13", "2026-0"),
        *("2026-11-01", "november", "0", "9999", "%00", "2026%0a", "٢٠٢٦", "2026-11.pdf.pdf"),
    ],
)
def test_what_is_no_period_of_mine_is_not_found(client, owner, name):
    people.sign_in(client, owner)
    assert client.get(f"/statements/{name}").status_code == 404
    assert client.get(f"/statements/{name}.pdf").status_code == 404


def test_nobody_sees_what_is_another_persons(client, owner, database):
    other = people.make_customer(database)
    people.sign_in(client, other)
    assert "No statements yet" in client.get("/statements").text
    assert client.get("/statements/2026-11").status_code == 404
    assert client.get("/statements/2026-11.pdf").status_code == 404


def test_the_bills_page_and_the_account_lead_there(client, owner):
    people.sign_in(client, owner)
    for path in ("/invoices", "/settings"):
        assert 'href="/statements"' in client.get(path).text


def many(database):
    """Two years of bills of three pets, each paid."""
    customer = people.make_customer(database)
    for pet in ("Biscuit", "Miso", "Olive"):
        made = bills.make_bill(
            database, customer=customer, pet_name=pet, effective_on=DAY(2025, 1, 28)
        )
        for invoice in made.invoices:
            bills.pay(database, invoice, on=invoice.due_on)
    return customer


def test_a_long_year_comes_in_pages_by_key_whose_balances_join(client, database):
    people.sign_in(client, many(database))
    path, balances, movements = "/statements/2025", [], 0
    for _ in range(2):
        html = client.get(path).text
        assert len(html) < 24_000
        table = re.search(r'<table class="c-ledger c-ledger--run">.*?</table>', html, re.S)[0]
        balances.append(re.findall(r"<td>([^<]+)</td></tr>", table))
        movements += len(balances[-1]) - 2
        found = re.search(r'href="(\?after=[^"]+)" rel="next"', html)
        path = f"/statements/2025{found[1]}" if found else ""
    assert path == ""
    assert movements == 72
    assert balances[0][-1] == balances[1][0]


def test_spanish_says_it_in_spanish(client, owner):
    text = plain(page(client, owner, "/statements/2026-11?lang=es"))
    for part in ("Estado de cuenta, noviembre de 2026", "Saldo anterior", "Por mascota"):
        assert part in text


def read_paper(client, person, path):
    people.sign_in(client, person)
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "private, no-store"
    return answer, pypdf.PdfReader(io.BytesIO(answer.data))


def words(read):
    return " ".join("\n".join(page.extract_text() for page in read.pages).split())


@pytest.mark.parametrize(
    ("language", "title", "heads", "aged"),
    [
        ("en", "Statement, November 2026", "Billed Paid or credited", "31 to 60 days past due"),
        (
            "es",
            "Estado de cuenta, noviembre de 2026",
            "Facturado Pagado o abonado",
            "De 31 a 60 días de atraso",
        ),
    ],
)
def test_the_paper_is_tagged_and_says_what_the_page_says(
    client, owner, language, title, heads, aged
):
    answer, read = read_paper(client, owner, f"/statements/2026-11.pdf?lang={language}")
    root, text = read.trailer["/Root"], words(read)
    assert answer.headers["Content-Disposition"] == 'inline; filename="statement-2026-11.pdf"'
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == language
    assert "/StructTreeRoot" in root
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert read.metadata.title == title
    for part in (title, heads, owner.number, "12 Elm Street", "Visa 4242"):
        assert part in text, part
    for part in ("$264.29", "−$62.45", "$306.73", f"{aged} $128.52", "Miso $0.00 $3.63 $128.52"):
        assert part in text, part


def tags(node, found):
    """How often each kind of tag stands in the structure below a node."""
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            tags(child, found)
    elif isinstance(node, dict):
        if "/S" in node:
            found[node["/S"]] = found.get(node["/S"], 0) + 1
        if "/K" in node:
            tags(node["/K"], found)
    return found


def test_a_long_paper_repeats_its_heads_on_every_page_and_tags_them_once(client, database):
    _, read = read_paper(client, many(database), "/statements/2025.pdf")
    pages = [" ".join(page.extract_text().split()) for page in read.pages]
    assert len(pages) > 2
    for page_no, text in enumerate(pages[:-1], 1):
        assert "Day What Billed Paid or credited Balance" in text
        assert f"Page {page_no} / {len(pages)}" in text
    found = tags(read.trailer["/Root"]["/StructTreeRoot"], {})
    assert found["/TH"] == 2 + 5 + 4  # in short, movements, pets
    assert found["/TR"] >= 72


@pytest.mark.parametrize("name", ["Żółć", "李小龙", '#panic() $x$ *b* @a \\ "q"'])
def test_any_name_can_be_printed_and_none_is_a_command(client, database, name):
    bill = bills.make_bill(database, pet_name=name)
    _, read = read_paper(client, bill.customer, "/statements/2026.pdf")
    assert "November" in words(read)
    if name.startswith("#"):
        assert "#panic() $x$ *b* @a" in words(read)


def by_hand(event, *, bills_moved, unapplied=0, kind="", label="visa 4242"):
    """An account that moved once, by an event that takes long to bring about."""
    facts = [
        statements.BillFacts(n, f"INV-{n}", DAY(2026, 11, 28), n, pet, kind)
        for n, pet in enumerate(("Biscuit", "Miso", "Olive"), 1)
    ]
    move = statement.Movement(
        id=1,
        booked_on=DAY(2026, 11, 2),
        event=str(event),
        subject="CBK-1",
        bills=bills_moved,
        unapplied_cents=unapplied,
    )
    opening = statement.Standing(bills={}, unapplied_cents=0)
    return statements.Account(
        since=DAY(2026, 11, 2),
        found=statement.statement(opening, [move]),
        bills={one.id: one for one in facts},
        paid={"CBK-1": statements.PaidWith("PAY-1", label)} if label else {},
    )


def told(app, account, language="en"):
    with app.test_request_context(f"/?lang={language}"):
        seen = statement_view.view(account, statement.Period(2026, 11), today=bills.TODAY)
        return seen.rows[0]


@pytest.mark.parametrize(
    ("event", "given", "what", "note", "href"),
    [
        (
            Event.CHARGEBACK_LOST,
            {"bills_moved": {1: 6606, 2: 100}},
            "Your bank took a payment back",
            "Biscuit, November and Miso, November",
            "/payments/PAY-1",
        ),
        (
            Event.CORRECTION,
            {"bills_moved": {1: -500}, "label": ""},
            "Corrected: it should not have been billed",
            "Biscuit, November",
            "/invoices/INV-1",
        ),
        (
            Event.UNAPPLIED_USED,
            {"bills_moved": {1: -1, 2: -1, 3: -1}, "unapplied": -3, "label": ""},
            "$0.03 of your money used for bills",
            "Biscuit, Miso and Olive",
            "",
        ),
        (
            Event.INVOICE_ISSUED,
            {"bills_moved": {1: 2500}, "kind": "nsf_fee", "label": ""},
            "Returned payment fee, Biscuit",
            "Due 28 Nov",
            "/invoices/INV-1",
        ),
        (
            Event.PAYMENT_SETTLED,
            {"bills_moved": {}, "unapplied": 900, "label": "payer:Ana Ruiz"},
            "Payment by Ana Ruiz",
            "",
            "/payments/PAY-1",
        ),
        (
            Event.REFUND_APPROVED,
            {"bills_moved": {}, "unapplied": -900, "label": ""},
            "Refund, your payment method",
            "",
            "",
        ),
    ],
)
def test_a_movement_says_what_it_was_for_what_and_leads_there(app, event, given, what, note, href):
    row = told(app, by_hand(event, **given))
    assert (row.what, row.note, row.href) == (what, note, href)


@pytest.mark.parametrize("event", sorted(statement_view.EVENTS))
def test_every_movement_is_said_in_spanish(app, event):
    account = by_hand(event, bills_moved={1: 500}, unapplied=500)
    said = told(app, account, language="es").what
    assert said != told(app, account).what
    assert "%(" not in said


@pytest.mark.parametrize("cursor", ["x", "WyJ4Il0", "WyI5OTk5IiwxXQ", "WyIiLDBd"])
def test_a_cursor_of_nobody_is_no_error(client, owner, cursor):
    for path in ("/statements", "/statements/2026-11"):
        page(client, owner, f"{path}?after={cursor}")

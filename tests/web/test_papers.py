"""Bills and receipts as PDF: what they say, that they are tagged, private and of any name."""

import io

import pypdf
import pytest

from tests.support import bills, people


def paper(client, customer, path):
    people.sign_in(client, customer)
    answer = client.get(path)
    assert answer.status_code == 200
    return answer, pypdf.PdfReader(io.BytesIO(answer.data))


def words(read):
    return " ".join("\n".join(page.extract_text() for page in read.pages).split())


@pytest.mark.parametrize(
    ("language", "due", "total"),
    [
        ("en", "Due on Saturday 28 November 2026", "Total"),
        ("es", "Vence el sábado 28 de noviembre de 2026", "Total"),
    ],
)
def test_a_bill_says_on_paper_what_its_page_says(client, database, language, due, total):
    bill = bills.make_bill(database)
    answer, read = paper(client, bill.customer, f"/invoices/{bill.number}.pdf?lang={language}")
    text = words(read)
    for part in (
        bill.number,
        bill.policy.number,
        "Maria Alvarez",
        "12 Elm Street",
        due,
        "$62.45",
        "$0.63",
        "$3.00",
        f"{total} $66.08",
    ):
        assert part in text
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Disposition"] == f'inline; filename="{bill.number}.pdf"'


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_paper_is_tagged_and_names_its_language_and_title(client, database, language):
    bill = bills.make_bill(database)
    _, read = paper(client, bill.customer, f"/invoices/{bill.number}.pdf?lang={language}")
    root = read.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == language
    assert "/StructTreeRoot" in root
    assert "Biscuit" in read.metadata.title
    assert b"pdfuaid" in root["/Metadata"].get_data()


def test_a_paid_bill_on_paper_shows_what_was_paid_and_asks_for_nothing(client, database):
    bill = bills.make_bill(database)
    bills.pay(database, bill.invoice)
    _, read = paper(client, bill.customer, f"/invoices/{bill.number}.pdf")
    text = words(read)
    assert "−$66.08" in text
    assert "Left to pay $0.00" in text
    assert "Pay at" not in text


def links(read):
    """Where the paper leads."""
    notes = [note.get_object() for page in read.pages for note in page.get("/Annots", ())]
    return [note["/A"]["/URI"] for note in notes]


def test_an_open_bill_on_paper_leads_anybody_to_where_it_is_paid(client, database, app):
    bill = bills.make_bill(database)
    _, read = paper(client, bill.customer, f"/invoices/{bill.number}.pdf")
    (address,) = links(read)
    assert "Scan to pay." in words(read)
    stranger = app.test_client()
    page = stranger.get(address.partition(":8000")[2] or address)
    assert page.status_code == 200
    assert "$66.08" in page.text
    assert "Alvarez" not in page.text


def test_a_bill_that_nobody_can_pay_leads_nowhere(client, database):
    paid, paying = bills.make_bill(database), bills.make_bill(database)
    bills.pay(database, paid.invoice)
    bills.begin_payment(database, paying.invoice)
    for bill in (paid, paying):
        _, read = paper(client, bill.customer, f"/invoices/{bill.number}.pdf")
        assert links(read) == []
        assert "Scan to pay" not in words(read)


def test_a_bill_that_is_being_paid_is_not_called_paid_on_paper(client, database):
    bill = bills.make_bill(database)
    bills.begin_payment(database, bill.invoice)
    _, read = paper(client, bill.customer, f"/invoices/{bill.number}.pdf")
    text = words(read)
    assert "A payment is on its way" in text
    assert "Paid on" not in text


def test_a_receipt_says_how_much_when_with_what_and_for_which_bills(client, database):
    bill = bills.make_bill(database)
    number = bills.pay(database, bill.invoice)
    _, read = paper(client, bill.customer, f"/payments/{number}.pdf")
    text = words(read)
    for part in (
        "Receipt",
        "$66.08",
        "Tuesday 24 November 2026, 11:00",
        "Maria Alvarez",
        "Visa 4242",
        number,
        bill.number,
    ):
        assert part in text


@pytest.mark.parametrize("name", ["Żółć", "李小龙", "🐶 Rex", '#panic() $x$ *b* @a \\ "q"'])
def test_any_name_can_be_printed_and_none_is_a_command(client, database, name):
    bill = bills.make_bill(database, pet_name=name)
    _, read = paper(client, bill.customer, f"/invoices/{bill.number}.pdf")
    text = words(read)
    assert "bill, November 2026" in text
    if name.startswith("#"):
        assert "#panic() $x$ *b* @a" in text

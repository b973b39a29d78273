"""Renewal on the pages: the next term, how it is paid, the letters; for the owner and the desk."""

from __future__ import annotations

import datetime
import io
import re

import pypdf
import pytest

from portal.journeys import choose_plan, renew_terms, run_billing, term_changes
from portal.kernel import actor
from tests.support import bills, forms, paying, people

D = datetime.date
STARTS = D(2026, 1, 8)
ENDS = D(2027, 1, 8)


@pytest.fixture
def bill(database):
    return bills.make_bill(database, effective_on=STARTS)


@pytest.fixture
def owner(client, bill):
    return people.sign_in(client, bill.customer)


def address(bill, what: str = "") -> str:
    return f"/policies/{bill.policy.number}{what}"


def ask(bill, key: str) -> term_changes.Ask:
    return term_changes.Ask(policy_no=bill.policy.number, once_key=key, who=actor.system("desk"))


def renew(ctx, bill, **given):
    return renew_terms.renew(ctx, ask=ask(bill, "renew"), **given)


def words(answer) -> str:
    read = pypdf.PdfReader(io.BytesIO(answer.data))
    return " ".join("\n".join(page.extract_text() for page in read.pages).split())


def letters(page: str) -> list[str]:
    return re.findall(r'href="([^"]+/letters/[^"]+\.pdf)"', page)


def test_the_next_term_stands_on_the_policys_page(owner, bill, quiet_ctx):
    assert "The next term" not in owner.get(address(bill)).text
    renew(quiet_ctx, bill, premium_cents=80_000)
    page = owner.get(address(bill)).text
    assert "The next term" in page
    for told in (
        "8 Jan 2027 to 8 Jan 2028",
        "$800.00",
        "+$50.71",
        "It is sent on",
        "19 Dec 2026",
        "Renewal letter",
    ):
        assert told in page
    assert "12, $854.00 in all" in page


def test_the_owner_sees_what_each_plan_comes_to_and_chooses(owner, bill, quiet_ctx, database):
    page = owner.get(address(bill, "/next-plan")).text
    assert "Monthly, as it is now" in page
    assert "12 bills: the first $76.08, the last $66.06." in page
    assert "4 bills: the first $202.21, the last $192.19." in page
    assert "One bill. No installment fees." in page
    shown = owner.get(address(bill, "/next-plan?plan=quarterly")).text
    assert "From 8 Jan 2027 on you pay every three months instead of monthly." in shown
    assert "Installment fees are $12.00 in all." in shown
    done = forms.send(owner, shown, to=address(bill, "/next-plan"), plan="quarterly")
    assert done.status_code == 303
    page = owner.get(address(bill)).text
    assert "How the next term is paid" in page
    assert renew(quiet_ctx, bill).facts["payment_plan"] == "quarterly"
    assert "Every three months" in owner.get(address(bill)).text.split("The next term")[1]


def test_a_term_that_is_written_is_planned_anew_and_not_once_a_bill_is_out(
    owner, bill, quiet_ctx, clock
):
    renew(quiet_ctx, bill)
    shown = owner.get(address(bill, "/next-plan?plan=in_full")).text
    forms.send(owner, shown, to=address(bill, "/next-plan"), plan="in_full")
    assert "1, $766.78 in all" in owner.get(address(bill)).text
    clock.set(bills.at(D(2026, 12, 19)))
    run_billing.run(quiet_ctx, on=clock.today())
    late = owner.get(address(bill, "/next-plan?plan=monthly"))
    assert late.status_code == 422
    assert "The first bill of the next term is out already" in late.text
    assert "It is out already" in owner.get(address(bill)).text


@pytest.mark.parametrize("plan", ["", "weekly", "down_payment", "monthly"])
def test_a_plan_that_can_not_be_is_said_beside_the_choice(owner, bill, plan):
    answer = forms.post(owner, address(bill, "/next-plan"), plan=plan, look="1")
    assert answer.status_code == 422
    assert 'href="#plan"' in answer.text


def test_a_cancelled_policy_offers_no_plan(owner, bill, quiet_ctx):
    term_changes.cancel(quiet_ctx, ask=ask(bill, "end"), on=D(2026, 12, 1))
    assert 'name="plan"' not in owner.get(address(bill, "/next-plan")).text
    answer = forms.post(owner, "/settings", to=address(bill, "/next-plan"))
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            (
                "Biscuit’s next term",
                "from 8 Jan 2027 up to 8 Jan 2028",
                "The premium of a term is $800.00; up to now it is $749.29 (+$50.71, +6.8%).",
                "Illinois premium tax",
                "Policy fee",
                "Installment fee",
                "The whole term $854.00",
                "You pay it in 12 monthly bills.",
                "Due 8 Feb 2027",
                "choose it at http",
                "You can cancel there at any time.",
            ),
        ),
        (
            "es",
            (
                "El próximo período de Biscuit",
                "del 8 ene 2027 hasta el 8 ene 2028",
                "hasta ahora es $749.29 (+$50.71, +6.8%).",
                "Todo el período $854.00",
                "Se paga en 12 facturas mensuales.",
                "Vence el 8 feb 2027",
                "Allí puede cancelar en cualquier momento.",
            ),
        ),
    ],
)
def test_the_renewal_letter_says_all_of_it(owner, bill, quiet_ctx, language, told):
    renew(quiet_ctx, bill, premium_cents=80_000)
    (path,) = letters(owner.get(address(bill)).text)
    answer = owner.get(f"{path}?lang={language}")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "private, no-store"
    text = words(answer)
    for part in (*told, "Maria Alvarez", "12 Elm Street", bill.policy.number):
        assert part in text


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            (
                "Biscuit’s premium changes",
                "From 24 Nov 2026 the year costs $900.00 instead of $749.29 (+$150.71, +20.1%).",
                "45 of 365 days are left",
                "More to pay $18.77",
                "+$18.77 is on the one bill that is not out yet.",
            ),
        ),
        (
            "es",
            (
                "La prima de Biscuit cambia",
                "Desde el 24 nov 2026 el año cuesta $900.00 en vez de $749.29 (+$150.71, +20.1%).",
                "Quedan 45 de 365 días",
                "Más por pagar $18.77",
            ),
        ),
    ],
)
def test_the_letter_of_a_changed_premium_says_where_it_goes(
    client, database, quiet_ctx, language, told
):
    bill = bills.make_bill(database, effective_on=STARTS, through=D(2026, 11, 1))
    owner = people.sign_in(client, bill.customer)
    term_changes.change_premium(
        quiet_ctx, ask=ask(bill, "more"), effective_on=D(2026, 11, 24), premium_cents=90_000
    )
    (path,) = letters(owner.get(address(bill)).text)
    text = words(owner.get(f"{path}?lang={language}"))
    for part in told:
        assert part in text


def test_the_letter_of_a_cheaper_premium_says_what_goes_back(client, database, quiet_ctx):
    bill = bills.make_bill(database, effective_on=D(2026, 8, 1))
    owner = people.sign_in(client, bill.customer)
    term_changes.change_premium(
        quiet_ctx, ask=ask(bill, "less"), effective_on=D(2026, 12, 1), premium_cents=60_000
    )
    term_changes.change_premium(
        quiet_ctx, ask=ask(bill, "nothing"), effective_on=D(2026, 12, 1), premium_cents=0
    )
    last, first = letters(owner.get(address(bill)).text)
    text = words(owner.get(first))
    assert "(−$149.29, −19.9%)" in text
    assert "Less to pay −$100.38" in text  # 149.29 × 243 ÷ 365, and its tax
    assert "−$100.38 is spread over the 7 bills that are not out yet." in text
    assert "Due 1 Feb 2027" in text
    text = words(owner.get(last))
    assert "is taken off what you owe." in text
    assert "Every bill of this term is out." in text


def test_a_letter_stays_as_it_was_when_the_owner_moves_and_the_plan_changes(
    owner, bill, quiet_ctx, database
):
    renew(quiet_ctx, bill, premium_cents=80_000)
    (path,) = letters(owner.get(address(bill)).text)
    before = words(owner.get(path))
    with database.unit_of_work() as session:
        session.get_one(type(bill.customer), bill.customer.id).street = "1 Other Road"
        session.get_one(type(bill.pet), bill.pet.id).name = "Rex"
    choose_plan.choose(quiet_ctx, ask=ask(bill, "plan"), plan="in_full")
    assert words(owner.get(path)) == before


def test_a_letter_is_tagged_and_names_its_language_and_title(owner, bill, quiet_ctx):
    renew(quiet_ctx, bill)
    term_changes.change_premium(
        quiet_ctx, ask=ask(bill, "more"), effective_on=D(2026, 12, 1), premium_cents=90_000
    )
    paths = letters(owner.get(address(bill)).text)
    assert len(paths) == 2
    for path in paths:
        for language in ("en", "es"):
            read = pypdf.PdfReader(io.BytesIO(owner.get(f"{path}?lang={language}").data))
            root = read.trailer["/Root"]
            assert root["/MarkInfo"]["/Marked"]
            assert root["/Lang"] == language
            assert "/StructTreeRoot" in root
            assert "Biscuit" in read.metadata.title
            assert b"pdfuaid" in root["/Metadata"].get_data()


def test_a_strangers_letter_and_a_change_without_one_are_not_there(
    owner, bill, quiet_ctx, database, app
):
    made = renew(quiet_ctx, bill)
    moved = choose_plan.choose(quiet_ctx, ask=ask(bill, "plan"), plan="in_full")
    other = bills.make_bill(database)
    assert owner.get(address(bill, f"/letters/{made.number}.pdf")).status_code == 200
    assert owner.get(address(bill, f"/letters/{moved.number}.pdf")).status_code == 404
    assert owner.get(address(other, f"/letters/{made.number}.pdf")).status_code == 404
    stranger = people.sign_in(app.test_client(), other.customer)
    assert stranger.get(address(bill, f"/letters/{made.number}.pdf")).status_code == 404
    assert stranger.get(address(other, f"/letters/{made.number}.pdf")).status_code == 404


def test_the_mail_leads_to_the_policy_and_its_letter(bill, quiet_ctx):
    made = renew(quiet_ctx, bill, premium_cents=80_000)
    text = paying.mail(quiet_ctx, "renewal_letter")
    assert "Up to now a term costs $749.29." in text
    assert f"/policies/{bill.policy.number}/letters/{made.number}.pdf" in text


def test_the_desk_renews_after_it_saw_what_that_does(client, database, bill):
    desk = people.sign_in(client, people.make_staff(database, "specialist"))
    at = f"/desk/policies/{bill.policy.number}"
    typed = {"premium": "800", "plan": "quarterly", "reason": "Agreed by phone."}
    look = forms.post(desk, at, to=f"{at}/renew", look="1", **typed)
    assert "The term from 8 Jan 2027 costs $800.00, and $8.00 tax." in look.text
    assert "It is on 4 bills, the first due 8 Jan 2027." in look.text
    done = forms.send(desk, look.text, to=f"{at}/renew", **typed)
    assert done.status_code == 303
    page = desk.get(at).text
    assert "Renew now" not in page
    (path,) = letters(page)
    assert "Biscuit’s next term" in words(desk.get(path))
    again = forms.post(desk, at, to=f"{at}/renew", look="1", **typed)
    assert again.status_code == 422
    assert "The next term is written already." in again.text


def test_the_desk_changes_the_premium_of_a_term_that_has_not_begun(
    client, database, bill, quiet_ctx
):
    renew(quiet_ctx, bill)
    desk = people.sign_in(client, people.make_staff(database, "specialist"))
    at = f"/desk/policies/{bill.policy.number}"
    typed = {"premium": "800", "on": "2027-01-08", "reason": "Agreed by phone."}
    look = forms.post(desk, at, to=f"{at}/premium", look="1", **typed)
    assert "From 8 Jan 2027 the year costs $800.00 instead of $749.29." in look.text
    assert "For the 365 of 365 days that are left that is +$51.22, tax included." in look.text


def test_the_desk_writes_a_term_of_other_days_after_cover_lapsed(client, database, bill, clock):
    now = bills.at(D(2027, 3, 1))
    clock.set(now)
    desk = people.sign_in(client, people.make_staff(database, "specialist"), now=now)
    at = f"/desk/policies/{bill.policy.number}"
    assert "Renew now" not in desk.get(at).text
    typed = {
        "on": "2027-03-10",
        "until": "2028-03-10",
        "premium": "800",
        "plan": "down_payment",
        "parts": "3",
        "down": "200",
        "reason": "Back after a gap.",
    }
    look = forms.post(desk, at, to=f"{at}/term", look="1", **typed)
    assert "It is on 4 bills, the first due 10 Mar 2027." in look.text
    done = forms.send(desk, look.text, to=f"{at}/term", **typed)
    assert done.status_code == 303
    assert "10 Mar 2028" in desk.get(at).text


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"on": "2027-01-07"}, "term-on"),
        ({"on": "2025-01-08", "until": "2026-01-08"}, "term-on"),
        ({"until": "2027-01-08"}, "term-until"),
        ({"premium": "0"}, "term-premium"),
        ({"premium": "x"}, "term-premium"),
        ({"until": "2027-06-08"}, "term-plan"),
        ({"plan": "down_payment", "parts": "13", "down": "10"}, "term-parts"),
        ({"reason": " "}, "term-reason"),
    ],
)
def test_a_term_that_can_not_be_is_said_beside_its_field(client, database, bill, given, field):
    desk = people.sign_in(client, people.make_staff(database, "specialist"))
    at = f"/desk/policies/{bill.policy.number}"
    typed = {"on": "2027-01-08", "until": "2028-01-08", "premium": "800", "reason": "Agreed."}
    answer = forms.post(desk, at, to=f"{at}/term", look="1", **(typed | given))
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text

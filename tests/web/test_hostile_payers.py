"""Whoever holds, bends or loses a payer's link takes nothing and learns nothing."""

from __future__ import annotations

import itsdangerous
import pytest
import sqlalchemy as sa
import structlog

from portal.journeys import end_payer, guest_pay, invite_payer, payer_links, scoped_pay
from tests.support import bills, forms, paying, people, scoped, statements

PAGES = ("", "/end", "/autopay", "/add", "/added", "/payments/PAY-0")
FORMS = ("", "/end", "/autopay", "/autopay/leave", "/add", "/cards/MTH-0")


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def number(ctx, bill):
    return scoped.ask(ctx, bill)


@pytest.fixture
def link(ctx, number):
    return scoped.link(ctx, number)


@pytest.fixture
def ana(paying_app):
    return paying_app.test_client()


def count(database, table: str, where: str = "true") -> int:
    with database.reading() as session:
        return session.scalar(sa.text(f"SELECT count(*) FROM {table} WHERE {where}"))


def end(ctx, bill, number) -> None:
    end_payer.by_owner(
        ctx, customer_id=bill.customer.id, number=number, who=people.owner(bill.customer)
    )


def bent(ctx, bill, number) -> list[str]:
    """Addresses that look like a link and are none."""
    good = scoped.token(ctx, number)
    signer = itsdangerous.URLSafeSerializer(ctx.secret_key, salt=payer_links.SALT)
    stranger = itsdangerous.URLSafeSerializer("another key", salt=payer_links.SALT)
    guest = guest_pay.link(ctx, invoice_no=bill.number).rpartition("/")[2]
    tokens = (
        good[:-1],
        f"{good}x",
        good.swapcase(),
        good * 40,
        "é",
        "..",
        guest,
        number,
        stranger.dumps([number, 1]),
        signer.dumps([number, 2]),
        signer.dumps([number, None]),
        signer.dumps([number]),
        signer.dumps({"number": number}),
        signer.dumps("x"),
        signer.dumps(7),
        signer.dumps([bill.policy.number, 1]),
    )
    return [f"/payer/{token}" for token in tokens]


def test_a_link_that_is_none_opens_nothing(ctx, ana, bill, number):
    for address in bent(ctx, bill, number):
        for page in PAGES:
            answer = ana.get(address + page)
            assert answer.status_code == 404, (address, page)
            html = answer.get_data(as_text=True)
            assert "Biscuit" not in html
            assert bill.customer.first_name not in html
        for page in FORMS:
            typed = {"csrf_token": forms.token(ana, "/p"), "agreement": "en"}
            status = ana.post(address + page, data=typed, headers=scoped.JSON).status_code
            assert status in (404, 409), (address, page)


def test_a_link_that_was_ended_or_renewed_opens_nothing(ctx, ana, database, bill, number, link):
    invite_payer.send_link(
        ctx, customer_id=bill.customer.id, number=number, who=people.owner(bill.customer)
    )
    newer = scoped.link(ctx, number)
    end(ctx, bill, number)
    again = scoped.link(ctx, scoped.ask(ctx, bill, email="bo@example.test"))
    for dead in (link, newer):
        for page in PAGES:
            assert ana.get(dead + page).status_code == 404
        assert scoped.begin(ana, dead, bill.number).status_code == 404
    assert ana.get(again).status_code == 200
    assert count(database, "payment") == 0


def test_ended_between_looking_and_pressing_takes_nothing(ctx, ana, database, bill, number, link):
    assert ana.get(link).status_code == 200
    end(ctx, bill, number)
    answer = scoped.begin(ana, link, bill.number)
    assert answer.status_code == 404
    assert "does not work any more" in answer.get_json()["error"]
    assert count(database, "payment") == 0


def test_a_bill_of_another_pet_or_of_anybody_else_cannot_be_named(
    ctx, ana, database, bill, number, link
):
    miso = bills.make_bill(database, customer=bill.customer, pet_name="Miso", species="cat")
    theirs = bills.make_bill(database)
    for numbers, cents in (
        ((miso.number,), 6608),
        ((bill.number, miso.number), 13_216),
        ((theirs.number,), 6608),
        (("INV-0",), 6608),
        ((), 6608),
        (("x" * 5_000,), 6608),
    ):
        answer = scoped.begin(ana, link, *numbers, cents=cents)
        assert answer.status_code == 409
        said = answer.get_json()["error"]
        assert said == "This bill cannot be paid here. Nothing was taken."
    html = ana.get(f"{link}?only={miso.number}").get_data(as_text=True)
    assert "Miso" not in html
    assert "Pay $66.08" in html
    assert count(database, "payment") == 0


def test_a_bill_of_which_too_little_is_open_is_not_called_disputed(ctx, ana, bill, link):
    paying.give(ctx, bill.customer, 6590)
    html = ana.get(link).get_data(as_text=True)
    assert "Too little to be paid alone" in html
    assert "in dispute" not in html


@pytest.mark.parametrize(
    "cents", ["0", "-6608", "-1", "1", "6607", "6609", "66.08", "6,608", "6608 EUR", "", "9" * 30]
)
def test_another_amount_takes_nothing(ana, database, bill, link, cents):
    assert scoped.begin(ana, link, bill.number, cents=cents).status_code == 409
    assert count(database, "payment") == 0


def test_a_double_press_is_one_payment_and_two_tabs_are_one_charge(
    ctx, sandbox, ana, database, bill, link
):
    first = scoped.begin(ana, link, bill.number).get_json()
    again = scoped.begin(ana, link, bill.number).get_json()
    assert again["number"] == first["number"]
    assert count(database, "payment") == 1
    tab = scoped.begin(ana, link, bill.number, key="t" * 24).get_json()
    paying.confirm(sandbox, tab["client_secret"])
    with pytest.raises(Exception, match="canceled"):
        paying.confirm(sandbox, first["client_secret"])
    assert scoped.begin(ana, link, bill.number, key="u" * 24).status_code == 409
    assert len(paying.charges(sandbox)) == 1


def test_a_key_of_the_owners_form_does_not_bring_the_owners_payment(ctx, ana, bill, link):
    paying.begin(ctx, bill.customer, key="o" * 24)
    answer = scoped.begin(ana, link, bill.number, key="o" * 24)
    assert answer.status_code == 409
    assert "client_secret" not in answer.get_json()


def test_paid_by_the_owner_meanwhile_is_said_and_nothing_taken(ana, database, bill, link):
    assert "Pay $66.08" in ana.get(link).get_data(as_text=True)
    bills.pay(database, bill.invoice)
    answer = scoped.begin(ana, link, bill.number)
    assert answer.status_code == 409
    assert answer.get_json()["reload"]
    assert "There is nothing to pay" in ana.get(link).get_data(as_text=True)
    assert count(database, "payment", "payer_id IS NOT NULL") == 0


def test_a_method_that_is_not_theirs_or_was_removed_is_refused(
    ctx, sandbox, ana, database, bill, link
):
    owners = paying.save_card(ctx, sandbox, bill.customer)
    other = bills.make_bill(database)
    second = scoped.ask(ctx, other, email="bo@example.test")
    scoped.pay(ctx, sandbox, second, other, keep=True)
    (theirs,) = scoped.methods(ctx, other, second)
    charges = len(paying.charges(sandbox))
    for method in (owners, theirs.number, "MTH-0", "pm_card_visa"):
        answer = scoped.begin(ana, link, bill.number, **{"with": method})
        assert answer.status_code == 409
        assert "removed" in answer.get_json()["error"]
        ana.post(f"{link}/cards/{method}", data={"csrf_token": forms.token(ana, f"{link}/end")})
    assert count(database, "payment_method", "removed_at IS NOT NULL") == 0
    scoped_pay.take_off(
        ctx,
        token=scoped.token(ctx, second),
        method_no=theirs.number,
        who=people.visitor(),
    )
    gone = scoped.begin(ana, scoped.link(ctx, second), other.number, **{"with": theirs.number})
    assert gone.status_code == 409
    assert len(paying.charges(sandbox)) == charges


def test_a_payment_of_the_owner_or_of_another_payer_is_not_shown(
    ctx, sandbox, ana, database, bill, link
):
    mine = bills.pay(database, bills.make_bill(database, customer=bill.customer).invoice)
    other = bills.make_bill(database)
    theirs = scoped.pay(ctx, sandbox, scoped.ask(ctx, other, email="bo@example.test"), other)
    for paid in (mine, theirs, "PAY-0"):
        assert ana.get(f"{link}/payments/{paid}").status_code == 404


def test_a_mail_scanner_that_opens_everything_changes_nothing(ana, database, link):
    for page in ("", "?only=INV-0", "/end", "/autopay", "/add"):
        with statements.counted() as sent:
            assert ana.get(link + page).status_code == 200
            assert ana.head(link + page).status_code == 200
        written = [s for s in sent if s.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))]
        assert written == []
    assert count(database, "payer", "first_seen_at IS NOT NULL OR ended_at IS NOT NULL") == 0


def test_a_form_without_its_token_is_refused(ana, database, link):
    for page in FORMS:
        assert ana.post(link + page, data={"agreed": "1"}).status_code == 400
    assert count(database, "payer", "ended_at IS NOT NULL") == 0


def test_the_page_is_kept_by_nobody_and_its_token_stands_in_no_log(ana, bill, number, ctx, link):
    answer = ana.get(link)
    assert answer.headers["Cache-Control"] == "no-store"
    # Another site learns where it was asked from, and never the address with the token in it.
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    with structlog.testing.capture_logs() as lines:
        ana.get(link)
        scoped.begin(ana, link, bill.number)
        ana.get(f"{link}x")
    assert {"/payer/<token>"} <= {line.get("rule") for line in lines}
    assert scoped.token(ctx, number) not in repr(lines)


def test_who_is_signed_in_in_that_browser_did_not_do_it(ctx, paying_app, database, bill, link):
    stranger = people.make_customer(database, first_name="Wilhelmina")
    client = people.sign_in(paying_app.test_client(), stranger)
    assert "Wilhelmina" not in client.get(link).get_data(as_text=True)
    assert scoped.begin(client, link, bill.number).status_code == 200
    forms.post(client, f"{link}/end")
    doers = "actor_label LIKE 'payer PYR-%' AND actor_kind = 'system' AND actor_id IS NULL"
    assert count(database, "audit_event", f"action = 'payments.payer_ended_by_payer' AND {doers}")


def test_trying_many_cards_is_stopped(ana, bill, link):
    tried = [
        scoped.begin(ana, link, bill.number, key=f"{n:024}").status_code
        for n in range(scoped_pay.CARDS_PER_PAYER + 2)
    ]
    assert tried[-1] == 429
    assert tried[0] == 200


def test_another_owner_cannot_renew_or_end_it(ctx, paying_app, database, number, bill):
    other = people.sign_in(paying_app.test_client(), people.make_customer(database))
    token = scoped.token(ctx, number)
    for page in ("link", "end"):
        csrf = forms.token(other, "/settings")
        other.post(f"/payers/{number}/{page}", data={"csrf_token": csrf})
    assert other.get(f"/payers/{number}").status_code == 404
    assert other.get(f"/payers/new/{bill.policy.number}").status_code == 404
    assert scoped_pay.look(ctx, token=token).payer.number == number


def test_a_name_is_text_wherever_it_stands(ctx, sandbox, paying_app, bill):
    evil = "<b>Ana</b> %(pet)s {{7*7}}"
    number = scoped.ask(ctx, bill, name=evil)
    scoped.pay(ctx, sandbox, number, bill)
    owner = people.sign_in(paying_app.test_client(), bill.customer)
    for page in ("/payers", f"/payers/{number}", "/payments", f"/invoices/{bill.number}"):
        html = owner.get(page).get_data(as_text=True)
        assert "<b>Ana" not in html
        assert "{{7*7}}" in html
    ((_, words),) = scoped.mails(ctx, "payer_paid")
    assert "&lt;b&gt;Ana" in words

"""One bill, four who pay it in the same moment: two tabs of the owner, a payer, a guest."""

from __future__ import annotations

import contextlib
import dataclasses
import html
import re
import threading
from collections.abc import Callable
from concurrent import futures

import pytest
import stripe

from portal.domain.payments import rules
from portal.journeys import agreeing, guest_pay
from tests.support import bills, forms, paying, people, scoped

JSON = {"Accept": "application/json"}
RECEIVED = "We received $66.08"
# Each of these says that this press took nothing.
TOLD = (
    rules.PaymentUnderWay.message,
    "Nothing was taken.",
)
PATIENCE_SECONDS = 60
TAG = re.compile(r"<[^>]*>")


@dataclasses.dataclass(frozen=True, kw_only=True)
class End:
    """What somebody read in the end."""

    who: str
    status: int
    text: str

    @property
    def has_paid(self) -> bool:
        """Whether they read that their money was received."""
        return RECEIVED in self.text

    @property
    def is_told(self) -> bool:
        """Whether they read that nothing was taken from them, on a page that works."""
        return self.status < 500 and any(words in self.text for words in TOLD)


class Person:
    """Somebody before a page that is open, whose form is filled in."""

    def __init__(self, who: str, client, page: str, base_url: str, **typed: str) -> None:
        self.who, self.client, self.page = who, client, page
        self.base_url = base_url
        self.typed = {
            "csrf_token": forms.token(client, page),
            "once_key": who.replace(" ", "-").ljust(24, "-"),
            "expected_cents": "6608",
            **typed,
        }

    def press(self) -> End:
        """Send the form without a script, and follow to the page that comes."""
        return self._end(
            self.client.post(self.page, data=self.typed, follow_redirects=True),
        )

    def press_with_card(self, sandbox) -> End:
        """Send it as the card form's script does, confirm at Stripe, come back."""
        answer = self.client.post(self.page, data=self.typed, headers=JSON)
        begun = answer.get_json()
        if begun.get("reload"):
            return self._end(self.client.get(self.page))
        if "client_secret" not in begun:
            return End(who=self.who, status=answer.status_code, text=begun["error"])
        # Where somebody else was faster, the script leads to the same page as after success.
        with contextlib.suppress(stripe.InvalidRequestError):
            paying.confirm(sandbox, begun["client_secret"])
        return self._end(self.client.get(begun["return_url"].removeprefix(self.base_url)))

    def _end(self, answer) -> End:
        page = answer.get_data(as_text=True)
        words = html.unescape(TAG.sub(" ", page[page.find("<main") :]))
        return End(who=self.who, status=answer.status_code, text=" ".join(words.split()))


@pytest.fixture
def bill(database):
    return bills.make_bill(database)


@pytest.fixture
def presses(ctx, sandbox, paying_app, bill) -> tuple[Callable[[], End], ...]:
    """Four who have the bill open before them, each with a browser of their own."""
    payer = scoped.ask(ctx, bill)
    mine = paying.save_card(ctx, sandbox, bill.customer)
    theirs = scoped.keep(ctx, sandbox, bill, payer)
    link = guest_pay.link(ctx, invoice_no=bill.number).removeprefix(ctx.base_url)
    new = {"with": "new", "entered": "card", "agreement": agreeing.stamp("en")}
    chosen = {"bill": bill.number}

    def tab():
        return people.sign_in(paying_app.test_client(), bill.customer)

    def open_page(who, client, page, **typed):
        return Person(who, client, page, ctx.base_url, **typed)

    saved = open_page("a tab", tab(), "/pay", **chosen, **{"with": mine})
    typing = open_page("another tab", tab(), "/pay", **chosen, **new)
    kept = open_page(
        "the payer",
        paying_app.test_client(),
        scoped.link(ctx, payer),
        **chosen,
        **{"with": theirs},
    )
    guest = open_page("the guest", paying_app.test_client(), link, **new)
    return (
        saved.press,
        lambda: typing.press_with_card(sandbox),
        kept.press,
        lambda: guest.press_with_card(sandbox),
    )


def at_once(presses) -> list[End]:
    """Everybody presses in the same moment; what each read."""
    together = threading.Barrier(len(presses))

    def go(press):
        together.wait(timeout=PATIENCE_SECONDS)
        return press()

    with futures.ThreadPoolExecutor(len(presses)) as pool:
        return list(pool.map(go, presses))


@pytest.fixture
def assert_paid_once(ctx, sandbox, database, bill):
    """Check that one has paid, the bill is paid once, and the others were told and kept theirs."""

    def check(ends: list[End]) -> None:
        assert len([end for end in ends if end.has_paid]) == 1, ends
        assert [end for end in ends if not end.has_paid and not end.is_told] == []
        (charge,) = paying.charges(sandbox)
        assert (charge.amount, charge.amount_refunded) == (6608, 0)
        (invoice,) = bills.invoices_of(database, policy_id=bill.policy.id)
        assert (invoice.state, invoice.open_cents) == ("paid", 0)
        assert paying.entries(ctx, "payment_settled") == 1
        assert paying.mails(ctx, "receipt") + paying.mails(ctx, "payer_receipt") == 1
        sandbox.advance(2)
        for hook in sandbox.take_webhooks():
            paying.receive(ctx, hook)
        paying.assert_books(ctx)

    return check


def test_four_who_pay_a_bill_in_the_same_moment_pay_it_once(presses, assert_paid_once):
    assert_paid_once(at_once(presses))


@pytest.mark.parametrize("first", range(4))
def test_whoever_is_first_pays_and_the_others_are_told(presses, assert_paid_once, first):
    first_end = presses[first]()
    others = at_once([press for n, press in enumerate(presses) if n != first])
    assert first_end.has_paid
    assert_paid_once([first_end, *others])

"""How people pay: by new or saved card or guest link, all or part, twice, in two tabs, or not."""

from __future__ import annotations

import urllib.parse

from bench.simulation import life, people
from portal.domain.billing.rules import paying
from portal.domain.payments import rules
from portal.domain.payments.queries import bills
from portal.domain.wallet import queries as wallet
from portal.journeys import guest_pay, keep_method, pay_invoices, settle_payment
from portal.kernel import actor, errors

GOOD = ("4242424242424242", "5555555555554444", "378282246310005", "4000056655665556")
REFUNDS = ("4000000000007726", "4000000000005126", "4000000000005126")
PROVING = ("4000002500003155", "4000002760003184", "4000003800000446", "4000008400001629")
DECLINED = (
    "4000000000000002",
    "4000000000009995",
    "4000000000009987",
    "4000000000000069",
    "4000000000000127",
    "4000000000000119",
    "4242424242424241",
)
CLAIMED = ("4000000000000259", "4000000000002685", "4000000000001976", "4000000000005423")
ACCOUNTS = (
    *("000123456789", "000123456789", "000123456789"),  # pays after days
    "000222222227",  # has no money
    "000111111113",  # is closed
    "000333333335",  # is not to be debited
    "000555555559",  # pays, and the bank takes it back
)
KINDS = (GOOD, REFUNDS, PROVING, DECLINED, CLAIMED, ACCOUNTS)
_OPEN = sorted(str(state) for state in rules.OPEN_STATES)
_PAYMENT = "SELECT id, state FROM payment WHERE number = :number"


def new_card(one: life.Life) -> None:
    """Pay with a card that is typed in, perhaps kept."""
    person = one.person()
    _pay(one, person, method_no=None, save=one.rng.random() < 0.3)


def saved_card(one: life.Life) -> None:
    """Pay with a saved card; perhaps it is removed in another tab meanwhile."""
    person = one.person()
    method_no = _method(one, person)
    if method_no is None:
        save_card(one, person)
        return
    rivals = [lambda: _remove(one, person, method_no)] if one.rng.random() < 0.2 else []
    _pay(one, person, method_no=method_no, rivals=rivals)


def guest(one: life.Life) -> None:
    """Pay by the link in a bill, without an account."""
    bill = one.row(
        "SELECT i.number, i.customer_id FROM invoice i WHERE i.state = 'issued' ORDER BY i.id"
    )
    if bill is None:
        return
    person = next(p for p in one.people if p.id == bill.customer_id)
    token = guest_pay.link(one.ctx, invoice_no=bill.number).rpartition("/")[2]
    seen = one.happen(f"look {bill.number}", lambda: guest_pay.look(one.ctx, token=token))
    if not isinstance(seen, guest_pay.GuestBill) or not seen.to_pay_cents:
        return
    address = f"10.0.{one.rng.randrange(256)}.{one.rng.randrange(256)}"
    form = life.Form(
        person=person,
        order=pay_invoices.Order(invoice_nos=(bill.number,), expected_cents=seen.to_pay_cents),
        once_key=one.key(),
        who=actor.Actor(kind=actor.ActorKind.SYSTEM, label="visitor", address=address),
        token=token,
    )
    submit(one, form, rivals=[lambda: _pay(one, person, method_no=None)])


def two_tabs(one: life.Life) -> None:
    """Two tabs ask for the same bills and both go on."""
    person = one.person()
    order = choose(one, person)
    if order is None:
        return
    tabs = [_form(one, person, order) for _ in range(2)]
    for tab in tabs:
        send(one, tab)
    one.rng.shuffle(tabs)
    for tab in tabs:
        go_on(one, tab)


def come_back(one: life.Life) -> None:
    """Somebody comes back to a form: sends it again, goes on, or looks what became of it."""
    if not one.forms:
        return
    form = one.rng.choice(one.forms)
    how = one.rng.choice(("again", "on", "look", "other", "leave"))
    if how == "again":
        send(one, form)
        go_on(one, form)
    elif how == "on":
        go_on(one, form)
    elif how == "look":
        look(one, form)
    elif how == "other":  # the same form, sent after its bills were changed
        order = choose(one, form.person)
        if order is not None:
            form.order = order
            send(one, form)
    else:
        one.forms.remove(form)


def save_card(one: life.Life, person: people.Person | None = None) -> None:
    """Save a card without paying."""
    person = person or one.person()
    begun = one.happen("card", lambda: keep_method.start(one.ctx, customer_id=person.id))
    if not isinstance(begun, keep_method.SetupStarted):
        return
    card = one.rng.choice(one.rng.choices(KINDS, (8, 3, 4, 1, 2, 3))[0])
    secret = begun.client_secret
    if one.stage.browser.confirm(secret, card) == "requires_action":
        if one.rng.random() < 0.1:
            return
        one.stage.browser.prove(secret, passes=one.rng.random() < 0.85)
    if one.rng.random() < 0.8:  # else the event tells of it
        ref = secret.partition("_secret_")[0]
        one.happen(
            "card saved",
            lambda: (
                keep_method.finish(
                    one.ctx, setup_ref=ref, who=person.who, customer_id=person.id
                ).status
            ),
        )


def remove_card(one: life.Life) -> None:
    """Remove a saved card, or offer another one first."""
    person = one.person()
    method_no = _method(one, person)
    if method_no is not None:
        _remove(one, person, method_no)


def choose(one: life.Life, person: people.Person) -> pay_invoices.Order | None:
    """Which bills, how much of them, as the page would show it; None where nothing is open."""
    with one.ctx.database.reading() as session:
        owed = bills.open_bills(session, customer_id=person.id)
    open_ = [bill for bill in owed.bills if bill.to_pay_cents > 0]
    if not open_:
        return None
    kind = one.rng.choices(("one", "many", "all", "part", "ahead"), (50, 12, 8, 25, 5))[0]
    chosen = open_[:1] if one.rng.random() < 0.6 else [one.rng.choice(open_)]
    if kind in ("many", "all"):
        chosen = open_ if kind == "all" else one.rng.sample(open_, one.rng.randint(1, len(open_)))
    asked = sum(bill.to_pay_cents for bill in chosen)
    cents = None
    if kind == "part" and asked > 200:
        cents = one.rng.choice((one.rng.randint(50, asked), asked // 2, 50))
    elif kind == "ahead":
        cents = asked + one.rng.randint(1, 5_000)
    wish = paying.Wish(
        cents=cents,
        use_credit=owed.unapplied_cents > 0 and one.rng.random() < 0.5,
        pays_ahead=kind == "ahead",
    )
    return _order(one, person, tuple(bill.number for bill in chosen), wish)


def submit(one: life.Life, form: life.Form, *, rivals: list | None = None) -> None:
    """Send a form and go on with it, while others do the same in between."""
    one.rivals = [lambda: send(one, form), *(rivals or [])]
    send(one, form)
    one.rivals = []
    go_on(one, form)


def send(one: life.Life, form: life.Form) -> None:
    """Ask for the payment; the same form always asks for the same one."""
    one.keep(form)
    before = form.number
    started = one.happen(f"pay {form.once_key}", lambda: _start(one, form))
    if not isinstance(started, pay_invoices.Started):
        return
    if before and started.number and started.number != before:
        raise AssertionError(f"{form.once_key} is {before} and {started.number}")
    form.number = started.number
    form.client_secret = started.client_secret or form.client_secret
    form.next_url = started.next_url


def go_on(one: life.Life, form: life.Form) -> None:
    """What the payer's browser does next: confirm, prove, come back; or nothing."""
    if one.rng.random() < 0.12:
        return
    if form.client_secret and form.method_no is None:
        _confirm(one, form)
    elif form.next_url and one.rng.random() < 0.85:
        secret = urllib.parse.parse_qs(urllib.parse.urlsplit(form.next_url).query)["client_secret"]
        one.stage.browser.prove(secret[0], passes=one.rng.random() < 0.8)
    else:
        return
    if one.rng.random() < 0.7:
        look(one, form)


def look(one: life.Life, form: life.Form) -> None:
    """The page that says what became of a payment."""
    if not form.number:
        return
    if form.token:
        one.happen(
            "guest result",
            lambda: bool(
                guest_pay.outcome(one.ctx, token=form.token, payment_no=form.number, who=form.who)
            ),
        )
        return
    found = one.row(_PAYMENT, number=form.number)
    if found.state in _OPEN:
        one.happen(
            f"result {form.number}",
            lambda: bool(settle_payment.look(one.ctx, payment_id=found.id, who=form.who)),
        )


def _start(one: life.Life, form: life.Form) -> pay_invoices.Started:
    if form.token:
        return guest_pay.start(
            one.ctx,
            token=form.token,
            expected_cents=form.order.expected_cents,
            once_key=form.once_key,
            who=form.who,
        )
    return pay_invoices.start(
        one.ctx,
        customer_id=form.person.id,
        order=form.order,
        once_key=form.once_key,
        method_no=form.method_no,
        save_method=form.save,
        who=form.who,
    )


def _confirm(one: life.Life, form: life.Form) -> None:
    card = one.rng.choice(one.rng.choices(KINDS, (60, 14, 10, 14, 2, 14))[0])
    went = one.stage.browser.confirm(form.client_secret, card)
    one.happen(f"confirm {form.number} {card[-4:]}", lambda: went)
    if went == "requires_action" and one.rng.random() < 0.85:
        one.stage.browser.prove(form.client_secret, passes=one.rng.random() < 0.8)


def _pay(one: life.Life, person: people.Person, *, method_no, save=False, rivals=None) -> None:
    order = choose(one, person)
    if order is None:
        return
    other = _form(one, person, order)
    form = _form(one, person, order, method_no=method_no, save=save)
    submit(one, form, rivals=[*(rivals or []), lambda: send(one, other)])


def _form(one: life.Life, person: people.Person, order, *, method_no=None, save=False) -> life.Form:
    return life.Form(
        person=person,
        order=order,
        once_key=one.key(),
        who=person.who,
        method_no=method_no,
        save=save,
    )


def _order(
    one: life.Life, person: people.Person, numbers: tuple[str, ...], wish: paying.Wish
) -> pay_invoices.Order | None:
    with one.ctx.database.reading() as session:
        try:
            plan = pay_invoices.preview(
                session,
                customer_id=person.id,
                invoice_nos=numbers,
                wish=wish,
                today=one.ctx.clock.today(),
            )
        except errors.DomainError:
            return None
    if not plan.pay_cents and not plan.credit_cents:
        return None
    return pay_invoices.Order(
        invoice_nos=numbers,
        expected_cents=plan.pay_cents,
        expected_credit_cents=plan.credit_cents,
        wish=wish,
    )


def _method(one: life.Life, person: people.Person) -> str | None:
    with one.ctx.database.reading() as session:
        found = wallet.methods(session, customer_id=person.id)
    return one.rng.choice(found).number if found else None


def _remove(one: life.Life, person: people.Person, number: str) -> None:
    one.happen(
        "remove card",
        lambda: keep_method.remove(one.ctx, customer_id=person.id, number=number, who=person.who),
    )

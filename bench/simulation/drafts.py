"""What is taken while nobody is present: autopay, chosen days, and the bank that asks after all."""

from __future__ import annotations

import datetime
import urllib.parse

from bench.simulation import life, parts, people
from portal.domain.payments import announcing
from portal.domain.payments.operations import standing
from portal.domain.payments.queries import bills
from portal.domain.wallet import queries as wallet
from portal.journeys import (
    autopay,
    collect_drafts,
    confirm_draft,
    confirm_link,
    keep_method,
    pay_invoices,
    schedule_payment,
)
from portal.kernel import errors

AT_ONCE = 1  # charges under way: a story has one thread
RATE = 1_000_000
JOINED = 0.35  # of the customers have autopay as the story begins
IN_PARTS = 0.3  # of them have proposed to pay in parts too
CARDS = (
    *("4242424242424242", "5555555555554444", "4242424242424242", "5555555555554444"),
    "4000000000000341",  # refuses every charge
    "4000002760003184",  # the bank asks every time
    "4000003800000446",
    "4000000000007726",
)
_POLICIES = """
    SELECT p.number, p.customer_id, pet.name FROM policy p JOIN pet ON pet.id = p.pet_id
    WHERE p.customer_id = :id ORDER BY p.id
"""
_PLANNED = """
    SELECT number, customer_id FROM draft
    WHERE kind = 'scheduled' AND state = 'planned' ORDER BY id
"""
_ASKED = "SELECT number, customer_id FROM draft WHERE state = 'asking' ORDER BY id"


def collect(one: life.Life) -> None:
    """The run of the day, or of one of its hours."""
    one.happen(
        "collect",
        lambda: (
            collect_drafts.run(
                one.ctx, on=one.ctx.clock.today(), flights=AT_ONCE, rate=RATE
            ).charged
        ),
    )


def before_the_story(one: life.Life) -> None:
    """Some have agreed to autopay or to parts on a day before, so that drafts are due in it."""
    for person in one.people:
        if one.rng.random() < JOINED:
            _save(one, person)
            for policy in one.rows(_POLICIES, id=person.id):
                _agree(one, person, policy)
            if one.rng.random() < IN_PARTS:
                parts.propose_for(one, person)
            one.stage.clock.advance(datetime.timedelta(hours=one.rng.randrange(60)))


def agree(one: life.Life) -> None:
    """Somebody joins autopay, agrees to other terms, or leaves."""
    person = one.person()
    policy = one.row(_POLICIES, id=person.id)
    if one.rng.random() < 0.3:
        one.happen(
            "leave autopay",
            lambda: bool(
                autopay.leave(
                    one.ctx, customer_id=person.id, policy_no=policy.number, who=person.who
                )
            ),
        )
        return
    _agree(one, person, policy)


def schedule(one: life.Life) -> None:
    """Somebody has a bill, or a part of it, taken on a later day; perhaps sends the form twice."""
    person = one.person()
    method_no = _methods(one, person, 1)[0]
    with one.ctx.database.reading() as session:
        owed = bills.open_bills(session, customer_id=person.id)
    numbers = [bill.number for bill in owed.bills if bill.to_pay_cents > 100]
    if not numbers or not method_no:
        return
    order = schedule_payment.Order(
        invoice_nos=tuple(one.rng.sample(numbers, one.rng.randint(1, min(len(numbers), 2)))),
        draft_on=_later(one),
        method_no=method_no,
        cents=one.rng.choice((None, None, 100)),
    )
    with one.ctx.database.reading() as session:
        try:
            seen = schedule_payment.preview(
                session, one.ctx, customer_id=person.id, order=order, language="en"
            )
        except errors.DomainError:
            return
    key = one.key()
    for _ in range(one.rng.choice((1, 1, 2))):
        one.happen(
            f"schedule {key}",
            lambda: schedule_payment.schedule(
                one.ctx,
                customer_id=person.id,
                order=order,
                expected_cents=seen.cents,
                once_key=key,
                language="en",
                who=person.who,
            ),
        )


def change(one: life.Life) -> None:
    """Somebody moves a planned payment to another day, or calls it off."""
    found = one.row(_PLANNED)
    if found is None:
        return
    mine = {"customer_id": found.customer_id, "number": found.number}
    who = next(person.who for person in one.people if person.id == found.customer_id)
    if one.rng.random() < 0.5:
        one.happen("call off", lambda: schedule_payment.cancel(one.ctx, who=who, **mine))
        return
    day = _later(one)
    one.happen(
        "move",
        lambda: schedule_payment.change_day(one.ctx, draft_on=day, language="en", who=who, **mine),
    )


def confirm(one: life.Life) -> None:
    """Somebody opens the mailed link and proves to the bank who they are; or does not."""
    found = one.row(_ASKED)
    if found is None:
        return
    who = next(person.who for person in one.people if person.id == found.customer_id)
    until = one.ctx.clock.today() + datetime.timedelta(days=1)
    token = confirm_link.link(one.ctx, draft_no=found.number, until_on=until)
    token = token.rpartition("/")[2]
    key = one.key()
    asked = one.happen("asked", lambda: confirm_draft.look(one.ctx, token=token))
    if not isinstance(asked, confirm_draft.Asked):
        return
    started = one.happen(
        f"confirm {key}",
        lambda: confirm_draft.start(
            one.ctx, token=token, once_key=key, expected_cents=asked.amount_cents, who=who
        ),
    )
    if not isinstance(started, pay_invoices.Started) or one.rng.random() < 0.15:
        return
    if started.next_url:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(started.next_url).query)
        one.stage.browser.prove(query["client_secret"][0], passes=one.rng.random() < 0.8)
    if started.number and one.rng.random() < 0.7:
        one.happen(
            f"confirmed {started.number}",
            lambda: bool(
                confirm_draft.outcome(one.ctx, token=token, payment_no=started.number, who=who)
            ),
        )


def _save(one: life.Life, person: people.Person) -> None:
    begun = keep_method.start(one.ctx, customer_id=person.id)
    if one.stage.browser.confirm(begun.client_secret, one.rng.choice(CARDS)) == "requires_action":
        one.stage.browser.prove(begun.client_secret, passes=True)
    ref = begun.client_secret.partition("_secret_")[0]
    keep_method.finish(one.ctx, setup_ref=ref, who=person.who, customer_id=person.id)


def _agree(one: life.Life, person: people.Person, policy) -> None:
    method_no, backup_no = _methods(one, person, 2)
    if not method_no:
        return
    asked = {
        "customer_id": person.id,
        "policy_no": policy.number,
        "method_no": method_no,
        "backup_no": backup_no if one.rng.random() < 0.5 else "",
        "days_before": one.rng.choice(announcing.DAYS_BEFORE),
        "shown": autopay.shown(one.ctx, pet_name=policy.name, language="en"),
        "who": person.who,
    }

    def ask() -> bool:
        try:
            return bool(autopay.join(one.ctx, **asked))
        except standing.AutopayOn:
            return bool(autopay.change(one.ctx, **asked))

    one.happen("autopay", ask)


def _methods(one: life.Life, person: people.Person, most: int) -> list[str]:
    """So many of their cards, any; "" for each that there is not."""
    with one.ctx.database.reading() as session:
        found = [method.number for method in wallet.methods(session, customer_id=person.id)]
    one.rng.shuffle(found)
    return [*found, *[""] * most][:most]


def _later(one: life.Life) -> datetime.date:
    return one.ctx.clock.today() + datetime.timedelta(days=one.rng.randrange(0, 5))

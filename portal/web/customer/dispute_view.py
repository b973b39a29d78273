"""One dispute made ready for its page: stages, meanwhile, thread, answer; asks no database."""

from __future__ import annotations

import dataclasses
import datetime
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.documents import formats, wording
from portal.domain.disputes import categories, rules
from portal.domain.disputes.queries import expected, owner, thread
from portal.domain.identity import rules as identity
from portal.web.customer import dispute_words
from portal.web.shared import looks, rows, site


class Stage(NamedTuple):
    """One stage of the way: done, now, next or stopped."""

    state: str
    title: str
    text: str


class Shown(NamedTuple):
    """One message as it is read."""

    who: str
    iso: str
    when: str
    body: str
    ours: bool
    files: tuple[tuple[str, str, str], ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class View:
    """What the page shows."""

    title: str
    lead: str
    median: str
    sent_on: str
    stages: tuple[Stage, ...]
    paused_cents: int
    paused_lines: str
    messages: tuple[Shown, ...]
    question: Shown | None  # the one that we wait for an answer to
    money: tuple[tuple[str, str], ...]
    writes_to: str
    is_open: bool
    asks: bool
    may_reopen: bool
    reopen_until: datetime.date | None
    bill_is_late: bool
    is_bereavement: bool  # no dispute: words about a pet that has died


def title(case: owner.OwnCase) -> str:
    """What the dispute is called."""
    return dispute_words.title(case.category, case.pet_name)


def view(case: owner.OwnCase, *, median: float | None) -> View:
    """The dispute for its page, in the language of this request."""
    ctx = site.ctx()
    write = rows.Writer(ctx.clock.today())
    until = None
    if case.closed_at:
        closed_on = dispute_words.day_of(case.closed_at)
        until = closed_on + datetime.timedelta(days=rules.REOPEN_DAYS)
    return View(
        title=dispute_words.title(case.category, case.pet_name),
        lead=_lead(case, write, median, ctx.clock.now()),
        median=_median(case, median),
        sent_on=write.day(dispute_words.day_of(case.raised_at), "long"),
        stages=_stages(case),
        paused_cents=sum(line.paused_cents for line in case.lines),
        paused_lines=_paused_lines(case),
        messages=tuple(_message(case, message) for message in case.messages),
        question=_question(case),
        money=_money(case, write),
        writes_to=case.handler_name.split()[0] if case.handler_name else "",
        is_open=case.closed_at is None,
        asks=case.state == rules.CaseState.WAITING_CUSTOMER,
        may_reopen=until is not None and write.today <= until,
        reopen_until=until,
        bill_is_late=bool(case.bill and case.bill.due_on < write.today),
        is_bereavement=_is_bereavement(case),
    )


def _is_bereavement(case: owner.OwnCase) -> bool:
    return case.category == categories.Category.BEREAVEMENT


def _lead(
    case: owner.OwnCase, write: rows.Writer, median: float | None, now: datetime.datetime
) -> str:
    if case.closed_at:
        return _closed(case) + "."
    if case.state == rules.CaseState.WAITING_CUSTOMER:
        return _("We have a question for you. We go on as soon as you answer.")
    if case.resolve_due_at < now:
        return _("We are later than we said, and we are sorry. It stands at the top of our list.")
    day = expected.answer_on(
        median=median,
        raised_on=dispute_words.day_of(case.raised_at),
        due_on=dispute_words.day_of(case.resolve_due_at),
        today=write.today,
    )
    return _("Expect our answer by %(day)s.", day=write.day(day, "long"))


def _closed(case: owner.OwnCase) -> str:
    if _is_bereavement(case) and case.outcome in rules.FAVOURABLE:
        return _("Everything is taken care of")
    return _(dispute_words.OUTCOMES[case.outcome])


def _median(case: owner.OwnCase, median: float | None) -> str:
    if median is None or case.closed_at or _is_bereavement(case):
        return ""
    days = max(1, round(median))
    return ngettext(
        "Half of cases like yours take one day or less.",
        "Half of cases like yours take %(num)d days or less.",
        days,
    )


def _stages(case: owner.OwnCase) -> tuple[Stage, ...]:
    stages = [Stage("done", _("We received it"), looks.moment(case.raised_at))]
    if case.outcome == rules.Outcome.WITHDRAWN:
        return (*stages, Stage("stopped", _("You took it back"), looks.moment(case.closed_at)))
    stages.append(_read(case))
    stages.append(_looking(case))
    stages.append(_answer(case))
    if _is_bereavement(case):
        return tuple(stages)
    if case.closed_at is None:
        stages.append(
            Stage(
                "next",
                _("Money back, if we agree"),
                _("5 to 10 business days after our answer, the way you paid"),
            )
        )
    elif case.answer and case.answer.refund_no:
        stages.append(_refund(case.answer))
    return tuple(stages)


def _read(case: owner.OwnCase) -> Stage:
    if case.taken_at:
        return Stage(
            "done",
            _("Read by %(name)s", name=case.handler_name)
            if case.handler_name
            else _("Read by a person"),
            looks.moment(case.taken_at),
        )
    text = _("A person answers by %(when)s", when=looks.moment(case.first_reply_due_at))
    return Stage("now", _("Somebody reads it"), text)


def _looking(case: owner.OwnCase) -> Stage:
    state = case.state
    if case.closed_at:
        return Stage("done", _("Looked into"), "")
    if state == rules.CaseState.WAITING_CUSTOMER:
        return Stage("now", _("We wait for your answer"), _("The days until then do not count."))
    if state == rules.CaseState.AWAITING_APPROVAL:
        return Stage("now", _("A second person looks at it"), _("We always do that with money."))
    if state == rules.CaseState.OPEN:
        return Stage("now", _("We look into it"), "")
    return Stage("next", _("We look into it"), "")


def _answer(case: owner.OwnCase) -> Stage:
    if case.closed_at:
        return Stage("done", _closed(case), looks.moment(case.closed_at))
    last = looks.day(case.limit_on, "plain")
    if case.state == rules.CaseState.WAITING_CUSTOMER:
        return Stage("next", _("Our answer"), _("At the very latest %(last)s.", last=last))
    when = looks.moment(case.resolve_due_at)
    text = _("By %(when)s. At the very latest %(last)s.", when=when, last=last)
    return Stage("next", _("Our answer"), text)


def _refund(answer: owner.OwnAnswer) -> Stage:
    to = wording.method(answer.refund_to) or _("your payment method")
    if answer.refund_state == "succeeded":
        return Stage("done", _("Money back"), _("It is on %(method)s.", method=to))
    if answer.refund_state == "by_bank":
        return Stage("done", _("Money back"), _("The bank gave it back itself."))
    if answer.refund_state == "failed":
        text = _(
            "It could not be sent to %(method)s. We take care of it and will write.", method=to
        )
        return Stage("now", _("Money back"), text)
    if answer.refund_state == "paid_otherwise":
        text = _("It could not be sent to %(method)s. We sent you a check.", method=to)
        return Stage("done", _("Money back"), text)
    day = looks.day(answer.refund_expected_on)
    text = _("On %(method)s, expected by %(day)s", method=to, day=day)
    return Stage("now", _("Money back"), text)


def _paused_lines(case: owner.OwnCase) -> str:
    state = ""
    if case.bill:
        state = identity.US_STATES.get(case.bill.us_state, case.bill.us_state)
    paused = [dispute_words.charge(line.kind, state) for line in case.lines if line.paused_cents]
    return ", ".join(paused)


def _message(case: owner.OwnCase, message: thread.MessageView) -> Shown:
    ours = message.author_kind != "customer"
    brand = site.ctx().brand.partition(" ")[0]
    who, body = _("You"), message.body
    if message.author_kind == "staff":
        who = _("%(name)s, %(brand)s", name=message.author_name, brand=brand)
    elif ours:
        who, body = brand, _(message.body)
    return Shown(
        who=who,
        iso=looks.moment(message.at, "iso"),
        when=looks.moment(message.at),
        body=body,
        ours=ours,
        files=tuple(
            (f.name, f"/disputes/{case.number}/files/{f.number}", formats.size(f.size_bytes))
            for f in message.files
        ),
    )


def _question(case: owner.OwnCase) -> Shown | None:
    if case.state != rules.CaseState.WAITING_CUSTOMER:
        return None
    asked = [message for message in case.messages if message.asks]
    return _message(case, asked[-1]) if asked else None


def _money(case: owner.OwnCase, write: rows.Writer) -> tuple[tuple[str, str], ...]:
    """What a decision moved, with the day to expect it."""
    answer = case.answer
    if answer is None or not answer.amount_cents:
        return ()
    cents = formats.money(answer.amount_cents)
    if answer.action == rules.MoneyAction.CREDIT:
        return ((_("Taken off what you owe"), cents),)
    pairs = [
        (_("Money back"), cents),
        (_("To"), wording.method(answer.refund_to) or _("your payment method")),
    ]
    if answer.refund_expected_on and answer.refund_state in ("approved", "sent"):
        pairs.append((_("Expect it by"), write.day(answer.refund_expected_on)))
    return tuple(pairs)

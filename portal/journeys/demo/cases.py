"""Plays one disputed case: raised, taken, answered, asked, decided, approved, reopened."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from portal.domain.approvals import queries as approvals
from portal.domain.disputes import models as disputes
from portal.domain.disputes.categories import Category
from portal.domain.disputes.operations import deciding
from portal.domain.disputes.rules import MoneyAction, Outcome
from portal.journeys import answer_dispute, open_dispute, resolve_dispute, work_dispute
from portal.journeys.demo import casting, papers, roster, script, words
from portal.journeys.demo.script import Fate
from portal.journeys.demo.stage import Scene, Stage
from portal.kernel import actor

CARDS = {"": "", "refund_pending": roster.REFUND_PENDING, "refund_fails": roster.REFUND_FAILS}
MOST_SMALL_CENTS = 9_000
LEAST_LARGE_CENTS = 26_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Desk:
    """Who works cases, and the one who approves."""

    specialists: Sequence[actor.Actor]
    supervisor: actor.Actor


def play(
    stage: Stage, company: casting.Company, desk: Desk, line: script.Line, *, turn: int
) -> Scene:
    """One case from its raising to its fate; `turn` picks who works it. Uncast, it falls away."""
    cast = _cast(stage, company, line)
    if cast is None:
        return
    worker = desk.specialists[turn % len(desk.specialists)]
    case = Case(stage, cast, line, worker)
    case.raise_it()
    if line.fate is Fate.NEW:
        return
    if line.fate is Fate.NOTED:
        yield stage.in_hours(1)
        case.note()
        return
    if line.fate is Fate.WITHDRAWN:
        yield stage.now + datetime.timedelta(hours=30)
        case.withdraw()
        return
    yield stage.in_hours(1)
    case.take()
    if line.fate is Fate.TAKEN:
        return
    yield stage.in_hours(1.2)
    yield from _work(case, desk)


def _work(case: Case, desk: Desk) -> Scene:
    """What happens once somebody has the case."""
    stage, fate = case.stage, case.line.fate
    if fate in (Fate.WAITING, Fate.CAME_BACK):
        case.ask()
        if fate is Fate.CAME_BACK:
            yield stage.in_hours(6)
            case.customer_back()
        return
    case.reply()
    if fate is Fate.ANSWERED:
        yield stage.in_hours(0.3)
        case.note()
        return
    yield stage.in_hours(2.5)
    approval_no = case.decide()
    if fate is Fate.REOPENED:
        yield stage.in_hours(16)
        case.reopen()
    if fate in (Fate.APPROVED, Fate.SENT_BACK):
        yield stage.in_hours(3)
        case.second_person(approval_no, desk.supervisor)


class Case:
    """One case on the stage and what each side does with it."""

    def __init__(
        self, stage: Stage, cast: casting.Cast, line: script.Line, worker: actor.Actor
    ) -> None:
        self.stage = stage
        self.line = line
        self.number = ""
        self._cast = cast
        self._worker = worker

    def raise_it(self) -> None:
        """The customer raises it, with a picture where the script says so."""
        cast, line = self._cast, self.line
        self.number = open_dispute.raise_dispute(
            self.stage.ctx,
            customer_id=cast.player.customer_id,
            category=line.category,
            invoice_no=cast.invoice_no,
            payment_no=None if cast.policy_no else cast.payment_no,
            policy_no=cast.policy_no,
            line_numbers=cast.line_numbers,
            words=self._pick(words.RAISED[line.category]).format(pet=cast.pet_name),
            files=(papers.statement(cast.cents),) if line.with_photo else (),
            once_key=cast.player.once_key(),
            who=cast.player.who,
        )

    def take(self) -> None:
        """A specialist makes it theirs."""
        work_dispute.take(self.stage.ctx, number=self.number, version=None, who=self._worker)

    def note(self) -> None:
        """A note that only staff sees."""
        answer_dispute.note(
            self.stage.ctx,
            number=self.number,
            words=self.stage.rng.choice(words.NOTES),
            once_key=f"demo-{self.number}-note",
            who=self._worker,
        )

    def reply(self) -> None:
        """The specialist answers."""
        answer_dispute.reply(
            self.stage.ctx,
            number=self.number,
            version=self._version(),
            words=self._pick(words.REPLY),
            once_key=f"demo-{self.number}-reply",
            who=self._worker,
        )

    def ask(self) -> None:
        """The specialist asks, and the clock stands still."""
        answer_dispute.ask(
            self.stage.ctx,
            number=self.number,
            version=self._version(),
            words=self._pick(words.ASK),
            once_key=f"demo-{self.number}-ask",
            who=self._worker,
        )

    def customer_back(self, said: str = "") -> None:
        """The customer writes again, with a picture."""
        answer_dispute.customer_wrote(
            self.stage.ctx,
            number=self.number,
            customer_id=self._cast.player.customer_id,
            words=said or self._pick(words.CUSTOMER_BACK),
            files=(papers.statement(self._cast.cents),),
            once_key=self._cast.player.once_key(),
            who=self._cast.player.who,
        )

    def withdraw(self) -> None:
        """The customer takes it back."""
        work_dispute.withdraw(
            self.stage.ctx,
            number=self.number,
            customer_id=self._cast.player.customer_id,
            who=self._cast.player.who,
        )

    def reopen(self) -> None:
        """The customer does not accept the decision."""
        work_dispute.reopen(
            self.stage.ctx,
            number=self.number,
            customer_id=self._cast.player.customer_id,
            words=self._pick(words.REOPENED),
            once_key=self._cast.player.once_key(),
            who=self._cast.player.who,
        )

    def decide(self, decision: deciding.Decision | None = None) -> str:
        """The specialist decides by what the preview shows; the approval's number, or ""."""
        decision = decision or self._decision()
        stage, number, who = self.stage, self.number, self._worker
        self._expect_refund()
        seen = resolve_dispute.preview(stage.ctx, number=number, decision=decision)
        done = resolve_dispute.resolve(
            stage.ctx,
            number=number,
            version=seen.version,
            decision=decision,
            plan_version=seen.plan_version,
            who=who,
        )
        return done.approval_no

    def second_person(self, approval_no: str, supervisor: actor.Actor) -> None:
        """The supervisor agrees, or sends it back."""
        stage = self.stage
        if self.line.fate is Fate.SENT_BACK:
            resolve_dispute.return_resolution(
                stage.ctx, approval_no=approval_no, reason=words.RETURNED_REASON, who=supervisor
            )
            return
        with stage.ctx.database.reading() as session:
            asked = approvals.of_subject(session, subject=self.number)[0]
        self._expect_refund()
        resolve_dispute.approve_resolution(
            stage.ctx,
            approval_no=approval_no,
            facts_version=asked.facts_version,
            who=supervisor,
        )

    def _expect_refund(self) -> None:
        """A refund may go out right after, and its bank may take days."""
        self.stage.at_stripe()
        self.stage.watch(datetime.timedelta(days=5))

    def _decision(self) -> deciding.Decision:
        fate, cast = self.line.fate, self._cast
        if fate in (Fate.DECLINED, Fate.REOPENED):
            return self._said(Outcome.DECLINED, words.DECLINED, words.DECLINED_REASON)
        if fate is Fate.DUPLICATE:
            return self._said(Outcome.DUPLICATE, words.DUPLICATE, words.DUPLICATE_REASON)
        if fate is Fate.SETTLED:
            return self._said(Outcome.UPHELD, words.WITHOUT_MONEY, words.WITHOUT_MONEY_REASON)
        if fate is Fate.CREDITED:
            part = cast.cents if cast.line_numbers else min(cast.cents // 5, MOST_SMALL_CENTS)
            said = self._said(Outcome.PARTLY_UPHELD, words.CREDITED, words.CREDITED_REASON)
            return dataclasses.replace(said, action=MoneyAction.CREDIT, amount_cents=part)
        return self._refund(is_large=fate in script.LARGE)

    def _refund(self, *, is_large: bool) -> deciding.Decision:
        cast = self._cast
        if self.line.category is Category.FREE_LOOK_OR_CANCEL:
            said = self._said(Outcome.UPHELD, words.FREE_LOOK, words.FREE_LOOK_REASON)
            cents = cast.cents
        else:
            said = self._said(Outcome.PARTLY_UPHELD, words.REFUNDED, words.REFUNDED_REASON)
            small = min(cast.cents * 3 // 10, MOST_SMALL_CENTS)
            cents = max(cast.cents * 7 // 10, LEAST_LARGE_CENTS - 500) if is_large else small
        return dataclasses.replace(
            said,
            action=MoneyAction.REFUND,
            amount_cents=cents,
            payment_no=cast.payment_no,
            freed_by="credit",
        )

    def _said(
        self, outcome: Outcome, answers: Mapping[str, Sequence[str]], reason: str
    ) -> deciding.Decision:
        return deciding.Decision(outcome=outcome, answer=self._pick(answers), reason=reason)

    def _pick(self, texts: Mapping[str, Sequence[str]]) -> str:
        return self.stage.rng.choice(texts.get(self._cast.language, texts["en"]))

    def _version(self) -> int:
        with self.stage.ctx.database.reading() as session:
            return session.scalars(
                sa.select(disputes.Dispute.version).where(disputes.Dispute.number == self.number)
            ).one()


def _cast(stage: Stage, company: casting.Company, line: script.Line) -> casting.Cast | None:
    """Large and refunded cases need a payment behind them, credits an open bill."""
    category, fate = line.category, line.fate
    if fate in script.LARGE:
        return casting.payment(stage, company, category, at_least=LEAST_LARGE_CENTS)
    if fate is Fate.REFUNDED or category is Category.FREE_LOOK_OR_CANCEL:
        return casting.payment(
            stage, company, category, card=CARDS[line.card], at_most=casting.ALONE_CENTS
        )
    if category in casting.ABOUT_A_PAYMENT:
        return casting.payment(stage, company, category)
    return casting.bill(stage, company, category)

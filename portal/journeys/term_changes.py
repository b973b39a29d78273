"""Changes inside a term: premium, billing day, paying at once, cancellation, reinstatement.

Each is worked out by the rules, written down with what it did, and settled to the cent in one
transaction: what is not billed yet is planned anew, the rest is billed or goes back at once. A
preview is the change itself, tried and taken back.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import orm

from portal.domain.billing.operations import books, holds, replan
from portal.domain.billing.rules import endorsing, installments, pro_rata, replanning
from portal.domain.billing.rules.term_premium import Segment, TermPremium
from portal.domain.policies import changing, models
from portal.journeys import context, returning
from portal.kernel import actor, db, errors, ids, money, msgids

Kind = models.EventKind


class NoSuchPolicy(errors.DomainError):
    """There is none with this number, or it is somebody else's."""

    code = "no_such_policy"
    message = msgids.N_("There is no such policy.")


class CorrectedMore(errors.DomainError):
    """More of the premium was credited back already than would be left of it."""

    code = "premium_below_corrected"
    message = msgids.N_("More of this premium was credited already than would be left of it.")


class CancelledAlready(errors.DomainError):
    """The policy has ended, or will, by an earlier cancellation."""

    code = "cancelled_already"
    message = msgids.N_("This policy is cancelled already.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ask:
    """Who asks for a change of which policy, by which form, and why."""

    policy_no: str
    once_key: str
    who: actor.Actor
    reason: str = ""
    customer_id: int | None = None  # whose it must be; None at the desk


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """A change and what it came to; `facts` are those of the trail, cents and ISO days."""

    number: str
    kind: Kind
    effective_on: datetime.date
    facts: Mapping[str, Any]


@dataclasses.dataclass(kw_only=True)
class _Scene:
    """The policy and its term, locked, while a change is made."""

    session: orm.Session
    ctx: context.Context
    ask: Ask
    number: str
    policy: models.Policy
    term: models.Term
    parts: tuple[replanning.Part, ...]

    @property
    def premium(self) -> TermPremium:
        """The term by its rates."""
        rates = changing.segments(self.session, term_id=self.term.id)
        return TermPremium(tuple(Segment(*rate) for rate in rates), self.term.premium_cents)

    @property
    def today(self) -> datetime.date:
        return self.ctx.clock.today()

    def tax_on(self, premium_cents: int) -> int:
        """The tax on so much of the term's premium, at its own rate."""
        if self.term.tax_ppm:
            return installments.term_tax(premium_cents, self.term.tax_ppm)
        return money.pro_rata(self.term.tax_cents, premium_cents, self.term.premium_cents)

    def charge(self, premium_cents: int, tax_cents: int) -> dict[str, int]:
        """Have the term cost exactly so much: plan, bill or give back the difference.

        What it came to: cents billed at once and given back, and refunds begun.
        """
        counted = replan.billed(self.session, term_id=self.term.id)
        have = {"premium": 0, "tax": 0}
        for line in counted:
            have[str(line.kind)] += line.cents
        planned = sum(part.premium_cents for part in self.parts)
        planned_tax = sum(part.tax_cents for part in self.parts)
        self.parts, left = replanning.respread(
            self.parts,
            premium_cents=premium_cents - have["premium"] - planned,
            tax_cents=tax_cents - have["tax"] - planned_tax,
        )
        replan.put(self.session, term_id=self.term.id, parts=self.parts)
        self.term.premium_cents, self.term.tax_cents = premium_cents, tax_cents
        self.session.flush()
        return returning.settle(
            self.session,
            self.ctx,
            term=self.term,
            policy=self.policy,
            left=left,
            counted=counted,
            number=self.number,
            who=self.ask.who,
        )


Make = Callable[[_Scene], tuple[Kind, datetime.date, Mapping[str, Any]]]


def change_premium(
    ctx: context.Context,
    *,
    ask: Ask,
    effective_on: datetime.date,
    premium_cents: int,
    is_trial: bool = False,
) -> Change:
    """From `effective_on` on the term costs `premium_cents` for a whole term.

    Raises NoSuchPolicy, CancelledAlready, NoTermNow, ChangeOutsideTerm, ChangeBeforeAnother,
    NothingChanges, CorrectedMore.
    """

    def make(scene: _Scene) -> tuple[Kind, datetime.date, Mapping[str, Any]]:
        found, after = endorsing.endorse(
            scene.premium, effective_on=effective_on, premium_cents=premium_cents
        )
        if after.charged_cents < scene.term.corrected_cents:
            raise CorrectedMore()
        before_tax = scene.term.tax_cents
        tax = scene.tax_on(after.charged_cents)
        rates = [(s.starts_on, s.ends_on, s.premium_cents) for s in after.segments]
        changing.set_rates(scene.session, term_id=scene.term.id, rates=rates)
        done = scene.charge(after.charged_cents, tax)
        return (
            Kind.PREMIUM_CHANGED,
            effective_on,
            {
                "before_cents": found.before_cents,
                "after_cents": found.after_cents,
                "change_cents": found.change_cents,
                "tax_change_cents": tax - before_tax,
                "days_left": found.days_left,
                "term_days": found.term_days,
                **done,
            },
        )

    return _change(ctx, ask=ask, on=effective_on, make=make, is_trial=is_trial)


def move_day(ctx: context.Context, *, ask: Ask, day: int, is_trial: bool = False) -> Change:
    """Have the bills that are not out yet due on `day` of the month.

    Raises NoSuchPolicy, CancelledAlready, NoTermNow, NothingToPlan, DayUnreadable, SameDay.
    """

    def make(scene: _Scene) -> tuple[Kind, datetime.date, Mapping[str, Any]]:
        moved = replanning.move_day(
            scene.parts,
            day=day,
            term=scene.premium,
            tax_cents=scene.term.tax_cents,
            lead_days=replan.lead_days(scene.session),
        )
        before, first = scene.parts[0], moved.parts[0]
        replan.put(scene.session, term_id=scene.term.id, parts=moved.parts)
        return (
            Kind.DAY_MOVED,
            first.due_on,
            {
                "from_day": before.due_on.day,
                "to_day": day,
                "bridge_days": moved.bridge_days,
                "bridge_cents": moved.bridge_cents,
                "before": _schedule(scene.parts),
                "after": _schedule(moved.parts),
            },
        )

    return _change(ctx, ask=ask, on=None, make=make, is_trial=is_trial)


def pay_in_full(ctx: context.Context, *, ask: Ask, is_trial: bool = False) -> Change:
    """Have all that is not billed yet on one bill, now, without further installment fees.

    Raises NoSuchPolicy, CancelledAlready, NoTermNow, NothingToPlan.
    """

    def make(scene: _Scene) -> tuple[Kind, datetime.date, Mapping[str, Any]]:
        lead = datetime.timedelta(days=replan.lead_days(scene.session))
        first_due = scene.parts[0].due_on if scene.parts else scene.today
        due_on = max(first_due, scene.today + lead)
        one = replanning.as_one(scene.parts, due_on=due_on, lead_days=lead.days)
        replan.put(scene.session, term_id=scene.term.id, parts=[one])
        scene.term.payment_plan = models.PaymentPlan.IN_FULL
        invoice = returning.bill(
            scene.session, scene.ctx, term_id=scene.term.id, sequence=one.sequence, who=ask.who
        )
        saved = sum(part.installment_fee_cents for part in scene.parts)
        return (
            Kind.PAID_IN_FULL,
            one.due_on,
            {
                "invoice_no": invoice.number,
                "billed_cents": invoice.total_cents,
                "fees_saved_cents": saved,
                "before": _schedule(scene.parts),
            },
        )

    return _change(ctx, ask=ask, on=None, make=make, is_trial=is_trial)


def cancel(
    ctx: context.Context,
    *,
    ask: Ask,
    on: datetime.date,
    basis: pro_rata.CancellationBasis = pro_rata.CancellationBasis.PRO_RATA,
    is_trial: bool = False,
) -> Change:
    """End the policy on `on`, itself not covered; what was paid too much goes back.

    Raises NoSuchPolicy, CancelledAlready, NoTermNow, CancellationOutsideTerm.
    """

    def make(scene: _Scene) -> tuple[Kind, datetime.date, Mapping[str, Any]]:
        found = pro_rata.return_premium(scene.premium, cancelled_on=on, basis=basis)
        kept = max(found.earned_cents, scene.term.corrected_cents)
        kept_tax = scene.tax_on(kept)
        before = {
            "premium_before_cents": scene.term.premium_cents,
            "tax_before_cents": scene.term.tax_cents,
            "dropped": [_part(part) for part in scene.parts],
        }
        scene.parts = ()
        replan.put(scene.session, term_id=scene.term.id, parts=())
        done = scene.charge(kept, kept_tax)
        changing.cancel(scene.session, policy=scene.policy, term=scene.term, on=on, kept_cents=kept)
        return (
            Kind.CANCELLED,
            on,
            {
                "basis": str(found.basis),
                "return_cents": found.return_cents,
                "kept_cents": kept,
                "days_in_force": found.days_in_force,
                "term_days": found.term_days,
                **before,
                **done,
            },
        )

    return _change(ctx, ask=ask, on=on, make=make, is_trial=is_trial)


def reinstate(ctx: context.Context, *, ask: Ask, is_trial: bool = False) -> Change:
    """Have a cancelled policy go on without a gap, as if it had not ended.

    What had been dropped is planned again; what went back, or was not billed meanwhile, is asked
    for at once. Raises NoSuchPolicy, NotCancelled, NoTermNow.
    """

    def make(scene: _Scene) -> tuple[Kind, datetime.date, Mapping[str, Any]]:
        ended_on = scene.policy.cancelled_on or scene.today
        last = changing.last_event(scene.session, term_id=scene.term.id, kind=Kind.CANCELLED)
        if last is None:
            raise changing.NotCancelled()
        changing.reinstate(scene.session, policy=scene.policy, term=scene.term)
        scene.parts = tuple(
            part for part in map(_planned, last.facts["dropped"]) if part.due_on >= scene.today
        )
        replan.put(scene.session, term_id=scene.term.id, parts=scene.parts)
        done = scene.charge(last.facts["premium_before_cents"], last.facts["tax_before_cents"])
        return Kind.REINSTATED, ended_on, {"cancelled_by": last.number, **done}

    return _change(ctx, ask=ask, on=None, make=make, is_trial=is_trial, is_cancelled=True)


def _change(
    ctx: context.Context,
    *,
    ask: Ask,
    on: datetime.date | None,
    make: Make,
    is_trial: bool,
    is_cancelled: bool = False,
) -> Change:
    """Make one change in one transaction, once per form; a trial is undone at its end."""
    with ctx.database.unit_of_work() as session:
        found = _find(session, ask)
        books.lock_customer(session, customer_id=found.customer_id)
        policy = db.lock_row(session, models.Policy, found.id)
        known = changing.by_once_key(session, once_key=ask.once_key)
        if known is not None:
            return Change(
                number=known.number,
                kind=known.kind,
                effective_on=known.effective_on,
                facts=known.facts,
            )
        if (policy.state is models.PolicyState.CANCELLED) is not is_cancelled:
            raise changing.NotCancelled() if is_cancelled else CancelledAlready()
        day = policy.cancelled_on if is_cancelled else on
        term = changing.term_on(session, policy_id=policy.id, day=day or ctx.clock.today())
        scene = _Scene(
            session=session,
            ctx=ctx,
            ask=ask,
            number=ids.new(ids.Prefix.CHANGE, ctx.rng),
            policy=policy,
            term=term,
            parts=replan.take(session, term_id=term.id),
        )
        trial = session.begin_nested() if is_trial else None
        tasks = list(session.info.get("tasks", []))
        kind, effective_on, facts = make(scene)
        holds.shrink_to_open(session, customer_id=policy.customer_id, now=ctx.clock.now())
        if trial is not None:
            trial.rollback()
            session.info["tasks"] = tasks
        else:
            changing.record(
                session,
                policy=policy,
                term=term,
                kind=kind,
                number=scene.number,
                once_key=ask.once_key,
                effective_on=effective_on,
                reason=ask.reason,
                facts=facts,
                now=ctx.clock.now(),
                who=ask.who,
            )
        return Change(number=scene.number, kind=kind, effective_on=effective_on, facts=facts)


def _find(session: orm.Session, ask: Ask) -> models.Policy:
    found = session.query(models.Policy).filter_by(number=ask.policy_no).one_or_none()
    if found is None or ask.customer_id not in (None, found.customer_id):
        raise NoSuchPolicy()
    return found


def _schedule(parts: tuple[replanning.Part, ...]) -> list[list[Any]]:
    return [[part.due_on.isoformat(), part.total_cents] for part in parts]


def _part(part: replanning.Part) -> dict[str, Any]:
    values = dataclasses.asdict(part)
    return {k: v.isoformat() if isinstance(v, datetime.date) else v for k, v in values.items()}


def _planned(values: Mapping[str, Any]) -> replanning.Part:
    return replanning.Part(
        **{k: datetime.date.fromisoformat(v) if k.endswith("_on") else v for k, v in values.items()}
    )

"""The way of every change inside a term: locked, made once, settled to the cent, written down.

What is not billed yet is planned anew, the rest is billed or goes back at once. A preview is the
change itself, tried and taken back. Which changes there are stands in `term_changes`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.billing.operations import books, earning, holds, replan
from portal.domain.billing.queries import held, renewals
from portal.domain.billing.rules import installments, replanning
from portal.domain.billing.rules.charges import COVER, ChargeKind
from portal.domain.billing.rules.term_premium import Segment, TermPremium
from portal.domain.policies import changing, models
from portal.journeys import context, returning, term_letters
from portal.kernel import actor, db, errors, ids, money, msgids

Kind = models.EventKind
OF_THE_LIVING = frozenset(
    {
        Kind.PREMIUM_CHANGED,
        Kind.DAY_MOVED,
        Kind.PAID_IN_FULL,
        Kind.PAID_MONTHLY,
        Kind.TERM_BEGUN,
        Kind.RENEWED,
        Kind.PLAN_CHOSEN,
    }
)  # what nobody does to the policy of a pet that died
BILLS_NOW = ("billed_cents", "billed_now_cents", "first_bill_cents")  # facts of a bill sent at once


class NoSuchPolicy(errors.DomainError):
    """There is none with this number, or it is somebody else's."""

    code = "no_such_policy"
    message = msgids.N_("There is no such policy.")


class ChangedMeanwhile(errors.DomainError):
    """What the change does is not what was shown before; nothing was done."""

    code = "change_not_as_shown"
    message = msgids.N_("Something changed meanwhile. Look at what it does now, and press again.")


class CancelledAlready(errors.DomainError):
    """The policy has ended, or will, by an earlier cancellation."""

    code = "cancelled_already"
    message = msgids.N_("This policy is cancelled already.")


class PolicyHeld(errors.DomainError):
    """A person is taking care of the whole policy."""

    code = "policy_held"
    message = msgids.N_("Everything about this policy is stopped for now. Please write to us.")


class PetHasDied(errors.DomainError):
    """Cover of a pet that died is ended, or goes on after a mistake; nothing else is done."""

    code = "pet_has_died"
    message = msgids.N_("The pet has died. Only its cover can be ended now.")


class BillingPaused(errors.DomainError):
    """No bill of the policy goes out while its billing is held."""

    code = "billing_paused"
    message = msgids.N_("The billing of this policy is paused, and this would send a bill.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ask:
    """Who asks for a change of which policy, by which form, and why."""

    policy_no: str
    once_key: str
    who: actor.Actor
    reason: str = ""
    customer_id: int | None = None  # whose it must be; None at the desk
    expects: str = ""  # the version of what was shown; "" where nothing was

    @property
    def key(self) -> str:
        """The form's key, apart from that of any other person, policy or job."""
        return f"{self.who.kind}:{self.who.id or self.who.label}:{self.policy_no}:{self.once_key}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """A change and what it came to; `facts` are those of the trail, cents and ISO days."""

    number: str
    kind: Kind
    effective_on: datetime.date
    facts: Mapping[str, Any]

    @property
    def version(self) -> str:
        """A hash of all that it does, the same for the preview and the change."""
        told = {name: value for name, value in self.facts.items() if name != "invoice_no"}
        raw = json.dumps([self.kind, self.effective_on.isoformat(), told], sort_keys=True)
        return hashlib.sha256(raw.encode()).hexdigest()


@dataclasses.dataclass(kw_only=True)
class Scene:
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
        """The tax on so much of the term's premium, at its own rate.

        At least what was corrected of it: each bill's share was rounded for itself.
        """
        if self.term.tax_ppm:
            tax = installments.term_tax(premium_cents, self.term.tax_ppm)
        elif self.term.premium_cents:
            tax = money.pro_rata(self.term.tax_cents, premium_cents, self.term.premium_cents)
        else:  # no rate, and nothing to tell one by
            tax = 0
        lines = replan.billed(self.session, term_id=self.term.id, kinds={ChargeKind.TAX})
        return max(tax, sum(line.cents - line.room_cents for line in lines))

    def charge(
        self,
        premium_cents: int,
        tax_cents: int,
        *,
        fees_too: bool = False,
        owed: replanning.Fees = replanning.NO_FEES,
    ) -> dict[str, int]:
        """Have the term cost exactly so much: plan, bill or give back the difference.

        With `fees_too` its fees go back as well; those `owed` are asked for again. What it came to:
        cents billed at once and given back, and refunds begun.
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
        self.parts, owed = replanning.with_fees(self.parts, owed)
        replan.put(self.session, term_id=self.term.id, parts=self.parts)
        self.term.premium_cents, self.term.tax_cents = premium_cents, tax_cents
        self.session.flush()
        return returning.settle(
            self.session,
            self.ctx,
            term=self.term,
            policy=self.policy,
            left=left,
            owed=owed,
            counted=counted,
            fees=self._fees() if fees_too else (),
            number=self.number,
            who=self.ask.who,
        )

    def _fees(self) -> tuple[replan.Billed, ...]:
        kinds = set(ChargeKind) - COVER
        return replan.billed(self.session, term_id=self.term.id, kinds=kinds)


Make = Callable[[Scene], tuple[Kind, datetime.date, Mapping[str, Any]]]


class Played(NamedTuple):
    """What was done: in which term, what it was, from which day on, with which figures."""

    term: models.Term
    kind: Kind
    effective_on: datetime.date
    facts: Mapping[str, Any]


Play = Callable[[orm.Session, models.Policy, str], Played]


def change(
    ctx: context.Context,
    *,
    ask: Ask,
    on: datetime.date | None,
    make: Make,
    is_trial: bool,
    is_cancelled: bool = False,
    is_end: bool = False,
    within: orm.Session | None = None,
) -> Change:
    """Make one change inside the term of the day `on` (None: today's); as in `perform`.

    With `is_cancelled` in the term that was cancelled, with `is_end` in the one that ends that day.
    An owner changes nothing of a policy that is held whole. Raises PolicyHeld.
    """

    def play(session: orm.Session, policy: models.Policy, number: str) -> Played:
        if ask.customer_id is not None and _is_held(session, policy):
            raise PolicyHeld()
        if is_cancelled:
            term = changing.ended_term(session, policy_id=policy.id)
        else:
            day = on or ctx.clock.today()
            term = changing.term_on(session, policy_id=policy.id, day=day, is_end=is_end)
        found = scene(session, ctx, ask=ask, policy=policy, number=number, term=term)
        return Played(found.term, *make(found))

    return perform(
        ctx, ask=ask, play=play, is_trial=is_trial, is_cancelled=is_cancelled, within=within
    )


def scene(
    session: orm.Session,
    ctx: context.Context,
    *,
    ask: Ask,
    policy: models.Policy,
    number: str,
    term: models.Term,
) -> Scene:
    """The (locked) policy and one of its terms, ready to be changed."""
    earning.before_change(session, term_ids=[term.id])
    return Scene(
        session=session,
        ctx=ctx,
        ask=ask,
        number=number,
        policy=policy,
        term=term,
        parts=replan.take(session, term_id=term.id),
    )


def _is_held(session: orm.Session, policy: models.Policy) -> bool:
    kind = billing.HoldKind.OVERDUE  # one of the bills alone, by the desk, stops no owner
    return bool(held.policies_held(session, policy_ids=[policy.id], kind=kind))


def perform(
    ctx: context.Context,
    *,
    ask: Ask,
    play: Play,
    is_trial: bool,
    is_cancelled: bool | None = False,
    within: orm.Session | None = None,
) -> Change:
    """Do one thing to a policy in one transaction, once per form; a trial is undone at its end.

    `play` is given the locked policy and the number of the change. With `is_cancelled` None it
    looks itself whether the policy is. `within` is the transaction of a caller who does more.
    """
    whole = contextlib.nullcontext(within) if within else ctx.database.unit_of_work()
    with whole as session:
        found = _find(session, ask)
        whose = lock_accounts(session, policy=found)
        policy = db.lock_row(session, models.Policy, found.id)
        if policy.customer_id not in whose or ask.customer_id not in (None, policy.customer_id):
            raise NoSuchPolicy()  # it was handed over in this moment
        done = _done_before(session, ask, policy)
        if done is not None:
            return done
        is_over = policy.state is models.PolicyState.CANCELLED
        if is_cancelled is not None and is_over is not is_cancelled:
            raise changing.NotCancelled() if is_cancelled else CancelledAlready()
        trial = session.begin_nested() if is_trial else None
        tasks = list(session.info.get("tasks", []))
        number = ids.new(ids.Prefix.CHANGE, ctx.rng)
        term, kind, effective_on, facts = play(session, policy, number)
        made = Change(number=number, kind=kind, effective_on=effective_on, facts=facts)
        for customer_id in whose:
            holds.shrink_to_open(session, customer_id=customer_id, now=ctx.clock.now())
        _refuse(session, policy, made)
        if ask.expects not in ("", made.version):
            raise ChangedMeanwhile()
        if trial is not None:
            trial.rollback()
            session.info["tasks"] = tasks
        else:
            _keep(session, ctx, ask, policy=policy, term=term, made=made)
        return made


def _refuse(session: orm.Session, policy: models.Policy, made: Change) -> None:
    """Raise PetHasDied, and BillingPaused where the change sends a bill that nobody may get."""
    if made.kind not in OF_THE_LIVING:
        return
    if session.get_one(models.Pet, policy.pet_id).died_on is not None:
        raise PetHasDied()
    is_billed = any(made.facts.get(name) for name in BILLS_NOW)
    if is_billed and renewals.is_held(session, policy_no=policy.number):
        raise BillingPaused()


def _done_before(session: orm.Session, ask: Ask, policy: models.Policy) -> Change | None:
    """What this form did already. Raises ChangedMeanwhile where that was changed since."""
    known = changing.by_once_key(session, policy_id=policy.id, once_key=ask.key)
    if known is None:
        return None
    if known.id != changing.newest_id(session, policy_id=policy.id):
        raise ChangedMeanwhile()
    return Change(
        number=known.number,
        kind=known.kind,
        effective_on=known.effective_on,
        facts=known.facts,
    )


def lock_accounts(
    session: orm.Session, *, policy: models.Policy, more: Collection[int] = ()
) -> tuple[int, ...]:
    """Take the accounts of whose the policy is and of all who were ever billed for it.

    In order of id, and `more` among them: so whoever takes several never waits in a circle.
    """
    billed = sa.select(billing.Invoice.customer_id).where(billing.Invoice.policy_id == policy.id)
    return books.lock_customers(session, [policy.customer_id, *more], also=billed)


def _keep(
    session: orm.Session,
    ctx: context.Context,
    ask: Ask,
    *,
    policy: models.Policy,
    term: models.Term,
    made: Change,
) -> None:
    """Write down what was done, with its letter where there is one, and mail that."""
    letter = term_letters.head(session, policy=policy, kind=made.kind)
    changing.record(
        session,
        policy=policy,
        term=term,
        kind=made.kind,
        number=made.number,
        once_key=ask.key,
        effective_on=made.effective_on,
        reason=ask.reason,
        facts=made.facts,
        letter=letter,
        now=ctx.clock.now(),
        who=ask.who,
    )
    if letter is not None:
        term_letters.tell(session, ctx, policy=policy, change=made)


def _find(session: orm.Session, ask: Ask) -> models.Policy:
    found = session.query(models.Policy).filter_by(number=ask.policy_no).one_or_none()
    if found is None or ask.customer_id not in (None, found.customer_id):
        raise NoSuchPolicy()
    return found

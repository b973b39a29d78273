"""A policy and its pet pass to another customer: asked for, agreed to by a second person, done.

Paid bills stay with whoever was billed. What another owner would find in the middle stands in the
way; open bills that nothing has touched are withdrawn and asked of the new owner.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.approvals import operations as approvals
from portal.domain.approvals import queries as approval_queries
from portal.domain.approvals import rules as approval_rules
from portal.domain.identity import queries as identity
from portal.domain.policies import changing, models
from portal.domain.policies import queries as policies
from portal.journeys import context, handing_over, second_person, telling, term_scene
from portal.kernel import actor, errors, ids, msgids

N_ = msgids.N_


class NoSuchCustomer(errors.DomainError):
    """Nobody has this number or address."""

    code = "move_to_nobody"
    message = N_("No customer has this number or e-mail.")


class SameCustomer(errors.DomainError):
    """It is theirs already."""

    code = "move_to_same"
    message = N_("The policy is this customer’s already.")


class AskedAlready(errors.DomainError):
    """A second person is being asked about this policy."""

    code = "move_asked_already"
    message = N_("A move of this policy waits for a second person already.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ask:
    """Which policy, to whom (customer number or e-mail), and why."""

    policy_no: str
    to: str
    reason: str = ""


def preview(ctx: context.Context, *, ask: Ask) -> dict[str, Any]:
    """What the move would do, by trying it and taking it back; as the second person sees it.

    Raises NoSuchPolicy, CancelledAlready, NoSuchCustomer, SameCustomer and what
    `handing_over.check` raises.
    """
    with ctx.database.unit_of_work() as session:
        return _tried(session, ctx, ask)


def request(ctx: context.Context, *, ask: Ask, facts_version: str, who: actor.Actor) -> str:
    """Ask a second person for exactly what was shown; the request's number.

    Raises StaleFacts, AskedAlready, ReasonMissing, ReasonTooLong and what `preview` raises.
    """
    reason = approval_rules.clean_reason(ask.reason)
    with ctx.database.unit_of_work() as session:
        facts = _tried(session, ctx, ask)
        if approval_rules.facts_version(facts) != facts_version:
            raise approval_rules.StaleFacts()
        if waiting(session, policy_no=ask.policy_no):
            raise AskedAlready()
        owner = _policy(session, ask.policy_no).customer_id
        number = second_person.ask(
            session,
            ctx,
            _matter(facts, owner),
            amount_cents=sum(cents for _, cents in facts["voided"]),
            facts=facts,
            reason=reason,
            who=who,
        )
    return number


def approve(ctx: context.Context, *, approval_no: str, facts_version: str, who: actor.Actor) -> str:
    """Agree to exactly what was shown and move the policy; its number.

    When the consequences changed, the request gets the new ones and StaleFacts is raised. Raises
    also NoSuchApproval, DecidedAlready, NotAnApprover, NotYours, and what `preview` raises.
    """
    view = second_person.asked(ctx, approval_rules.POLICY_MOVE, approval_no)
    ask = ask_of(view.facts)  # the policy and to whom: these never change
    with second_person.deciding(
        ctx, approval_no=approval_no, facts_version=facts_version, who=who
    ) as deciding:
        session = deciding.session
        old = _lock(session, ask)  # accounts before the request, as when it is asked for
        asked = deciding.request()
        fresh = _tried(session, ctx, ask)
        deciding.agree(fresh)
        reason = asked.reason
        _move(session, ctx, ask, key=f"move:{approval_no}", reason=reason, who=who)
        second_person.log(session, ctx, _matter(fresh, old), "approved", approval_no, who=who)
        _tell(session, ctx, fresh, approval_no=approval_no)
    return ask.policy_no


def send_back(ctx: context.Context, *, approval_no: str, reason: str, who: actor.Actor) -> str:
    """Send a request back with a reason; the policy stays where it is. Its number.

    Raises NoSuchApproval, DecidedAlready, NotAnApprover, NotYours, ReasonMissing, ReasonTooLong.
    """
    view = second_person.asked(ctx, approval_rules.POLICY_MOVE, approval_no)
    matter = _matter(view.facts, view.customer_id)
    with ctx.database.unit_of_work() as session:
        approvals.return_(session, number=approval_no, reason=reason, who=who, now=ctx.clock.now())
        second_person.log(session, ctx, matter, "returned", approval_no, who=who)
    return view.subject


def waiting(session: orm.Session, *, policy_no: str) -> str:
    """The request about the policy that waits for a second person, or ""."""
    return approval_queries.waiting(session, kind=approval_rules.POLICY_MOVE, subject=policy_no)


def ask_of(facts: Mapping[str, Any]) -> Ask:
    """What was asked for, from the facts of its request."""
    return Ask(policy_no=facts["policy_no"], to=facts["to_no"])


def _policy(session: orm.Session, policy_no: str) -> models.Policy:
    found = session.scalar(sa.select(models.Policy).where(models.Policy.number == policy_no))
    if found is None:
        raise term_scene.NoSuchPolicy()
    return found


def _new_owner(session: orm.Session, to: str) -> identity.CustomerView:
    typed = to.replace("\x00", "").strip()
    number = ids.normalise(typed)
    is_number = ids.is_valid(number, ids.Prefix.CUSTOMER)
    found = (
        identity.customer_by_number(session, number=number)
        if is_number
        else identity.customer_by_email(session, email=typed)
    )
    if found is None:
        raise NoSuchCustomer()
    return found


def _lock(session: orm.Session, ask: Ask) -> int:
    """Both accounts, in order of id; whose the policy is now."""
    policy, new = _policy(session, ask.policy_no), _new_owner(session, ask.to)
    if policy.customer_id == new.id:
        raise SameCustomer()
    term_scene.lock_accounts(session, policy=policy, more=[new.id])
    return policy.customer_id


def _tried(session: orm.Session, ctx: context.Context, ask: Ask) -> dict[str, Any]:
    """The facts of the move, which is undone; of it nothing stays but the locks."""
    _lock(session, ask)
    return dict(_move(session, ctx, ask, key="", reason="", who=actor.system("trial")).facts)


def _move(
    session: orm.Session,
    ctx: context.Context,
    ask: Ask,
    *,
    key: str,
    reason: str,
    who: actor.Actor,
) -> term_scene.Change:
    """Move it; without a key only try."""

    def play(session: orm.Session, policy: models.Policy, number: str) -> term_scene.Played:
        return _played(session, ctx, ask, policy=policy, who=who)

    one = term_scene.Ask(policy_no=ask.policy_no, once_key=key, who=who, reason=reason)
    return term_scene.perform(ctx, ask=one, play=play, is_trial=not key, within=session)


def _played(
    session: orm.Session,
    ctx: context.Context,
    ask: Ask,
    *,
    policy: models.Policy,
    who: actor.Actor,
) -> term_scene.Played:
    today = ctx.clock.today()
    old, new = policy.customer_id, _new_owner(session, ask.to)
    was = identity.customer(session, customer_id=old)
    pet_name = policies.pet_names(session, policy_ids=[policy.id])[policy.id]
    term = changing.term_of(session, policy_id=policy.id, day=today)
    bills = handing_over.open_bills(session, policy=policy)
    handing_over.check(session, policy=policy, bills=bills)
    ended = handing_over.stop(session, ctx, policy=policy, who=who)
    voided = handing_over.withdraw(
        session, ctx, bills=bills, reason=f"Moved to {new.number}", who=who
    )
    policy.customer_id = new.id
    policy.next_payment_plan = None  # the former owner's choice binds nobody else
    session.get_one(models.Pet, policy.pet_id).customer_id = new.id
    session.flush()
    facts = {
        "policy_no": policy.number,
        "pet_name": pet_name,
        "from_no": was.number,
        "to_no": new.number,
        "voided": voided,
        **ended,
    }
    return term_scene.Played(term, models.EventKind.OWNER_CHANGED, today, facts)


def _tell(
    session: orm.Session, ctx: context.Context, facts: Mapping[str, Any], *, approval_no: str
) -> None:
    """Both owners read what it means for them, and nothing of the other's money."""
    for side in ("from", "to"):
        owner = identity.customer_by_number(session, number=facts[f"{side}_no"])
        if owner is None:
            raise NoSuchCustomer()
        telling.tell_customer(
            session,
            ctx,
            customer_id=owner.id,
            template="policy_moved",
            key=f"policy_moved:{approval_no}:{side}",
            subject_no=facts["policy_no"],
            is_new=side == "to",
            pet_name=facts["pet_name"],
            policy_no=facts["policy_no"],
            voided=[] if side == "to" else facts["voided"],
            has_bills=bool(facts["voided"]),
            ended=bool(facts["autopay"] or facts["planned"] or facts["payer"]),
        )


def _matter(facts: Mapping[str, Any], customer_id: int | None) -> second_person.Matter:
    return second_person.Matter(
        kind=approval_rules.POLICY_MOVE,
        subject=facts["policy_no"],
        customer_id=customer_id,
        data={"policy": facts["policy_no"], "to": facts["to_no"]},
    )

"""Autopay of a policy: join, change, leave."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from sqlalchemy import orm

from portal.documents import agreements, texts
from portal.domain.billing import models as billing
from portal.domain.billing.operations import books
from portal.domain.billing.queries import held
from portal.domain.payments import announcing, models
from portal.domain.payments.operations import standing
from portal.domain.payments.queries import undrafted
from portal.domain.payments.states import AutopayEnd
from portal.domain.policies import queries as policies
from portal.domain.wallet import consents
from portal.domain.wallet import models as wallet
from portal.journeys import announce_drafts, context, draft_mails, end_autopay, payer_news
from portal.kernel import actor, errors, labels, msgids

METHOD = msgids.N_(
    "the card or account chosen here (once from the second one, where the first is refused)"
)


class NoSuchPolicy(errors.DomainError):
    """The policy is not the customer's."""

    code = "autopay_no_such_policy"
    message = msgids.N_("We cannot find this policy.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Joined:
    """What autopay will take of the bills that are open; `late` of them after their due day."""

    announced: tuple[announce_drafts.Announced, ...]

    @property
    def late(self) -> tuple[announce_drafts.Announced, ...]:
        """Bills that are due before the notice allows: better paid now."""
        return tuple(bill for bill in self.announced if bill.is_late)


def shown(ctx: context.Context, *, pet_name: str, language: str) -> consents.Shown:
    """The text that is agreed to, word for word as a page in `language` has to show it."""
    return consents.Shown(
        kind=wallet.ConsentKind.AUTOPAY,
        version=agreements.AUTOPAY.version,
        language=language,
        text=agreements.AUTOPAY.text(
            language=language,
            brand=ctx.brand,
            pet=pet_name,
            method=texts.gettext(METHOD, language=language),
        ),
    )


def join(
    ctx: context.Context,
    *,
    customer_id: int,
    policy_no: str,
    method_no: str,
    backup_no: str,
    days_before: int,
    shown: consents.Shown,
    who: actor.Actor,
    payer_id: int | None = None,
) -> Joined:
    """Let autopay take the policy's bills from now on; its open ones are announced at once.

    `backup_no` "" means none; with `payer_id` the methods are that payer's. Raises NoSuchPolicy,
    standing.PolicyOver, PolicyStopped, AutopayOn, MethodNotUsable, SameBackup, DayNotOffered.
    """
    with ctx.database.unit_of_work() as session:
        order = _order(session, ctx, customer_id, policy_no, payer_id=payer_id, who=who)
        chosen = order.choose(method_no, backup_no, days_before)
        autopay = order.agree(chosen, shown=shown)
        announced = order.announce(autopay)
        order.tell(autopay, chosen, announced, was_on=False)
        return Joined(announced=announced)


def change(
    ctx: context.Context,
    *,
    customer_id: int,
    policy_no: str,
    method_no: str,
    backup_no: str,
    days_before: int,
    shown: consents.Shown,
    who: actor.Actor,
    payer_id: int | None = None,
) -> Joined:
    """Replace what was agreed to by a new agreement; drafts go on with the new method.

    A draft whose day changes is announced anew, at least ten days ahead; one that cannot be moved
    so stays on its day. Asking for what stands already changes nothing, unless a bill waits that
    was refused for good: then it is agreed to and announced anew. Raises what `join` does, and
    standing.AutopayOff.
    """
    with ctx.database.unit_of_work() as session:
        order = _order(session, ctx, customer_id, policy_no, payer_id=payer_id, who=who)
        old = order.running()
        chosen = order.choose(method_no, backup_no, days_before)
        if chosen.terms == _terms(old) and not undrafted.of_policy(
            session, policy_id=order.policy.id
        ):
            return Joined(announced=())
        standing.end(
            session,
            autopay=old,
            policy_no=policy_no,
            reason=AutopayEnd.REPLACED,
            now=ctx.clock.now(),
            who=who,
        )
        autopay = order.agree(chosen, shown=shown)
        kept = order.hand_over(old, autopay)
        announced = (*kept, *order.announce(autopay))
        order.tell(autopay, chosen, announced, was_on=True)
        return Joined(announced=announced)


def leave(
    ctx: context.Context,
    *,
    customer_id: int,
    policy_no: str,
    who: actor.Actor,
    payer_id: int | None = None,
) -> end_autopay.Left:
    """End autopay of the policy at once; drafts that wait are called off.

    The owner may end it whoever pays; with `payer_id` it must be that payer's. Raises
    NoSuchPolicy, standing.AutopayOff.
    """
    with ctx.database.unit_of_work() as session:
        books.lock_customer(session, customer_id=customer_id)
        policy = policies.by_number(
            session, policy_no=policy_no, customer_id=customer_id, today=ctx.clock.today()
        )
        if policy is None:
            raise NoSuchPolicy()
        autopay = standing.running(session, customer_id=customer_id, policy_id=policy.id)
        if autopay is None or payer_id not in (None, autopay.payer_id):
            raise standing.AutopayOff()
        return end_autopay.end(
            session, ctx, autopay=autopay, policy=policy, reason=AutopayEnd.LEFT, who=who
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Chosen:
    terms: standing.Terms
    method: wallet.PaymentMethod
    backup: wallet.PaymentMethod | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Order:
    """One policy's order being changed: the session, the locked customer, who does it."""

    session: orm.Session
    ctx: context.Context
    policy: policies.PolicyView
    payer_id: int | None
    who: actor.Actor

    @property
    def _mine(self) -> dict[str, int]:
        return {"customer_id": self.policy.customer_id, "policy_id": self.policy.id}

    def running(self) -> models.Autopay:
        """The autopay that runs. Raises AutopayOff, also where somebody else pays."""
        autopay = standing.running(self.session, **self._mine)
        if autopay is None or autopay.payer_id != self.payer_id:
            raise standing.AutopayOff()
        return autopay

    def choose(self, method_no: str, backup_no: str, days_before: int) -> _Chosen:
        """The methods by their numbers. Raises MethodNotUsable, SameBackup."""
        if method_no and method_no == backup_no:
            raise standing.SameBackup()
        method, backup = (
            standing.usable(
                self.session,
                customer_id=self.policy.customer_id,
                payer_id=self.payer_id,
                number=number,
                today=self.ctx.clock.today(),
            )
            if number
            else None
            for number in (method_no, backup_no)
        )
        if method is None:
            raise standing.MethodNotUsable()
        terms = standing.Terms(
            method_id=method.id,
            backup_method_id=backup.id if backup else None,
            days_before=days_before,
        )
        return _Chosen(terms=terms, method=method, backup=backup)

    def agree(self, chosen: _Chosen, *, shown: consents.Shown) -> models.Autopay:
        """Keep what was agreed to, and let autopay run by it."""
        now = self.ctx.clock.now()
        consent_id = consents.record(
            self.session,
            shown=shown,
            customer_id=self.policy.customer_id,
            payer_id=self.payer_id,
            subject=self.policy.number,
            method_label=labels.of_method(chosen.method),
            now=now,
            who=self.who,
        )
        return standing.begin(
            self.session,
            **self._mine,
            policy_no=self.policy.number,
            payer_id=self.payer_id,
            terms=chosen.terms,
            consent_id=consent_id,
            now=now,
            who=self.who,
        )

    def hand_over(
        self, old: models.Autopay, new: models.Autopay
    ) -> tuple[announce_drafts.Announced, ...]:
        """The drafts that go on under the new agreement; the others are called off."""
        kept = []
        for draft in standing.unfinished(self.session, autopay_id=old.id):
            bill = standing.bill_of(self.session, draft_id=draft.id)
            draft_on = announcing.moved_day(
                announced_on=draft.draft_on,
                due_on=bill.due_on,
                days_before=new.days_before,
                today=self.ctx.clock.today(),
            )
            if standing.hand_over(
                self.session,
                draft=draft,
                autopay=new,
                invoice_no=bill.number,
                draft_on=draft_on,
                now=self.ctx.clock.now(),
                who=self.who,
            ):
                kept.append(
                    announce_drafts.Announced(
                        draft.number,
                        bill.number,
                        draft.amount_cents,
                        bill.due_on,
                        draft.due_on or draft.draft_on,
                    )
                )
        return tuple(kept)

    def announce(self, autopay: models.Autopay) -> tuple[announce_drafts.Announced, ...]:
        """Announce the open bills that have no draft."""
        return announce_drafts.announce(
            self.session,
            self.ctx,
            customer_ids=(self.policy.customer_id,),
            on=self.ctx.clock.today(),
            who=self.who,
            autopay_id=autopay.id,
            tells=False,
        )

    def tell(
        self,
        autopay: models.Autopay,
        chosen: _Chosen,
        announced: Sequence[announce_drafts.Announced],
        *,
        was_on: bool,
    ) -> None:
        """Mail what was agreed to and every bill that will be taken, with its day."""
        if not was_on:
            payer_news.tell(
                self.session,
                self.ctx,
                payer_id=self.payer_id,
                what=payer_news.JOINED,
                fact=autopay.id,
            )
        draft_mails.tell(
            self.session,
            self.ctx,
            customer_id=self.policy.customer_id,
            payer_id=self.payer_id,
            policy_no=self.policy.number,
            template="autopay_joined",
            key=f"autopay_joined:{autopay.id}",
            subject_no=self.policy.number,
            pet_name=self.policy.pet_name,
            method_label=labels.of_method(chosen.method),
            backup_label=labels.of_method(chosen.backup) if chosen.backup else "",
            days_before=autopay.days_before,
            drafts=[told._asdict() | {"is_late": told.is_late} for told in announced],
            was_on=was_on,
        )


def _order(
    session: orm.Session,
    ctx: context.Context,
    customer_id: int,
    policy_no: str,
    *,
    payer_id: int | None,
    who: actor.Actor,
) -> _Order:
    books.lock_customer(session, customer_id=customer_id)
    today = ctx.clock.today()
    policy = policies.by_number(session, policy_no=policy_no, customer_id=customer_id, today=today)
    if policy is None:
        raise NoSuchPolicy()
    if policy.cancelled_on is not None and policy.cancelled_on <= today:
        raise standing.PolicyOver()
    if held.policies_held(session, policy_ids=[policy.id], kind=billing.HoldKind.AUTOPAY):
        raise standing.PolicyStopped()
    return _Order(session=session, ctx=ctx, policy=policy, payer_id=payer_id, who=who)


def _terms(autopay: models.Autopay) -> standing.Terms:
    return standing.Terms(
        method_id=autopay.method_id,
        backup_method_id=autopay.backup_method_id,
        days_before=autopay.days_before,
    )

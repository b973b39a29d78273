"""Autopay joined, changed and ended, and what that does to drafts; knows no Stripe and no mail.

The caller has locked the customer: one change of a customer's autopay at a time.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.billing import models as billing
from portal.domain.payments import announcing, declines, models
from portal.domain.payments.operations import drafting
from portal.domain.payments.queries import methods
from portal.domain.payments.states import AutopayEnd, DraftState
from portal.domain.wallet import models as wallet
from portal.domain.wallet import operations as wallet_operations
from portal.domain.wallet import rules as wallet_rules
from portal.kernel import actor, errors, msgids


class AutopayOn(errors.DomainError):
    """Autopay runs for this policy already."""

    code = "autopay_on"
    message = msgids.N_("Autopay is on for this pet already. Nothing was changed.")


class AutopayOff(errors.DomainError):
    """No autopay runs for this policy."""

    code = "autopay_off"
    message = msgids.N_("Autopay is off for this pet. Nothing was changed.")


class PolicyOver(errors.DomainError):
    """The policy makes no more bills."""

    code = "autopay_policy_over"
    message = msgids.N_("This cover has ended, so there are no bills for autopay.")


class PolicyStopped(errors.DomainError):
    """All of the policy is held."""

    code = "autopay_policy_stopped"
    message = msgids.N_("Payments for this pet are stopped. Nothing was changed.")


class MethodNotUsable(errors.DomainError):
    """The method was removed, is somebody else's, has expired, or may not be charged any more."""

    code = "autopay_method"
    message = msgids.N_("This card or account cannot be used for autopay. Choose another one.")


class SameBackup(errors.DomainError):
    """The backup is the method itself."""

    code = "autopay_same_backup"
    message = msgids.N_("Choose another card or account as the second one, or none.")


class DayNotOffered(errors.DomainError):
    """A day that nobody was offered."""

    code = "autopay_day"
    message = msgids.N_("Choose one of these days.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Terms:
    """What a payer wants: who is charged, who if that is refused, how many days before due."""

    method_id: int
    backup_method_id: int | None = None
    days_before: int = 0


def usable(
    session: orm.Session,
    *,
    customer_id: int,
    payer_id: int | None,
    number: str,
    today: datetime.date,
) -> wallet.PaymentMethod:
    """The method of the customer's (or of the payer's) own, kept from being removed meanwhile.

    Raises MethodNotUsable.
    """
    method = wallet_operations.live(
        session, customer_id=customer_id, number=number, payer_id=payer_id, shared=True
    )
    if method is None or not can_be_charged(method, today=today):
        raise MethodNotUsable(number=number)
    if methods.refused_for_good(session, customer_id=customer_id, method_ids=[method.id]):
        raise MethodNotUsable(number=number)
    return method


def can_be_charged(method: wallet.PaymentMethod, *, today: datetime.date) -> bool:
    """Whether nothing that we know keeps the method from being charged while nobody is present."""
    is_live = method.removed_at is None
    return (
        is_live and wallet_rules.is_allowed(method) and not wallet_rules.has_expired(method, today)
    )


def running(session: orm.Session, *, customer_id: int, policy_id: int) -> models.Autopay | None:
    """The autopay that runs for the policy, locked, or None."""
    return session.scalar(
        sa.select(models.Autopay)
        .where(
            models.Autopay.customer_id == customer_id,
            models.Autopay.policy_id == policy_id,
            models.Autopay.ended_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def using(session: orm.Session, *, method_id: int) -> Sequence[models.Autopay]:
    """Every autopay that runs with this method, first or backup, locked."""
    return session.scalars(
        sa.select(models.Autopay)
        .where(
            models.Autopay.ended_at.is_(None),
            sa.or_(
                models.Autopay.method_id == method_id, models.Autopay.backup_method_id == method_id
            ),
        )
        .order_by(models.Autopay.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def begin(
    session: orm.Session,
    *,
    customer_id: int,
    policy_id: int,
    policy_no: str,
    terms: Terms,
    consent_id: int,
    now: datetime.datetime,
    who: actor.Actor,
    payer_id: int | None = None,
) -> models.Autopay:
    """Let autopay run for the policy. Raises AutopayOn, SameBackup, DayNotOffered."""
    if terms.days_before not in announcing.DAYS_BEFORE:
        raise DayNotOffered()
    if terms.backup_method_id == terms.method_id:
        raise SameBackup()
    if running(session, customer_id=customer_id, policy_id=policy_id) is not None:
        raise AutopayOn()
    autopay = models.Autopay(
        customer_id=customer_id,
        policy_id=policy_id,
        payer_id=payer_id,
        method_id=terms.method_id,
        backup_method_id=terms.backup_method_id,
        days_before=terms.days_before,
        consent_id=consent_id,
        joined_at=now,
    )
    session.add(autopay)
    session.flush()
    _audit(session, autopay, action="payments.autopay_joined", subject=policy_no, who=who, now=now)
    return autopay


def end(
    session: orm.Session,
    *,
    autopay: models.Autopay,
    policy_no: str,
    reason: AutopayEnd,
    now: datetime.datetime,
    who: actor.Actor,
) -> None:
    """Let the (locked) autopay run no more. Its drafts are the caller's concern."""
    autopay.ended_at = now
    autopay.end_reason = reason
    session.flush()
    _audit(session, autopay, action="payments.autopay_ended", subject=policy_no, who=who, now=now)


def unfinished(session: orm.Session, *, autopay_id: int) -> Sequence[models.Draft]:
    """The drafts of an autopay that are not over, locked: those that wait, and one that runs."""
    return session.scalars(
        sa.select(models.Draft)
        .where(
            models.Draft.autopay_id == autopay_id,
            models.Draft.state.in_(sorted({*declines.WAITING, DraftState.ATTEMPTING})),
        )
        .order_by(models.Draft.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def hand_over(
    session: orm.Session,
    *,
    draft: models.Draft,
    autopay: models.Autopay,
    invoice_no: str,
    draft_on: datetime.date,
    now: datetime.datetime,
    who: actor.Actor,
) -> bool:
    """Have the (locked) draft go on under a newer autopay, with its method.

    False where it is called off instead, because it would be on another day than was announced,
    or a bank waits for a word about the old method: then its bill has to be announced anew.
    """
    is_new_day = draft.state is DraftState.PLANNED and draft.draft_on != draft_on
    if is_new_day or draft.state is DraftState.ASKING:
        drafting.cancel(session, draft=draft, now=now, who=who, reason=declines.ANEW)
        return False
    draft.autopay_id = autopay.id
    draft.key = draft_key(autopay_id=autopay.id, invoice_no=invoice_no)
    if draft.method_id != autopay.method_id:
        draft.outcome = ""  # of the old one; the new one has not been refused
    draft.method_id, draft.backup_method_id = autopay.method_id, autopay.backup_method_id
    draft.changed_at = now
    session.flush()
    return True


class DraftedBill(NamedTuple):
    """The bill that a draft of autopay is for."""

    number: str
    due_on: datetime.date


def bill_of(session: orm.Session, *, draft_id: int) -> DraftedBill:
    """The bill of a draft of autopay, which has one."""
    row = session.execute(
        sa.select(billing.Invoice.number, billing.Invoice.due_on)
        .join(models.DraftBill, models.DraftBill.invoice_id == billing.Invoice.id)
        .where(models.DraftBill.draft_id == draft_id)
    ).one()
    return DraftedBill._make(row)


def draft_key(*, autopay_id: int, invoice_no: str, earlier: int = 0) -> str:
    """The fact that an autopay takes a bill; `earlier` drafts of it are over."""
    return f"autopay:{autopay_id}:{invoice_no}" + (f":{earlier}" if earlier else "")


def lock_customers(session: orm.Session, *, customer_ids: Sequence[int]) -> tuple[int, ...]:
    """Lock those accounts that nobody holds, in order of id; which they are."""
    return tuple(
        session.scalars(
            sa.select(billing.AccountBalance.customer_id)
            .where(billing.AccountBalance.customer_id.in_(customer_ids))
            .order_by(billing.AccountBalance.customer_id)
            .with_for_update(skip_locked=True)
        )
    )


def _audit(
    session: orm.Session,
    autopay: models.Autopay,
    *,
    action: str,
    subject: str,
    who: actor.Actor,
    now: datetime.datetime,
) -> None:
    audit.record(
        session,
        who=who,
        action=action,
        subject=subject,
        now=now,
        customer_id=autopay.customer_id,
        method_id=autopay.method_id,
        backup_method_id=autopay.backup_method_id,
        days_before=autopay.days_before,
        reason=str(autopay.end_reason or ""),
    )

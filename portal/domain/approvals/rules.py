"""Who may be the second person, and what exactly is approved; knows no row and no case."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import rfc8785

from portal.kernel import actor, errors, msgids

RESOLUTION = "dispute.resolution"
FAILED_REFUND = "refund.failed"  # its subject is the refund
CLOSED_BILL = "invoice.closed"  # its subject is the invoice
BILLING_SETTINGS = "billing.settings"  # its subject is "settings " and their code
POLICY_MOVE = "policy.move"  # its subject is the policy
SUPERVISOR = "supervisor"
REASON_MOST = 2000  # characters
# kind -> the staff roles that may approve it; a kind that is missing here nobody approves.
APPROVERS: Mapping[str, frozenset[str]] = MappingProxyType(
    dict.fromkeys(
        (RESOLUTION, FAILED_REFUND, BILLING_SETTINGS, CLOSED_BILL, POLICY_MOVE),
        frozenset({SUPERVISOR}),
    )
)


class NotYours(errors.DomainError):
    """Nobody approves their own request."""

    code = "approval_own"
    message = msgids.N_("You asked for this yourself. A second person must decide.")


class NotAnApprover(errors.DomainError):
    """The role may not decide requests of this kind."""

    code = "approval_role"
    message = msgids.N_("Only a supervisor can decide this.")


class StaleFacts(errors.DomainError):
    """What was shown is not what would happen now."""

    code = "approval_stale"
    message = msgids.N_("The figures changed since this page was made. Look at the new ones first.")


class ReasonMissing(errors.DomainError):
    """A request, and a return, says why."""

    code = "approval_reason_missing"
    message = msgids.N_("Write a sentence that says why.")


class ReasonTooLong(errors.DomainError):
    """More than a reason takes."""

    code = "approval_reason_too_long"
    message = msgids.N_("Please write at most %(most)s characters.")


def clean_reason(reason: str) -> str:
    """The reason as it is kept. Raises ReasonMissing, ReasonTooLong."""
    kept = reason.replace("\x00", "").strip()
    if not kept:
        raise ReasonMissing()
    if len(kept) > REASON_MOST:
        raise ReasonTooLong(most=REASON_MOST)
    return kept


def facts_version(facts: Mapping[str, Any]) -> str:
    """The SHA-256, in hex, of the facts as canonical JSON (RFC 8785).

    Facts are plain JSON values; whole numbers stay below 2**53.
    """
    return hashlib.sha256(rfc8785.dumps(dict(facts))).hexdigest()


def may_approve(role: str, kind: str) -> bool:
    """Whether a member of staff with `role` decides requests of `kind`."""
    return role in APPROVERS.get(kind, frozenset())


def check_decider(*, who: actor.Actor, kind: str, requester_id: int) -> None:
    """Refuse whoever may not decide the request. Raises `NotAnApprover`, `NotYours`."""
    if who.kind is not actor.ActorKind.STAFF or not may_approve(who.role, kind):
        raise NotAnApprover(role=who.role, kind=kind)
    if who.id == requester_id:
        raise NotYours()

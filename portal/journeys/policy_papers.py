"""Who knows what stands on a policy's papers: its number and ZIP code go together, guesses end."""

from __future__ import annotations

from portal.domain.identity import queries, rules
from portal.domain.identity.operations import throttling
from portal.domain.policies import queries as policies
from portal.journeys import context, throttle
from portal.kernel import actor, errors, ids, msgids

TRIES_PER_POLICY = 5
TRIES_PER_ADDRESS = 15


class PolicyNumberUnreadable(errors.DomainError):
    """What was typed is not written like a policy number."""

    code = "policy_number_unreadable"
    message = msgids.N_("Enter the policy number as it stands on your papers, like %(example)s.")

    def __init__(self) -> None:
        super().__init__(example="POL-7K3MQ2XW9TV")


def number(policy_no: str) -> str:
    """The policy number as we write it. Raises PolicyNumberUnreadable."""
    read = ids.normalise(policy_no)
    if not ids.is_valid(read, ids.Prefix.POLICY):
        raise PolicyNumberUnreadable()
    return read


def holder(
    ctx: context.Context, *, policy_no: str, zip_code: str, purpose: str, who: actor.Actor
) -> queries.CustomerView | None:
    """The customer who holds the policy, if their bills go to that ZIP code; else None.

    Each asking counts for the policy and the address, under `purpose`. Raises
    PolicyNumberUnreadable, ZipUnreadable, TooManyTries.
    """
    policy = number(policy_no)
    area = rules.zip_code(zip_code)[:5]
    throttle.take(
        ctx,
        throttling.per_account(purpose, policy, most=TRIES_PER_POLICY),
        throttling.per_address(purpose, who.address, most=TRIES_PER_ADDRESS),
    )
    with ctx.database.reading() as session:
        customer_id = policies.holder(session, policy_no=policy)
        if customer_id is None:
            return None
        found = queries.customer(session, customer_id=customer_id)
    return found if found.zip[:5] == area else None

"""A signed-in customer sets or changes the password; the present one is asked for first."""

from __future__ import annotations

from portal.domain.identity import queries, rules
from portal.domain.identity.operations import passwords, throttling
from portal.journeys import context, reset_password, throttle
from portal.kernel import actor, errors, msgids

TRIES = 10


class PresentPasswordWrong(errors.DomainError):
    """The password given as the present one is not."""

    code = "present_password_wrong"
    message = msgids.N_("This is not your present password.")


def change(
    ctx: context.Context,
    *,
    customer_id: int,
    present: str,
    new: str,
    keep: int,
    who: actor.Actor,
) -> None:
    """Set the password `new`; every session but `keep` ends and a mail tells of it.

    `present` counts only where the customer has a password. Raises PresentPasswordWrong,
    TooManyTries, and the errors of `rules.check_password`.
    """
    with ctx.database.reading() as session:
        account = queries.account_of(session, customer_id=customer_id)
    confirm(ctx, account=account, password=present)
    rules.check_password(new, own=(account.name, account.email))
    password_hash = passwords.hashed(new)
    with ctx.database.unit_of_work() as session:
        reset_password.set_password(
            session, ctx, account=account, password_hash=password_hash, who=who, keep=keep
        )


def confirm(ctx: context.Context, *, account: queries.Account, password: str) -> None:
    """Make sure a signed-in person knows the password of the account, where it has one.

    Raises PresentPasswordWrong, TooManyTries.
    """
    if account.password_hash is None:
        return
    limit = throttling.per_account("confirm", account.number, most=TRIES)
    throttle.take(ctx, limit)
    if not passwords.matches(account.password_hash, password):
        raise PresentPasswordWrong()
    throttle.give_back(ctx, limit)

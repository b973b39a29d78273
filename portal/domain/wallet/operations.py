"""What can be changed about saved methods: linked, added, made default, removed."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from portal.domain.audit import operations as audit
from portal.domain.wallet import models, rules
from portal.kernel import actor, db, ids, labels


def link(session: orm.Session, *, customer_id: int, stripe_ref: str) -> str:
    """Keep the customer's counterpart in Stripe; the one that was kept first wins."""
    session.execute(
        postgresql.insert(models.WalletCustomer)
        .values(customer_id=customer_id, stripe_ref=stripe_ref)
        .on_conflict_do_nothing(index_elements=["customer_id"])
    )
    return session.scalars(
        sa.select(models.WalletCustomer.stripe_ref).where(
            models.WalletCustomer.customer_id == customer_id
        )
    ).one()


def add(
    session: orm.Session,
    *,
    customer_id: int,
    stripe_ref: str,
    kind: str,
    brand: str,
    last4: str,
    exp_month: int | None,
    exp_year: int | None,
    fingerprint: str,
    wallet: labels.Wallet | None,
    now: datetime.datetime,
    who: actor.Actor,
    rng: ids.Bits,
    payer_id: int | None = None,
    mandate_ref: str = "",
    agreed_in: str = "",
) -> tuple[models.PaymentMethod, bool]:
    """Mirror a method that Stripe saved; the method and whether it is new.

    The customer's first method becomes the default one; one of a payer's never does. Stripe's
    newer details replace older ones; a mandate that was taken back stays so. `agreed_in` is the
    subject under which consents are kept.
    """
    lock(session, customer_id=customer_id)
    known = session.scalar(
        sa.select(models.PaymentMethod).where(models.PaymentMethod.stripe_ref == stripe_ref)
    )
    if known is not None:
        if (known.exp_month, known.exp_year) != (exp_month, exp_year):
            known.expiry_warned = None  # a renewed card expires on another day
        known.brand, known.last4, known.wallet = brand, last4, wallet
        known.exp_month, known.exp_year = exp_month, exp_year
        _allow(known, mandate_ref)
        known.agreed_in = known.agreed_in or agreed_in
        session.flush()
        return known, False
    method = models.PaymentMethod(
        number=ids.new(ids.Prefix.METHOD, rng),
        customer_id=customer_id,
        payer_id=payer_id,
        stripe_ref=stripe_ref,
        kind=models.MethodKind(kind),
        brand=brand,
        last4=last4,
        exp_month=exp_month,
        exp_year=exp_year,
        fingerprint=fingerprint,
        wallet=wallet,
        mandate_ref=mandate_ref,
        mandate_state=models.MandateState.ACTIVE if mandate_ref else None,
        agreed_in=agreed_in,
        is_default=payer_id is None and not _has_default(session, customer_id),
        added_at=now,
    )
    session.add(method)
    session.flush()
    _audit(session, method, action="wallet.added", who=who, now=now)
    return method, True


def _allow(method: models.PaymentMethod, mandate_ref: str) -> None:
    """The first mandate allows debits; one that was taken back stays so."""
    if mandate_ref and not method.mandate_ref:
        method.mandate_ref = mandate_ref
        method.mandate_state = method.mandate_state or models.MandateState.ACTIVE


def _has_default(session: orm.Session, customer_id: int) -> bool:
    found = sa.exists().where(
        models.PaymentMethod.customer_id == customer_id,
        models.PaymentMethod.payer_id.is_(None),
        models.PaymentMethod.removed_at.is_(None),
        models.PaymentMethod.is_default,
    )
    return bool(session.scalar(sa.select(found)))


def make_default(
    session: orm.Session,
    *,
    customer_id: int,
    number: str,
    now: datetime.datetime,
    who: actor.Actor,
) -> models.PaymentMethod:
    """Make a method the one that is offered first. Raises NoSuchMethod, MandateOver."""
    lock(session, customer_id=customer_id)
    method = _mine(session, customer_id=customer_id, number=number)
    if not rules.is_allowed(method):
        raise rules.MandateOver(number=number)
    session.execute(
        sa.update(models.PaymentMethod)
        .where(models.PaymentMethod.customer_id == customer_id, models.PaymentMethod.is_default)
        .values(is_default=False)
    )
    method.is_default = True
    session.flush()
    _audit(session, method, action="wallet.default", who=who, now=now)
    return method


def remove(
    session: orm.Session,
    *,
    customer_id: int,
    number: str,
    now: datetime.datetime,
    who: actor.Actor,
    payer_id: int | None = None,
) -> models.PaymentMethod:
    """Remove a method; the newest of the others becomes the default. Raises NoSuchMethod.

    With `payer_id` it is the payer's, else the customer's own.
    """
    lock(session, customer_id=customer_id)
    method = _mine(session, customer_id=customer_id, number=number, payer_id=payer_id)
    was_default, method.is_default, method.removed_at = method.is_default, False, now
    session.flush()
    heir = session.scalar(
        sa.select(models.PaymentMethod)
        .where(
            models.PaymentMethod.customer_id == customer_id,
            models.PaymentMethod.payer_id.is_(None),
            models.PaymentMethod.removed_at.is_(None),
        )
        .order_by(models.PaymentMethod.id.desc())
        .limit(1)
    )
    if was_default and heir is not None:
        heir.is_default = True
    session.flush()
    _audit(session, method, action="wallet.removed", who=who, now=now)
    return method


def revoke_mandate(
    session: orm.Session,
    *,
    now: datetime.datetime,
    who: actor.Actor,
    reason: str,
    stripe_ref: str = "",
    mandate_ref: str = "",
) -> models.PaymentMethod | None:
    """Note that an account may be debited no more, found by its or its mandate's reference.

    None when there is none of ours, it was removed, or this is known. `reason` is a word for the
    audit: "mandate_updated", "R10".
    """
    column, ref = models.PaymentMethod.stripe_ref, stripe_ref
    if not stripe_ref:
        column, ref = models.PaymentMethod.mandate_ref, mandate_ref
    customer_id = session.scalar(
        sa.select(models.PaymentMethod.customer_id).where(column == ref).limit(1)
    )
    if not ref or customer_id is None:
        return None
    lock(session, customer_id=customer_id)
    method = session.scalar(
        sa.select(models.PaymentMethod)
        .where(
            column == ref,
            models.PaymentMethod.kind == models.MethodKind.BANK,
            models.PaymentMethod.removed_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if method is None or method.mandate_state is models.MandateState.REVOKED:
        return None
    method.mandate_state = models.MandateState.REVOKED
    session.flush()
    _audit(session, method, action="wallet.mandate_revoked", who=who, now=now, reason=reason)
    return method


def lock(session: orm.Session, *, customer_id: int) -> None:
    """One change of a wallet at a time."""
    session.execute(
        sa.select(models.WalletCustomer.customer_id)
        .where(models.WalletCustomer.customer_id == customer_id)
        .with_for_update()
    )


def start_setup(
    session: orm.Session,
    *,
    customer_id: int,
    now: datetime.datetime,
    payer_id: int | None = None,
    agreed: list[dict[str, str]] | None = None,
) -> models.Setup:
    """Write down that somebody wants to save a method, before Stripe hears of it.

    `agreed` is what `consents.noted` gives; it is recorded once the method is known.
    """
    setup = models.Setup(
        customer_id=customer_id, payer_id=payer_id, agreed=agreed or None, started_at=now
    )
    session.add(setup)
    session.flush()
    return setup


def await_deposits(session: orm.Session, *, setup_id: int, label: str, verify_url: str) -> bool:
    """The account waits for two small deposits to be told; False when it did, or it has ended."""
    waits = session.execute(
        sa.update(models.Setup)
        .where(models.Setup.id == setup_id, models.Setup.state == models.SetupState.STARTED)
        .values(state=models.SetupState.VERIFYING, label=label, verify_url=verify_url)
    )
    return waits.rowcount == 1


def end_setup(
    session: orm.Session,
    *,
    setup_id: int,
    state: models.SetupState,
    now: datetime.datetime,
) -> models.Setup | None:
    """Write down how an attempt ended; the attempt, None when it had ended before."""
    setup = session.get(models.Setup, setup_id, with_for_update=True, populate_existing=True)
    if setup is None or setup.ended_at is not None:
        return None
    setup.state, setup.ended_at, setup.verify_url = state, now, ""
    session.flush()
    return setup


def ask_to_detach(session: orm.Session, *, method_id: int) -> None:
    """Queue the call that takes a removed method off its customer at Stripe."""
    db.queue_task(session, "detach_method", method_id=method_id)


def live(
    session: orm.Session,
    *,
    customer_id: int,
    number: str,
    payer_id: int | None = None,
    shared: bool = False,
) -> models.PaymentMethod | None:
    """The customer's own method, or the payer's, kept from being removed meanwhile; None: gone.

    `shared`: others may keep it too.
    """
    return session.scalar(
        sa.select(models.PaymentMethod)
        .where(
            models.PaymentMethod.customer_id == customer_id,
            models.PaymentMethod.payer_id.is_not_distinct_from(payer_id),
            models.PaymentMethod.number == number,
            models.PaymentMethod.removed_at.is_(None),
        )
        .with_for_update(read=shared)
    )


def _mine(
    session: orm.Session, *, customer_id: int, number: str, payer_id: int | None = None
) -> models.PaymentMethod:
    method = live(session, customer_id=customer_id, number=number, payer_id=payer_id)
    if method is None:
        raise rules.NoSuchMethod(number=number)
    return method


def _audit(
    session: orm.Session,
    method: models.PaymentMethod,
    *,
    action: str,
    who: actor.Actor,
    now: datetime.datetime,
    **more: str,
) -> None:
    audit.record(
        session,
        who=who,
        action=action,
        subject=method.number,
        now=now,
        customer_id=method.customer_id,
        kind=str(method.kind),
        brand=method.brand,
        last4=method.last4,
        **more,
    )

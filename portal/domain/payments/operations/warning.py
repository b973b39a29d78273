"""Cards that expire while something relies on them: found and noted as told; sends no mail."""

from __future__ import annotations

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.billing import models as billing
from portal.domain.payments import declines, models
from portal.domain.policies import models as policies
from portal.domain.wallet import expiring
from portal.domain.wallet import models as wallet


@dataclasses.dataclass(frozen=True, kw_only=True)
class Expiring:
    """A card to warn of: `days` before `last_on`; the pets whose autopay uses it, if any."""

    method: wallet.PaymentMethod
    last_on: datetime.date
    days: int
    pets: tuple[str, ...]
    is_planned: bool


_method = wallet.PaymentMethod
_standing = sa.exists().where(
    models.Autopay.ended_at.is_(None),
    sa.or_(models.Autopay.method_id == _method.id, models.Autopay.backup_method_id == _method.id),
)
_planned = sa.exists().where(
    models.Draft.state.in_(sorted(declines.WAITING)),
    sa.or_(models.Draft.method_id == _method.id, models.Draft.backup_method_id == _method.id),
)
_policy = policies.Policy
_held = (
    sa.select(billing.Hold.id)
    .where(
        billing.Hold.subject == _policy.number,
        billing.Hold.kind == billing.HoldKind.AUTOPAY,
        billing.Hold.lifted_at.is_(None),
    )
    .exists()
)
_whose = sa.or_(  # whose bills it could pay: all of the owner's, or the payer's one policy
    sa.and_(_method.payer_id.is_(None), _policy.customer_id == _method.customer_id),
    _policy.id.in_(sa.select(models.Payer.policy_id).where(models.Payer.id == _method.payer_id)),
)
_stopped = sa.and_(
    sa.exists().where(_whose, _held),
    ~sa.exists().where(_whose, ~_held, _policy.state == policies.PolicyState.ACTIVE),
)


def take(
    session: orm.Session, *, today: datetime.date, after: int, limit: int
) -> tuple[int, tuple[Expiring, ...]]:
    """The next cards in use, in order of id after `after`, that are to be warned of now.

    A card that is only offered first is not warned of where every policy it could pay is held.
    They are locked and noted as told. Also the id to go on after, 0 when there are no more. Cards
    that somebody changes at this moment are left for the next night.
    """
    edge = today + datetime.timedelta(days=max(expiring.WARN_DAYS) + 31)
    months = sa.tuple_(_method.exp_year, _method.exp_month)
    rows = session.execute(
        sa.select(_method, _planned.label("is_planned"))
        .where(
            _method.kind == wallet.MethodKind.CARD,
            _method.removed_at.is_(None),
            months >= sa.tuple_(today.year, today.month),
            months <= sa.tuple_(edge.year, edge.month),
            sa.or_(
                _method.expiry_warned.is_(None), _method.expiry_warned > min(expiring.WARN_DAYS)
            ),
            sa.or_(sa.and_(_method.is_default, ~_stopped), _standing, _planned),
            _method.id > after,
        )
        .order_by(_method.id)
        .limit(limit)
        .with_for_update(of=_method, skip_locked=True)
    ).all()
    found = []
    for method, is_planned in rows:
        last_on = expiring.last_day(year=method.exp_year, month=method.exp_month)
        days = expiring.warning(last_on=last_on, today=today, warned=method.expiry_warned)
        if days is None:
            continue
        method.expiry_warned = days
        found.append(
            Expiring(
                method=method,
                last_on=last_on,
                days=days,
                pets=_pets(session, method.id),
                is_planned=is_planned,
            )
        )
    session.flush()
    return (rows[-1][0].id if len(rows) == limit else 0), tuple(found)


def _pets(session: orm.Session, method_id: int) -> tuple[str, ...]:
    return tuple(
        session.scalars(
            sa.select(policies.Pet.name)
            .join(policies.Policy, policies.Policy.pet_id == policies.Pet.id)
            .join(models.Autopay, models.Autopay.policy_id == policies.Policy.id)
            .where(models.Autopay.ended_at.is_(None), models.Autopay.method_id == method_id)
            .order_by(models.Autopay.id)
        )
    )

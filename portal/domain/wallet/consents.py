"""What somebody agreed to: written down once, word for word; never changed."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portal.domain.audit import operations as audit
from portal.domain.wallet import models
from portal.kernel import actor

DEVICE_MOST = 400  # characters of a User-Agent that are kept


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shown:
    """The text that was shown and agreed to, in the language it was shown in."""

    kind: models.ConsentKind
    version: str
    language: str
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Given:
    """A consent as it stands in the record."""

    id: int
    kind: str
    version: str
    text: str
    method_label: str
    given_at: datetime.datetime
    ip: str
    device: str


def record(
    session: orm.Session,
    *,
    shown: Shown,
    customer_id: int,
    subject: str,
    method_label: str,
    now: datetime.datetime,
    who: actor.Actor,
    payer_id: int | None = None,
) -> int:
    """Keep that `who` agreed to `shown` for `subject` (a public number, "setup:7"); its row id.

    Address and device are the actor's. Source: docs/billing-rules.md, "Paying".
    """
    row = models.Consent(
        kind=shown.kind,
        customer_id=customer_id,
        payer_id=payer_id,
        subject=subject,
        method_label=method_label,
        text_version=shown.version,
        language=shown.language,
        text=shown.text,
        given_at=now,
        ip=who.address,
        device=who.device[:DEVICE_MOST],
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        who=who,
        action=f"wallet.agreed_{shown.kind}",
        subject=subject,
        now=now,
        customer_id=customer_id,
        version=shown.version,
    )
    return row.id


def noted(
    shown: Iterable[Shown], *, now: datetime.datetime, who: actor.Actor
) -> list[dict[str, str]]:
    """What somebody agrees to now, to be kept with the intention until the method is known."""
    return [
        dataclasses.asdict(one)
        | {"at": now.isoformat(), "address": who.address, "device": who.device}
        for one in shown
    ]


def record_noted(
    session: orm.Session,
    notes: Sequence[dict[str, str]] | None,
    *,
    kinds: Iterable[models.ConsentKind],
    customer_id: int,
    subject: str,
    method_label: str,
    who: actor.Actor,
    payer_id: int | None = None,
) -> list[models.ConsentKind]:
    """Record what was noted, of these kinds, as of the moment it was agreed to; what there was.

    Address and device are those of that moment, whoever brings the news now.
    """
    recorded = []
    for note in notes or ():
        kind = models.ConsentKind(note["kind"])
        if kind not in set(kinds):
            continue
        record(
            session,
            shown=Shown(
                kind=kind, version=note["version"], language=note["language"], text=note["text"]
            ),
            customer_id=customer_id,
            payer_id=payer_id,
            subject=subject,
            method_label=method_label,
            now=datetime.datetime.fromisoformat(note["at"]),
            who=dataclasses.replace(who, address=note["address"], device=note["device"]),
        )
        recorded.append(kind)
    return recorded


def given(session: orm.Session, *, customer_id: int, subject: str) -> tuple[Given, ...]:
    """What was agreed to about a subject of this customer's, newest first."""
    rows = session.execute(
        sa.select(
            models.Consent.id,
            models.Consent.kind,
            models.Consent.text_version.label("version"),
            models.Consent.text,
            models.Consent.method_label,
            models.Consent.given_at,
            models.Consent.ip,
            models.Consent.device,
        )
        .where(models.Consent.customer_id == customer_id, models.Consent.subject == subject)
        .order_by(models.Consent.id.desc())
    )
    return tuple(Given(**(row._asdict() | {"kind": str(row.kind)})) for row in rows)

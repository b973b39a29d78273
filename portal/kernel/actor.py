"""Who does something: carried from the edge into every operation and audit event."""

from __future__ import annotations

import dataclasses
import enum


class ActorKind(enum.StrEnum):
    """The kinds of doer; the system acts for nobody."""

    CUSTOMER = "customer"
    STAFF = "staff"
    SYSTEM = "system"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Actor:
    """A doer.

    `id` is the row id of the customer or member of staff (None for the system), `label` what the
    audit log shows ("Maria Alvarez", "billing run"), `role` the staff role or "".
    """

    kind: ActorKind
    label: str
    id: int | None = None
    role: str = ""
    request_id: str = ""
    address: str = ""
    device: str = ""


def system(label: str) -> Actor:
    """The system acting by the job or command `label`."""
    return Actor(kind=ActorKind.SYSTEM, label=label)

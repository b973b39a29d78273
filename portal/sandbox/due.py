"""Knows what must happen at a later moment of the sandbox's clock; refuses to know how."""

import dataclasses
import typing

from portal.sandbox import call as calls

Actions = typing.Mapping[str, typing.Callable[[calls.Call, str], None]]


def plan(call: calls.Call, seconds: float, action: str, subject: str) -> None:
    """Have ``action`` done to ``subject`` once the clock has moved on that far."""
    call.store.db.execute(
        "INSERT INTO due (at, action, subject) VALUES (?, ?, ?)",
        (call.exact_now + seconds, action, subject),
    )


def cancel(call: calls.Call, action: str, subject: str) -> None:
    """Forget a planned action."""
    call.store.db.execute("DELETE FROM due WHERE action = ? AND subject = ?", (action, subject))


def apply(call: calls.Call, actions: Actions) -> int:
    """Do what is due by now, oldest first; how many things were done.

    Must be called inside a transaction. Each thing happens at the moment it was planned for,
    however far the clock has jumped since; what it plans for a moment already past is done too.
    """
    done = 0
    while True:
        row = call.store.db.execute(
            "SELECT id, at, action, subject FROM due WHERE at <= ? ORDER BY at, id LIMIT 1",
            (call.exact_now,),
        ).fetchone()
        if row is None:
            return done
        call.store.db.execute("DELETE FROM due WHERE id = ?", (row[0],))
        _, at, action, subject = row
        actions[action](dataclasses.replace(call, moment=at), subject)
        done += 1

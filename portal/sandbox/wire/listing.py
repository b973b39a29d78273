"""Knows cursor pages over one kind of object, newest first; refuses to know other orders."""

import typing

from portal.sandbox import call as calls
from portal.sandbox.wire import errors

COMPARE = {
    "gt": "created > ?",
    "gte": "created >= ?",
    "lt": "created < ?",
    "lte": "created <= ?",
    "equals": "created = ?",
}
Clause = tuple[str, typing.Any]


def page(
    call: calls.Call, kind: str, url: str, clauses: typing.Iterable[Clause] = ()
) -> dict[str, typing.Any]:
    """One page as the API's ``list`` object.

    ``clauses`` are pairs of an SQL condition with at most one ``?`` and its value; a value of
    None drops the pair, so that filters which were not sent need no case of their own.
    """
    limit = call.get("limit", 10)
    if not 1 <= limit <= 100:
        raise errors.invalid("Limit must be between 1 and 100.", param="limit")
    wheres, values = ["kind = ?"], [kind]
    for condition, value in clauses:
        if value is not None:
            wheres.append(condition)
            values.append(value)
    for relation, moment in (call.get("created") or {}).items():
        wheres.append(COMPARE[relation])
        values.append(moment)
    before, after = call.get("ending_before"), call.get("starting_after")
    if before and after:
        raise errors.invalid("You cannot use both starting_after and ending_before.")
    order = "DESC"
    if after:
        wheres.append("seq < ?")
        values.append(_position(call, kind, after, "starting_after"))
    if before:
        wheres.append("seq > ?")
        values.append(_position(call, kind, before, "ending_before"))
        order = "ASC"
    where = " AND ".join(wheres) + f" ORDER BY seq {order} LIMIT {limit + 1}"
    found = call.store.select(where, values)
    data = found[:limit]
    if before:
        data.reverse()
    return {
        "object": "list",
        "url": url,
        "has_more": len(found) > limit,
        "data": [record.document for record in data],
    }


def _position(call: calls.Call, kind: str, id: str, param: str) -> int:
    row = call.store.db.execute(
        "SELECT seq FROM objects WHERE id = ? AND kind = ?", (id, kind)
    ).fetchone()
    if row is None:
        raise errors.missing(kind, id, param=param, status=400)
    return int(row[0])

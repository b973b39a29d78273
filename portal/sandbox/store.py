"""Knows how documents are kept in SQLite and survive a kill; refuses to know what they mean.

One connection, one lock: whoever is in ``transaction`` is alone. WAL with NORMAL keeps every
committed transaction when the process dies.
"""

import collections.abc
import contextlib
import dataclasses
import json
import pathlib
import sqlite3
import threading
import typing

Document = dict[str, typing.Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    customer TEXT,
    about TEXT,
    charge TEXT,
    type TEXT,
    document TEXT NOT NULL,
    hidden TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS objects_by_customer ON objects (customer, kind, seq)
    WHERE customer IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_by_about ON objects (about, kind, seq)
    WHERE about IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_by_charge ON objects (charge, kind, seq)
    WHERE charge IS NOT NULL;
CREATE TABLE IF NOT EXISTS answers (
    api_key TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    created INTEGER NOT NULL,
    status INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (api_key, idempotency_key)
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at REAL NOT NULL DEFAULT 0,
    last_answer TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_pending ON deliveries (next_at) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS due (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS due_at ON due (at);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_TABLES = ("objects", "answers", "deliveries", "due", "settings")

# Which field of a document fills which indexed column.
_ABOUT = {
    "charge": "payment_intent",
    "refund": "payment_intent",
    "dispute": "payment_intent",
    "early_fraud_warning": "payment_intent",
    "balance_transaction": "source",
    "setup_intent": "payment_method",
    "setup_attempt": "setup_intent",
    "customer": "email",
    "mandate": "payment_method",
}


@dataclasses.dataclass
class Record:
    """A public document and the hidden facts that belong to it (card number, secrets)."""

    kind: str
    document: Document
    hidden: Document

    @property
    def id(self) -> str:
        return str(self.document["id"])

    def __getitem__(self, field: str) -> typing.Any:
        return self.document[field]

    def __setitem__(self, field: str, value: typing.Any) -> None:
        self.document[field] = value


class Store:
    """The sandbox's memory. Every method but ``transaction`` must be called inside one."""

    def __init__(self, path: pathlib.Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._after_commit: list[typing.Callable[[], None]] = []
        self.on_news: typing.Callable[[], None] = _nobody_listens
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.executescript(_SCHEMA)

    @contextlib.contextmanager
    def transaction(self) -> collections.abc.Iterator[None]:
        """All or nothing; a transaction inside another belongs to the outer one."""
        with self._lock:
            if self._depth:
                yield
                return
            self._depth = 1
            self.db.execute("BEGIN")
            stored = False
            try:
                yield
                self.db.execute("COMMIT")
                stored = True
            finally:
                self._depth = 0
                callbacks, self._after_commit = self._after_commit, []
                if not stored:
                    self.db.execute("ROLLBACK")
        for callback in callbacks:
            callback()

    @contextlib.contextmanager
    def savepoint(self) -> collections.abc.Iterator[None]:
        """Undo what was done inside when it raises, and keep the transaction usable."""
        self.db.execute("SAVEPOINT work")
        kept = False
        try:
            yield
            kept = True
        finally:
            if not kept:
                self.db.execute("ROLLBACK TO work")
            self.db.execute("RELEASE work")

    def after_commit(self, callback: typing.Callable[[], None]) -> None:
        """Call once the running transaction is stored; never when it is rolled back."""
        if callback not in self._after_commit:
            self._after_commit.append(callback)

    def add(self, kind: str, document: Document, hidden: Document | None = None) -> Record:
        """Store a new document and return its record."""
        record = Record(kind, document, hidden or {})
        self.db.execute(
            "INSERT INTO objects (id, kind, created, customer, about, charge, type, document,"
            " hidden) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (record.id, kind, document.get("created", 0), *_indexed(record), *_texts(record)),
        )
        return record

    def save(self, record: Record) -> None:
        """Store what changed in a record."""
        self.db.execute(
            "UPDATE objects SET customer = ?, about = ?, charge = ?, type = ?,"
            " document = ?, hidden = ? WHERE id = ?",
            (*_indexed(record), *_texts(record), record.id),
        )

    def find(self, id: str, kind: str | None = None) -> Record | None:
        """The record of that id (and kind), or None."""
        row = self.db.execute(
            "SELECT kind, document, hidden FROM objects WHERE id = ?", (id,)
        ).fetchone()
        if row is None or (kind is not None and row[0] != kind):
            return None
        return Record(row[0], json.loads(row[1]), json.loads(row[2]))

    def select(self, where: str, values: typing.Sequence[typing.Any]) -> list[Record]:
        """Records matching a WHERE clause written by the caller (never from a request)."""
        statement = " ".join(("SELECT kind, document, hidden FROM objects WHERE", where))
        rows = self.db.execute(statement, values)
        return [Record(kind, json.loads(doc), json.loads(hid)) for kind, doc, hid in rows]

    def counts(self) -> dict[str, int]:
        """How many objects of each kind there are."""
        return dict(self.db.execute("SELECT kind, count(*) FROM objects GROUP BY kind"))

    def setting(self, name: str, default: typing.Any = None) -> typing.Any:
        """A value kept under a name."""
        row = self.db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def set(self, name: str, value: typing.Any) -> None:
        """Keep a value under a name."""
        self.db.execute(
            "INSERT INTO settings VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, json.dumps(value)),
        )

    def clear(self) -> None:
        """Forget everything."""
        for table in _TABLES:
            self.db.execute(" ".join(("DELETE FROM", table)))

    def close(self) -> None:
        """Close the file; the store is useless afterwards."""
        with self._lock:
            self.db.close()


def _nobody_listens() -> None:
    """Until the postman is at work, news wait in the store."""


def _indexed(record: Record) -> tuple[typing.Any, ...]:
    document = record.document
    about = document.get(_ABOUT.get(record.kind, ""))
    if record.kind == "event":
        about = document["data"]["object"]["id"]
    return (document.get("customer"), about, document.get("charge"), document.get("type"))


def _texts(record: Record) -> tuple[str, str]:
    return (
        json.dumps(record.document, separators=(",", ":")),
        json.dumps(record.hidden, separators=(",", ":")),
    )

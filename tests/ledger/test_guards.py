"""The database itself keeps the books balanced and append-only, whoever writes."""

import datetime

import pytest
import sqlalchemy as sa

from portal.domain.ledger import models, rules

NOW = datetime.datetime(2026, 11, 24, 15, 0, tzinfo=datetime.UTC)
ENTRY = sa.text(
    "INSERT INTO ledger_entry (key, event, booked_on, posted_at, subject, actor)"
    " VALUES (:key, 'correction', :day, :now, 'INV-1', 'test') RETURNING id"
)
LINE = sa.text(
    "INSERT INTO ledger_line (entry_id, account, amount_cents) VALUES (:entry, :account, :cents)"
)


def post(database, key, *amounts):
    """Insert an entry with one line for each amount; its id."""
    with database.unit_of_work() as session:
        entry = session.scalar(ENTRY, {"key": key, "day": NOW.date(), "now": NOW})
        for cents in amounts:
            session.execute(LINE, {"entry": entry, "account": "1000", "cents": cents})
    return entry


def entries(database):
    with database.reading() as session:
        return session.scalars(sa.select(models.Entry.key).order_by(models.Entry.id)).all()


def run(database, statement, **values):
    with database.unit_of_work() as session:
        session.execute(sa.text(statement), values)


def test_an_entry_that_sums_to_zero_is_kept(database):
    post(database, "good", 100, -60, -40)
    assert entries(database) == ["good"]


@pytest.mark.parametrize("amounts", [(100, -99), (100,), (), (100, 100)])
def test_an_entry_that_does_not_balance_is_refused_at_commit(database, amounts):
    with pytest.raises(sa.exc.IntegrityError, match="does not balance"):
        post(database, "bad", *amounts)
    assert entries(database) == []


def test_two_entries_of_one_fact_are_refused(database):
    post(database, "fact", 100, -100)
    with pytest.raises(sa.exc.IntegrityError, match="uq_ledger_entry_key"):
        post(database, "fact", 100, -100)


def test_a_line_may_not_join_an_entry_of_an_older_transaction(database):
    entry = post(database, "older", 100, -100)
    with pytest.raises(sa.exc.IntegrityError, match="may not join"):
        run(
            database,
            "INSERT INTO ledger_line (entry_id, account, amount_cents) VALUES (:entry, '1000', 5),"
            " (:entry, '1010', -5)",
            entry=entry,
        )


def test_an_entry_cannot_pretend_to_be_of_another_transaction(database):
    with pytest.raises(sa.exc.IntegrityError, match="txid"):
        run(
            database,
            "INSERT INTO ledger_entry (key, event, booked_on, posted_at, subject, actor, txid)"
            " VALUES ('forged', 'correction', :day, :now, 'INV-1', 'test', 1)",
            day=NOW.date(),
            now=NOW,
        )


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_line"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_the_site_holds_no_right_to_change_what_is_posted(database, table, statement):
    post(database, "kept", 100, -100)
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        run(database, statement.format(table))


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_line"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_even_the_owner_of_the_tables_is_refused(database, owner_engine, table, statement):
    post(database, "kept", 100, -100)
    with pytest.raises(sa.exc.IntegrityError, match="append-only"):
        with owner_engine.begin() as connection:
            connection.execute(sa.text(statement.format(table)))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO ledger_account (code, name, kind) VALUES ('9999', 'Mine', 'asset')",
        "UPDATE ledger_account SET name = 'Mine'",
        "DELETE FROM ledger_account",
    ],
)
def test_the_site_does_not_change_the_chart(database, statement):
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        run(database, statement)


def test_the_chart_holds_every_account_that_rules_name_and_no_other(database):
    with database.reading() as session:
        chart = set(session.scalars(sa.select(models.Account.code)))
    assert chart == {code.value for code in rules.AccountCode}

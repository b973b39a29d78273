"""One place commits: jobs go with the transaction, a rollback leaves nothing."""

import datetime

import pytest
import sqlalchemy as sa

from portal.kernel import db

LATER = datetime.datetime(2026, 12, 1, 8, 30, tzinfo=datetime.UTC)


def jobs(database):
    with database.reading() as session:
        return session.execute(
            sa.text(
                "SELECT task_name, args, lock, queueing_lock, scheduled_at"
                " FROM procrastinate_jobs ORDER BY id"
            )
        ).all()


def names(database):
    return [job.task_name for job in jobs(database)]


def mark(session, text):
    """Write something of our own beside the jobs."""
    session.execute(
        sa.text("INSERT INTO procrastinate_periodic_defers (task_name) VALUES (:text)"),
        {"text": text},
    )


def marks(database):
    with database.reading() as session:
        return session.scalars(
            sa.text("SELECT task_name FROM procrastinate_periodic_defers ORDER BY id")
        ).all()


def fail_after_queueing(database, name):
    with database.unit_of_work() as session:
        mark(session, name)
        db.queue_task(session, name)
        raise ZeroDivisionError


def test_a_job_asked_for_is_there_after_the_commit(database):
    with database.unit_of_work() as session:
        db.queue_task(session, "note", word="hello", lock="one", run_at=LATER)
        assert names(database) == []
    (job,) = jobs(database)
    assert job.task_name == "note"
    assert job.args == {"word": "hello"}
    assert job.lock == "one"
    assert job.scheduled_at == LATER


def test_a_failure_leaves_neither_the_job_nor_anything_else(database):
    with pytest.raises(ZeroDivisionError):
        fail_after_queueing(database, "note")
    assert names(database) == []
    assert marks(database) == []


def test_a_failure_while_committing_leaves_no_job(database):
    def die(when):
        if when == "before":
            raise ZeroDivisionError

    database.commit_hook = die
    with pytest.raises(ZeroDivisionError), database.unit_of_work() as session:
        db.queue_task(session, "note")
    assert names(database) == []


def test_jobs_of_a_failed_transaction_do_not_leak_into_the_next(database):
    with pytest.raises(ZeroDivisionError):
        fail_after_queueing(database, "lost")
    with database.unit_of_work() as session:
        db.queue_task(session, "kept")
    assert names(database) == ["kept"]


def test_a_second_waiting_job_of_a_lock_asks_for_nothing_and_spoils_nothing(database):
    for word in ("first", "second"):
        with database.unit_of_work() as session:
            mark(session, word)
            db.queue_task(session, "note", word=word, queueing_lock="one")
            db.queue_task(session, "other")
    assert names(database) == ["note", "other", "other"]
    assert jobs(database)[0].args == {"word": "first"}
    assert marks(database) == ["first", "second"]


def test_the_hook_is_called_around_every_commit(database):
    seen = []

    def see(when):
        seen.append((when, list(marks(database))))

    database.commit_hook = see
    with database.unit_of_work() as session:
        mark(session, "fact")
    assert seen == [("before", []), ("after", ["fact"])]


def test_every_statement_of_a_reader_sees_what_is_committed_by_then(database):
    with database.reading() as reader:
        count = sa.text("SELECT count(*) FROM procrastinate_jobs")
        assert reader.scalar(count) == 0
        with database.unit_of_work() as session:
            db.queue_task(session, "note")
        assert reader.scalar(count) == 1


def test_a_named_lock_is_held_until_the_transaction_ends(database):
    with database.unit_of_work() as holder:
        assert db.advisory_lock(holder, "nightly")
        with database.unit_of_work() as other:
            assert not db.advisory_lock(other, "nightly")
            assert db.advisory_lock(other, "another")
    with database.unit_of_work() as later:
        assert db.advisory_lock(later, "nightly")


def test_the_site_acts_as_its_role_on_every_connection(database):
    with database.reading() as session:
        assert session.scalar(sa.text("SELECT current_user")) == "portal_site"


def test_the_role_makes_no_tables(database):
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        with database.unit_of_work() as session:
            session.execute(sa.text("CREATE TABLE mine (id int)"))

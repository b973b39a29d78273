"""Several questions in one statement keep their rows, their order and their emptiness."""

import datetime

import sqlalchemy as sa

from portal.kernel import answers

MOMENT = datetime.datetime(2026, 11, 24, 15, 0, tzinfo=datetime.UTC)


def series(first, last):
    n = sa.func.generate_series(first, last).column_valued("n")
    return sa.select(n, sa.literal("ä<b>")).order_by(n.desc())


def test_each_question_keeps_its_rows_in_order(database):
    both = sa.select(answers.rows(series(1, 3)), answers.rows(series(7, 8)))
    with database.reading() as session:
        first, second = session.connection().execute(both).one()
    assert first == [[3, "ä<b>"], [2, "ä<b>"], [1, "ä<b>"]]
    assert [row[0] for row in second] == [8, 7]


def test_no_rows_are_an_empty_list(database):
    with database.reading() as session:
        assert session.connection().execute(sa.select(answers.rows(series(2, 1)))).scalar() == []


def test_days_and_moments_come_back_as_they_were(database):
    query = sa.select(sa.literal(MOMENT.date()), sa.literal(MOMENT), sa.null())
    with database.reading() as session:
        ((day, moment, nothing),) = (
            session.connection().execute(sa.select(answers.rows(query))).scalar_one()
        )
    assert answers.day(day) == MOMENT.date()
    assert answers.moment(moment) == MOMENT
    assert answers.day(nothing) is None

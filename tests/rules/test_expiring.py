"""Which warning of an expiring card is due."""

import datetime

import pytest

from portal.domain.wallet import expiring

LAST = datetime.date(2026, 12, 31)


def test_a_card_can_be_used_to_the_end_of_its_month():
    assert expiring.last_day(year=2026, month=12) == LAST
    assert expiring.last_day(year=2028, month=2) == datetime.date(2028, 2, 29)


@pytest.mark.parametrize(
    ("days_ahead", "warned", "due"),
    [
        (46, None, None),
        (45, None, 45),
        (44, 45, None),
        (16, 45, None),
        (15, 45, 15),
        (14, None, 15),  # the card became used only now: the first warning is the one that fits
        (3, 15, 3),
        (3, 45, 3),  # one was missed: the next makes it good
        (0, 3, None),
        (0, None, 3),
        (-1, None, None),
    ],
)
def test_each_warning_comes_once(days_ahead, warned, due):
    today = LAST - datetime.timedelta(days=days_ahead)
    assert expiring.warning(last_on=LAST, today=today, warned=warned) == due

"""How money, days and moments read; knows no request."""

import datetime
import zoneinfo

import pytest

from portal.documents import formats

CHICAGO = zoneinfo.ZoneInfo("America/Chicago")
SATURDAY = datetime.date(2026, 11, 28)
EVENING = datetime.datetime(2026, 11, 29, 0, 42, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("cents", "sign", "text"),
    [
        (4010, False, "$40.10"),
        (5, False, "$0.05"),
        (0, True, "$0.00"),
        (124010, False, "$1,240.10"),
        (-4010, False, "\N{MINUS SIGN}$40.10"),
        (457, True, "+$4.57"),
        (-457, True, "\N{MINUS SIGN}$4.57"),
    ],
)
def test_cents_are_written_in_full_with_the_currency_once(cents, sign, text):
    assert formats.money(cents, sign=sign) == text


def test_a_figure_has_no_currency_because_its_heading_names_it():
    assert formats.figure(-1438620) == "\N{MINUS SIGN}14,386.20"


@pytest.mark.parametrize(
    ("style", "english", "spanish"),
    [
        ("plain", "28 Nov", "28 nov"),
        ("short", "Sat 28 Nov", "sáb 28 nov"),
        ("long", "Saturday 28 November", "sábado 28 de noviembre"),
        ("full", "Saturday 28 November 2026", "sábado 28 de noviembre de 2026"),
        ("year", "28 Nov 2026", "28 nov 2026"),
        ("period", "November 2026", "noviembre de 2026"),
        ("iso", "2026-11-28", "2026-11-28"),
    ],
)
def test_a_day_reads_naturally_in_both_languages(style, english, spanish):
    assert formats.day(SATURDAY, style, language="en") == english
    assert formats.day(SATURDAY, style, language="es") == spanish


def test_a_moment_is_written_in_the_insurers_zone_and_not_in_utc():
    assert formats.moment(EVENING, zone=CHICAGO) == "Sat 28 Nov, 18:42"
    assert formats.moment(EVENING, "time", zone=CHICAGO) == "18:42"
    assert formats.moment(EVENING, "iso", zone=CHICAGO) == "2026-11-28T18:42:00-06:00"


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        formats.moment(EVENING.replace(tzinfo=None), zone=CHICAGO)


def test_a_moment_given_as_a_day_is_refused():
    with pytest.raises(TypeError, match="moment"):
        formats.day(EVENING)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "0 min"), (25, "25 min"), (-25, "25 min"), (60, "1 h"), (650, "10 h 50 min"),
     (1440, "1 d"), (3060, "2 d 3 h")],
)  # fmt: skip
def test_a_length_of_time_is_told_in_its_two_largest_units(minutes, text):
    assert formats.span(minutes) == text


def test_the_size_of_a_file_is_told_in_the_unit_people_know():
    assert formats.size(12) == "1 KB"
    assert formats.size(640_000) == "640 KB"
    assert formats.size(1_840_000) == "1.8 MB"


@pytest.mark.parametrize("text", ["+18005550142", "1-800-555-0142", "18005550142"])
def test_a_phone_number_is_written_as_it_is_read_out(text):
    assert formats.phone(text) == "1-800-555-0142"


def test_a_phone_number_of_another_shape_is_left_alone():
    assert formats.phone("+44 20 7946 0000") == "+44 20 7946 0000"

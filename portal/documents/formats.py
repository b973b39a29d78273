"""How cents, days and moments are written for a reader; knows no request and no clock."""

import functools
import re
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from types import MappingProxyType

from babel import dates

MINUS = "\N{MINUS SIGN}"
MINUTES_IN_HOUR = 60
HOURS_IN_DAY = 24
KILO = 1000

DAY_PATTERNS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": MappingProxyType(
            {
                "plain": "d MMM",
                "short": "EEE d MMM",
                "long": "EEEE d MMMM",
                "full": "EEEE d MMMM y",
                "year": "d MMM y",
                "month": "MMMM",
                "period": "MMMM y",
            }
        ),
        "es": MappingProxyType(
            {
                "plain": "d MMM",
                "short": "EEE d MMM",
                "long": "EEEE d 'de' MMMM",
                "full": "EEEE d 'de' MMMM 'de' y",
                "year": "d MMM y",
                "month": "MMMM",
                "period": "MMMM 'de' y",
            }
        ),
    }
)


# Numbers take no language: both English and Spanish of the United States write $1,240.10.
# A list shows the same few premiums again and again, and so do all its readers.
@functools.lru_cache(maxsize=8192)
def money(cents: int, *, sign: bool = False) -> str:
    """Write integer cents as "$1,240.10"; `sign` also puts a plus before what grew."""
    whole, rest = divmod(abs(cents), 100)
    text = f"${whole:,}.{rest:02d}"
    if cents < 0:
        return MINUS + text
    return f"+{text}" if sign and cents else text


def figure(cents: int) -> str:
    """Write integer cents as "1,240.10", for columns whose heading names the currency."""
    return money(cents).replace("$", "")


def number(value: int) -> str:
    """Write a count with its thousands marked: "14,386"."""
    return f"{value:,}"


def phone(text: str) -> str:
    """Write a number as it is read out: "+18005550142" becomes "1-800-555-0142"."""
    parts = re.fullmatch(r"\+?(1)[- ]?(\d{3})[- ]?(\d{3})[- ]?(\d{4})", text)
    return "-".join(parts.groups()) if parts else text


def day(value: date, style: str = "short", *, language: str = "en") -> str:
    """Write a day; styles: plain, short, long, full, year, month, period, iso.

    A moment is refused: turn it into the insurer's day first, or use `moment`.
    """
    if isinstance(value, datetime):
        raise TypeError("a moment is not a day")
    return value.isoformat() if style == "iso" else _day(value, style, language)


def moment(value: datetime, style: str = "short", *, zone: tzinfo, language: str = "en") -> str:
    """Write an aware moment in `zone`: "Sat 28 Nov, 18:42"; styles as `day`, and time."""
    if value.tzinfo is None:
        raise ValueError("a moment needs its zone")
    local = value.astimezone(zone)
    if style == "iso":
        return local.isoformat(timespec="seconds")
    clock = local.strftime("%H:%M")
    return clock if style == "time" else f"{_day(local.date(), style, language)}, {clock}"


def span(minutes: int) -> str:
    """Write a length of time in its two largest units: "10 h 50 min", "2 d 3 h"."""
    whole = abs(minutes)
    hours, rest = divmod(whole, MINUTES_IN_HOUR)
    days, hours_left = divmod(hours, HOURS_IN_DAY)
    if days:
        return f"{days} d {hours_left} h" if hours_left else f"{days} d"
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min"


def size(octets: int) -> str:
    """Write the size of a file: "640 KB", "1.8 MB"."""
    if octets < KILO * KILO:
        return f"{max(1, round(octets / KILO))} KB"
    return f"{round(octets / KILO / KILO, 1):g} MB"


# Pages repeat the same few days; Babel takes 20 microseconds for each.
@functools.lru_cache(maxsize=4096)
def _day(value: date, style: str, language: str) -> str:
    known = language if language in DAY_PATTERNS else "en"
    return dates.format_date(value, DAY_PATTERNS[known][style], locale=known)

"""Solar Hijri (Jalali) dates, the civil calendar of Iran and Afghanistan, as Gregorian dates.

Source: the 33-year rule of the arithmetic Solar Hijri calendar (leap where year mod 33 is one of eight remainders),
which gives the official calendar for all years used here; 1 Farvardin 1403 was 20 March 2024.
"""

from datetime import date, timedelta

YEARS = range(1300, 1500)
_LEAP = frozenset({1, 5, 9, 13, 17, 22, 26, 30})
_ANCHOR_YEAR = 1403
_ANCHOR = date(2024, 3, 20)


def is_leap(year: int) -> bool:
    """Return whether the Solar Hijri ``year`` has 366 days."""
    return year % 33 in _LEAP


def to_gregorian(year: int, month: int, day: int) -> date:
    """Return the Gregorian date of a Solar Hijri one.

    Raises:
        ValueError: There is no such day, or the year is outside 1300-1499.
    """
    if year not in YEARS or not 1 <= month <= 12 or not 1 <= day <= _days(year, month):  # noqa: PLR2004
        raise ValueError(f"no Solar Hijri date {year}-{month}-{day}")
    years = range(_ANCHOR_YEAR, year) if year >= _ANCHOR_YEAR else range(year, _ANCHOR_YEAR)
    days = sum(366 if is_leap(each) else 365 for each in years)
    start = _ANCHOR + timedelta(days=days if year >= _ANCHOR_YEAR else -days)
    return start + timedelta(days=sum(_days(year, each) for each in range(1, month)) + day - 1)


def _days(year: int, month: int) -> int:
    if month <= 6:  # noqa: PLR2004 - six months of 31 days, five of 30, the last of 29 or 30
        return 31
    return 30 if month < 12 or is_leap(year) else 29  # noqa: PLR2004

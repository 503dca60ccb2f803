"""TIME: a moment, ISO 8601 with an offset. Zone mistakes, clock errors and wrong time fields are recognised."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone

from labkit.content.schemas import TimeAnswer
from labkit.grading import jalali
from labkit.grading.answers.contract import (
    RIGHT,
    WRONG,
    ExpectedAnswer,
    FormError,
    Given,
    KnownValue,
    Source,
    Verdict,
    unfit,
)
from labkit.grading.normalise import token
from labkit.grading.numerals import HINT_CYR
from labkit.grading.zones import slips
from labkit.zones import zone

KNOWN_PERCENT = 40
TWO_MISTAKES_PERCENT = 20
DATE_PERCENT = 10
_STEP_S = 2  # known mistakes are matched at least this wide: FAT write times step by two seconds
_ATTRIBUTES = ("born", "modified", "accessed")
_REMEDY = "Write it like 2026-03-10T14:05:00+05:00, or 2026-03-10T09:05:00Z for UTC."

_CLOCK = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
_OFFSET = (
    r"(?P<zone>[zZ]|(?:UTC|GMT|utc|gmt) ?(?:(?P<sign1>[+-])(?P<h1>[0-9]{1,2})(?::?(?P<m1>[0-9]{2}))?)?"
    r"|(?P<sign2>[+-])(?P<h2>[0-9]{2})(?::?(?P<m2>[0-9]{2}))?)?"
)
_ISO = re.compile(
    rf"(?P<year>[0-9]{{4}})(?P<dash>[-/.])(?P<month>[0-9]{{1,2}})(?P=dash)(?P<day>[0-9]{{1,2}})"
    rf"(?:(?P<t>[ ,]{{0,2}}[TtТт]?[ ]?){_CLOCK} ?{_OFFSET})?"
)
_BASIC = re.compile(
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})(?P<t>[TtТт])"
    rf"(?P<hour>[0-9]{{2}})(?P<minute>[0-9]{{2}})(?:(?P<second>[0-9]{{2}})(?P<fraction>(?!))?)? ?{_OFFSET}"
)
_DAY_FIRST = re.compile(
    r"(?P<first>[0-9]{1,2})[-/. ](?P<second_>[0-9]{1,2})[-/. ](?P<year>[0-9]{4})"
    rf"(?:[ ,T]{{1,2}}{_CLOCK})? ?{_OFFSET}"
)


def right_value(raw: object, answer: TimeAnswer) -> datetime:
    """Return an aware moment in UTC; a literal is ISO 8601 with an offset.

    Raises:
        ContentError: It is none.
    """
    if isinstance(raw, str):
        try:
            raw = datetime.fromisoformat(raw)
        except ValueError:
            raise unfit(raw, "a time in ISO 8601 with an offset") from None
    if isinstance(raw, datetime) and raw.tzinfo is not None:
        return raw.astimezone(UTC)
    raise unfit(raw, "a time with an offset")


def parse(text: str, answer: TimeAnswer) -> Given[datetime]:
    """Return the moment in UTC.

    Raises:
        FormError: Not ISO 8601, without an offset, or a day that does not exist. Dates with the day first and Solar
            Hijri years are named.
    """
    plain = token(text).replace("\n", " ")
    found = _ISO.fullmatch(plain) or _BASIC.fullmatch(plain)
    if found is None:
        raise _other_order(plain)
    year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    clock = _clock(found)
    if year in jalali.YEARS:
        raise _jalali(year, month, day, clock, found)
    try:
        on_day = date(year, month, day)
    except ValueError:
        raise _no_such_day(year, month, day) from None
    if clock is None:
        raise FormError("the answer has no time of day, or one that does not exist", remedy=_REMEDY, code="form-time")
    offset = _offset(found)
    if offset is None:
        raise FormError(
            "the time has no offset, so nobody can tell which moment it is",
            remedy=f"Add the offset from UTC. {_REMEDY}",
            code="form-time-offset",
        )
    try:
        moment = datetime.combine(on_day, clock, tzinfo=offset).astimezone(UTC)
    except OverflowError:
        raise FormError("no such moment in UTC", remedy=_REMEDY, code="form-time") from None
    notices = (HINT_CYR,) if found["t"].strip(" ,") in {"Т", "т"} else ()
    return Given(moment, spelling(moment, answer), notices)


def spelling(value: datetime, answer: TimeAnswer) -> str:
    """Return the one spelling of a value; ``check_form`` gives the same for every answer that says it."""
    return value.isoformat().replace("+00:00", "Z")


def known_values(answer: TimeAnswer, right: datetime, source: Source) -> Iterator[KnownValue]:
    """Yield what an ignored clock error, another time field, a zone mistake and a turned date give.

    The clock's error comes from the fact ``clock_offset_s`` beside a true time (``*_utc``); with it each zone mistake
    is known a second time, with the error left in.
    """
    skew = _skew(source)
    if skew:
        yield KnownValue("T-SKEW", right + skew, KNOWN_PERCENT)
        yield KnownValue("T-SKEW", right + 2 * skew, KNOWN_PERCENT)  # taken off in the wrong direction
    yield from _other_attributes(source)
    shifts = list(slips(answer.zone, right)) if answer.zone else []
    for code, shift in shifts:
        yield KnownValue(code, right + shift, KNOWN_PERCENT)
    if skew:
        for code, shift in shifts:
            yield KnownValue(code, right + shift + skew, TWO_MISTAKES_PERCENT, ("also-skew",))
    zones = [UTC, zone(answer.zone)] if answer.zone else [UTC]
    for tz in zones:
        local = right.astimezone(tz)
        if local.day <= 12 and local.day != local.month:  # noqa: PLR2004 - months
            yield KnownValue("T-DATE", local.replace(month=local.day, day=local.month), KNOWN_PERCENT)


def _skew(source: Source) -> timedelta:
    seconds = source.facts.get("clock_offset_s")
    fact = source.fact or ""
    is_true_time = fact.endswith("_utc") and not fact.endswith("_device_utc")
    return timedelta(seconds=seconds if isinstance(seconds, int) and is_true_time else 0)


def _other_attributes(source: Source) -> Iterator[KnownValue]:
    attribute, _, suffix = (source.fact or "").partition("_")
    if attribute not in _ATTRIBUTES:
        return
    for other in _ATTRIBUTES:
        value = source.facts.get(f"{other}_{suffix}")
        if other != attribute and isinstance(value, datetime):
            yield KnownValue("T-ATTR", value.astimezone(UTC), KNOWN_PERCENT)


def compare(given: Given[datetime], answer: TimeAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return 100 within the tolerance, 40 for a recognised mistake, 10 where at least the day is right."""
    tolerance = timedelta(seconds=answer.tolerance_s)
    if abs(given.value - expected.right) <= tolerance:
        return RIGHT
    for known in expected.known:
        if abs(given.value - known.value) <= max(tolerance, timedelta(seconds=_STEP_S)):
            return Verdict(known.credit_percent, known.code, known.notices)
    for tz in (UTC, zone(answer.zone)) if answer.zone else (UTC,):
        if _day(given.value, tz) == _day(expected.right, tz):
            return Verdict(DATE_PERCENT, notices=("date-right",))
    return WRONG


def _day(moment: datetime, tz: object) -> date | None:
    try:
        return moment.astimezone(tz).date()  # type: ignore[arg-type]
    except OverflowError:  # the first and last days that datetime knows
        return None


def _clock(found: re.Match[str]) -> time | None:
    if found["hour"] is None:
        return None
    fraction = int(((found["fraction"] or "") + "000000")[:6])
    try:
        return time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0), fraction)
    except ValueError:
        return None


def _offset(found: re.Match[str]) -> timezone | None:
    if not found["zone"]:
        return None
    sign = -1 if "-" in (found["sign1"], found["sign2"]) else 1
    hours, minutes = int(found["h1"] or found["h2"] or 0), int(found["m1"] or found["m2"] or 0)
    if hours > 14 or minutes > 59:  # noqa: PLR2004 - no place on Earth is more than 14 hours from UTC
        raise FormError(
            f"there is no offset of {hours:02}:{minutes:02} from UTC", remedy=_REMEDY, code="form-time-offset"
        )
    return timezone(sign * timedelta(hours=hours, minutes=minutes))


def _other_order(plain: str) -> FormError:
    found = _DAY_FIRST.fullmatch(plain)
    if found is None:
        return FormError(f"{plain[:60]!r} is not a time in ISO 8601", remedy=_REMEDY, code="form-time")
    year, month, day = int(found["year"]), int(found["second_"]), int(found["first"])
    if year in jalali.YEARS:
        return _jalali(year, month, day, _clock(found), found)
    return FormError(
        f"{plain[:60]!r} puts the day or the month first; which one, nobody can tell",
        remedy=f"Put the year first, then month, then day. {_REMEDY}",
        code="form-time-order",
        mistake="T-DATE",
    )


def _no_such_day(year: int, month: int, day: int) -> FormError:
    if month > 12 >= day >= 1:  # noqa: PLR2004 - months
        return FormError(
            f"there is no month {month}: day and month seem to be swapped",
            remedy=f"Put the year first, then month, then day. {_REMEDY}",
            code="form-time-order",
            mistake="T-DATE",
        )
    return FormError(f"there is no day {year:04}-{month:02}-{day:02}", remedy=_REMEDY, code="form-time")


def _jalali(year: int, month: int, day: int, clock: time | None, found: re.Match[str]) -> FormError:
    try:
        converted = jalali.to_gregorian(year, month, day).isoformat()
    except ValueError:
        return FormError(
            f"{year}-{month}-{day} looks like a Solar Hijri date, but there is no such day",
            remedy=f"Write the Gregorian date. {_REMEDY}",
            code="form-time-jalali",
            mistake="T-JAL",
        )
    shown = converted if clock is None else f"{converted}T{clock.isoformat()}{(found['zone'] or '').strip()}"
    return FormError(
        f"{year}-{month}-{day} is a Solar Hijri (Jalali) date; in the Gregorian calendar it is {shown}",
        remedy=f"Write the Gregorian date with the offset from UTC. {_REMEDY}",
        code="form-time-jalali",
        mistake="T-JAL",
        values={"gregorian": shown},
    )

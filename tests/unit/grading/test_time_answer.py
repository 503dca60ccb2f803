from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from labkit.errors import ContentError
from labkit.grading import jalali
from labkit.grading.answers.contract import FormError
from labkit.grading.expected import resolve
from labkit.grading.forms import check_form
from labkit.grading.zones import era_offsets_s, slips

from .a_case import ALMATY, BORN, KABUL, MODIFIED, SKEW, TIME, a_task, truth_of, verdict

HOUR = timedelta(hours=1)


def iso(moment: datetime, hours: float = 0) -> str:
    return moment.astimezone(timezone(timedelta(hours=hours))).isoformat()


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-03T09:35:20Z", "2026-03-03T14:35:20+05:00", "2026-03-03 14:35:20 +05:00", "2026-03-03T14:35:20+0500",
        "2026-03-03 14:35:20 UTC+5", "2026-03-03 09:35:20 UTC", "2026-03-03T09:35:21.5Z", "20260303T093520Z",
        "2026-03-03t09:35:20z", "2026/03/03 09:35:20 GMT", "2026-03-03T04:35:20−05:00", "۲۰۲۶-۰۳-۰۳T۰۹:۳۵:۲۰Z",
        "2026-03-03Т09:35:20Z", "2026-03-03T09:35:22Z",
    ],
)  # fmt: skip
def test_every_usual_spelling_of_a_moment_is_right(text: str) -> None:
    assert verdict(TIME, text).credit_percent == 100


@pytest.mark.parametrize(
    ("moment", "credit_percent", "mistake"),
    [
        (BORN + SKEW, 40, "T-SKEW"),
        (BORN + 2 * SKEW, 40, "T-SKEW"),
        (MODIFIED, 40, "T-ATTR"),
        (BORN + ALMATY, 40, "T-1"),
        (BORN - ALMATY, 40, "T-1"),
        (BORN + 2 * ALMATY, 40, "T-4"),
        (BORN - 2 * ALMATY, 40, "T-4"),
        (BORN - HOUR, 40, "T-2"),
        (BORN + HOUR, 40, "T-2"),
        (BORN + ALMATY + SKEW, 20, "T-1"),
        (BORN - HOUR + SKEW, 20, "T-2"),
        (BORN + timedelta(minutes=43), 10, None),
        (BORN + timedelta(days=40), 0, None),
    ],
)
def test_a_time_that_is_off_is_named(moment: datetime, credit_percent: int, mistake: str | None) -> None:
    found = verdict(TIME, iso(moment))

    assert (found.credit_percent, found.mistake) == (credit_percent, mistake)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("2026-03-03T14:05:20+04:30", None),
        ("2026-03-03T14:05:20Z", "T-1"),
        ("2026-03-03T14:05:20+04:00", "T-3"),
        ("2026-03-03T14:05:20+05:00", "T-3"),
        ("2026-03-03T14:05:20-04:30", "T-4"),
    ],
)
def test_half_hour_zones_are_told_apart(text: str, mistake: str | None) -> None:
    found = verdict(KABUL, text)

    assert found.mistake == mistake
    assert found.credit_percent == (40 if mistake else 100)


def test_the_day_alone_earns_little_in_the_zone_of_the_clock_too() -> None:
    assert verdict(TIME, "2026-03-03T23:50:00Z").notices == ("date-right",)
    assert verdict(TIME, "2026-03-02T19:30:00Z").credit_percent == 10  # the third of March in Almaty


def test_day_and_month_swapped_is_named() -> None:
    task = a_task(type="TIME", value="2026-03-10T09:05:00Z")

    assert verdict(task, "2026-10-03T09:05:00Z").mistake == "T-DATE"


def test_a_device_time_that_is_asked_for_needs_no_correction() -> None:
    task = a_task(type="TIME", tolerance_s=2, zone="Asia/Almaty", truth="usb:file.born_device_utc")

    assert verdict(task, iso(BORN + SKEW)).credit_percent == 100
    assert verdict(task, iso(BORN + 2 * SKEW)).mistake is None


@pytest.mark.parametrize(
    ("text", "code", "mistake"),
    [
        ("2026-03-03T14:35:20", "form-time-offset", None),
        ("2026-03-03 14:35 Asia/Almaty", "form-time", None),
        ("2026-03-03T14:35:20+25:00", "form-time-offset", None),
        ("03.03.2026 14:35", "form-time-order", "T-DATE"),
        ("3/12/2026", "form-time-order", "T-DATE"),
        ("2026-13-05T14:35:20Z", "form-time-order", "T-DATE"),
        ("2026-02-30T14:35:20Z", "form-time", None),
        ("2026-03-03", "form-time", None),
        ("2026-03-03T24:01:00Z", "form-time", None),
        ("0001-01-01T00:00:00+05:00", "form-time", None),
        ("yesterday", "form-time", None),
    ],
)
def test_a_time_that_is_no_moment_is_refused(text: str, code: str, mistake: str | None) -> None:
    with pytest.raises(FormError) as caught:
        check_form(TIME, text)

    assert (caught.value.code, caught.value.mistake) == (code, mistake)
    assert "2026-03-10T14:05:00+05:00" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "gregorian"),
    [
        ("1404-12-12T14:05:20+04:30", "2026-03-03T14:05:20+04:30"),
        ("12.12.1404", "2026-03-03"),
        ("۱۴۰۴/۱۲/۱۲ ۱۴:۰۵ +۰۴:۳۰", "2026-03-03T14:05:00+04:30"),
    ],
)
def test_a_solar_hijri_date_is_converted_in_the_message(text: str, gregorian: str) -> None:
    with pytest.raises(FormError, match=gregorian.replace("+", r"\+")) as caught:
        check_form(KABUL, text)

    assert (caught.value.mistake, caught.value.values) == ("T-JAL", {"gregorian": gregorian})


def test_a_solar_hijri_day_that_does_not_exist_is_refused() -> None:
    with pytest.raises(FormError, match="no such day"):
        check_form(KABUL, "1404-12-30T10:00Z")


@pytest.mark.parametrize(
    ("year", "month", "day", "gregorian"),
    [
        (1357, 11, 22, date(1979, 2, 11)),
        (1399, 12, 30, date(2021, 3, 20)),
        (1400, 1, 1, date(2021, 3, 21)),
        (1403, 12, 30, date(2025, 3, 20)),
        (1405, 1, 1, date(2026, 3, 21)),
        (1300, 1, 1, date(1921, 3, 21)),
    ],
)
def test_known_days_of_the_solar_hijri_calendar(year: int, month: int, day: int, gregorian: date) -> None:
    assert jalali.to_gregorian(year, month, day) == gregorian


@pytest.mark.parametrize("day", [(1404, 12, 30), (1404, 13, 1), (1404, 7, 31), (1299, 1, 1), (1404, 1, 0)])
def test_days_that_the_solar_hijri_calendar_does_not_have(day: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no Solar Hijri date"):
        jalali.to_gregorian(*day)


def test_every_day_of_two_centuries_follows_the_day_before() -> None:
    before = jalali.to_gregorian(1300, 1, 1) - timedelta(days=1)
    for year in jalali.YEARS:
        for month in range(1, 13):
            for day in range(1, 32):
                try:
                    today = jalali.to_gregorian(year, month, day)
                except ValueError:
                    continue
                assert today - before == timedelta(days=1)
                before = today


def test_zone_rules_of_the_region_are_those_of_the_time_zone_database() -> None:
    assert era_offsets_s("Asia/Almaty") == (18_000, 21_600, 25_200)
    assert era_offsets_s("Asia/Tehran") == (12_600, 16_200)
    assert era_offsets_s("Asia/Kabul") == (16_200,)


def test_every_shift_belongs_to_one_class_and_none_is_zero() -> None:
    for zone_name in ("Asia/Almaty", "Asia/Tehran", "Asia/Kabul", "America/New_York", "Asia/Kathmandu"):
        found = list(slips(zone_name, BORN))
        shifts = [shift for _, shift in found]
        assert len(set(shifts)) == len(shifts)
        assert timedelta(0) not in shifts
        assert {-shift for shift in shifts} == set(shifts)  # either direction
    assert list(slips("UTC", BORN)) == []
    assert "T-2" not in {code for code, _ in slips("Asia/Kabul", BORN)}


def test_a_literal_without_an_offset_is_our_fault() -> None:
    for value in ("2026-03-10T09:05:00", "noon"):
        with pytest.raises(ContentError, match="offset"):
            resolve(a_task(type="TIME", value=value), truth_of())


def test_known_moments_are_aware() -> None:
    assert all(known.value.utcoffset() is not None for known in resolve(TIME, truth_of()).known)
    assert resolve(TIME, truth_of()).right == BORN.astimezone(UTC)

"""Times as text and as datetimes, and local digits shifted by the rules of their zone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.errors import EvidenceError
from labkit.evidence.timestamps import iso_text, moment, shifted
from labkit.evidence.zones import zone

NS = 1_000_000_000
AT = int(datetime(2026, 3, 3, 9, 5, 10, tzinfo=UTC).timestamp())


def test_fractions_are_written_where_there_are_any() -> None:
    assert iso_text(AT * NS) == "2026-03-03T09:05:10Z"
    assert iso_text(AT * NS + 123_456_700) == "2026-03-03T09:05:10.123456Z"


@pytest.mark.parametrize("time_ns", [0, -1, 253_402_300_800 * NS, 2**70])
def test_what_is_no_time_is_none(time_ns: int) -> None:
    assert iso_text(time_ns) is None
    assert moment(time_ns) is None


@given(st.integers(min_value=1, max_value=253_402_300_799 * NS))
def test_text_and_datetime_say_the_same(time_ns: int) -> None:
    text, time = iso_text(time_ns), moment(time_ns)
    assert text is not None
    assert time == datetime.fromisoformat(text)
    assert time is not None
    assert (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) == time_ns // 1000


@pytest.mark.parametrize(
    ("name", "local", "utc"),
    [
        ("Asia/Almaty", (2024, 2, 29, 12), (2024, 2, 29, 6)),
        ("Asia/Almaty", (2024, 3, 2, 12), (2024, 3, 2, 7)),
        ("Asia/Kabul", (2026, 3, 3, 14, 5), (2026, 3, 3, 9, 35)),
        ("Europe/Berlin", (2025, 10, 26, 2, 30), (2025, 10, 26, 0, 30)),  # happens twice: the first is taken
    ],
)
def test_zone_rules_of_the_time_apply(name: str, local: tuple[int, ...], utc: tuple[int, ...]) -> None:
    stored = int(datetime(*local, tzinfo=UTC).timestamp()) * NS  # type: ignore[misc,arg-type]
    assert moment(shifted(stored, name)) == datetime(*utc, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_no_time_stays_no_time() -> None:
    assert shifted(0, "Asia/Kabul") == 0


def test_unknown_zone_is_refused() -> None:
    with pytest.raises(EvidenceError, match="no time zone 'Mars/Olympus'") as caught:
        zone("Mars/Olympus")
    assert "IANA" in caught.value.remedy

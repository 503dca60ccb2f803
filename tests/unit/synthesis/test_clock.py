from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.errors import SynthesisError
from labkit.model.scenario import Machine
from labkit.synthesis.clock import DeviceClock, zone


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_fast_clock_stores_a_later_local_time() -> None:
    clock = DeviceClock(Machine("kf-acc-07", "Asia/Almaty", clock_offset_s=433))

    assert clock.device_utc(at("2026-03-03T09:00:00Z")) == at("2026-03-03T09:07:13Z")
    assert clock.local(at("2026-03-03T09:00:00Z")) == at("2026-03-03T14:07:13")


def test_a_slow_clock_can_store_the_day_before() -> None:
    clock = DeviceClock(Machine("m", "UTC", clock_offset_s=-60))

    assert clock.local(at("2026-03-03T00:00:30Z")) == at("2026-03-02T23:59:30")


def test_almaty_changed_its_offset_on_the_first_of_march_2024() -> None:
    clock = DeviceClock(Machine("m", "Asia/Almaty"))

    assert clock.local(at("2024-02-29T17:00:00Z")) == at("2024-02-29T23:00:00")
    assert clock.local(at("2024-03-01T17:00:00Z")) == at("2024-03-01T22:00:00")


@given(
    st.datetimes(datetime.fromisoformat("2024-04-01T00:00:00"), datetime.fromisoformat("2030-01-01T00:00:00")),
    st.integers(-90_000, 90_000),
    st.sampled_from(["Asia/Almaty", "Asia/Kabul", "Asia/Kathmandu", "UTC"]),
)
def test_what_is_stored_leads_back_to_the_true_time(naive: datetime, offset_s: int, name: str) -> None:
    clock = DeviceClock(Machine("m", name, clock_offset_s=offset_s))
    true_utc = naive.replace(tzinfo=UTC)

    local = clock.local(true_utc)

    assert local.tzinfo is None
    assert clock.true_utc(local) == true_utc
    assert clock.local_to_device_utc(local) - true_utc == timedelta(seconds=offset_s)


@pytest.mark.parametrize("name", ["Asia/Almatty", "", "../zoneinfo/UTC/x", "Asia"])
def test_a_zone_that_does_not_exist_is_named(name: str) -> None:
    with pytest.raises(SynthesisError, match="there is no time zone") as caught:
        zone(name)

    assert "IANA" in caught.value.remedy

import pickle
from datetime import datetime, timedelta

import pytest

from labkit.zones import UnknownZoneError, zone, zone_or_none


@pytest.mark.parametrize(("day", "hours"), [("2024-02-29", 6), ("2024-03-02", 5)])
def test_the_rules_are_those_of_the_day(day: str, hours: int) -> None:
    assert datetime.fromisoformat(day).replace(tzinfo=zone("Asia/Almaty")).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize(
    "name", ["Asia/Nowhere", "", "Asia", "asia/almaty", "../../etc/passwd", "/etc/passwd", "zone.tab", "Asia/\0"]
)
def test_a_name_that_is_not_on_the_list_is_no_zone(name: str) -> None:
    with pytest.raises(UnknownZoneError, match="there is no time zone") as caught:
        zone(name)

    assert "IANA" in caught.value.remedy
    assert zone_or_none(name) is None


def test_a_zone_knows_its_name() -> None:
    assert zone("Asia/Kathmandu").key == "Asia/Kathmandu"
    assert zone_or_none("UTC") is zone("UTC")


def test_the_error_travels_between_processes() -> None:
    with pytest.raises(UnknownZoneError) as caught:
        zone("Mars/Olympus")

    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert (type(again), again.message, again.remedy) == (UnknownZoneError, caught.value.message, caught.value.remedy)

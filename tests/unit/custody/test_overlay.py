from pathlib import Path

import pytest

from labkit.custody.overlay import DEFAULT, HashPolicy, names, overlay, parse_overlay
from labkit.errors import CustodyError
from labkit.i18n import LANGUAGES
from labkit.model.custody import EventType


def test_the_overlays_of_the_kit_can_be_read_and_name_the_protocol_in_every_language() -> None:
    assert names() == ("attesting-witness", "default", "legacy-digests")
    for name in names():
        assert set(LANGUAGES) <= overlay(name).protocol_names.keys()


def test_the_default_overlay_is_what_rules_use_without_one() -> None:
    shipped = overlay("default")

    assert (shipped.attesting_witnesses, shipped.witnessed_events, shipped.hash_policy) == (
        DEFAULT.attesting_witnesses,
        DEFAULT.witnessed_events,
        DEFAULT.hash_policy,
    )


def test_overlays_say_what_a_country_adds() -> None:
    witnessed = overlay("attesting-witness")

    assert (witnessed.attesting_witnesses, witnessed.witnessed_events) == (2, {EventType.SEIZED})
    assert overlay("legacy-digests").hash_policy is HashPolicy.LEGACY


def test_a_trainer_may_write_one(tmp_path: Path) -> None:
    path = tmp_path / "norvia.toml"
    path.write_text('attesting_witnesses = 3\n[protocol_names]\nen = "record of search"\n', encoding="utf-8")
    own = overlay(str(path))

    assert (own.name, own.attesting_witnesses, own.protocol_names["en"]) == ("norvia", 3, "record of search")
    assert own.hash_policy is HashPolicy.STRICT


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("witnesses = 2", "witnesses is not a key"),
        ("attesting_witnesses = 2000000", "attesting_witnesses can not be 2000000"),
        ("attesting_witnesses = true", "can not be True"),
        ('hash_policy = "weak"', "hash_policy can not be 'weak'"),
        ('witnessed_events = ["lost"]', "witnessed_events can not be"),
        ('witnessed_events = "seized"', "witnessed_events can not be"),
        ("protocol_names = { en = 7 }", "protocol_names can not be"),
        ("a = ", "overlay x: "),
    ],
)
def test_a_wrong_overlay_is_refused_with_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(CustodyError, match=message) as caught:
        parse_overlay("x", text)
    assert "hash_policy" in caught.value.remedy


def test_an_overlay_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CustodyError, match="there is no overlay 'mars'") as caught:
        overlay("mars")
    assert "attesting-witness" in caught.value.remedy
    with pytest.raises(CustodyError, match="can not be read"):
        overlay(str(tmp_path / "none.toml"))

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labkit.content.reader import content_root
from labkit.content.scenario import load_case
from labkit.content.scenario_tables import CaseFile, ItemFile
from labkit.errors import ContentError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the case KESTREL that a test may break."""
    shutil.copytree(content_root() / "evidence_images" / "kestrel", tmp_path / "evidence_images" / "kestrel")
    return tmp_path


def change(root: Path, name: str, old: str, new: str) -> None:
    path = root / "evidence_images" / "kestrel" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")


def problems(root: Path, slug: str = "kestrel") -> str:
    with pytest.raises(ContentError) as caught:
        load_case(slug, root)
    assert caught.value.remedy
    return "\n".join((caught.value.message, *caught.value.problems)).replace("\\", "/")


def test_kestrel_is_read_whole() -> None:
    case = load_case("kestrel")
    usb = case.items["usb"]

    assert list(case.items) == ["basics", "usb", "pc", "scene", "records", "blobs", "memory", "logs"]
    assert case.machines["kf-acc-07"].clock_offset_s == 433
    assert case.variables[0].name == "case_number"
    assert case.variables[0].public
    assert usb.volumes[0].formatted == datetime(2025, 9, 14, 13, 20, tzinfo=UTC)
    assert sum(life.count for life in usb.life) == 155
    assert {"invoice.txt", "accounts.csv"} <= usb.corpus.keys()
    assert usb.volumes[0].size_sectors == 126976
    assert {action.trace for action in usb.actions} >= {"deleted-invoice", "slack-note", "overwritten"}


def test_every_key_is_described() -> None:
    for model in (CaseFile, ItemFile):
        schema = model.model_json_schema()
        for table in (schema, *schema["$defs"].values()):
            for key, value in table.get("properties", {}).items():
                assert value.get("description"), f"{table['title']}.{key}"


def test_an_unknown_case_is_named(root: Path) -> None:
    assert "no case 'osprey'" in problems(root, "osprey")


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("case.toml", "[variables]", "[paint]\ncolour = 1\n\n[variables]", "case.toml: paint: is not a key"),
        ("case.toml", 'slug = "kestrel"', 'slug = "merlin"', "case.toml: slug: is 'merlin', the folder is 'kestrel'"),
        ("case.toml", '"logs"]', '"logs", "phone"]', "phone/scenario.toml"),
        ("case.toml", 'kind = "seal"', 'kind = "seals"', "variables.seal_number"),
        ("case.toml", 'names = ["near_one", "near_two"]', 'names = ["a", "b", "c"]', "must be equally long"),
        (
            "usb/scenario.toml",
            'stem = "KF-06"',
            'stem = "KF-06"\nshape = "round"',
            "usb/scenario.toml: shape: is not a key",
        ),
        ("usb/scenario.toml", 'machine = "kf-acc-07"', 'machine = "pc"', "usb/scenario.toml: machine: is 'pc'"),
        ("usb/scenario.toml", 'trace = "candidate-2"', 'trace = "candidate-1"', "'candidate-1', which is taken"),
        ("usb/scenario.toml", 'kind = "remount"', 'kind = "unmount"', "'unmount' is not a kind of action"),
        ("usb/scenario.toml", 'to_path = "/Личное/{moved_name}"', "", "'move' needs to_path"),
        ("usb/scenario.toml", 'real_type = "PDF"', 'true_type = "PDF"', "true_type: not a fact"),
        ("usb/scenario.toml", '{ text = "{slack_words}" }', '{ text = "x", corpus = "y" }', "needs exactly one of"),
        ("usb/scenario.toml", "T10:20:00+05:00", "T10:20:00", "acquisition.acquired"),
        ("basics/scenario.toml", 'kind = "files"', 'kind = "medium"', "'medium' needs [volume]"),
        ("logs/scenario.toml", 'memory = "memory"', 'memory = "scene"', "logs.memory: the case has no memory 'scene'"),
        ("logs/scenario.toml", '"share-visit"', '"share-look"', "the item 'pc' has no trace 'share-look'"),
        ("logs/scenario.toml", 'item = "pc"', 'item = "laptop"', "the item 'laptop' has no trace 'share-visit'"),
        ("logs/scenario.toml", 'kind = "logs"', 'kind = "records"', "kind 'logs' needs [logs]"),
    ],
)
def test_a_slip_is_named_with_its_file_and_key(root: Path, name: str, old: str, new: str, said: str) -> None:
    change(root, name, old, new)

    assert said in problems(root)

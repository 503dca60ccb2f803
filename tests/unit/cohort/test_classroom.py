from pathlib import Path

import pytest

from labkit.cohort import classroom as module
from labkit.cohort.classroom import find_trainee, new_classroom, open_classroom
from labkit.custody.overlay import DEFAULT
from labkit.errors import CustodyError, RosterError, WorkspaceError
from tests.small_class import NOW

ROSTER = "trainee_id,name,language\nT01,Nadia Marlow,en\nT02,Тимур Ясенев,ru\n".encode()


def test_a_class_comes_back_as_it_was_made(tmp_path: Path) -> None:
    made = new_classroom(tmp_path / "spring", roster=ROSTER, course="first-steps", name='Spring "26" \\ A', now=NOW)

    found = open_classroom(tmp_path / "spring")
    assert found == made
    assert (found.name, found.course, found.created, found.key_version) == (
        'Spring "26" \\ A',
        "first-steps",
        NOW,
        "k1",
    )
    assert [trainee.trainee_id for trainee in found.trainees] == ["T01", "T02"]
    assert found.keys() == made.keys()
    assert not found.needs_passphrase
    assert found.results_path.is_file()


def test_a_class_may_say_what_its_country_adds_to_the_custody_rules(tmp_path: Path) -> None:
    plain = new_classroom(tmp_path / "plain", roster=ROSTER, course="c", now=NOW)
    own = new_classroom(tmp_path / "own", roster=ROSTER, course="c", now=NOW, overlay="attesting_witnesses = 3\n")

    assert plain.overlay() == DEFAULT
    assert (own.overlay().attesting_witnesses, own.overlay_text()) == (3, "attesting_witnesses = 3\n")
    own.overlay_path.write_text("witnesses = 3\n", encoding="utf-8")
    with pytest.raises(CustodyError, match="witnesses is not a key"):
        own.overlay()
    own.overlay_path.write_bytes("свидетели = 3\n".encode("cp1251"))
    with pytest.raises(CustodyError, match="can not be read"):
        own.overlay()


def test_two_classes_have_different_keys(tmp_path: Path) -> None:
    one = new_classroom(tmp_path / "a", roster=ROSTER, course="c", now=NOW)
    other = new_classroom(tmp_path / "b", roster=ROSTER, course="c", now=NOW)

    assert one.keys().course_key != other.keys().course_key
    assert one.name == "a"


def test_a_wrong_roster_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(RosterError, match="line 3"):
        new_classroom(tmp_path / "x", roster=ROSTER.replace(b"T02", b"T01"), course="c", now=NOW)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_stop_on_the_way_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def stop(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(module, "write_keys", stop)
    with pytest.raises(type(error)):
        new_classroom(tmp_path / "x", roster=ROSTER, course="c", now=NOW)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "letter.txt").touch()

    with pytest.raises(WorkspaceError, match="nothing was changed"):
        new_classroom(tmp_path / "x", roster=ROSTER, course="c", now=NOW)


def test_the_name_is_found_whatever_the_case(tmp_path: Path) -> None:
    made = new_classroom(tmp_path / "x", roster=ROSTER, course="c", now=NOW)

    assert find_trainee(made, "t02").name == "Тимур Ясенев"
    with pytest.raises(WorkspaceError, match="nobody in the roster") as caught:
        find_trainee(made, "T99")
    assert "T01, T02" in caught.value.remedy


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (None, "not the folder of a class"),
        ("name = ", "can not be read"),
        ("schema = 1\n", "can not be read"),
        ('schema = 2\nname = "x"\ncourse = "c"\ncreated = 2026-04-06T09:00:00Z\nkey_version = "k1"\n', "not of this"),
        ('schema = 1\nname = "x"\ncourse = "c"\ncreated = 2026-04-06\nkey_version = "k1"\n', "not of this labkit"),
    ],
)  # fmt: skip
def test_a_damaged_class_is_explained(tmp_path: Path, damage: str | None, said: str) -> None:
    made = new_classroom(tmp_path / "x", roster=ROSTER, course="c", now=NOW)
    (made.root / "class.toml").unlink()
    if damage is not None:
        (made.root / "class.toml").write_text(damage, encoding="utf-8")

    with pytest.raises(WorkspaceError, match=said) as caught:
        open_classroom(made.root)

    assert caught.value.remedy


def test_a_missing_roster_is_explained(tmp_path: Path) -> None:
    made = new_classroom(tmp_path / "x", roster=ROSTER, course="c", now=NOW)
    (made.root / "roster.csv").unlink()

    with pytest.raises(WorkspaceError, match=r"roster\.csv is missing"):
        open_classroom(made.root)

from pathlib import Path

import pytest

from labkit.atomic import remove_tree, whole_file, whole_folder, write_whole


def test_a_file_appears_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.bin", b"content")

    assert (tmp_path / "a.bin").read_bytes() == b"content"
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("stop", [OSError("No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, stop: BaseException) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")

    with pytest.raises(type(stop)), whole_file(target) as partial:
        partial.write_bytes(b"half")
        raise stop

    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_a_folder_appears_whole_in_place_of_an_empty_one(tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder"
    target.mkdir(parents=True)

    with whole_folder(target) as partial:
        partial.mkdir()
        (partial / "a.txt").write_bytes(b"content")
        assert list(target.iterdir()) == []

    assert (target / "a.txt").read_bytes() == b"content"
    assert [path.name for path in target.parent.iterdir()] == ["folder"]


@pytest.mark.parametrize("stop", [OSError("No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_folder_leaves_nothing_even_of_read_only_files(tmp_path: Path, stop: BaseException) -> None:
    with pytest.raises(type(stop)), whole_folder(tmp_path / "folder") as partial:
        partial.mkdir()
        (partial / "a.txt").write_bytes(b"half")
        (partial / "a.txt").chmod(0o444)
        raise stop

    assert list(tmp_path.iterdir()) == []


def test_what_an_earlier_loss_of_power_left_is_cleared_away(tmp_path: Path) -> None:
    left = tmp_path / ".folder.part"
    left.mkdir()
    (left / "old.txt").write_bytes(b"old")

    with whole_folder(tmp_path / "folder") as partial:
        partial.mkdir()

    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    remove_tree(tmp_path / "nothing")

    assert list(tmp_path.iterdir()) == []

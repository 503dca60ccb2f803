import errno
import os
import stat
from pathlib import Path

import pytest

from labkit.errors import PackError, StorageError, WorkspaceError
from labkit.workspace import pack as pack_module
from labkit.workspace.folder import KIT, find_workspace
from labkit.workspace.manifest import SIGNATURE
from labkit.workspace.start import start_workspace
from tests.small_class import TEXTS, a_pack, a_workspace


def test_a_workspace_holds_what_the_pack_holds_and_evidence_is_read_only(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)

    for name, data in TEXTS.items():
        path = workspace.root / name.replace("kit/", f"{KIT}/", 1)
        assert path.read_bytes() == data
        assert not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    assert workspace.custody_path.read_bytes() == b""
    assert (workspace.root / "work").is_dir()
    assert len(workspace.ledger_genesis) == 64
    assert (workspace.zone, workspace.language) == ("Asia/Almaty", "en")


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps permissions otherwise")
def test_the_workspace_key_is_for_its_owner_only(tmp_path: Path) -> None:
    key = a_workspace(tmp_path).kit / "workspace.key"

    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_two_packs_have_two_ledgers(tmp_path: Path) -> None:
    one, other = a_workspace(tmp_path, "T01"), a_workspace(tmp_path, "T02")

    assert one.ledger_genesis != other.ledger_genesis


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    (workspace.root / "work" / "mine.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(WorkspaceError, match="holds a workspace; nothing was changed") as caught:
        start_workspace(tmp_path / "T01.labpack", workspace.root)

    assert "--into" in caught.value.remedy
    assert (workspace.root / "work" / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_an_empty_folder_may_be_used_and_a_full_one_may_not(tmp_path: Path) -> None:
    pack = a_pack(tmp_path / "T01.labpack")
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("keep", encoding="utf-8")

    assert start_workspace(pack, tmp_path / "empty").root.name == "empty"
    with pytest.raises(WorkspaceError, match="something else"):
        start_workspace(pack, tmp_path / "full")


def everything(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_damaged_pack_leaves_nothing(tmp_path: Path) -> None:
    pack = a_pack(tmp_path / "T01.labpack")
    data = bytearray(pack.read_bytes())
    name = b"evidence/stick/note.txt"
    data[data.index(name) + len(name) + 24] ^= 0xFF  # behind the name and 20 bytes of zip64 sizes: that file's data
    pack.write_bytes(data)

    with pytest.raises(PackError, match=r"note\.txt"):
        start_workspace(pack, tmp_path / "T01")

    assert everything(tmp_path) == ["T01.labpack"]


def test_ctrl_c_leaves_nothing_and_the_next_start_works(tmp_path: Path) -> None:
    pack = a_pack(tmp_path / "T01.labpack")

    def interrupt(name: str) -> None:
        if name.endswith("image.raw"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        start_workspace(pack, tmp_path / "T01", progress=interrupt)

    assert everything(tmp_path) == ["T01.labpack"]
    assert start_workspace(pack, tmp_path / "T01").root.is_dir()


def test_a_disk_that_is_too_small_is_noticed_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = a_pack(tmp_path / "T01.labpack")
    usage = type("Usage", (), {"free": 1_000_000})
    monkeypatch.setattr(pack_module.shutil, "disk_usage", lambda _folder: usage)

    with pytest.raises(StorageError, match="MiB are free") as caught:
        start_workspace(pack, tmp_path / "T01")

    assert "--into" in caught.value.remedy
    assert everything(tmp_path) == ["T01.labpack"]


def test_a_disk_that_fills_up_on_the_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = a_pack(tmp_path / "T01.labpack")

    def full(_target: object, _block: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pack_module, "_write", full)
    with pytest.raises(OSError, match="No space"):
        start_workspace(pack, tmp_path / "T01")

    assert everything(tmp_path) == ["T01.labpack"]


def test_a_workspace_is_found_from_any_folder_in_it(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)

    assert find_workspace(workspace.root / "evidence" / "stick").root == workspace.root.resolve()


def test_outside_a_workspace_the_reader_is_told_where_to_go(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="no workspace") as caught:
        find_workspace(tmp_path)

    assert "labkit start" in caught.value.remedy


@pytest.mark.parametrize("damage", [b"", b"{}"])
def test_a_damaged_workspace_says_what_to_do(tmp_path: Path, damage: bytes) -> None:
    workspace = a_workspace(tmp_path)
    (workspace.kit / "manifest.json").write_bytes(damage)

    with pytest.raises(WorkspaceError) as caught:
        find_workspace(workspace.root)

    assert "start the pack again" in caught.value.remedy
    (workspace.kit / SIGNATURE).unlink()
    with pytest.raises(WorkspaceError, match="is missing"):
        find_workspace(workspace.root)

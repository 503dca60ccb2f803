import json
import zipfile
from pathlib import Path

import pytest

from labkit.cohort.packs import PackContent, valid_pack, write_pack
from labkit.errors import ContentError, PackError
from labkit.workspace import pack as pack_module
from labkit.workspace.manifest import SIGNATURE, is_safe_name
from labkit.workspace.pack import Pack
from labkit.workspace.root import MANIFEST
from tests.small_class import KEYS, TEXTS, a_manifest, a_pack


def rewritten(pack: Path, out: Path, changes: dict[str, bytes | None]) -> Path:
    """Copy a pack with some members replaced, added or (None) left out."""
    with zipfile.ZipFile(pack) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in dict.fromkeys([*source.namelist(), *changes]):
            data = changes[name] if name in changes else source.read(name)
            if data is not None:
                target.writestr(name, data)
    return out


def refused(pack: Path) -> PackError:
    with pytest.raises(PackError) as caught, Pack(pack) as opened:
        opened.verify()
    assert caught.value.remedy
    return caught.value


def test_a_whole_pack_is_believed(tmp_path: Path) -> None:
    with Pack(a_pack(tmp_path / "T01.labpack")) as pack:
        pack.verify()

        assert pack.manifest.trainee_id == "T01"
        assert set(pack.manifest.files) == set(TEXTS)


def test_a_changed_file_is_named(tmp_path: Path) -> None:
    pack = a_pack(tmp_path / "T01.labpack")
    changed = rewritten(pack, tmp_path / "changed.labpack", {"evidence/stick/note.txt": b"another note\n"})

    assert "evidence/stick/note.txt" in refused(changed).message


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"evidence/stick/note.txt": None}, "evidence/stick/note.txt is missing"),
        ({"evidence/stick/more.txt": b"x"}, "which the manifest does not name"),
        ({SIGNATURE: bytes(64)}, "changed after the trainer signed it"),
        ({SIGNATURE: b"short"}, "changed after the trainer signed it"),
        ({MANIFEST: b"{"}, "can not be read"),
        ({MANIFEST: b"[]"}, "can not be read"),
        ({MANIFEST: None}, "manifest.json is missing"),
        ({MANIFEST: b'{"schema":"labkit-pack/1"}'}, "form of a pack's manifest"),
        ({MANIFEST: b'{"schema":"holiday-photos/1"}'}, "not a pack of labkit"),
    ],
)
def test_what_is_wrong_with_a_pack_is_said(tmp_path: Path, changes: dict[str, bytes | None], said: str) -> None:
    pack = a_pack(tmp_path / "T01.labpack")

    assert said in refused(rewritten(pack, tmp_path / "x.labpack", changes)).message


def test_a_manifest_with_another_name_in_it_does_not_pass(tmp_path: Path) -> None:
    pack = a_pack(tmp_path / "T01.labpack")
    with Pack(pack) as opened:
        data = opened.manifest_bytes.replace(b"Nadia Marlow", b"Nadia Harlow")

    assert "changed after" in refused(rewritten(pack, tmp_path / "x.labpack", {MANIFEST: data})).message


@pytest.mark.parametrize("changes", [{"kit_min_version": "99.0"}, {"schema": "labkit-pack/2"}])
def test_a_pack_for_a_newer_labkit_says_so(tmp_path: Path, changes: dict[str, str]) -> None:
    manifest = json.loads(a_manifest().to_bytes()) | changes
    data = json.dumps(manifest).encode()
    pack = tmp_path / "new.labpack"
    with zipfile.ZipFile(pack, "w") as archive:
        archive.writestr(MANIFEST, data)
        archive.writestr(SIGNATURE, KEYS.sign(data))

    error = refused(pack)

    assert "was made for labkit" in error.message
    assert "newer labkit" in error.remedy


@pytest.mark.parametrize("keep", [0, 10, 2_000, -30])
def test_a_pack_that_was_cut_short_is_not_believed(tmp_path: Path, keep: int) -> None:
    pack = a_pack(tmp_path / "T01.labpack")
    pack.write_bytes(pack.read_bytes()[:keep])

    assert "cut short" in refused(pack).message


def test_a_flipped_bit_is_noticed_or_changes_nothing(tmp_path: Path) -> None:
    whole = a_pack(tmp_path / "T01.labpack").read_bytes()
    noticed = 0
    for number, position in enumerate(range(0, len(whole), len(whole) // 60)):
        broken = tmp_path / f"{number}.labpack"
        broken.write_bytes(whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1 :])
        try:
            with Pack(broken) as pack:
                pack.unpack(tmp_path / str(number))
        except PackError:
            noticed += 1
        else:
            assert all((tmp_path / str(number) / name).read_bytes() == data for name, data in TEXTS.items())

    assert noticed > 10


def test_another_zip_and_a_missing_file_are_no_packs(tmp_path: Path) -> None:
    other = tmp_path / "photos.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.jpg", b"x")

    assert "not a pack" in refused(other).message
    assert "is not there" in refused(tmp_path / "none.labpack").message


def test_a_pack_of_an_impossible_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = a_pack(tmp_path / "T01.labpack")
    monkeypatch.setattr(pack_module, "_MAX_TOTAL_BYTES", 1000)

    assert "impossible size" in refused(pack).message


def test_a_damaged_manifest_in_a_whole_zip_is_named(tmp_path: Path) -> None:
    pack = a_pack(tmp_path / "T01.labpack")
    data = bytearray(pack.read_bytes())
    place = data.index(MANIFEST.encode()) + len(MANIFEST) + 30
    data[place : place + 20] = bytes(20)
    pack.write_bytes(data)

    assert "manifest.json is damaged" in refused(pack).message


def test_a_file_twice_in_the_zip_is_refused(tmp_path: Path) -> None:
    pack = a_pack(tmp_path / "T01.labpack")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(pack, "a") as archive:
        archive.writestr("START-HERE.html", b"other")

    assert "twice" in refused(pack).message


@pytest.mark.parametrize(
    "name",
    [
        "../x", "/x", "evidence/../x", "evidence", "evidence/", "evidence//x", "evidence/.hidden", "evidence/con.txt",
        "evidence/a\\b", "evidence/a:b", "C:/x", "evidence/dot.", "other/x", "x", "evidence/naïve", "kit/" + "a" * 101,
    ],
)  # fmt: skip
def test_unsafe_names_are_never_written(name: str, tmp_path: Path) -> None:
    assert not is_safe_name(name)
    with pytest.raises(ContentError):
        PackContent({}, {name: b""})
    data = a_manifest().to_bytes().replace(b'"files":{}', b'"files":' + json.dumps({name: "00"}).encode())
    pack = tmp_path / "x.labpack"
    with zipfile.ZipFile(pack, "w") as archive:
        archive.writestr(MANIFEST, data)
        archive.writestr(SIGNATURE, KEYS.sign(data))
    assert "not a safe name" in refused(pack).message


def test_the_same_content_is_the_same_pack(tmp_path: Path) -> None:
    first, second = a_pack(tmp_path / "1.labpack"), a_pack(tmp_path / "2.labpack")

    assert first.read_bytes() == second.read_bytes()
    assert a_pack(tmp_path / "3.labpack", "T02").read_bytes() != first.read_bytes()


def test_a_valid_pack_is_recognised_and_a_damaged_or_older_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "T01.labpack"
    signature = write_pack(path, PackContent({}, TEXTS), a_manifest(), KEYS)

    assert valid_pack(path, a_manifest()) == signature
    assert valid_pack(path, a_manifest(trainee_name="Another Name")) is None
    assert valid_pack(tmp_path / "none.labpack", a_manifest()) is None
    path.write_bytes(path.read_bytes()[:-40])
    assert valid_pack(path, a_manifest()) is None


def test_the_manifest_does_not_give_away_what_a_trainee_must_compute(tmp_path: Path) -> None:
    import hashlib

    a_pack(tmp_path / "T01.labpack")
    with Pack(tmp_path / "T01.labpack") as pack:
        image = TEXTS["evidence/stick/image.raw"]
        for method in ("md5", "sha1", "sha256"):
            assert hashlib.new(method, image).hexdigest().encode() not in pack.manifest_bytes
        assert str(len(image)).encode() not in pack.manifest_bytes

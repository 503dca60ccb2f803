import hmac
import os
import stat
from hashlib import sha256
from pathlib import Path

import pytest
from nacl.signing import VerifyKey

from labkit.cohort.keys import ClassKeys, is_wrapped, new_keys, read_keys, write_keys
from labkit.errors import StorageError, WorkspaceError
from tests.small_class import KEYS


def test_the_seed_is_an_hmac_of_who_and_what() -> None:
    message = b"labkit1|seed|first-steps|kestrel|T01"

    assert KEYS.seed("first-steps", "kestrel", "T01") == hmac.new(bytes(range(32)), message, sha256).digest()


def test_everything_derived_differs_by_trainee_course_and_purpose() -> None:
    values = [
        KEYS.seed("a", "k", "T01"), KEYS.seed("a", "k", "T02"), KEYS.seed("b", "k", "T01"), KEYS.seed("a", "l", "T01"),
        bytes.fromhex(KEYS.pack_token("a", "T01")), bytes.fromhex(KEYS.pack_token("a", "T02")),
    ]  # fmt: skip

    assert len(set(values)) == len(values)
    assert KEYS.pack_id("a", "T01") != KEYS.pack_token("a", "T01")[:32]


def test_a_signature_is_the_same_every_time_and_holds() -> None:
    signature = KEYS.sign(b"data")

    assert signature == KEYS.sign(b"data")
    VerifyKey(bytes.fromhex(KEYS.public_key)).verify(b"data", signature)


@pytest.mark.parametrize("passphrase", [None, "correct horse", "верный конь"])
def test_keys_come_back_as_they_were_written(tmp_path: Path, passphrase: str | None) -> None:
    path = tmp_path / "keys.json"
    keys = new_keys()
    write_keys(path, keys, passphrase)

    assert read_keys(path, passphrase) == keys
    assert is_wrapped(path) == (passphrase is not None)
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_wrapped_keys_do_not_stand_in_the_file(tmp_path: Path) -> None:
    import base64

    path = tmp_path / "keys.json"
    write_keys(path, KEYS, "correct horse")

    for key in (KEYS.course_key, KEYS.signing_seed):
        assert base64.b64encode(key) not in path.read_bytes()
        assert key.hex().encode() not in path.read_bytes()


@pytest.mark.parametrize(("passphrase", "said"), [("wrong", "does not open"), (None, "protected by a passphrase")])
def test_the_wrong_passphrase_is_told_apart_from_none(tmp_path: Path, passphrase: str | None, said: str) -> None:
    path = tmp_path / "keys.json"
    write_keys(path, KEYS, "right")

    with pytest.raises(WorkspaceError, match=said):
        read_keys(path, passphrase)


@pytest.mark.parametrize("text", ["", "[]", '{"schema":"labkit-keys/1"}', '{"schema":"labkit-keys/1","course_key":"AA==","signing_seed":"AA=="}'])  # fmt: skip  # noqa: E501
def test_damaged_keys_point_to_the_backup(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(WorkspaceError, match="is damaged") as caught:
        read_keys(path, None)

    assert "backup" in caught.value.remedy


def test_missing_keys_and_newer_keys_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with pytest.raises(WorkspaceError, match="is missing"):
        read_keys(path, None)
    path.write_text('{"schema":"labkit-keys/2"}', encoding="utf-8")
    with pytest.raises(StorageError, match="another labkit"):
        read_keys(path, None)


def test_keys_do_not_show_themselves_in_a_traceback() -> None:
    assert "\\x" not in repr(ClassKeys(bytes(32), bytes(32)))

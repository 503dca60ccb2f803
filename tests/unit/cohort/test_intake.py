import contextlib
import hashlib
import json
import stat
import struct
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from labkit import cohort
from labkit.cohort.intake import Received, read_submission
from labkit.cohort.limits import LIMITS, Limits
from labkit.cohort.refusal import RefusalError
from labkit.errors import IntakeError
from labkit.i18n import LANGUAGES, messages
from labkit.workspace.answers import store_answer
from labkit.workspace.submission import write_submission
from tests.small_class import NOW, a_workspace

KEY = SigningKey(bytes(range(32)))
FILES = {"answers.json": b"{}", "custody.jsonl": b"", "examination.jsonl": b"", "hints.json": b"{}"}


def an_envelope(members: dict[str, bytes], **changes: Any) -> dict[str, Any]:
    fields = {
        "schema": "labkit-submission/1",
        "pack_id": "ab" * 16,
        "trainee_id": "T01",
        "attempt": 1,
        "submitted_at": "2026-04-06T09:00:00+00:00",
        "prev_submission_sha256": "",
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in members.items() if name in FILES},
        "custody_head": "00" * 32,
        "workspace_key": bytes(KEY.verify_key).hex(),
        "kit_version": "0.1.0",
    }
    fields |= changes
    return {key: value for key, value in fields.items() if value is not ...}


def a_file(path: Path, members: dict[str, bytes | None] | None = None, **changes: Any) -> Path:
    """Write a submission as somebody with a text editor and time may make it: signed, whatever it holds."""
    files = {name: data for name, data in (FILES | (members or {})).items() if data is not None}
    if "submission.json" not in files:
        files["submission.json"] = json.dumps(an_envelope(files, **changes)).encode()
    files.setdefault("submission.sig", KEY.sign(files["submission.json"]).signature)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def code_of(path: Path, limits: Limits = LIMITS) -> str:
    with pytest.raises(RefusalError) as caught:
        read_submission(path, limits)
    assert isinstance(caught.value, IntakeError)
    assert caught.value.remedy
    return caught.value.code


def test_an_honest_submission_is_read(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    store_answer(workspace, "exam/digest", "  ab\u202e ")
    made = write_submission(workspace, None, now=NOW)

    received = read_submission(made.path)

    assert isinstance(received, Received)
    assert received.submission.answers == {"exam/digest": "  ab\u202e "}
    assert received.submission.sha256 == made.sha256
    assert received.submission.submitted_at_utc == NOW
    assert received.envelope.custody_head == made.custody_head
    assert received.envelope.size_bytes == made.path.stat().st_size


def test_the_hand_made_file_of_these_tests_is_accepted_when_nothing_is_wrong_with_it(tmp_path: Path) -> None:
    assert read_submission(a_file(tmp_path / "x.labsub")).submission.trainee_id == "T01"


@pytest.mark.parametrize("name", ["submission.json", "submission.sig", *FILES])
def test_each_member_is_needed(tmp_path: Path, name: str) -> None:
    path = a_file(tmp_path / "x.labsub")
    with zipfile.ZipFile(path) as archive:
        kept = {each: archive.read(each) for each in archive.namelist() if each != name}
    with zipfile.ZipFile(path, "w") as archive:
        for each, data in kept.items():
            archive.writestr(each, data)

    assert code_of(path) == "missing-member"


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_member_that_was_changed_later_is_refused(tmp_path: Path, name: str) -> None:
    path = a_file(tmp_path / "x.labsub")
    with zipfile.ZipFile(path) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    members[name] += b" "

    assert code_of(a_file(tmp_path / "y.labsub", members)) == "changed-member"


def test_an_envelope_that_was_changed_later_is_refused(tmp_path: Path) -> None:
    path = a_file(tmp_path / "x.labsub", {"submission.sig": bytes(64)})

    assert code_of(path) == "bad-signature"
    assert code_of(a_file(tmp_path / "y.labsub", {"submission.sig": b"short"})) == "bad-signature"


@pytest.mark.parametrize(
    "changes",
    [
        {"pack_id": "xx"}, {"pack_id": 5}, {"trainee_id": "../x"}, {"trainee_id": "T" * 41}, {"attempt": 0},
        {"attempt": True}, {"attempt": "1"}, {"attempt": 10**6}, {"submitted_at": "yesterday"},
        {"submitted_at": "2026-04-06T09:00:00"}, {"submitted_at": "0001-01-01T00:00:00+14:00"}, {"submitted_at": 5},
        {"prev_submission_sha256": "x"}, {"custody_head": None}, {"workspace_key": "zz"}, {"files": {}}, {"files": []},
        {"files": {"answers.json": "x"}}, {"kit_version": 1}, {"more": 1}, {"attempt": ...},
    ],
)  # fmt: skip
def test_an_envelope_of_another_form_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert code_of(a_file(tmp_path / "x.labsub", **changes)) == "bad-form"


def test_another_schema_is_named(tmp_path: Path) -> None:
    assert code_of(a_file(tmp_path / "x.labsub", schema="labkit-submission/2")) == "other-schema"
    assert code_of(a_file(tmp_path / "y.labsub", schema=...)) == "bad-form"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"\xff", "not-text"),
        (b'{"a/b": "\\ud800"}', "not-text"),
        (b'{"a/b": "\\u0000"}', "not-text"),
        (b'{"a/b": NaN}', "not-a-whole-number"),
        (b'{"a/b": 1e999}', "not-a-whole-number"),
        (b'{"a/b": ' + b"1" * 19 + b"}", "not-a-whole-number"),
        (b'{"a/b": "1", "a/b": "2"}', "duplicate-key"),
        (b'{"a":' * 21 + b"1" + b"}" * 21, "too-deep"),
        (b"[" * 100_000, "too-deep"),
        (b"[]", "not-an-object"),
        (b"{", "not-json"),
        (b"", "not-json"),
    ],
)
def test_json_is_read_strictly(tmp_path: Path, text: bytes, why: str) -> None:
    path = a_file(tmp_path / "x.labsub", {"answers.json": text})

    with pytest.raises(RefusalError) as caught:
        read_submission(path)

    assert (caught.value.code, caught.value.values) == ("bad-json", {"name": "answers.json", "why": why})


@pytest.mark.parametrize(
    "members",
    [
        {"answers.json": b'{"a/b": 1}'},
        {"answers.json": b'{"no task": "x"}'},
        {"answers.json": json.dumps({f"a/{n}": "x" for n in range(2001)}).encode()},
        {"hints.json": b'{"a/b": -1}'},
        {"hints.json": b'{"a/b": 1001}'},
        {"hints.json": b'{"a/b": "1"}'},
    ],
)
def test_answers_and_hints_of_another_form_are_refused(tmp_path: Path, members: dict[str, bytes]) -> None:
    assert code_of(a_file(tmp_path / "x.labsub", members)) == "bad-form"


def test_ledgers_have_limits(tmp_path: Path) -> None:
    many = a_file(tmp_path / "many.labsub", {"custody.jsonl": b"{}\n" * 20_001})
    longest = a_file(tmp_path / "long.labsub", {"examination.jsonl": b"x" * (16 * 1024 + 1)})
    fine = a_file(tmp_path / "fine.labsub", {"custody.jsonl": b"{}\n" * 20_000})

    assert code_of(many) == "too-many-lines"
    assert code_of(longest) == "line-too-long"
    assert len(read_submission(fine).submission.custody_lines) == 20_000


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd", "../x", "a/../x", "a\\b", "C:x", "x\x01", "x\u202ey", "e\u0301", "dot.", "space ", "con",
        "aux.txt", "a//b", "./a", "x" * 201, "ж" * 101,
    ],
)  # fmt: skip
def test_odd_names_are_refused(tmp_path: Path, name: str) -> None:
    assert code_of(a_file(tmp_path / "x.labsub", {name: b""})) == "unsafe-name"


def test_names_that_are_one_file_on_windows_are_refused(tmp_path: Path) -> None:
    assert code_of(a_file(tmp_path / "x.labsub", {"Answers.JSON": b"{}"})) == "duplicate-name"


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"archive_bytes": 100}, "archive-too-large"),
        ({"total_bytes": 100}, "archive-too-large"),
        ({"members": 5}, "too-many-members"),
        ({"member_bytes": 20}, "member-too-large"),
        ({"json_bytes": 1}, "member-too-large"),
    ],
)
def test_sizes_have_limits(tmp_path: Path, limits: dict[str, int], code: str) -> None:
    assert code_of(a_file(tmp_path / "x.labsub"), replace(LIMITS, **limits)) == code


def test_a_bomb_is_refused_at_once(tmp_path: Path) -> None:
    path = a_file(tmp_path / "x.labsub", {"exports/zeros.bin": bytes(50 * 1024 * 1024)})
    began = time.perf_counter()

    assert code_of(path) == "bomb"
    assert time.perf_counter() - began < 1


def directory_entry(path: Path, name: bytes, change: Callable[[bytearray, int], None]) -> Path:
    """Change the record of one member in the central directory (APPNOTE.TXT 4.3.12)."""
    data = bytearray(path.read_bytes())
    start = data.index(b"PK\x01\x02")
    while data[start + 46 : start + 46 + len(name)] != name:
        start = data.index(b"PK\x01\x02", start + 4)
    change(data, start)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("offset", "form", "value", "code"),
    [
        (8, "<H", 1, "encrypted"),
        (10, "<H", 12, "unknown-compression"),
        (38, "<I", (stat.S_IFLNK | 0o777) << 16, "link"),
        (24, "<I", 0x7FFFFFFF, "archive-too-large"),
        (24, "<I", 110 * 1024 * 1024, "member-too-large"),
        (24, "<I", 1, "broken-archive"),
        (16, "<I", 1, "broken-archive"),
        (42, "<I", 0x7FFFFFFF, "broken-archive"),
    ],
    ids=["encrypted", "method", "link", "huge", "large", "lying size", "lying crc", "lying offset"],
)
def test_a_directory_that_lies_is_refused(tmp_path: Path, offset: int, form: str, value: int, code: str) -> None:
    path = a_file(tmp_path / "x.labsub", {"answers.json": b'{"a/b": "x"}'})

    def change(data: bytearray, start: int) -> None:
        struct.pack_into(form, data, start + offset, value)

    assert code_of(directory_entry(path, b"answers.json", change)) == code


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.labsub"
    for data in (b"", b"hello", b"PK\x05\x06" + bytes(18), a_file(tmp_path / "y.labsub").read_bytes()[:-9]):
        path.write_bytes(data)
        assert code_of(path) in ("broken-archive", "missing-member")


def test_nothing_is_written_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_file(tmp_path / "x.labsub", {"exports/note.txt": b"x"})
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))

    read_submission(path)

    assert sorted(tmp_path.rglob("*")) == before


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255), cut=st.booleans())
def test_a_mutated_archive_is_refused_or_read_and_never_crashes(
    tmp_path: Path, place: float, value: int, cut: bool
) -> None:
    whole = tmp_path / "whole.labsub"
    data = bytearray((whole if whole.exists() else a_file(whole)).read_bytes())
    position = int(place * len(data))
    data[position] = value
    path = tmp_path / "x.labsub"
    path.write_bytes(data[:position] if cut else data)

    with contextlib.suppress(RefusalError):
        assert read_submission(path).submission.trainee_id == "T01"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_sentence(language: str) -> None:
    codes = set()
    for source in Path(cohort.__path__[0]).glob("*.py"):
        for part in source.read_text(encoding="utf-8").split("RefusalError(")[1:]:
            if part.startswith('"'):
                codes.add(part[1:].partition('"')[0])

    assert len(codes) > 15
    assert {f"refused.{code}" for code in codes} <= messages(language).keys()


def with_peer(path: Path, data: bytes | None, *, listed: bytes | None) -> Path:
    """A submission with the copy of a colleague's ledger; the envelope lists the digest of ``listed``."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    if listed is not None:
        digests["peer.labledger"] = hashlib.sha256(listed).hexdigest()
    return a_file(path, {"peer.labledger": data}, files=digests)


def test_the_copy_of_a_colleagues_ledger_comes_along_as_it_is(tmp_path: Path) -> None:
    assert read_submission(
        with_peer(tmp_path / "x.labsub", b"\xffhostile", listed=b"\xffhostile")
    ).submission.peer_copy == (b"\xffhostile")
    assert read_submission(a_file(tmp_path / "y.labsub")).submission.peer_copy == b""


def test_a_copy_that_the_envelope_does_not_list_is_not_looked_at(tmp_path: Path) -> None:
    assert read_submission(with_peer(tmp_path / "x.labsub", b"put in later", listed=None)).submission.peer_copy == b""


def test_a_copy_that_is_listed_must_be_there_and_unchanged(tmp_path: Path) -> None:
    assert code_of(with_peer(tmp_path / "x.labsub", None, listed=b"a")) == "missing-member"
    assert code_of(with_peer(tmp_path / "y.labsub", b"b", listed=b"a")) == "changed-member"


def test_a_copy_beyond_its_limit_is_refused(tmp_path: Path) -> None:
    path = with_peer(tmp_path / "x.labsub", b"x" * 1001, listed=b"x" * 1001)
    assert code_of(path, Limits(peer_bytes=1000)) == "member-too-large"

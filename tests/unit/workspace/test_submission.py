import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from nacl.signing import VerifyKey

from labkit.custody import ledger
from labkit.errors import WorkspaceError
from labkit.workspace.answers import store_answer
from labkit.workspace.hints import open_next
from labkit.workspace.submission import attempts_made, write_submission
from tests.small_class import NOW, a_workspace


def test_what_is_handed_in_is_signed_and_bound_to_its_pack(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    store_answer(workspace, "exam/digest", "ab")
    open_next(workspace, "exam/digest")
    ledger.append(
        workspace.custody_path,
        {"type": "case", "case_id": "NV-1"},
        genesis=workspace.ledger_genesis,
        recorded_at=NOW,
    )

    made = write_submission(workspace, None, now=NOW)

    assert made.path == workspace.root / "T01-attempt-1.labsub"
    assert made.sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()
    with zipfile.ZipFile(made.path) as archive:
        data = archive.read("submission.json")
        envelope = json.loads(data)
        VerifyKey(bytes.fromhex(envelope["workspace_key"])).verify(data, archive.read("submission.sig"))
        assert json.loads(archive.read("answers.json")) == {"exam/digest": "ab"}
        assert json.loads(archive.read("hints.json")) == {"exam/digest": 1}
        for name, digest in envelope["files"].items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest
    assert envelope["pack_id"] == workspace.manifest.pack_id
    assert envelope["custody_head"] == made.custody_head != workspace.ledger_genesis


def test_attempts_count_up_and_name_the_one_before(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)

    first = write_submission(workspace, tmp_path / "out", now=NOW)
    second = write_submission(workspace, tmp_path / "out", now=NOW)

    with zipfile.ZipFile(second.path) as archive:
        assert json.loads(archive.read("submission.json"))["prev_submission_sha256"] == first.sha256
    assert (second.attempt, attempts_made(workspace)) == (2, 2)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "T01-attempt-1.labsub", "T01-attempt-2.labsub",
    ]  # fmt: skip


def test_the_file_may_be_given_a_name(tmp_path: Path) -> None:
    made = write_submission(a_workspace(tmp_path), tmp_path / "usb" / "mine.labsub", now=NOW)

    assert made.path == tmp_path / "usb" / "mine.labsub"


def test_an_unfinished_line_of_the_ledger_is_set_aside_first(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    workspace.custody_path.write_bytes(b'{"torn')

    write_submission(workspace, None, now=NOW)

    assert workspace.custody_path.with_name("custody.jsonl.torn").exists()


def test_a_changed_ledger_does_not_keep_anybody_from_handing_in(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    workspace.custody_path.write_bytes(b'{"seq":1,"type":"case"}\n')

    made = write_submission(workspace, None, now=NOW)

    with zipfile.ZipFile(made.path) as archive:
        assert archive.read("custody.jsonl") == b'{"seq":1,"type":"case"}\n'


def test_without_its_key_a_workspace_says_what_to_do(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    (workspace.kit / "workspace.key").write_text("00", encoding="ascii")

    with pytest.raises(WorkspaceError, match="the key of this workspace") as caught:
        write_submission(workspace, None, now=NOW)

    assert "Start the pack again" in caught.value.remedy


def test_a_damaged_list_of_attempts_is_explained(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    (workspace.kit / "attempts.json").write_text('[{"attempt": 1}]', encoding="utf-8")

    with pytest.raises(WorkspaceError, match=r"attempts\.json") as caught:
        write_submission(workspace, None, now=NOW)

    assert "trainer" in caught.value.remedy

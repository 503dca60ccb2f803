import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from labkit.cohort.store import RESULTS, PackRecord, Store, SubmissionRecord
from labkit.errors import StorageError
from labkit.model.grading import Detail, Flag, Outcome, SubmissionResult, TaskResult
from tests.small_class import NOW

VERSIONS = {"key_version": "k1-abc", "engine_version": "0.1.0"}


def a_result(points: float = 7.5) -> SubmissionResult:
    details = (Detail("CC-10", {"event": 3, "who": "П. Орлова"}),)
    task = TaskResult("exam/digest", Outcome.PARTIAL, 75, points, 10, "ab", "H-CONT", ("HINT-CYR",), details, 2)
    return SubmissionResult("a" * 64, "T01", (task, TaskResult("exam/verdict", Outcome.MISSING, 0, 0, 5)))


def a_record(**changes: object) -> SubmissionRecord:
    fields: dict[str, object] = {
        "sha256": "a" * 64,
        "trainee_id": "T01",
        "attempt": 1,
        "submitted_at": NOW.isoformat(),
        "received_at": NOW.isoformat(),
        "source": "T01-attempt-1.labsub",
        "size_bytes": 900,
        "workspace_key": "0" * 64,
        "status": "accepted",
    }
    return SubmissionRecord(**(fields | changes))


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_everything_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    path = tmp_path / RESULTS
    refused = a_record(sha256="b" * 64, status="refused", reason="bomb", values={"name": "x"})
    flag = Flag("clock", "T01", {"weight": 1.5})
    with Store.create(path) as store:
        store.put_pack(PackRecord("p1", "T01", "00", "11"))
        store.put_submissions([a_record(), refused])
        assert store.put_result(a_result(), graded_at=NOW, **VERSIONS)
        store.replace_flags([flag])

    with Store.open(path) as store:
        assert store.packs() == {"p1": PackRecord("p1", "T01", "00", "11")}
        assert store.submissions() == (a_record(), refused)
        assert store.result("a" * 64, **VERSIONS) == a_result()
        assert store.result("c" * 64, **VERSIONS) is None
        assert store.flags() == (flag,)


def test_storing_the_same_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / RESULTS
    later = NOW + timedelta(days=1)
    with Store.create(path) as store:
        store.put_submissions([a_record()])
        store.put_result(a_result(), graded_at=NOW, **VERSIONS)
        before = dump(path)
        store.put_submissions([a_record(received_at=later.isoformat())])
        assert not store.put_result(a_result(), graded_at=later, **VERSIONS)

    assert dump(path) == before


def test_another_result_for_the_same_versions_is_a_fault_of_ours(tmp_path: Path) -> None:
    with Store.create(tmp_path / RESULTS) as store:
        store.put_result(a_result(), graded_at=NOW, **VERSIONS)
        with pytest.raises(StorageError, match="with another result") as caught:
            store.put_result(a_result(8), graded_at=NOW, **VERSIONS)
        assert "fault of labkit" in caught.value.remedy
        assert store.put_result(a_result(8), graded_at=NOW, key_version="k2", engine_version="0.1.0")


def test_an_older_version_is_shown_while_there_is_no_newer(tmp_path: Path) -> None:
    with Store.create(tmp_path / RESULTS) as store:
        store.put_result(a_result(), graded_at=NOW, **VERSIONS)

        assert store.result("a" * 64, key_version="k9", engine_version="9") == a_result()


def test_results_are_codes_and_values_without_sentences(tmp_path: Path) -> None:
    with Store.create(tmp_path / RESULTS) as store:
        store.put_result(a_result(), graded_at=NOW, **VERSIONS)
    connection = sqlite3.connect(tmp_path / RESULTS)
    (text,) = connection.execute("select result_json from result").fetchone()
    items = connection.execute("select task, outcome, mistake from item_result order by task").fetchall()
    connection.close()

    assert json.loads(text)["tasks"][0]["details"] == [{"code": "CC-10", "values": {"event": 3, "who": "П. Орлова"}}]
    assert items == [("exam/digest", "partial", "H-CONT"), ("exam/verdict", "missing", None)]


def test_a_missing_file_is_never_silently_empty(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is missing") as caught:
        Store.open(tmp_path / RESULTS)

    assert "made again" in caught.value.remedy


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    Store.create(tmp_path / RESULTS).close()

    with pytest.raises(StorageError, match="is there already"):
        Store.create(tmp_path / RESULTS)


@pytest.mark.parametrize("damage", ["zeros in the middle", "cut", "no database", "empty"])
def test_damage_is_noticed_at_open(tmp_path: Path, damage: str) -> None:
    path = tmp_path / RESULTS
    with Store.create(path) as store:
        store.put_submissions([a_record(sha256=f"{number:064x}") for number in range(300)])
    whole = path.read_bytes()
    broken = {
        "zeros in the middle": whole[:4096] + bytes(len(whole) - 8192) + whole[-4096:],
        "cut": whole[: len(whole) // 2],
        "no database": b"hello",
        "empty": b"",
    }
    path.write_bytes(broken[damage])

    with pytest.raises(StorageError, match="damaged") as caught:
        Store.open(path)

    assert "made again" in caught.value.remedy


def test_a_newer_file_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / RESULTS
    Store.create(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(StorageError, match="newer labkit"):
        Store.open(path)

    assert path.read_bytes() == before


def test_a_file_that_can_not_be_written_is_said_and_what_was_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / RESULTS
    with Store.create(path) as store:
        store.put_submissions([a_record()])
        connection = sqlite3.connect(path)
        connection.execute(
            "create trigger full before insert on submission begin select raise(abort, 'disk full'); end"
        )
        connection.close()
        with pytest.raises(StorageError, match="disk full") as caught:
            store.put_submissions([a_record(sha256="b" * 64)])
        assert "Make space" in caught.value.remedy
        assert store.submissions() == (a_record(),)


def test_a_file_that_can_not_be_opened_just_now_is_not_called_damaged(tmp_path: Path) -> None:
    """A full disk looks like this: SQLite can not make its files beside the results. Nobody should move them away."""
    path = tmp_path / RESULTS
    Store.create(path).close()
    (tmp_path / f"{RESULTS}-wal").mkdir()

    with pytest.raises(StorageError, match="unable to open") as caught:
        Store.open(path)

    assert "damaged" not in caught.value.message
    assert "Make space" in caught.value.remedy
    (tmp_path / f"{RESULTS}-wal").rmdir()
    Store.open(path).close()

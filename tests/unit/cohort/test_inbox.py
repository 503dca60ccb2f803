from datetime import timedelta
from pathlib import Path

import pytest

from labkit.cohort import inbox as module
from labkit.cohort.classroom import Classroom
from labkit.cohort.grade import arrival_flags, latest_accepted
from labkit.cohort.inbox import Arrival, find_submissions, named_by_place, receive
from labkit.cohort.store import PackRecord, SubmissionRecord
from labkit.errors import IntakeError
from labkit.model.people import Trainee
from labkit.workspace.submission import write_submission
from tests.small_class import COURSE, KEYS, NOW, a_workspace

TRAINEES = (
    Trainee("T01", "Nadia Marlow", "en"),
    Trainee("T02", "Тимур Ясенев", "ru"),
    Trainee("T1", "Owen Pryce", "en"),
)
PACKS = {
    KEYS.pack_id(COURSE, trainee.trainee_id): PackRecord(
        KEYS.pack_id(COURSE, trainee.trainee_id), trainee.trainee_id, "", ""
    )
    for trainee in TRAINEES[:2]
}
CLASS = Classroom(Path("class"), "Spring", COURSE, NOW - timedelta(days=9), "k1", TRAINEES)


def arrived(path: Path, inbox: Path) -> Arrival:
    return receive(path, inbox, TRAINEES, PACKS)


def a_record(trainee_id: str, attempt: int = 1, **changes: object) -> SubmissionRecord:
    fields: dict[str, object] = {
        "sha256": f"{trainee_id}{attempt}{changes.get('submitted_at', '')}",
        "trainee_id": trainee_id,
        "attempt": attempt,
        "submitted_at": NOW.isoformat(),
        "received_at": NOW.isoformat(),
        "source": f"{trainee_id}-attempt-{attempt}.labsub",
        "size_bytes": 1,
        "workspace_key": f"key of {trainee_id}",
        "status": "accepted",
    }
    return SubmissionRecord(**(fields | changes))


def test_submissions_are_found_in_folders_of_a_moodle_download(tmp_path: Path) -> None:
    for name in ("b.labsub", "Nadia Marlow_4711_assignsubmission_file_/a.LABSUB", "notes.txt", "x/y/z.labsub"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    found = [path.relative_to(tmp_path).as_posix() for path in find_submissions(tmp_path)]

    assert found == ["Nadia Marlow_4711_assignsubmission_file_/a.LABSUB", "b.labsub", "x/y/z.labsub"]
    assert find_submissions(tmp_path / "b.labsub") == (tmp_path / "b.labsub",)


def test_an_inbox_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match="is not a folder") as caught:
        find_submissions(tmp_path / "none")

    assert "labsub" in caught.value.remedy


@pytest.mark.parametrize(
    ("source", "owner"),
    [
        ("Nadia Marlow_4711_assignsubmission_file/x.labsub", "T01"),
        ("Тимур Ясенев_12_assignsubmission_file_/x.labsub", "T02"),
        ("T01-attempt-2.labsub", "T01"),
        ("t1.labsub", "T1"),
        ("T01/x.labsub", "T01"),
        ("T010.labsub", None),
        ("x.labsub", None),
    ],
)
def test_a_place_names_a_trainee(source: str, owner: str | None) -> None:
    found = named_by_place(source, TRAINEES)

    assert (found.trainee_id if found else None) == owner


def test_an_honest_file_belongs_to_whoever_has_the_pack(tmp_path: Path) -> None:
    made = write_submission(a_workspace(tmp_path), tmp_path / "inbox" / "homework.labsub", now=NOW)

    arrival = arrived(made.path, tmp_path / "inbox")

    assert arrival.refusal is None
    assert arrival.trainee == TRAINEES[0]
    assert arrival.record(NOW).sha256 == made.sha256


def test_a_pack_of_another_class_is_refused(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path, "T01", pack_id="00" * 16)
    made = write_submission(workspace, None, now=NOW)

    arrival = arrived(made.path, made.path.parent)

    assert arrival.refusal is not None
    assert arrival.record(NOW).reason == "unknown-pack"
    assert arrival.trainee == TRAINEES[0]  # as its name says


def test_the_pack_of_somebody_else_under_ones_own_name_is_refused(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path, "T01", pack_id=KEYS.pack_id(COURSE, "T02"))
    made = write_submission(workspace, None, now=NOW)

    arrival = arrived(made.path, made.path.parent)

    assert (arrival.record(NOW).reason, arrival.trainee) == ("other-identity", TRAINEES[1])


def test_a_broken_file_has_an_owner_by_its_name_and_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "T02-attempt-1.labsub"
    path.write_bytes(b"PK broken")

    record = arrived(path, tmp_path).record(NOW)

    assert (record.status, record.reason, record.trainee_id, record.attempt) == ("refused", "broken-archive", "T02", 0)


def test_a_fault_of_ours_is_told_apart_and_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.labsub"
    path.touch()

    def fail(_path: Path) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "read_submission", fail)
    record = arrived(path, tmp_path).record(NOW)

    assert (record.reason, record.values) == ("fault", {"error": "ZeroDivisionError"})


def test_the_latest_attempt_counts() -> None:
    later = (NOW + timedelta(hours=1)).isoformat()
    records = [
        a_record("T01", 2),
        a_record("T01", 1, submitted_at=later),
        a_record("T02", 1),
        a_record("T02", 1, submitted_at=later),
        a_record("T02", 7, status="refused"),
    ]

    latest = latest_accepted(records)

    assert latest["T01"].attempt == 2
    assert latest["T02"].submitted_at == later


def flags_of(*records: SubmissionRecord) -> list[tuple[str, str]]:
    return [(flag.kind, flag.trainee_id) for flag in arrival_flags(CLASS, records, now=NOW)]


def test_honest_submissions_raise_no_flag() -> None:
    assert flags_of(a_record("T01"), a_record("T01", 2), a_record("T02")) == []


def test_a_file_in_the_place_of_another_is_flagged() -> None:
    assert flags_of(a_record("T01", source="Тимур Ясенев_3_assignsubmission_file_/a.labsub")) == [
        ("identity-mismatch", "T01")
    ]


def test_one_workspace_under_two_names_is_flagged_for_both() -> None:
    assert flags_of(a_record("T01", workspace_key="k"), a_record("T02", workspace_key="k")) == [
        ("same-workspace-key", "T01"),
        ("same-workspace-key", "T02"),
    ]


def test_a_second_workspace_and_a_second_first_attempt_are_flagged() -> None:
    later = (NOW + timedelta(hours=1)).isoformat()

    assert flags_of(a_record("T01"), a_record("T01", submitted_at=later, workspace_key="other")) == [
        ("new-workspace-key", "T01"),
        ("same-attempt", "T01"),
    ]


@pytest.mark.parametrize("days", [-30, 30])
def test_a_clock_that_can_not_be_right_is_flagged(days: int) -> None:
    assert flags_of(a_record("T01", submitted_at=(NOW + timedelta(days=days)).isoformat())) == [("clock", "T01")]


def test_every_flag_has_a_sentence() -> None:
    from labkit.i18n import translator
    from labkit.reports.sentences import flag

    later = (NOW + timedelta(days=30)).isoformat()
    records = [
        a_record("T01", workspace_key="k", source="T02.labsub"),
        a_record("T01", submitted_at=later),
        a_record("T02", workspace_key="k"),
    ]
    for language in ("en", "ru"):
        found = arrival_flags(CLASS, records, now=NOW)
        assert {item.kind for item in found} == {
            "identity-mismatch", "same-workspace-key", "new-workspace-key", "same-attempt", "clock",
        }  # fmt: skip
        assert all("{" not in flag(translator(language), item) for item in found)
        assert all(translator(language).has(f"flag.{item.kind}") for item in found)

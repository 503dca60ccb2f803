"""A small fictional case with a truth of each kind, and tasks to grade against it."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from labkit.content.schemas import Exercise, Task
from labkit.grading.answers import TYPES
from labkit.grading.answers.contract import Verdict
from labkit.grading.expected import resolve, shown
from labkit.grading.forms import read_answer
from labkit.grading.runner import grade
from labkit.model.grading import Submission, TaskResult
from labkit.model.truth import CaseTruth, FactValue, GroundTruth, Trace

GENESIS = "0" * 64
BORN = datetime(2026, 3, 3, 9, 35, 20, tzinfo=UTC)
MODIFIED = datetime(2026, 3, 6, 11, 2, 44, tzinfo=UTC)
SKEW = timedelta(seconds=433)
ALMATY = timedelta(hours=5)
PARTITION_START = 2048 * 512


def digests(content: str) -> dict[str, FactValue]:
    data = content.encode()
    return {
        "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        "sha1": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def truth_of(person: str = "a", **changed: FactValue) -> CaseTruth:
    """Return one trainee's truth; ``changed`` replaces facts of the trace ``file``."""
    number = int(hashlib.sha256(person.encode()).hexdigest()[:6], 16)
    file: dict[str, FactValue] = {
        "name": f"отчёт-report-{number}.xlsx",
        "path": f"/Документы/2026/отчёт-report-{number}.xlsx",
        "address": 1000 + number,
        "parent_address": 997,
        "size_bytes": 10_000 + number,
        "first_cluster": 0x1234 + number % 50_000,
        "offset_bytes": PARTITION_START + 512 * number + 17,
        "volume_offset_bytes": 512 * number + 17,
        "words": ("Янтарь", "كيش", "tern"),
        "lbas": (100 + number, 101 + number, 205 + number),
        "names": ("a.txt", "c.txt"),
        "clock_offset_s": 433,
        "zone": "Asia/Almaty",
        "label": "Бета-07",
        "option": "candidate-2",
        "seized": ("laptop", "stick"),
        "born_utc": BORN,
        "born_device_utc": BORN + SKEW,
        "born_stored": BORN + SKEW + ALMATY,
        "modified_utc": MODIFIED,
        **digests(f"file of {person}"),
        **changed,
    }
    traces: Mapping[str, Mapping[str, FactValue]] = {
        "file": file,
        "container": {**digests(f"box of {person}"), "stored_md5": "1" * 32, "stored_sha1": "2" * 40},
        "partition": {
            "offset_bytes": PARTITION_START,
            "offset_sectors": PARTITION_START // 512,
            "size_sectors": 10_000 + number,
            "last_sector": PARTITION_START // 512 + 10_000 + number - 1,
            "cluster_bytes": 4096,
            **digests(f"partition of {person}"),
        },
        "photo": {
            "offset_bytes": PARTITION_START + 4096 * number + 512,
            "offset_sectors": PARTITION_START // 512 + 8 * number + 1,
            "volume_offset_bytes": 4096 * number + 512,
            "size_bytes": 50_001,
            "first_cluster": 70_000 + number,
        },
        "thumbnail": {"offset_bytes": PARTITION_START + 4096 * number + 1024, "size_bytes": 4_000},
        "kabul": {"at_utc": BORN},
    }
    return CaseTruth(
        case="tern",
        variables={"exhibit_usb": "KF-06", "candidate_2": "Смета.xlsx"},
        items={"usb": GroundTruth("usb", {name: Trace(name, "file", None, facts) for name, facts in traces.items()})},
    )


def a_task(mistakes: list[dict[str, object]] | None = None, /, **answer: object) -> Task:
    return Task.model_validate({"id": "task", "points": 10, "answer": answer, "mistakes": mistakes or []})


HASH = a_task(
    [
        {"code": "H-CONT", "truth": "usb:container.sha256", "credit_percent": 25},
        {"code": "H-PART", "truth": "usb:partition.sha256", "credit_percent": 25},
    ],
    type="HASH",
    algorithm="sha256",
    truth="usb:file.sha256",
)
SIZE = a_task(type="INT", unit="bytes", truth="usb:file.size_bytes", cluster_bytes="usb:partition.cluster_bytes")
CLUSTER = a_task(type="INT", unit="clusters", truth="usb:file.first_cluster")
CLOCK = a_task(type="INT", unit="seconds", tolerance=2, truth="usb:file.clock_offset_s")
OFFSET = a_task(type="OFFSET", base="disk", truth="usb:file.offset_bytes", base_start="usb:partition.offset_bytes")
INODE = a_task(type="INODE", truth="usb:file.address", parent="usb:file.parent_address")
PATH = a_task(type="PATH", truth="usb:file.path")
TIME = a_task(type="TIME", tolerance_s=2, zone="Asia/Almaty", truth="usb:file.born_utc")
KABUL = a_task(type="TIME", tolerance_s=0, zone="Asia/Kabul", truth="usb:kabul.at_utc")
ENUM = a_task(
    [{"code": "F-OVER", "value": "candidate-3"}],
    type="ENUM",
    truth="usb:file.option",
    options=[
        {"id": "candidate-1", "title": {"en": "First", "ru": "Первый"}},
        {"id": "candidate-2", "title": {"en": "{candidate_2}", "ru": "{candidate_2}"}},
        {"id": "candidate-3", "title": {"en": "Third", "ru": "Третий"}},
    ],
)
MULTI = a_task(
    [{"code": "H-OTHER", "value": "neighbour"}, {"code": "K-ENC", "value": ["stick"], "credit_percent": 60}],
    type="MULTI",
    truth="usb:file.seized",
    options=[
        {"id": "laptop", "title": {"en": "Laptop, grey", "ru": "Ноутбук серый"}},
        {"id": "neighbour", "title": {"en": "The neighbour's laptop", "ru": "Ноутбук соседа"}},
        {"id": "stick", "title": {"en": "Red stick", "ru": "Красная флешка"}},
        {"id": "mug", "title": {"en": "Mug", "ru": "Кружка"}},
    ],
)
REGION = a_task(
    [{"code": "K-THUMB", "truth": ["usb:thumbnail.offset_bytes", "usb:thumbnail.size_bytes"], "credit_percent": 10}],
    type="REGION",
    base="disk",
    truth=["usb:photo.offset_bytes", "usb:photo.size_bytes"],
    base_start="usb:partition.offset_bytes",
)
TEXT = a_task([{"code": "H-OTHER", "value": "Gamma"}], type="TEXT", truth="usb:file.label")
TABLE = a_task(
    type="TABLE",
    key="number",
    columns=[
        {"id": "number", "title": {"en": "No.", "ru": "№"}, "answer": {"type": "INT", "unit": "count"}},
        {
            "id": "start",
            "title": {"en": "Begins at", "ru": "Начало"},
            "answer": {"type": "OFFSET", "base": "disk", "base_start": "usb:partition.offset_bytes"},
        },
        {
            "id": "type",
            "title": {"en": "Type", "ru": "Тип"},
            "answer": {
                "type": "ENUM",
                "options": [
                    {"id": "fat", "title": {"en": "FAT", "ru": "FAT"}},
                    {"id": "ntfs", "title": {"en": "NTFS, {candidate_2}", "ru": "NTFS"}},
                ],
            },
        },
        {"id": "born", "title": {"en": "Made", "ru": "Создан"}, "answer": {"type": "TIME", "zone": "Asia/Almaty"}},
        {"id": "label", "title": {"en": "Label on {exhibit_usb}", "ru": "Метка"}, "answer": {"type": "TEXT"}},
    ],
    rows=[
        {
            "number": 1,
            "start": {"truth": "usb:photo.offset_bytes"},
            "type": "ntfs",
            "born": {"truth": "usb:file.born_utc", "tolerance_s": 2},
            "label": {"truth": "usb:file.label", "mistakes": [{"code": "H-OTHER", "value": "Gamma"}]},
        },
        {
            "number": 2,
            "start": {"truth": "usb:file.offset_bytes"},
            "type": {"value": "fat"},
            "born": {"truth": "usb:file.modified_utc"},
            "label": "none",
        },
    ],
)
CLAIM = a_task(
    [{"code": "F-LIVE", "value": "still-there"}],
    type="CLAIM",
    value="was-removed",
    over=["varn-removed"],
    options=[
        {"id": "still-there", "title": {"en": "The file is there", "ru": "Файл на месте"}},
        {"id": "was-removed", "title": {"en": "The file was removed", "ru": "Файл удалён"}},
        {"id": "varn-removed", "title": {"en": "Varn removed it", "ru": "Удалил Варн"}},
        {"id": "wiped", "title": {"en": "It was wiped", "ru": "Файл затёрт"}},
    ],
    citations=[
        {"exhibit": "{exhibit_usb}", "place": {"type": "PATH", "truth": "usb:file.path"}},
        {"exhibit": "{exhibit_usb}", "place": {"type": "INODE", "truth": "usb:file.address"}},
        {
            "exhibit": "{exhibit_usb}",
            "place": {
                "type": "OFFSET",
                "base": "disk",
                "truth": "usb:file.offset_bytes",
                "base_start": "usb:partition.offset_bytes",
            },
        },
        {"exhibit": "KF-05", "place": {"type": "PATH", "value": "/var/log/sync.log"}},
    ],
)
PAGES = a_task(
    type="CLAIM",
    value="open",
    over=["guilty"],
    options=[
        {"id": "open", "title": {"en": "The drive was open", "ru": "Диск был открыт"}},
        {"id": "guilty", "title": {"en": "Solen hid it", "ru": "Солен его спрятала"}},
    ],
    citations=[
        {"exhibit": "clocks.svg"},
        {"exhibit": "custody-file.html", "place": {"type": "NUMBERED", "truth": "usb:file.lbas"}},
        {"exhibit": "room.svg", "place": {"type": "NUMBERED", "value": 7}},
    ],
)
ORDER = a_task(
    [{"code": "S-PLUG", "value": ["cut-power", "save-memory"], "credit_percent": 10}],
    type="ORDER",
    value=["photograph", "shield-phone", "save-memory", "cut-power", "pack"],
    ties=[["photograph", "shield-phone"]],
    options=[
        {"id": "cut-power", "title": {"en": "Cut the power", "ru": "Отключить питание"}},
        {"id": "pack", "title": {"en": "Pack, and seal", "ru": "Упаковать и опечатать"}},
        {"id": "photograph", "title": {"en": "Photograph", "ru": "Сфотографировать"}},
        {"id": "save-memory", "title": {"en": "Save the memory", "ru": "Сохранить память"}},
        {"id": "shield-phone", "title": {"en": "Shield the phone", "ru": "Экранировать телефон"}},
    ],
)
WORDS = a_task(type="SET", truth="usb:file.words")
NAMES = a_task(type="SET", tokens="name", truth="usb:file.names")
LBAS = a_task(type="SET", tokens="int", truth="usb:file.lbas")
ALL = {
    "hash": HASH, "size": SIZE, "cluster": CLUSTER, "clock": CLOCK, "offset": OFFSET, "inode": INODE, "path": PATH,
    "time": TIME, "kabul": KABUL, "enum": ENUM, "words": WORDS, "names": NAMES, "lbas": LBAS,
    "multi": MULTI, "region": REGION, "text": TEXT, "table": TABLE,
    "claim": CLAIM, "pages": PAGES, "order": ORDER,
}  # fmt: skip


def an_exercise(tasks: Mapping[str, Task], mode: str = "graded") -> Exercise:
    return Exercise.model_validate(
        {
            "slug": "tern",
            "uuid": "5aee5dbb-903f-41f2-b410-f468434ee789",
            "status": "beta",
            "title": {"en": "Tern"},
            "case": "tern",
            "items": ["usb"],
            "mode": mode,
            "tasks": [{**task.model_dump(), "id": name} for name, task in tasks.items()],
        }
    )


def a_submission(
    answers: Mapping[str, str],
    *,
    trainee_id: str = "t-01",
    hints_used: Mapping[str, int] | None = None,
    custody_lines: tuple[str, ...] = (),
) -> Submission:
    return Submission(
        pack_id="p",
        trainee_id=trainee_id,
        attempt=1,
        submitted_at_utc=BORN,
        answers={f"tern/{name}": text for name, text in answers.items()},
        custody_lines=custody_lines,
        examination_lines=(),
        hints_used={f"tern/{name}": count for name, count in (hints_used or {}).items()},
        sha256="a" * 64,
    )


def verdict(task: Task, text: str, truth: CaseTruth | None = None) -> Verdict:
    """Parse and compare one answer, past the runner."""
    whole = truth or truth_of()
    answer = shown(task, whole)
    return TYPES[task.answer.type].compare(read_answer(answer, text), answer, resolve(task, whole))


def result_of(task: Task, text: str, truth: CaseTruth | None = None, mode: str = "graded") -> TaskResult:
    """Grade one answer through the runner."""
    exercise = an_exercise({"task": task}, mode)
    return grade(a_submission({"task": text}), [exercise], truth or truth_of(), ledger_genesis=GENESIS).tasks[0]


def fact(name: str, truth: CaseTruth | None = None) -> FactValue:
    return (truth or truth_of()).fact(f"usb:{name}")

"""Classes of two and three from roster to report: ledgers kept, handed over, swapped, audited, graded."""

import contextlib
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from labkit.atomic import remove_tree
from labkit.cli import main
from labkit.cohort.classroom import open_classroom
from labkit.cohort.truths import derive_truths, order_truth
from labkit.content.reader import load_library
from labkit.grading.samples import render_custody
from labkit.usecases.trainer import make_class
from labkit.workspace.folder import open_workspace
from labkit.workspace.start import WORKSPACE_KEY
from tests.small_class import NOW
from tests.system.test_nothing_secret_leaves import members, spellings

COURSE = "prosecutors"
NAMES = {"T01": "Nadia Marlow,en", "T02": "Тимур Ясенев,ru", "T03": "Owen Pryce,en"}
GOOD, BAD = "proof that the stick lay on the desk", "work"
NONE = "none; one entry, its time has an offset, its purpose is said"
FLAW = "6; record; weight; correct-entry"


@dataclass(frozen=True)
class Class:
    """A class in a folder, with the workspaces of its trainees and a stick that goes around."""

    folder: Path
    ids: tuple[str, ...]

    @property
    def root(self) -> Path:
        return self.folder / "class"

    def run(self, trainee_id: str, *arguments: object) -> Result:
        with contextlib.chdir(self.folder / trainee_id):
            return CliRunner().invoke(main, [str(each) for each in arguments])

    def done(self, trainee_id: str, *arguments: object) -> str:
        result = self.run(trainee_id, *arguments)
        assert result.exit_code == 0, result.output
        return result.output

    def keep_ledger(self, trainee_id: str, *, purpose: str) -> None:
        """Keep a ledger of six lines; the purpose in line 6 is its only possible flaw."""
        for line in (
            ["case", "NV-2026-0417"],
            ["person", "O1", "--name", "Sten Orlov", "--role", "DEFR"],
            ["location", "ROOM12", "--kind", "scene", "--tz", "Asia/Almaty"],
            ["exhibit", "KF-02", "--kind", "medium", "--description", f"red stick of {trainee_id}"],
            ["identified", "--exhibit", "KF-02", "--by", "O1", "--location", "ROOM12"],
            ["photographed", "--exhibit", "KF-02", "--by", "O1", "--location", "ROOM12", "--purpose", purpose],
        ):
            self.done(trainee_id, "custody", "add", *line)

    def swap(self) -> None:
        """Everybody gives, and takes what they are to audit."""
        stick = self.folder / "stick"
        for trainee_id in self.ids:
            self.done(trainee_id, "custody", "give", "--out", stick)
        for place, trainee_id in enumerate(self.ids):
            self.done(trainee_id, "custody", "take", stick / f"{self.ids[place - 1]}.labledger")

    def submit(self, *ids: str) -> None:
        for trainee_id in ids or self.ids:
            self.done(trainee_id, "submit", "--out", self.folder / "inbox")

    def graded(self) -> dict[str, Any]:
        for command in (["grade", self.root, self.folder / "inbox", "--jobs", "1"], ["report", self.root]):
            result = CliRunner().invoke(main, ["trainer", *map(str, command)])
            assert result.exit_code == 0, result.output
        return dict(json.loads((self.root / "report" / "class-report.json").read_text(encoding="utf-8")))


def a_class(folder: Path, ids: Sequence[str]) -> Class:
    roster = folder / "roster.csv"
    folder.mkdir(parents=True, exist_ok=True)
    roster.write_text(
        "\n".join(["trainee_id,name,language", *(f"{one},{NAMES[one]}" for one in ids)]), encoding="utf-8"
    )
    random = bytes(range(32))
    make_class(
        folder / "class",
        roster=roster,
        course=COURSE,
        name="Pairs",
        passphrase=None,
        now=NOW,
        random_bytes=lambda count: random[:count],
    )
    runner = CliRunner()
    assert runner.invoke(main, ["trainer", "build", str(folder / "class"), "--jobs", "1"]).exit_code == 0
    return Class(folder, tuple(ids))


@pytest.fixture(scope="module", params=[2, 3])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    folder = tmp_path_factory.mktemp(f"pairs of {request.param}")
    yield a_class(folder, tuple(NAMES)[: request.param])
    remove_tree(folder)


@pytest.fixture
def group(built: Class, tmp_path: Path) -> Iterator[Class]:
    """A class with fresh workspaces: the packs are those of ``built``."""
    shutil.copytree(built.root, tmp_path / "class")
    runner = CliRunner()
    for trainee_id in built.ids:
        pack = tmp_path / "class" / "packs" / f"{trainee_id}.labpack"
        started = runner.invoke(main, ["start", str(pack), "--into", str(tmp_path / trainee_id)])
        assert started.exit_code == 0, started.output
    yield Class(tmp_path, built.ids)
    for trainee_id in built.ids:
        remove_tree(tmp_path / trainee_id)


def audit_of(report: dict[str, Any], trainee_id: str) -> dict[str, Any]:
    row = next(row for row in report["rows"] if row["trainee"]["trainee_id"] == trainee_id)
    return next(dict(task) for task in row["tasks"] if task["task"] == "peer-audit/flaws")


def flags(report: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [item for item in report["flags"] if item["kind"] == kind]


def details(task: dict[str, Any]) -> list[str]:
    return [item["code"] for item in task["details"]]


def test_the_whole_path(group: Class) -> None:
    """T01 keeps a ledger with a flaw, the others sound ones; everybody audits well, and says what the others are."""
    for trainee_id in group.ids:
        group.keep_ledger(trainee_id, purpose=BAD if trainee_id == "T01" else GOOD)
    group.swap()
    for place, trainee_id in enumerate(group.ids):
        audited = group.ids[place - 1]
        assert audited in group.done(trainee_id, "custody", "partner")
        assert f"red stick of {audited}" in group.done(trainee_id, "custody", "show", "--peer", audited)
        group.done(trainee_id, "answer", "peer-audit/flaws", FLAW if audited == "T01" else NONE)
        group.done(trainee_id, "answer", "peer-audit/what-holds", "since-then")
    group.submit()

    report = group.graded()

    for place, trainee_id in enumerate(group.ids):
        task = audit_of(report, trainee_id)
        assert (task["outcome"], task["points"], task["is_bonus"]) == ("correct", 8, True)
        assert task["details"][0]["values"]["colleague"] == group.ids[place - 1]
    assert {row["points"] for row in report["rows"]} == {10}
    assert {row["max_points"] for row in report["rows"]} == {400}
    assert report["flags"] == []
    page = (group.root / "report" / "feedback" / "T02.html").read_text(encoding="utf-8")
    assert "Проверен журнал слушателя T01" in page
    again = group.graded()
    assert again == report


def test_a_colleague_who_hands_in_nothing_costs_nothing(group: Class) -> None:
    for trainee_id in group.ids:
        group.keep_ledger(trainee_id, purpose=GOOD)
    group.swap()
    group.done("T02", "answer", "peer-audit/flaws", NONE)
    group.submit("T02")

    report = group.graded()

    assert audit_of(report, "T02")["outcome"] == "correct"
    assert [item["values"]["colleague"] for item in flags(report, "peer-unconfirmed")] == ["T01"]


def test_what_no_rule_finds_is_shown_to_the_trainer(group: Class) -> None:
    for trainee_id in group.ids:
        group.keep_ledger(trainee_id, purpose=BAD if trainee_id == "T01" else GOOD)
    group.swap()
    answer = group.folder / "answer.txt"
    answer.write_text(f"{FLAW}\n4; identity; authenticity; compare-photo\n", encoding="utf-8")
    group.done("T02", "answer", "peer-audit/flaws", "--file", answer)
    group.submit()

    report = group.graded()

    assert audit_of(report, "T02")["points"] == 8
    (told,) = flags(report, "peer-open")
    assert (told["values"]["lines"], told["values"]["category"]) == ("4", "identity")
    page = (group.root / "report" / "class-report.html").read_text(encoding="utf-8")
    assert "T02 says of the ledger of T01: lines 4" in page


def test_without_a_copy_the_audit_is_blocked_and_nothing_is_lost(group: Class) -> None:
    group.done("T01", "answer", "peer-audit/flaws", NONE)
    assert "none was taken here" in group.done("T01", "submit", "--out", group.folder / "inbox")
    assert "none was taken here" in group.done("T01", "status")

    report = group.graded()

    task = audit_of(report, "T01")
    assert (task["outcome"], task["points"], details(task)) == ("blocked", 0, ["PEER-NONE"])
    assert report["rows"][0]["max_points"] == 400
    assert report["flags"] == []


def test_an_empty_ledger_is_nothing_to_audit(group: Class) -> None:
    group.swap()
    group.done("T02", "answer", "peer-audit/flaws", NONE)
    group.submit("T02")

    report = group.graded()

    assert details(audit_of(report, "T02")) == ["PEER-EMPTY"]


def planted(group: Class, data: bytes) -> dict[str, Any]:
    """The report on T02, whose audited copy was replaced behind the back of the commands."""
    group.keep_ledger("T01", purpose=GOOD)
    group.swap()
    copy = group.folder / "T02" / "peer" / "T01" / "copy.labledger"
    copy.chmod(0o644)
    copy.write_bytes(data or copy.read_bytes())
    group.done("T02", "answer", "peer-audit/flaws", NONE)
    group.submit("T02")
    return group.graded()


@pytest.mark.parametrize(
    "data", [b"{", b"[" * 100_000, b'{"schema":"labkit-ledger-copy/1"}\n' + b"\xff" * 1000, b"\n" * 900_000]
)
def test_a_hostile_copy_in_a_submission_blocks_one_task_and_is_told(group: Class, data: bytes) -> None:
    report = planted(group, data)

    task = audit_of(report, "T02")
    assert (task["outcome"], details(task)) == ("blocked", ["PEER-REFUSED"])
    assert [item["values"]["reason"] for item in flags(report, "peer-refused")] == ["PEER-REFUSED"]


def test_the_own_ledger_in_place_of_a_colleagues_is_noticed(group: Class) -> None:
    group.keep_ledger("T02", purpose=GOOD)
    group.done("T02", "custody", "give", "--out", group.folder / "own.labledger")

    task = audit_of(planted(group, (group.folder / "own.labledger").read_bytes()), "T02")

    assert details(task) == ["PEER-OWN"]


def test_a_ledger_of_another_class_is_noticed(group: Class, tmp_path: Path) -> None:
    from labkit.cohort.keys import ClassKeys
    from labkit.usecases import colleague
    from tests.pairs import AT, PEOPLE, a_member, write_story

    stranger = a_member(tmp_path / "other", PEOPLE[0], keys=ClassKeys(bytes(32), bytes(range(1, 33))))
    write_story(stranger)
    path = colleague.give(stranger.root, tmp_path / "stranger.labledger", now=AT).path

    task = audit_of(planted(group, path.read_bytes()), "T02")

    assert details(task) == ["PEER-STRANGER"]


def test_a_ledger_that_its_owner_wrote_anew_afterwards_is_told_and_the_mark_stands(group: Class) -> None:
    group.keep_ledger("T01", purpose=GOOD)
    group.swap()
    group.done("T02", "answer", "peer-audit/flaws", NONE)
    (group.folder / "T01" / "custody.jsonl").write_bytes(b"")
    group.keep_ledger("T01", purpose="another story altogether")
    group.submit()

    report = group.graded()

    assert audit_of(report, "T02")["points"] == 8
    assert [item["trainee_id"] for item in flags(report, "peer-differs")] == ["T02"]


def test_a_ledger_that_was_signed_elsewhere_is_told(group: Class) -> None:
    group.keep_ledger("T01", purpose=GOOD)
    group.swap()
    group.done("T02", "answer", "peer-audit/flaws", NONE)
    (group.folder / "T01" / ".labkit" / WORKSPACE_KEY).write_text("7" * 64, encoding="ascii")
    group.submit()

    report = group.graded()

    assert audit_of(report, "T02")["points"] == 8
    assert [item["values"]["colleague"] for item in flags(report, "peer-key")] == ["T01"]


def handed_over(group: Class, giver: str, receiver: str, *, is_answered: bool = True) -> None:
    """The steps of the guide, as giver and receiver take them at two computers with a stick."""
    stick = group.folder / "stick"
    for each, other in ((giver, receiver), (receiver, giver)):
        group.done(each, "custody", "give", "--out", stick)
        group.done(other, "custody", "take", stick / f"{each}.labledger")
    mine, theirs = key(group, giver), key(group, receiver)
    for line in (
        ["person", "T1", "--name", "The giver", "--role", "investigator", "--specimen", mine],
        ["person", "T2", "--name", "The receiver", "--role", "custodian", "--specimen", theirs],
        ["person", "TR", "--name", "The trainer", "--role", "prosecutor"],
        ["location", "CLASS", "--kind", "other", "--tz", "Asia/Almaty"],
        ["exhibit", "P-1", "--kind", "paper", "--description", "sealed envelope with one sheet"],
        ["received", "--exhibit", "P-1", "--by", "T1", "--released-by", "TR", "--received-by", "T1", "--location",
         "CLASS", "--purpose", "practice of a handover", "--seal-before", "S-77:intact:tape", "--signed", "TR,T1"],
        ["released", "--exhibit", "P-1", "--by", "T1", "--released-by", "T1", "--received-by", "T2", "--location",
         "CLASS", "--purpose", "practice: kept by the colleague", "--seal-before", "S-77:intact:tape", "--sign"],
    ):  # fmt: skip
        said = group.done(giver, "custody", "add", *line)
    number = re.findall(r"\d+", said)[0]
    group.done(giver, "custody", "give", "--out", stick)
    group.done(receiver, "custody", "take", stick / f"{giver}.labledger")
    if not is_answered:
        return
    arguments = ["--as", "T2", "--peer", giver, "--seal-before", "S-77:intact:tape", "--out", stick]
    group.done(receiver, "custody", "countersign", number, *arguments)
    group.done(giver, "custody", "take", stick / f"{giver}-countersigned-by-{receiver}.labledger")


def key(group: Class, trainee_id: str) -> str:
    return re.findall(r"[0-9a-f]{64}", group.done(trainee_id, "custody", "partner", "--plain"))[0]


def tell_the_story(group: Class, trainee_id: str) -> None:
    """Keep the ledger of L02 without a flaw: the exemplar."""
    library, root = load_library(), open_classroom(group.root)
    _, truths = derive_truths(order_truth(library, COURSE, root.keys(), trainee_id))
    workspace = open_workspace(group.folder / trainee_id)
    folder = library.root / "exercises" / "bag-seal-sign" / "trainer" / "exemplar"
    lines = render_custody(folder, truths["kestrel"], genesis=workspace.ledger_genesis)
    workspace.custody_path.write_text("".join(lines), encoding="utf-8")


def test_handing_over_with_a_stick_by_the_steps_of_the_guide(group: Class) -> None:
    """In a ledger that holds the story of the lab already: neither exercise takes from the other."""
    for trainee_id in group.ids:
        tell_the_story(group, trainee_id)
    for place, trainee_id in enumerate(group.ids):
        handed_over(group, trainee_id, group.ids[(place + 1) % len(group.ids)])
        group.done(trainee_id, "custody", "check")
        group.done(trainee_id, "answer", "pair-handover/what-was-signed", "this-handover")
        group.done(trainee_id, "answer", "pair-handover/too-late", "give-again")
    group.submit()

    report = group.graded()

    for row in report["rows"]:
        tasks = {task["task"]: task for task in row["tasks"]}
        assert sum(task["points"] for name, task in tasks.items() if name.startswith("pair-handover/")) == 5
        assert tasks["pair-handover/handover"]["outcome"] == "correct"
        assert tasks["bag-seal-sign/ledger"]["outcome"] == "correct", tasks["bag-seal-sign/ledger"]["details"]
    assert report["flags"] == []


def test_a_colleague_who_never_answers_leaves_no_gap(group: Class) -> None:
    tell_the_story(group, "T01")
    handed_over(group, "T01", "T02", is_answered=False)
    checked = group.done("T01", "custody", "check")

    assert "100" in checked


def test_a_receipt_signed_with_a_key_of_nobody_in_the_class_is_told(group: Class) -> None:
    handed_over(group, "T01", "T02")
    (group.folder / "T02" / ".labkit" / WORKSPACE_KEY).write_text("7" * 64, encoding="ascii")
    group.submit("T01", "T02")

    report = group.graded()

    assert [item["values"]["partner"] for item in flags(report, "countersigned-by-other-key")] == ["T02"]


def test_a_copy_gives_away_no_seed_no_key_and_no_answer(group: Class) -> None:
    group.keep_ledger("T01", purpose=GOOD)
    group.done("T01", "answer", "bag-seal-sign/purpose-store", "purpose-2")
    group.done("T01", "custody", "give", "--out", group.folder / "stick")
    workspace = open_workspace(group.folder / "T01")
    keys = open_classroom(group.root).keys()
    secrets = [keys.course_key, keys.signing_seed]
    secrets += [keys.seed(COURSE, case, one) for case in load_library().cases_of(COURSE) for one in group.ids]
    secrets += [bytes.fromhex((workspace.kit / WORKSPACE_KEY).read_text(encoding="ascii").strip())]
    secrets += [bytes.fromhex(workspace.manifest.pack_token)]

    data = (group.folder / "stick" / "T01.labledger").read_bytes()

    for secret in secrets:
        for spelling in spellings(secret):
            assert spelling not in data
    assert b"purpose-2" not in data


def test_a_pack_tells_of_the_pair_and_gives_no_seed_or_key(group: Class) -> None:
    keys = open_classroom(group.root).keys()
    for trainee_id in group.ids:
        pack = members(group.root / "packs" / f"{trainee_id}.labpack")
        pair = json.loads(pack["kit/pair.json"])
        assert pair["card"]["trainee_id"] == trainee_id
        assert set(pair["audits"]) == {"pack_id", "trainee_id", "name"}
        for secret in (keys.course_key, keys.signing_seed):
            assert all(spelling not in data for data in pack.values() for spelling in spellings(secret))
        rules = [b"CC-06", b'"rules"', b"bonus_points"]
        assert all(each not in pack["kit/tasks.json"] for each in rules)

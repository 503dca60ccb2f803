import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from labkit.cli.root import main
from labkit.content.reader import CONTENT_VARIABLE
from labkit.errors import ContentError, SynthesisError
from labkit.model.scenario import CaseScenario
from labkit.usecases import author as usecase
from labkit.verification import programs
from labkit.verification.confirmation import Confirmation
from tests.unit.content.small_library import SmallLibrary

REPOSITORY = Path(__file__).resolve().parents[3]


def labkit(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["author", *map(str, arguments)])


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallLibrary:
    """A small library whose case is a copy of the loose files of KESTREL."""
    library = SmallLibrary(tmp_path / "content")
    kestrel = REPOSITORY / "evidence_images" / "kestrel"
    case = (
        (kestrel / "case.toml")
        .read_text("utf-8")
        .replace('items = ["basics", "usb", "pc", "scene", "records", "blobs", "memory", "logs"]', 'items = ["basics"]')
    )
    library.write("evidence_images/kite/case.toml", case.replace('slug = "kestrel"', 'slug = "kite"'))
    shutil.copytree(kestrel / "basics", library.root / "evidence_images" / "kite" / "basics")
    for path in ("exercises/prints/exercise.toml", "labs/00-prints/lab.toml"):
        library.change(path, 'items = ["stick"]', 'items = ["basics"]')
    library.change("exercises/prints/exercise.toml", "stick:", "basics:")
    library.write("exercises/prints/trainer/exemplar/answers.toml", EXEMPLAR)
    for name in ("one", "two", "three", "four"):
        library.write(f"exercises/prints/trainer/attempts/{name}/answers.toml", 'choice = "blue-one"\n')
        library.write(f"exercises/prints/trainer/attempts/{name}/expect.toml", "score_percent = 40\n")
    monkeypatch.setenv(CONTENT_VARIABLE, str(library.root))
    return library


EXEMPLAR = 'media = "{basics:media.sha256}"\nchoice = "blue-one"\n'


def test_lint_says_that_there_are_no_problems(content: SmallLibrary) -> None:
    done = labkit("lint")

    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "No problems.\n")


def test_lint_prints_every_problem_and_leaves_with_3(content: SmallLibrary) -> None:
    content.change("exercises/prints/exercise.toml", "points = 60", "points = 61")
    content.remove("labs/00-prints/trainer/design.md")

    done = labkit("lint")

    assert done.exit_code == 3
    assert done.stdout.splitlines() == [
        "exercises/prints/exercise.toml: tasks: the points add up to 101, not to 100 [LK170]",
        "labs/00-prints/trainer/design.md: is missing [LK240]",
    ]
    assert "2 problem(s)" in done.stderr
    assert "Next:" in done.stderr


def test_lint_prints_json_and_tabs_for_programs(content: SmallLibrary) -> None:
    content.change("exercises/prints/exercise.toml", "points = 60", "points = 61")

    (found,) = map(json.loads, labkit("lint", "--json").stdout.splitlines())
    plain = labkit("lint", "--plain").stdout

    assert (found["path"], found["key"], found["code"]) == ("exercises/prints/exercise.toml", "tasks", "LK170")
    assert plain.split("\t")[:3] == ["exercises/prints/exercise.toml", "tasks", "LK170"]


def test_lint_of_a_path_shows_what_is_wrong_there(content: SmallLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CONTENT_VARIABLE)  # the root is found from the path
    content.change("exercises/prints/exercise.toml", "points = 60", "points = 61")
    content.remove("labs/00-prints/trainer/design.md")

    labs = labkit("lint", content.root / "labs")
    file = labkit("lint", content.root / "exercises/prints/exercise.toml")
    notes = labkit("lint", content.root / "exercises/prints/trainer")

    assert [line.rpartition(" ")[2] for line in labs.stdout.splitlines()] == ["[LK240]"]
    assert [line.rpartition(" ")[2] for line in file.stdout.splitlines()] == ["[LK170]"]
    assert notes.exit_code == 0


def test_a_path_outside_of_the_content_is_an_error(content: SmallLibrary, tmp_path: Path) -> None:
    stray = tmp_path / "stray.toml"
    stray.write_text("", encoding="utf-8")

    done = labkit("lint", stray)

    assert done.exit_code == 3
    assert "lies outside of the content" in done.stderr


def test_a_case_that_can_not_be_read_is_one_of_the_problems(content: SmallLibrary) -> None:
    content.change("evidence_images/kite/case.toml", "[machines.kf-acc-07]", "[machine.kf-acc-07]")
    content.change("exercises/prints/exercise.toml", "points = 60", "points = 61")

    codes = {json.loads(line)["code"] for line in labkit("lint", "--json").stdout.splitlines()}

    assert codes == {"LK300", "LK170"}


def test_a_case_that_can_not_be_built_is_one_of_the_problems(
    content: SmallLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(case: CaseScenario, seed: bytes) -> None:
        raise SynthesisError(f"{case.slug} is full", remedy="Make the medium larger.")

    monkeypatch.setattr("labkit.synthesis.build.derive_truth", refuse)

    (found,) = map(json.loads, labkit("lint", "--json").stdout.splitlines())

    assert (found["path"], found["code"]) == ("evidence_images/kite/case.toml", "LK301")
    assert found["message"] == "kite is full. Make the medium larger."


def test_the_content_of_the_repository_has_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CONTENT_VARIABLE, raising=False)

    assert [str(problem) for problem in usecase.lint()] == []


def test_build_writes_the_evidence_and_its_truth(content: SmallLibrary, tmp_path: Path) -> None:
    out = tmp_path / "out"

    done = labkit("build", "kite", "--seed", "asel", "--out", out, "--json")

    assert done.exit_code == 0, done.stderr
    names = {json.loads(line)["name"] for line in done.stdout.splitlines()}
    assert {"basics/a.txt", "basics/container.E01", "truth.json"} <= names
    truth = json.loads((out / "truth.json").read_text("utf-8"))
    name = truth["items"]["basics"]["file-a"]["facts"]["name"]
    assert (out / "basics" / name).stat().st_size == truth["items"]["basics"]["file-a"]["facts"]["size_bytes"]
    assert truth["items"]["basics"]["kabul-note"]["facts"]["at_utc"].endswith("+00:00")


def test_the_same_word_builds_the_same_and_another_word_something_else(content: SmallLibrary, tmp_path: Path) -> None:
    for folder, word in (("one", "asel"), ("two", "asel"), ("three", "nour")):
        assert labkit("build", "kite", "--item", "basics", "--seed", word, "--out", tmp_path / folder).exit_code == 0

    one, two, three = ((tmp_path / folder / "truth.json").read_bytes() for folder in ("one", "two", "three"))
    assert one == two
    assert one != three


def test_an_unknown_item_is_met_with_the_items_there_are(content: SmallLibrary, tmp_path: Path) -> None:
    done = labkit("build", "kite", "--item", "phone", "--out", tmp_path / "out")

    assert done.exit_code == 3
    assert "has no item 'phone'" in done.stderr
    assert "basics" in done.stderr
    assert not (tmp_path / "out").exists()


def test_verify_shows_what_was_confirmed_for_every_trace(content: SmallLibrary) -> None:
    done = labkit("verify", "kite", "--seeds", "2", "--plain")

    assert done.exit_code == 0, done.stdout + done.stderr
    header, *rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert header == ["seed", "item", "trace", "confirmed", "failed", "not asked", "definition"]
    assert {row[0] for row in rows} == {"author", "author-2"}
    assert {row[2] for row in rows} >= {"file-a", "identical-pair", "near-twins", "container", "media", "kabul-note"}
    assert {row[4] for row in rows} == {"0"}


def test_verify_names_the_programs_that_were_not_asked(content: SmallLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "find", lambda program: None)

    done = labkit("verify", "kite", "--plain")

    assert done.exit_code == 0
    assert "Not installed and therefore not asked: ewfinfo, ewfverify." in done.stderr


def test_a_fact_that_does_not_hold_is_shown_and_the_exit_code_is_14(
    content: SmallLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doubtful(case: str, seeds: tuple[str, ...], item: str | None) -> Iterator[usecase.ItemReport]:
        assert (case, seeds, item) == ("kite", ("author",), None)
        wrong = Confirmation("media", "sha256", "ewfverify", "aa", "bb", agrees=False)
        yield usecase.ItemReport("author", "basics", (wrong,))

    monkeypatch.setattr(usecase, "verify", doubtful)

    done = labkit("verify", "kite", "--plain")
    as_json = labkit("verify", "kite", "--json")

    assert (done.exit_code, as_json.exit_code) == (14, 14)
    assert "author\tbasics:media\tsha256\tewfverify\taa\tbb" in done.stdout.splitlines()
    assert "basics:media.sha256 by ewfverify, seed author" in done.stderr
    assert json.loads(as_json.stdout)["verdict"] == "failed"


def test_try_grades_the_exemplar_and_the_attempts(content: SmallLibrary) -> None:
    done = labkit("try", "prints", "--seeds", "2", "--plain")

    assert done.exit_code == 0, done.stdout + done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()][1:]
    assert [row[:3] for row in rows[:2]] == [["author", "exemplar", "100.0"], ["author", "four", "40.0"]]
    assert {row[3] for row in rows} == {"as declared"}


def test_try_shows_a_difference_and_leaves_with_3(content: SmallLibrary) -> None:
    content.write("exercises/prints/trainer/attempts/two/expect.toml", "score_percent = 41\n")

    done = labkit("try", "prints", "--json")

    assert done.exit_code == 3
    (sample,) = [one for one in map(json.loads, done.stdout.splitlines()) if one["problems"]]
    assert sample["sample"] == "two"
    assert "1 difference(s)" in done.stderr


def test_an_unknown_exercise_is_an_error_with_the_known_ones(content: SmallLibrary) -> None:
    done = labkit("try", "nothing")

    assert done.exit_code == 3
    assert "prints" in done.stderr


def test_seeds_have_names_and_never_the_bytes_of_a_word() -> None:
    assert usecase.seed_names("asel", 3) == ("asel", "asel-2", "asel-3")
    assert len(usecase.seed_bytes("asel")) == 32
    assert usecase.seed_bytes("asel") != usecase.seed_bytes("asel-2")


def test_a_truth_with_a_value_of_no_known_type_is_a_fault_of_ours() -> None:
    from labkit.model.truth import CaseTruth, GroundTruth, Trace

    odd = Trace("odd", "file", None, {"name": b"bytes"})  # type: ignore[dict-item]

    with pytest.raises(TypeError, match="a fact is of type bytes"):
        usecase.truth_text(CaseTruth("kite", {}, {"stick": GroundTruth("stick", {"odd": odd})}))


def test_every_command_has_help_with_an_example() -> None:
    from labkit.cli.author import author

    for name, command in author.commands.items():
        text = command.get_help(click.Context(command, info_name=name))
        assert f"labkit author {name}" in text
    with pytest.raises(ContentError):
        usecase.build("no-such-case", "x", Path("nowhere"))


@pytest.mark.parametrize("stopped_by", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_a_build_that_is_stopped_leaves_no_folder(
    content: SmallLibrary,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stopped_by: BaseException,
) -> None:
    def stop(_path: Path, _data: bytes) -> None:
        raise stopped_by

    monkeypatch.setattr(usecase, "write_whole", stop)

    done = labkit("build", "kite", "--out", tmp_path / "out")

    assert done.exit_code == (130 if stopped_by is KeyboardInterrupt else 13)
    assert not (tmp_path / "out").exists()


def test_a_build_that_is_stopped_keeps_a_folder_that_was_there(
    content: SmallLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_path: Path, _data: bytes) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(usecase, "write_whole", stop)
    mine = tmp_path / "out" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("kept", encoding="utf-8")

    assert labkit("build", "kite", "--out", tmp_path / "out").exit_code == 130
    assert mine.read_text(encoding="utf-8") == "kept"

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labkit.cli import main
from labkit.model.people import Trainee
from labkit.usecases.trainer import Graded, Refused

ROSTER = "trainee_id,name,language\nT01,Nadia Marlow,en\nT02,Тимур Ясенев,ru\n"


def run(*arguments: object, **options: str) -> Result:
    return CliRunner().invoke(main, ["trainer", *map(str, arguments)], **options)


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER, encoding="utf-8")
    return path


def test_new_says_what_was_made_and_what_comes_next(tmp_path: Path, roster: Path) -> None:
    result = run("new", tmp_path / "spring", "--roster", roster, "--course", "first-steps", "--name", "Spring A")

    assert result.exit_code == 0, result.output
    assert "Class Spring A: 2 trainee(s)" in result.output
    assert "labkit trainer build" in result.output


def test_what_a_country_adds_is_copied_into_the_class_and_refused_if_it_is_wrong(tmp_path: Path, roster: Path) -> None:
    own = tmp_path / "norvia.toml"
    own.write_text("attesting_witnesses = 2\n", encoding="utf-8")
    made = run("new", tmp_path / "spring", "--roster", roster, "--course", "first-steps", "--overlay", own)
    named = run("new", tmp_path / "a", "--roster", roster, "--course", "first-steps", "--overlay", "legacy-digests")
    own.write_text("witnesses = 2\n", encoding="utf-8")
    wrong = run("new", tmp_path / "b", "--roster", roster, "--course", "first-steps", "--overlay", own)
    unknown = run("new", tmp_path / "c", "--roster", roster, "--course", "first-steps", "--overlay", "mars")

    assert "overlay.toml; packs take it along" in made.output
    assert (tmp_path / "spring" / "overlay.toml").read_text(encoding="utf-8") == "attesting_witnesses = 2\n"
    assert 'hash_policy = "legacy"' in (tmp_path / "a" / "overlay.toml").read_text(encoding="utf-8")
    assert (named.exit_code, wrong.exit_code, unknown.exit_code) == (0, 7, 7)
    assert "witnesses is not a key of an overlay" in wrong.stderr
    assert "there is no overlay 'mars'" in unknown.stderr
    assert not (tmp_path / "b").exists()

    (tmp_path / "spring" / "overlay.toml").write_text("witnesses = 2\n", encoding="utf-8")
    for command in (["build"], ["grade", tmp_path]):
        told = run(command[0], tmp_path / "spring", *command[1:])
        assert (told.exit_code, "overlay.toml: witnesses is not a key" in told.stderr) == (7, True)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("T01,Nadia Marlow,en\nT02,nadia marlow,ru\n", "line 3: name 'nadia marlow' stands in line 2 already"),
        ("T01,,en\n", "line 2: name is empty"),
    ],
)
def test_a_wrong_roster_is_refused_and_leaves_nothing(tmp_path: Path, roster: Path, lines: str, said: str) -> None:
    roster.write_text(f"trainee_id,name,language\n{lines}", encoding="utf-8")

    result = run("new", tmp_path / "spring", "--roster", roster, "--course", "first-steps")

    assert result.exit_code == 11
    assert said in result.stderr
    assert "Next:" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["roster.csv"]


def test_an_unknown_course_is_refused_and_leaves_nothing(tmp_path: Path, roster: Path) -> None:
    result = run("new", tmp_path / "spring", "--roster", roster, "--course", "second-steps")

    assert result.exit_code == 3
    assert "first-steps" in result.stderr
    assert not (tmp_path / "spring").exists()


def test_courses_are_shown_with_their_labs() -> None:
    result = run("courses")

    assert result.exit_code == 0, result.output
    assert "prosecutors: For prosecutors" in result.output
    assert "    L11  Find the flaw, 60 minutes" in result.output


def test_a_roster_that_is_not_there_is_a_matter_of_usage(tmp_path: Path) -> None:
    assert run("new", tmp_path / "x", "--roster", tmp_path / "none.csv", "--course", "first-steps").exit_code == 2


@pytest.mark.parametrize("command", [["build"], ["grade", "."], ["report"]])
def test_a_folder_that_is_no_class_is_said(tmp_path: Path, command: list[str]) -> None:
    name, *rest = command

    result = run(name, tmp_path, *rest)

    assert result.exit_code == 9
    assert "labkit trainer new" in result.stderr


def test_grading_before_building_says_what_is_missing(tmp_path: Path, roster: Path) -> None:
    run("new", tmp_path / "spring", "--roster", roster, "--course", "first-steps")
    (tmp_path / "inbox").mkdir()

    result = run("grade", tmp_path / "spring", tmp_path / "inbox")

    assert result.exit_code == 13
    assert "labkit trainer build" in result.stderr


def test_answers_before_building_are_not_there(tmp_path: Path, roster: Path) -> None:
    run("new", tmp_path / "spring", "--roster", roster, "--course", "first-steps")

    result = run("answers", tmp_path / "spring")

    assert result.exit_code == 13
    assert "labkit trainer build" in result.stderr
    assert not (tmp_path / "spring" / "answers").exists()


def test_an_inbox_that_is_not_there_is_said(tmp_path: Path, roster: Path) -> None:
    run("new", tmp_path / "spring", "--roster", roster, "--course", "first-steps")

    assert run("grade", tmp_path / "spring", tmp_path / "none").exit_code == 12


def test_damaged_results_are_said(tmp_path: Path, roster: Path) -> None:
    run("new", tmp_path / "spring", "--roster", roster, "--course", "first-steps")
    (tmp_path / "spring" / "results.sqlite").write_bytes(b"hello, this is no database at all" * 200)

    result = run("report", tmp_path / "spring")

    assert result.exit_code == 13
    assert "damaged" in result.stderr
    assert "made again" in result.stderr


def test_a_report_of_a_class_that_handed_in_nothing(tmp_path: Path, roster: Path) -> None:
    run("new", tmp_path / "spring", "--roster", roster, "--course", "first-steps")

    result = run("report", tmp_path / "spring", "--language", "ru", "--out", tmp_path / "out")

    assert result.exit_code == 0, result.output
    page = (tmp_path / "out" / "class-report.html").read_text(encoding="utf-8")
    assert '<html lang="ru"' in page
    assert (tmp_path / "out" / "class-report.csv").read_bytes().startswith(b"\xef\xbb\xbftrainee_id,")


def test_protected_keys_ask_for_the_passphrase(tmp_path: Path, roster: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = run(
        "new", tmp_path / "spring", "--roster", roster, "--course", "first-steps", "--passphrase",
        input="correct horse\ncorrect horse\n",
    )  # fmt: skip
    (tmp_path / "inbox").mkdir()

    wrong = run("grade", tmp_path / "spring", tmp_path / "inbox", input="wrong\n")
    right = run("grade", tmp_path / "spring", tmp_path / "inbox", input="correct horse\n")
    monkeypatch.setenv("LABKIT_PASSPHRASE", "correct horse")
    from_environment = run("grade", tmp_path / "spring", tmp_path / "inbox")

    assert made.exit_code == 0, made.output
    assert (wrong.exit_code, right.exit_code, from_environment.exit_code) == (9, 13, 13)  # 13: no packs yet
    assert "does not open" in wrong.stderr
    assert "correct horse" not in made.output + wrong.output + right.output


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("T01,Ann,en,\nT02,Ben,en,\nT03,Eve,en,\n", ["T01 Ann -> T02 Ben -> T03 Eve -> T01 Ann"]),
        ("T01,Ann,en,x\nT02,Ben,en,\nT03,Eve,en,x\n", ["T01 Ann -> T03 Eve -> T01 Ann", "T02 Ben: alone"]),
        ("T01,Ann,en,\n", ["T01 Ann: alone"]),
    ],
)
def test_pairs_are_shown_by_the_roster(tmp_path: Path, roster: Path, lines: str, said: list[str]) -> None:
    roster.write_text(f"trainee_id,name,language,pair\n{lines}", encoding="utf-8")
    run("new", tmp_path / "spring", "--roster", roster, "--course", "prosecutors")

    result = run("pairs", tmp_path / "spring")

    assert result.exit_code == 0
    assert result.output.splitlines()[:-1] == [
        line for line in result.output.splitlines() if line.startswith(tuple(said))
    ]


def test_grading_tells_what_it_did_not_count_and_what_to_do_about_refused_files(
    tmp_path: Path, roster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("new", tmp_path / "spring", "--roster", roster, "--course", "first-steps")
    refused = Refused(None, "T02.labsub", "broken-archive", "the file is damaged or was cut short")
    done = Graded(4, (Trainee("T01", "Nadia Marlow", "en"),), (), (refused,), (), ())
    monkeypatch.setattr("labkit.usecases.trainer.grade_inbox", lambda *_arguments, **_options: done)

    told = run("grade", tmp_path / "spring", tmp_path).output

    assert "Not counted: 2 earlier attempt(s)" in told
    assert "labkit submit" in told


def test_an_inbox_without_submissions_is_told(tmp_path: Path, roster: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("new", tmp_path / "spring", "--roster", roster, "--course", "first-steps")
    done = Graded(0, (), (), (), (), ())
    monkeypatch.setattr("labkit.usecases.trainer.grade_inbox", lambda *_arguments, **_options: done)

    assert "no file that ends in .labsub" in run("grade", tmp_path / "spring", tmp_path).stderr

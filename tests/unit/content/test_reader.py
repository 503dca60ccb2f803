from dataclasses import replace
from pathlib import Path

import pytest

import labkit
from labkit.content.reader import CONTENT_VARIABLE, content_root, load_library
from labkit.content.schemas import Course
from labkit.errors import ContentError
from tests.unit.content.small_library import SECOND_LAB, SmallLibrary


def test_a_course_leads_to_labs_exercises_and_cases_in_order(content: SmallLibrary) -> None:
    content.write_lab("01-more", SECOND_LAB)
    content.change("labs/course.toml", '["00-prints"]', '["00-prints", "01-more"]')

    library = load_library(content.root)

    assert [lab.code for lab in library.labs_of("short")] == ["L00", "L01"]
    assert [exercise.slug for exercise in library.exercises_of("short")] == ["prints"]
    assert library.cases_of("short") == {"kite": ("stick",)}


def test_a_course_can_leave_out_an_exercise_and_the_evidence_that_only_it_needs() -> None:
    library = load_library()
    lab = library.labs["05-files-that-were"].model_copy(
        update={
            "exercises": ["fingerprints", "deleted-on-fat"],
            "items": ["basics", "usb"],
            "minutes": 90,
            "minutes_of": {"fingerprints": 20, "deleted-on-fat": 60},
        }
    )
    short = Course.model_validate({"title": {"en": "Short"}, "labs": [lab.slug], "leave_out": ["fingerprints"]})
    library = replace(library, labs={lab.slug: lab}, courses={"short": short})

    assert [exercise.slug for exercise in library.exercises_of("short")] == ["deleted-on-fat"]
    assert library.cases_of("short") == {"kestrel": ("usb",)}
    assert library.labs_of("short")[0].items == ["usb"]
    assert library.labs_of("short")[0].minutes == 70
    assert library.labs_of("short")[0].minutes_of == {"deleted-on-fat": 60}


def test_the_first_steps_need_no_disk_of_a_computer() -> None:
    library = load_library()

    assert "deleted-on-ntfs" in library.labs["05-files-that-were"].exercises
    assert "deleted-on-ntfs" not in {exercise.slug for exercise in library.exercises_of("first-steps")}
    assert library.cases_of("first-steps") == {"kestrel": ("basics", "usb")}


def test_every_problem_is_listed_with_file_key_and_message(content: SmallLibrary) -> None:
    content.change("exercises/prints/exercise.toml", "points = 60", "points = 0")
    content.change("labs/00-prints/lab.toml", "minutes = 30", 'minutes = "long"')

    with pytest.raises(ContentError, match=r"2 problem\(s\)") as caught:
        load_library(content.root)

    lab, exercise = sorted(caught.value.problems, reverse=True)
    assert lab.startswith("labs/00-prints/lab.toml: minutes: ")
    assert exercise.startswith("exercises/prints/exercise.toml: tasks[1].points: ")
    assert "labkit author lint" in caught.value.remedy


def test_a_link_to_nothing_is_a_problem_of_the_library(content: SmallLibrary) -> None:
    content.change("labs/course.toml", '["00-prints"]', '["09-none"]')

    with pytest.raises(ContentError) as caught:
        load_library(content.root)

    assert caught.value.problems == ("labs/course.toml: courses.short.labs: there is no lab '09-none' [LK223]",)


@pytest.mark.parametrize("kind", ["course", "lab", "exercise"])
def test_an_unknown_slug_is_met_with_what_there_is(content: SmallLibrary, kind: str) -> None:
    library = load_library(content.root)

    with pytest.raises(ContentError, match=f"no {kind} 'nowhere'") as caught:
        getattr(library, kind)("nowhere")

    assert {"course": "short", "lab": "00-prints", "exercise": "prints"}[kind] in caught.value.remedy


def test_the_root_is_the_repository_or_what_the_environment_names(
    content: SmallLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(CONTENT_VARIABLE, raising=False)
    package = Path(labkit.__file__).resolve().parent
    installed = package / "data"
    assert content_root() == (installed if installed.is_dir() else package.parents[1])

    monkeypatch.setenv(CONTENT_VARIABLE, str(content.root))
    assert content_root() == content.root.resolve()
    assert "short" in load_library().courses


def test_an_environment_that_names_another_folder_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONTENT_VARIABLE, str(tmp_path))

    with pytest.raises(ContentError, match="has no folders labs, exercises and evidence_images") as caught:
        content_root()

    assert CONTENT_VARIABLE in caught.value.remedy


def test_an_installation_without_content_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CONTENT_VARIABLE, raising=False)
    monkeypatch.setattr("labkit.content.reader.holds_content", lambda _: False)

    with pytest.raises(ContentError, match="not installed with this package") as caught:
        content_root()

    assert "Install labkit again" in caught.value.remedy


def test_files_with_a_byte_order_mark_and_windows_line_ends_are_read(content: SmallLibrary) -> None:
    path = content.root / "labs" / "course.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))

    assert load_library(content.root).course("short").pass_percent == 60

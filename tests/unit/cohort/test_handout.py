import shutil
from pathlib import Path

import pytest

from labkit.cohort.handout import public_hints, public_tasks
from labkit.content.reader import Library, load_library
from labkit.content.scenario import load_case
from labkit.errors import ContentError
from labkit.model.truth import CaseTruth
from labkit.synthesis.build import derive_truth
from labkit.synthesis.variables import public_names
from labkit.workspace.tasks import PublicTask
from labkit.workspace.verifier import is_right, make_verifier
from tests.small_class import COURSE, KEYS


@pytest.fixture(scope="module")
def truth() -> CaseTruth:
    return derive_truth(load_case("kestrel"), bytes(32))


def handed_out(library: Library, truth: CaseTruth, language: str) -> dict[str, PublicTask]:
    public = {name: truth.variables[name] for name in public_names(load_case("kestrel"))}
    tasks = public_tasks(library, COURSE, language, public, {"kestrel": truth}, KEYS, "00" * 16)
    return {task.name: task for task in tasks}


def test_practice_can_be_checked_and_graded_tasks_can_not(truth: CaseTruth) -> None:
    tasks = handed_out(load_library(), truth, "en")

    verifier = tasks["fingerprints/sha256-a"].verifier
    assert verifier is not None
    assert is_right(str(truth.fact("basics:file-a.sha256")), verifier)
    assert not is_right(str(truth.fact("basics:file-b.sha256")), verifier)
    assert not any(task.verifier for task in tasks.values() if task.mode == "graded")


def test_texts_are_in_the_trainees_language_with_public_values_filled_in(truth: CaseTruth) -> None:
    english, russian = (handed_out(load_library(), truth, language) for language in ("en", "ru"))

    options = english["deleted-on-fat/overwritten-candidate"].answer["options"]
    assert [option["title"] for option in options] == [truth.variables[f"candidate_{n}"] for n in (1, 2, 3)]
    assert "{" not in "".join(task.heading + task.text for task in [*english.values(), *russian.values()])
    assert english.keys() == russian.keys()
    assert english["fingerprints/label"].heading != russian["fingerprints/label"].heading


def test_every_task_has_its_hints(truth: CaseTruth) -> None:
    hints = public_hints(load_library(), COURSE, "ru", truth.variables)

    assert hints.keys() == handed_out(load_library(), truth, "ru").keys()
    assert all(hints.values())


def test_an_exemplar_of_the_wrong_form_is_a_fault_of_the_content(truth: CaseTruth, tmp_path: Path) -> None:
    original = load_library().root
    for folder in ("labs", "exercises"):
        shutil.copytree(original / folder, tmp_path / folder)
    (tmp_path / "evidence_images").mkdir()
    exemplar = tmp_path / "exercises" / "fingerprints" / "trainer" / "exemplar" / "answers.toml"
    exemplar.write_text('sha256-a = "not a digest"\n', encoding="utf-8")

    with pytest.raises(ContentError, match="exemplar of fingerprints") as caught:
        handed_out(load_library(tmp_path), truth, "en")

    assert "labkit author try fingerprints" in caught.value.remedy


@pytest.mark.parametrize("changes", [{"kind": "md5"}, {"ops": 10**6}, {"mem_bytes": 2**40}, {"ops": 0}])
def test_a_verifier_that_would_do_harm_or_is_unknown_is_refused(changes: dict[str, object]) -> None:
    verifier = make_verifier("4096", bytes(16))

    with pytest.raises(ValueError, match="unknown verifier"):
        is_right("4096", verifier | changes)


def test_two_trainees_have_different_verifiers_for_one_answer() -> None:
    one = make_verifier("label-3", KEYS.verifier_salt("p1", "fingerprints/label"))
    other = make_verifier("label-3", KEYS.verifier_salt("p2", "fingerprints/label"))

    assert one["digest"] != other["digest"]

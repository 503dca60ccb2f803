"""What a solver's answers earn: the evidence of one seed is built, solved and graded, and then removed."""

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from labkit.content.reader import load_library
from labkit.content.scenario import load_case
from labkit.grading.runner import grade
from labkit.model.grading import Submission
from labkit.synthesis.build import build_case
from labkit.synthesis.samples.rule_samples import RuleSamples
from labkit.synthesis.variables import public_names

SEEDS = int(os.environ.get("LABKIT_SEEDS", "2"))
Solver = Callable[[Path, Mapping[str, str], Path], Mapping[str, str]]  # evidence, public values, a folder to work in


def marks(exercise_slug: str, solve: Solver, number: int, folder: Path) -> dict[str, tuple[str, str | None]]:
    """Return outcome and named mistake of each task, as the answers of ``solve`` for one seed earn them."""
    exercise = load_library().exercise(exercise_slug)
    case = load_case(exercise.case)
    evidence, work = folder / "evidence", folder / "work"
    work.mkdir()
    seed = hashlib.sha256(f"solver {number}".encode()).digest()
    built = build_case(case, seed, evidence, items=exercise.items)
    try:
        answers = solve(evidence, {name: built.truth.variables[name] for name in public_names(case)}, work)
    finally:
        shutil.rmtree(evidence)  # up to a gigabyte
        shutil.rmtree(work)
    named = {f"{exercise_slug}/{task}": answer for task, answer in answers.items()}
    submission = Submission("p", "t-01", 1, datetime(2026, 3, 12, tzinfo=UTC), named, (), (), {}, "a" * 64)
    sample_sets = RuleSamples(case, seed, b"shared by the class")  # what rules are tried on
    result = grade(submission, [exercise], built.truth, ledger_genesis="0" * 64, sample_sets=sample_sets)
    return {task.task.rpartition("/")[2]: (task.outcome.value, task.mistake) for task in result.tasks}

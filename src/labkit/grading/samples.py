"""Exemplar and attempts of an exercise: known answers with a known score, written once for all trainees.

``trainer/exemplar/answers.toml`` maps task ids to texts in which ``{item:trace.fact}`` stands for a fact of the truth,
with filters behind ``|``; braces that are meant as such are doubled. ``trainer/attempts/<name>/`` has the same and an
``expect.toml``. A ``custody.toml`` beside them lists the entries of a ledger; a ``colleague.toml``, there or for all of
them in ``trainer/``, those of the colleague's ledger that is audited.
"""

import re
import tempfile
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from labkit.content.reader import Library
from labkit.content.schemas import Exercise
from labkit.custody import ledger, signing
from labkit.errors import ContentError
from labkit.grading.peer_audit import PeerLedger
from labkit.grading.runner import grade
from labkit.grading.yara_trial import SampleSets
from labkit.model.grading import Submission, SubmissionResult
from labkit.model.truth import CaseTruth, FactValue

EXEMPLAR = "exemplar"
CUSTODY = "custody.toml"
COLLEAGUE = "colleague.toml"
SCORE_TOLERANCE_PERCENT = 0.1
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_SECTOR_BYTES = 512
_FULL_PERCENT = 100
_EXPECT_KEYS = frozenset({"outcome", "mistake", "credit_percent"})
_NO_TIME = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sample:
    """One folder of known answers. ``name`` is ``exemplar`` or the attempt's folder name."""

    name: str
    folder: Path


@dataclass(frozen=True, slots=True)
class SampleReport:
    """How one sample was graded, and what differs from what its author declared: one printable line each."""

    sample: str
    score_percent: float
    problems: tuple[str, ...]
    result: SubmissionResult


def samples(exercise_folder: Path) -> tuple[Sample, ...]:
    """Return the exemplar and then the attempts of an exercise, by name."""
    trainer = exercise_folder / "trainer"
    found = [Sample(EXEMPLAR, trainer / EXEMPLAR)] if (trainer / EXEMPLAR).is_dir() else []
    attempts = trainer / "attempts"
    folders = sorted(place for place in attempts.iterdir() if place.is_dir()) if attempts.is_dir() else []
    return (*found, *(Sample(place.name, place) for place in folders))


def try_exercise(
    library: Library, exercise_slug: str, truth: CaseTruth, *, sample_sets: SampleSets | None = None
) -> tuple[SampleReport, ...]:
    """Grade every sample of an exercise against one trainee's truth; ``sample_sets`` is what YARA rules are tried on.

    Raises:
        ContentError: No such exercise, or a file of a sample can not be read.
    """
    exercise = library.exercise(exercise_slug)
    folder = library.root / "exercises" / exercise_slug
    return tuple(try_sample(exercise, sample, truth, sample_sets=sample_sets) for sample in samples(folder))


def try_sample(
    exercise: Exercise, sample: Sample, truth: CaseTruth, *, sample_sets: SampleSets | None = None
) -> SampleReport:
    """Grade one sample and compare it with what it declares; the exemplar declares full marks.

    Raises:
        ContentError: A file of the sample can not be read.
    """
    genesis = ledger.genesis(f"sample {exercise.slug}/{sample.name}")
    answers = {f"{exercise.slug}/{task}": text for task, text in render_answers(sample.folder, truth).items()}
    submission = Submission(
        pack_id="sample",
        trainee_id="sample",
        attempt=1,
        submitted_at_utc=_NO_TIME,
        answers=answers,
        custody_lines=render_custody(sample.folder, truth, genesis=genesis),
        examination_lines=(),
        hints_used={},
        sha256="0" * 64,
    )
    result = grade(
        submission, [exercise], truth, ledger_genesis=genesis, sample_sets=sample_sets, peer=_peer(sample, truth)
    )
    score_percent = _FULL_PERCENT * _earned(result)
    wanted: Mapping[str, Any] = {"score_percent": _FULL_PERCENT}
    if sample.name != EXEMPLAR:
        wanted = _read_toml(sample.folder / "expect.toml")
    known = {task.id for task in exercise.tasks}
    problems = [
        f"{task}: is no task of the exercise" for task in render_answers(sample.folder, truth) if task not in known
    ]
    problems += _differences(exercise, wanted, result, score_percent)
    return SampleReport(sample.name, score_percent, tuple(problems), result)


def _signed(entry: dict[str, Any], digests: Sequence[str]) -> dict[str, Any]:
    """Return an entry with those of its signatures made that have a private key. ``digests`` are of the lines above."""
    made = []
    for signature in entry.get("signatures", ()):
        key = signature.pop("private_key", None)
        if key is not None:
            line = signature.get("over")
            if line is not None and line not in range(1, len(digests) + 1):
                raise ContentError(
                    f"a signature is over line {line}, which does not stand above it",
                    remedy="Give the number of a line above.",
                )
            over = signing.content_digest(entry) if line is None else digests[line - 1]
            signature |= {"method": signing.ED25519, "over": over, "value": signing.sign(key, over)}
        made.append(signature)
    return entry | ({"signatures": made} if made else {})


def _earned(result: SubmissionResult) -> float:
    """Return the share of the points that was earned, of a bonus too."""
    return sum(task.points for task in result.tasks) / sum(task.max_points for task in result.tasks)


def _peer(sample: Sample, truth: CaseTruth) -> PeerLedger:
    """Return the colleague's ledger of a sample: its own, or that of all samples of the exercise."""
    trainer = sample.folder.parent if sample.name == EXEMPLAR else sample.folder.parents[1]
    for folder in (sample.folder, trainer):
        if (folder / COLLEAGUE).is_file():
            genesis = ledger.genesis(f"colleague of {sample.name}")
            lines = render_custody(folder, truth, genesis=genesis, name=COLLEAGUE)
            return PeerLedger(ledger.parse(lines, genesis=genesis), "", "colleague")
    return PeerLedger()


def render_answers(sample_folder: Path, truth: CaseTruth) -> Mapping[str, str]:
    """Return the answers of a sample by task id, facts filled in for one trainee.

    Raises:
        ContentError: ``answers.toml`` is missing or wrong.
        SynthesisError: The truth does not hold a fact.
    """
    path = sample_folder / "answers.toml"
    answers = _read_toml(path)
    wrong = [task for task, text in answers.items() if not isinstance(text, str)]
    if wrong:
        raise _wrong(path, f"the answers to {', '.join(wrong)} are not texts", "Put them in quotation marks.")
    return {task: fill(text, truth) for task, text in answers.items()}


def render_custody(sample_folder: Path, truth: CaseTruth, *, genesis: str, name: str = CUSTODY) -> tuple[str, ...]:
    """Return the lines of a sample's ledger, chained; none where the sample has no ``custody.toml``.

    An entry may say ``recorded_at``; else it was recorded when it happened, or with the entry before it. A signature
    with a ``private_key`` is made here, over the entry itself or over the line whose number stands in ``over``.

    Raises:
        ContentError: ``custody.toml`` is wrong.
        CustodyError: An entry does not fit the record.
        SynthesisError: The truth does not hold a fact.
    """
    path = sample_folder / name
    if not path.is_file():
        return ()
    data = _read_toml(path)
    entries = data.get("entries")
    if set(data) != {"entries"} or not isinstance(entries, list):
        raise _wrong(path, "holds something else than [[entries]]", "Write one [[entries]] table for each line.")
    recorded_at = _NO_TIME
    digests: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "custody.jsonl"
        file.touch()
        for entry in entries:
            fields = _fill_all(entry, truth)
            stated = fields.pop("recorded_at", None) or fields.get("event_at")
            recorded_at = datetime.fromisoformat(stated) if stated else recorded_at
            fields = _signed(fields, digests)
            digests.append(ledger.append(file, fields, genesis=genesis, recorded_at=recorded_at)["event_hash"])
        return tuple(file.read_text(encoding="utf-8").splitlines(keepends=True))


def fill(template: str, truth: CaseTruth) -> str:
    """Return ``template`` with facts filled in: ``{item:trace.fact|filter:argument|...}``.

    Unlike the variables of scenarios and briefs, facts have types, so that filters are needed; and every brace must
    have its meaning, so that a slip of the author is not handed in as an answer.

    Raises:
        ContentError: A brace without its twin, an unknown filter, or a value that the filter can not take.
        SynthesisError: The truth does not hold a fact.
    """

    def value(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        if match[1] is None:
            raise ContentError(f"{template!r} has a single brace", remedy="Double a brace that is meant as such.")
        return _shown(match[1], truth)

    return _PLACEHOLDER.sub(value, template)


def _shown(expression: str, truth: CaseTruth) -> str:
    reference, *filters = expression.split("|")
    value = truth.fact(reference)
    for step in filters:
        name, _, argument = step.partition(":")
        if name == "from":
            argument = str(truth.fact(argument))
        try:
            value = _FILTERS[name](value, argument)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            raise ContentError(
                f"{{{expression}}}: the filter {step!r} does not fit {type(value).__name__}",
                remedy=f"Use one of {', '.join(_FILTERS)} on a value of the right kind.",
            ) from None
    if isinstance(value, (str, int)):
        return str(value)
    raise ContentError(
        f"{{{expression}}} is no text and no number", remedy="Add |iso for a time, |join or |first for a list."
    )


def _iso(value: Any, argument: str) -> str:
    if not argument:
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # type: ignore[no-any-return]
    zone = datetime.fromisoformat(f"2000-01-01T00:00:00{argument}").tzinfo
    return value.astimezone(zone).isoformat(timespec="seconds")  # type: ignore[no-any-return]


def _plus(value: Any, argument: str) -> FactValue:
    if isinstance(value, datetime):
        return value + timedelta(seconds=int(argument))
    return int(value + int(argument))


def _turned(value: Any, argument: str) -> int:
    return int.from_bytes(value.to_bytes(int(argument), "little"), "big")


_FILTERS: Mapping[str, Callable[[Any, str], FactValue]] = {
    "iso": _iso,
    "upper": lambda value, _: value.upper(),
    "sectors": lambda value, _: value // _SECTOR_BYTES,
    "join": lambda value, _: ", ".join(map(str, (*value,))),
    "plus": _plus,
    "from": lambda value, argument: int(value - int(argument)),
    "times": lambda value, argument: int(value * int(argument)),
    "turned": _turned,
    "first": lambda value, _: value[0],
}


def _fill_all(value: Any, truth: CaseTruth) -> Any:
    """Fill the texts of one ledger entry. A text that is one bare reference takes the type of its fact."""
    if isinstance(value, dict):
        return {key: _fill_all(part, truth) for key, part in value.items()}
    if isinstance(value, list):
        return [_fill_all(part, truth) for part in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if not isinstance(value, str):
        return value
    bare = re.fullmatch(r"\{([^{}|]+)\}", value)
    fact = truth.fact(bare[1]) if bare else None
    return fact if isinstance(fact, int) else fill(value, truth)


def _differences(
    exercise: Exercise, wanted: Mapping[str, Any], result: SubmissionResult, score_percent: float
) -> list[str]:
    problems = [f"{key}: is not a key of expect.toml" for key in wanted if key not in ("score_percent", "tasks")]
    score = wanted.get("score_percent")
    if not isinstance(score, (int, float)):
        problems.append("score_percent: is missing")
    elif abs(score_percent - score) > SCORE_TOLERANCE_PERCENT:
        problems.append(f"score_percent: {score:g} declared, {score_percent:.2f} graded")
    graded = {task.task: task for task in result.tasks}
    for task, declared in wanted.get("tasks", {}).items():
        found = graded.get(f"{exercise.slug}/{task}")
        if found is None:
            problems.append(f"tasks.{task}: is no task of the exercise")
            continue
        problems += [f"tasks.{task}.{key}: is not a key of expect.toml" for key in declared if key not in _EXPECT_KEYS]
        for key in sorted(_EXPECT_KEYS & declared.keys()):
            if declared[key] != getattr(found, key):
                problems.append(f"tasks.{task}.{key}: {declared[key]} declared, {getattr(found, key)} graded")
    if score == _FULL_PERCENT:
        problems += [
            f"tasks.{task.task.rpartition('/')[2]}: {task.outcome}, {task.mistake or 'no mistake named'}"
            for task in result.tasks
            if task.outcome != "correct"
        ]
    return problems


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _wrong(path, "is missing", "Write it; see docs/author/answer-types.md.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(path, f"is not TOML in UTF-8: {error}", "Correct the file.") from None


def _wrong(path: Path, what: str, remedy: str) -> ContentError:
    return ContentError(f"{path.parent.name}/{path.name}: {what}", remedy=remedy)

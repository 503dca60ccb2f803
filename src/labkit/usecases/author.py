"""The author's verbs: lint the content, build evidence, verify it, try the exemplar and the attempts."""

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.atomic import remove_tree, write_whole
from labkit.content.codes import Problem, in_order
from labkit.content.reader import Library, content_root, holds_content, load_library
from labkit.errors import ContentError, LabkitError
from labkit.model.truth import CaseTruth

if TYPE_CHECKING:
    from labkit.content.lint_links import KnownCase
    from labkit.grading.samples import SampleReport
    from labkit.synthesis.build import BuiltCase
    from labkit.verification.confirmation import Confirmation

DEFAULT_SEED = "author"
TRUTH_NAME = "truth.json"
_SHARED_SEED = "shared by a class"


@dataclass(frozen=True, slots=True)
class ItemReport:
    """What the readers said of one item that was built from one seed."""

    seed: str
    item: str
    confirmations: "tuple[Confirmation, ...]"


@dataclass(frozen=True, slots=True)
class TrialReport:
    """How the exemplar and the attempts of an exercise were graded on the evidence of one seed."""

    seed: str
    samples: "tuple[SampleReport, ...]"


def seed_bytes(text: str) -> bytes:
    """Return the 32-byte seed that an author's word stands for. A trainee's seed never comes from here."""
    return hashlib.sha256(f"labkit author seed: {text}".encode()).digest()


def seed_names(first: str, count: int) -> tuple[str, ...]:
    """Return the names of ``count`` seeds: the word itself, then ``word-2``, ``word-3`` and on."""
    return (first, *(f"{first}-{number}" for number in range(2, count + 1)))


def lint(paths: Sequence[Path] = ()) -> tuple[Problem, ...]:
    """Check all content and return what is wrong; with ``paths``, only what is wrong in or below them.

    The content root is the folder above the first path that holds labs/, exercises/ and evidence_images/, else the
    usual one.

    Raises:
        ContentError: There is no content, or a path lies outside of it.
    """
    from labkit.content.lint import lint as lint_content

    root = _root_above(paths[0]) if paths else content_root()
    wanted = [_inside(path, root) for path in paths]
    cases: dict[str, KnownCase] = {}
    problems: list[Problem] = []
    for slug in _case_slugs(root):
        known = _known_case(slug, root, problems)
        if known is not None:
            cases[slug] = known
    unreadable = frozenset(_case_slugs(root)) - cases.keys()
    problems += lint_content(root, cases, unreadable_cases=unreadable)
    found = in_order(problems)
    if not wanted:
        return found
    return tuple(one for one in found if any(place == one.path or place in one.path.parents for place in wanted))


def _root_above(path: Path) -> Path:
    place = path.resolve()
    for folder in (place, *place.parents):
        if holds_content(folder):
            return folder
    return content_root()


def _inside(path: Path, root: Path) -> Path:
    try:
        return path.resolve().relative_to(root)
    except ValueError:
        raise ContentError(
            f"{path} lies outside of the content in {root}",
            remedy="Name files or folders below one content root, or none to check everything.",
        ) from None


def _case_slugs(root: Path) -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in (root / "evidence_images").glob("*/case.toml")))


def _known_case(slug: str, root: Path, problems: list[Problem]) -> "KnownCase | None":
    from labkit.content.lint_links import KnownCase
    from labkit.content.scenario import load_case
    from labkit.synthesis.build import derive_truth
    from labkit.synthesis.variables import public_names

    where = Path("evidence_images", slug, "case.toml")
    try:
        case = load_case(slug, root)
    except ContentError as error:
        problems += [Problem(where, "", "LK300", line) for line in error.problems or (error.message,)]
        return None
    try:
        truth = derive_truth(case, seed_bytes(DEFAULT_SEED))
    except LabkitError as error:
        problems.append(Problem(where, "", "LK301", f"{error.message}. {error.remedy}"))
        return None
    return KnownCase(truth, {name: truth.variables[name] for name in public_names(case)})


def build(case_slug: str, seed: str, out: Path, item: str | None = None) -> "BuiltCase":
    """Build a case, or one item of it, into ``out``, with the truth beside it in truth.json.

    Raises:
        ContentError: There is no such case or item, or it can not be read.
        SynthesisError: It can not be built.
        OSError: ``out`` can not be written; it is not there then, unless it was before.
    """
    from labkit.content.scenario import load_case
    from labkit.synthesis.build import build_case

    case = load_case(case_slug)
    if item is not None and item not in case.items:
        raise ContentError(
            f"case {case_slug} has no item {item!r}",
            remedy=f"Choose one of its items: {', '.join(sorted(case.items))}.",
        )
    is_new = not out.exists()
    out.mkdir(parents=True, exist_ok=True)
    try:
        built = build_case(case, seed_bytes(seed), out, items=tuple(case.items) if item is None else (item,))
        write_whole(out / TRUTH_NAME, truth_text(built.truth).encode())
    except BaseException:  # Ctrl-C too: evidence without its truth is of no use
        if is_new:
            remove_tree(out)
        raise
    return built


def truth_text(truth: CaseTruth) -> str:
    """Return a truth as indented JSON that a person can read; times in ISO 8601."""
    items: dict[str, Any] = {}
    for item, planted in truth.items.items():
        items[item] = {
            trace.id: {"kind": trace.kind, "event": trace.event, "facts": dict(trace.facts)}
            for trace in planted.traces.values()
        }
    value = {"case": truth.case, "variables": dict(truth.variables), "items": items}
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, default=_iso) + "\n"


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a fact is of type {type(value).__name__}")


def verify(case_slug: str, seeds: Sequence[str], item: str | None = None) -> Iterator[ItemReport]:
    """Build a case from each seed in a temporary folder and yield what the readers say of each item.

    Raises:
        ContentError: There is no such case or item, or it can not be read.
        SynthesisError: It can not be built.
    """
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="labkit-verify-", ignore_cleanup_errors=True) as folder:
            built = build(case_slug, seed, Path(folder), item)
            yield from confirm(built, seed)


def confirm(built: "BuiltCase", seed: str) -> Iterator[ItemReport]:
    """Yield what the readers say of each item of a built case."""
    from labkit.verification.verify import verify_item

    for slug, truth in built.truth.items.items():
        files = files_of_item(built.files, slug)
        yield ItemReport(seed, slug, verify_item(files, truth, built.public_variables))


def files_of_item(files: Mapping[str, Path], item: str) -> Mapping[str, Path]:
    """Return the files of one item; the names of a built case begin with the item (``evidence/usb/KF-06.raw``)."""
    return {name: path for name, path in files.items() if item in Path(name).parts[:-1]}


def try_exercise(exercise_slug: str, seeds: Sequence[str]) -> Iterator[TrialReport]:
    """Grade the exemplar and the attempts of an exercise on the evidence of each seed.

    Raises:
        ContentError: There is no such exercise, or a file of it can not be read.
        SynthesisError: Its case can not be built.
    """
    from labkit.content.scenario import load_case
    from labkit.grading import samples
    from labkit.synthesis.build import derive_truth
    from labkit.synthesis.samples.rule_samples import RuleSamples

    library: Library = load_library()
    exercise = library.exercise(exercise_slug)
    case = load_case(exercise.case, library.root)
    for seed in seeds:
        truth = derive_truth(case, seed_bytes(seed), items=tuple(exercise.items))
        sample_sets = RuleSamples(case, seed_bytes(seed), seed_bytes(_SHARED_SEED))
        yield TrialReport(seed, samples.try_exercise(library, exercise_slug, truth, sample_sets=sample_sets))

"""What each task is compared with, for one trainee: the right value and the values of typical mistakes."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from labkit.content.schemas import (
    Cell,
    Choices,
    Citation,
    ClaimAnswer,
    DefectAnswer,
    Expected,
    HashAnswer,
    IntAnswer,
    LogAnswer,
    TableAnswer,
    Task,
    TextAnswer,
    YaraAnswer,
)
from labkit.errors import ContentError
from labkit.grading.answers import TYPES
from labkit.grading.answers.claim_answer import exhibit_form
from labkit.grading.answers.contract import ExpectedAnswer, ExpectedCitation, ExpectedEvent, KnownValue, Source
from labkit.grading.answers.defect_answer import Flaw
from labkit.grading.answers.enum_answer import filled
from labkit.grading.answers.hash_answer import weaker_values
from labkit.grading.mistakes import MISTAKES
from labkit.grading.story import story_of
from labkit.grading.yara_trial import SampleSets
from labkit.model.truth import CaseTruth, FactValue, Trace

_BESIDE = ("base_start", "parent", "previous", "cluster_bytes")


def resolve(task: Task, truth: CaseTruth, sample_sets: SampleSets | None = None) -> ExpectedAnswer:
    """Return the expected answer of a task, mistakes in the order in which they are tried.

    First the mistakes that the exercise declares, then those that its answer type derives (the same object by another
    algorithm, sectors for bytes, zone mistakes ...), last a declared wrong object by another algorithm.

    Args:
        task: A task of an exercise.
        truth: The truth of its case for one trainee.
        sample_sets: Where the samples of YARA tasks come from; other tasks do not need it.

    Raises:
        ContentError: A value does not fit the answer type, a mistake has no entry in the registry, or a set of samples
            is not there.
        SynthesisError: The truth does not hold a fact that is referred to.
    """
    answer = task.answer
    if isinstance(answer, YaraAnswer):
        return ExpectedAnswer(right=None, samples=_samples(answer, truth, sample_sets))
    if isinstance(answer, LogAnswer):
        asked = _with_exhibits(answer, truth)
        return ExpectedAnswer(None, events=tuple(_events(asked, truth)), story=story_of(asked, truth))
    if isinstance(answer, DefectAnswer):
        return ExpectedAnswer(()) if answer.item is None else _audit(answer.item, truth)
    if isinstance(answer, TableAnswer):
        rows = tuple({name: _of_one(cell, truth) for name, cell in row.items()} for row in answer.rows)
        return ExpectedAnswer([{name: cell.right for name, cell in row.items()} for row in rows], rows=rows)
    expected = _of_one(task, truth)
    if isinstance(answer, ClaimAnswer):
        citations = tuple(_citation(each, truth) for each in answer.citations)
        first = citations[0]
        place = "" if first.answer is None else TYPES[first.answer.type].spelling(first.place.right, first.answer)
        right = replace(expected.right, exhibit=first.exhibit, place=place)
        return replace(expected, right=right, citations=citations)
    return expected


def _audit(item: str, truth: CaseTruth) -> ExpectedAnswer:
    """Return what was planted into the custody file of an item."""
    traces = truth.items[item].traces.values() if item in truth.items else ()
    flaws = tuple(
        Flaw(
            frozenset(_several(trace, "lines")),
            str(trace.facts["category"]),
            frozenset(_several(trace, "consequences")),
            str(trace.facts["cure"]),
        )
        for trace in traces
        if trace.kind == "defect"
    )
    if not flaws:
        raise ContentError(
            f"the item {item} has no planted defects",
            remedy="Name an item with a custody file of another case in exercise.toml.",
        )
    herrings = {
        str(trace.facts["option"]): frozenset(_several(trace, "lines"))
        for trace in traces
        if trace.kind == "red_herring"
    }
    return ExpectedAnswer(flaws, herrings=herrings)


def _several(trace: Trace, fact: str) -> tuple[Any, ...]:
    values = trace.facts[fact]
    return values if isinstance(values, tuple) else (values,)


def _samples(answer: YaraAnswer, truth: CaseTruth, sample_sets: SampleSets | None) -> dict[str, Mapping[str, bytes]]:
    if sample_sets is None:
        raise ContentError(
            "the task tries YARA rules, but nobody gave sets of samples",
            remedy="Grade it with the sets that its case generates.",
        )
    names = {"positives": answer.positives, "mutated": answer.mutated, "clean": answer.clean}
    samples = {name: sample_sets.files(str(truth.fact(reference))) for name, reference in names.items()}
    for name, files in samples.items():
        if not files:
            raise ContentError(f"the set {names[name]} holds no sample", remedy="Let the case generate one at least.")
    return samples


def _citation(citation: Citation, truth: CaseTruth) -> ExpectedCitation:
    exhibit = exhibit_form(with_variables(citation.exhibit, truth))
    place = ExpectedAnswer(None) if citation.place is None else _of_one(citation, truth)
    return ExpectedCitation(exhibit, citation.place, place)


def with_variables(text: str, truth: CaseTruth) -> str:
    """Return a text of the exercise with the values of the trainee's variables in it."""
    for name, value in truth.variables.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _of_one(task: Task | Cell | Citation, truth: CaseTruth) -> ExpectedAnswer:
    answer: Any = task.answer
    kind = TYPES[answer.type]
    right = kind.right_value(raw_value(answer, truth), answer)
    source = _source(answer, truth)
    declared = []
    weaker: list[KnownValue] = []
    for mistake in task.mistakes:
        if mistake.code not in MISTAKES:
            raise ContentError(
                f"the exercise names the mistake {mistake.code!r}, which is not in the registry",
                remedy="Use a code of docs/author/mistakes.md, or add it to grading/mistakes.py with its messages.",
            )
        raw = raw_value(mistake, truth)
        # What is asked for can be wrong in several ways that are one mistake, such as each digit that can be guessed.
        for each in raw if isinstance(answer, (TextAnswer, IntAnswer)) and isinstance(raw, tuple) else (raw,):
            known = KnownValue(mistake.code, kind.right_value(each, answer), mistake.credit_percent)
            declared.append(known)
            if isinstance(answer, HashAnswer):
                weaker.extend(weaker_values(known, _source(mistake, truth)))
    return ExpectedAnswer(right, (*declared, *kind.known_values(answer, right, source), *weaker))


def right_spelling(task: Task, truth: CaseTruth) -> str:
    """Return the right answer as ``forms.check_form`` spells it, for the verifier of a practice task.

    Raises:
        ContentError: The value does not fit the answer type.
        SynthesisError: The truth does not hold the fact.
    """
    return TYPES[task.answer.type].spelling(resolve(task, truth).right, task.answer)


def shown(task: Task, truth: CaseTruth) -> Any:
    """Return the task's answer as the trainee saw it: titles of options and columns with variables filled in."""
    answer = task.answer
    if isinstance(answer, TableAnswer):
        rows = [
            {name: cell.model_copy(update={"answer": _shown(cell.answer, truth)}) for name, cell in row.items()}
            for row in answer.rows
        ]
        return answer.model_copy(update={"rows": rows, "columns": filled(answer.columns, truth.variables)})
    return _shown(answer, truth)


def _shown(answer: Any, truth: CaseTruth) -> Any:
    if isinstance(answer, Choices):
        return answer.model_copy(update={"options": filled(answer.options, truth.variables)})
    return answer


def raw_value(expected: Expected, truth: CaseTruth) -> object:
    """Return what is right as the truth or the exercise has it: several values as a tuple.

    Raises:
        SynthesisError: The truth does not hold the fact.
    """
    if isinstance(expected.truth, list):
        return tuple(truth.fact(reference) for reference in expected.truth)
    return expected.value if expected.truth is None else truth.fact(expected.truth)


def _source(expected: Expected, truth: CaseTruth) -> Source:
    beside = {}
    for key in _BESIDE:
        reference = getattr(expected, key, None)
        if reference is not None:
            value = truth.fact(reference)
            if not isinstance(value, int):
                raise ContentError(
                    f"{key} refers to {reference}, which is not a whole number",
                    remedy="Refer to an offset or an address in exercise.toml.",
                )
            beside[key] = value
    if not isinstance(expected.truth, str) or expected.truth.startswith("var:"):
        return Source(beside=beside)
    item, _, rest = expected.truth.partition(":")
    trace, _, fact = rest.rpartition(".")
    facts: dict[str, FactValue] = dict(truth.items[item].traces[trace].facts)
    return Source(fact, facts, beside)


def _with_exhibits(answer: LogAnswer, truth: CaseTruth) -> LogAnswer:
    """Return the answer with variables filled into the numbers of exhibits."""
    events = [
        event.model_copy(update={"exhibit": event.exhibit and with_variables(event.exhibit, truth)})
        for event in answer.events
    ]
    return answer.model_copy(update={"events": events})


def _events(answer: LogAnswer, truth: CaseTruth) -> Iterator[ExpectedEvent]:
    for event in answer.events:
        if event.truth is None and event.type is not None:
            digest = None if event.hash_truth is None else str(truth.fact(event.hash_truth)).lower()
            yield ExpectedEvent(event.type, event.exhibit, digest, event.corrects, event.countersigned)

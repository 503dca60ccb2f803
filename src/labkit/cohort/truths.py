"""What is right for each trainee of a class, worked out again from the course key."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from labkit.canonical import canonical_json
from labkit.cohort.keys import ClassKeys
from labkit.content.reader import Library
from labkit.content.schemas import Exercise
from labkit.model.truth import CaseTruth

TruthByCase = Mapping[str, CaseTruth]


@dataclass(frozen=True, slots=True)
class TruthOrder:
    """Everything that is needed to work out one trainee's truth; made to be sent to another process."""

    content_root: Path
    trainee_id: str
    seeds: Mapping[str, bytes]  # by case
    items: Mapping[str, tuple[str, ...]]  # by case


def order_truth(library: Library, course: str, keys: ClassKeys, trainee_id: str) -> TruthOrder:
    """Return the order for one trainee."""
    cases = library.cases_of(course)
    return TruthOrder(library.root, trainee_id, {case: keys.seed(course, case, trainee_id) for case in cases}, cases)


def derive_truths(order: TruthOrder) -> tuple[str, TruthByCase]:
    """Return whose truth it is, and the truth of every case of the course."""
    from labkit.content.scenario import load_case
    from labkit.synthesis.build import derive_truth

    return order.trainee_id, {
        case: derive_truth(load_case(case, order.content_root), order.seeds[case], items=items)
        for case, items in order.items.items()
    }


def truth_digest(truths: TruthByCase) -> str:
    """Return SHA-256 over a trainee's truth. It stays with the trainer and shows whether the content was changed."""
    values = {
        case: {reference: _plain(truth.fact(reference)) for reference in truth.references()}
        for case, truth in truths.items()
    }
    return hashlib.sha256(canonical_json(values)).hexdigest()


def key_version(base: str, exercises: Sequence[Exercise]) -> str:
    """Return the version of the answer key: the class's own, and what the exercises ask and accept."""
    asked = [exercise.model_dump(mode="json", exclude={"comment", "title", "maps_to"}) for exercise in exercises]
    return f"{base}-{hashlib.sha256(canonical_json(asked)).hexdigest()[:12]}"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value

"""Building one pack: evidence from the seed, pages and tasks in the trainee's language, signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labkit.cohort.classroom import Classroom
from labkit.cohort.keys import ClassKeys
from labkit.cohort.packs import KIT_MIN_VERSION, PackContent, write_pack
from labkit.cohort.store import PackRecord
from labkit.content.reader import Library
from labkit.errors import ContentError
from labkit.model.people import Trainee
from labkit.model.scenario import CaseScenario
from labkit.workspace.folder import OVERLAY
from labkit.workspace.manifest import Manifest
from labkit.workspace.pair import PAIR, Pair, pair_bytes


@dataclass(frozen=True, slots=True)
class PackOrder:
    """Everything that is needed to build one pack; made to be sent to another process."""

    content_root: Path
    course: str
    trainee: Trainee
    manifest: Manifest  # without files
    keys: ClassKeys
    scratch: Path  # a folder of this order's own; whoever ordered removes it
    out: Path  # where the pack is written, in scratch
    pair: Pair | None = None  # where the course has exercises for pairs
    overlay: str | None = None  # what the country of the class adds to the custody rules


@dataclass(frozen=True, slots=True)
class BuiltPack:
    """A pack as it was built, still in its scratch folder."""

    trainee: Trainee
    path: Path
    record: PackRecord


def manifest_of(classroom: Classroom, library: Library, keys: ClassKeys, trainee: Trainee) -> Manifest:
    """Return the manifest of a trainee's pack, without its files."""
    return Manifest(
        class_name=classroom.name,
        course=classroom.course,
        pack_id=keys.pack_id(classroom.course, trainee.trainee_id),
        pack_token=keys.pack_token(classroom.course, trainee.trainee_id),
        trainee_id=trainee.trainee_id,
        trainee_name=trainee.name,
        language=trainee.language,
        zone=_zone(library, classroom.course),
        issued_at=classroom.created.isoformat(),
        kit_min_version=KIT_MIN_VERSION,
        public_key=keys.public_key,
        files={},
    )


def build_pack(order: PackOrder) -> BuiltPack:
    """Build one pack in its scratch folder.

    Raises:
        ContentError: The content can not be packed.
        SynthesisError: The scenario can not be turned into evidence.
        OSError: Something can not be written.
    """
    from labkit.cohort.handout import public_hints, public_tasks
    from labkit.cohort.truths import truth_digest
    from labkit.content.brief import fill, read_guide
    from labkit.content.reader import load_library
    from labkit.content.scenario import load_case
    from labkit.reports.guides import render_pages
    from labkit.synthesis.build import build_case
    from labkit.workspace.hints import HINTS, hints_bytes
    from labkit.workspace.tasks import TASKS, tasks_bytes

    library = load_library(order.content_root)
    course, trainee, language = order.course, order.trainee, order.trainee.language
    truths = {}
    variables: dict[str, str] = {}
    files: dict[str, Path] = {}
    for case, items in library.cases_of(course).items():
        seed = order.keys.seed(course, case, trainee.trainee_id)
        built = build_case(load_case(case, library.root), seed, order.scratch / case, items=items)
        truths[case] = built.truth
        variables |= built.public_variables
        _add_files(files, {f"evidence/{name}": path for name, path in built.files.items()})
    tasks = public_tasks(library, course, language, variables, truths, order.keys, order.manifest.pack_id)
    texts = {
        **render_pages(library, course, language, variables, trainee),
        f"kit/{TASKS}": tasks_bytes(tasks),
        f"kit/{HINTS}": hints_bytes(public_hints(library, course, language, variables)),
    }
    if order.pair is not None:
        texts[f"kit/{PAIR}"] = pair_bytes(order.pair)
    if order.overlay is not None:
        texts[f"kit/{OVERLAY}"] = order.overlay.encode()
    for lab in library.labs_of(course):
        texts[f"kit/guides/{lab.slug}.md"] = fill(read_guide(library, lab.slug, language), variables).encode()
    signature = write_pack(order.out, PackContent(files, texts), order.manifest, order.keys)
    record = PackRecord(order.manifest.pack_id, trainee.trainee_id, signature.hex(), truth_digest(truths))
    return BuiltPack(trainee, order.out, record)


def _add_files(files: dict[str, Path], more: Mapping[str, Path]) -> None:
    twice = sorted(files.keys() & more.keys())
    if twice:
        raise ContentError(
            f"two cases of the course hand out {twice[0]}", remedy="Give the items of the cases different names."
        )
    files.update(more)


def _zone(library: Library, course: str) -> str:
    """Return the zone in which the story takes place: that of the machine of the last item that the course uses."""
    from labkit.content.scenario import load_case

    zone = "UTC"
    for slug, items in library.cases_of(course).items():
        case: CaseScenario = load_case(slug, library.root)
        for item in items:
            zone = case.machines[case.items[item].machine].zone
    return zone

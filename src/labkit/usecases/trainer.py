"""The verbs of a trainer: make a class, build its packs, grade what comes in, report."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from labkit import __version__
from labkit.atomic import remove_tree
from labkit.cohort.classroom import Classroom, find_trainee, new_classroom, open_classroom
from labkit.cohort.keys import ClassKeys
from labkit.cohort.pairs import pair_of
from labkit.cohort.store import PackRecord, Store
from labkit.cohort.truths import TruthByCase, derive_truths, key_version, order_truth, truth_digest
from labkit.content.reader import Library, load_library
from labkit.custody.overlay import overlay as overlay_of
from labkit.custody.overlay import overlay_text
from labkit.errors import ContentError, StorageError
from labkit.model.grading import Flag
from labkit.model.people import Trainee
from labkit.usecases.building import BuiltPack, PackOrder, build_pack, manifest_of
from labkit.usecases.workers import run_jobs, together, usable_processors
from labkit.workspace.pair import Pair

SCRATCH = ".scratch"
Tell = Callable[[Trainee, str], None]  # who, and what happened: "built", "kept", "graded" ...


@dataclass(frozen=True, slots=True)
class Built:
    """What building a class did. ``fingerprint`` is what trainees compare when they start their pack."""

    built: tuple[Trainee, ...]
    kept: tuple[Trainee, ...]
    folder: Path
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not taken: from whom (None where nobody knows), its name, why."""

    trainee: Trainee | None
    source: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Graded:
    """What grading an inbox did. ``graded`` were new, ``known`` had their result already."""

    files: int
    graded: tuple[Trainee, ...]
    known: tuple[Trainee, ...]
    refused: tuple[Refused, ...]
    missing: tuple[Trainee, ...]
    flags: tuple[Flag, ...]


def make_class(
    folder: Path,
    *,
    roster: Path,
    course: str,
    name: str | None,
    passphrase: str | None,
    overlay: str | None = None,
    now: datetime,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> Classroom:
    """Make the folder of a class. ``overlay`` is an overlay of the custody rules: a name, or the path of a file.

    Raises:
        ContentError: There is no such course.
        CustodyError: There is no such overlay, or it is wrong.
        RosterError: The roster is wrong.
        WorkspaceError: There is something in that place already.
    """
    load_library().course(course)
    if overlay is not None:
        overlay_of(overlay)
    return new_classroom(
        folder,
        roster=roster.read_bytes(),
        roster_name=roster.name,
        course=course,
        name=name,
        passphrase=passphrase,
        overlay=None if overlay is None else overlay_text(overlay),
        now=now,
        random_bytes=random_bytes,
    )


def build_packs(
    folder: Path,
    *,
    passphrase: str | None = None,
    only: Sequence[str] = (),
    processes: int | None = None,
    force: bool = False,
    tell: Tell = lambda _trainee, _what: None,
) -> Built:
    """Build the packs of a class. A pack that is there and whole is kept, so an interrupted run goes on where it was.

    Packs are made in a scratch folder and moved into place when they are whole. The scratch folder is removed however
    the run ends.

    Raises:
        WorkspaceError: Not a class, or nobody has that id.
        CustodyError: The overlay of the class is wrong.
        ContentError: The content of the course is wrong.
        SynthesisError: A scenario can not be turned into evidence.
    """
    from labkit.workspace.manifest import key_fingerprint

    classroom = open_classroom(folder)
    classroom.overlay()  # a wrong one is told before anything is built
    keys = classroom.keys(passphrase)
    library = load_library()
    wanted = tuple(find_trainee(classroom, each) for each in only) or classroom.trainees
    if not classroom.results_path.exists():
        Store.create(classroom.results_path).close()
    scratch = classroom.packs / SCRATCH
    remove_tree(scratch)
    built: list[Trainee] = []
    with Store.open(classroom.results_path) as store:
        kept = () if force else _kept(classroom, library, keys, wanted, store)
        for trainee in kept:
            tell(trainee, "kept")
        orders = [_order(classroom, library, keys, trainee) for trainee in wanted if trainee not in kept]
        try:
            classroom.packs.mkdir(exist_ok=True)
            for order in orders:
                order.scratch.mkdir(parents=True)
            for pack in run_jobs(build_pack, orders, processes=processes or usable_processors()):
                _keep(classroom, store, pack)
                built.append(pack.trainee)
                tell(pack.trainee, "built")
        finally:
            remove_tree(scratch)
    return Built(tuple(built), kept, classroom.packs, key_fingerprint(keys.public_key))


def grade_inbox(
    folder: Path,
    inbox: Path,
    *,
    passphrase: str | None = None,
    processes: int | None = None,
    now: datetime,
    tell: Tell = lambda _trainee, _what: None,
) -> Graded:
    """Take in every submission of an inbox and grade the latest of each trainee. Doing it again changes nothing.

    Raises:
        WorkspaceError: Not a class.
        CustodyError: The overlay of the class is wrong.
        IntakeError: There is no such inbox.
        ContentError: The content is not the one that the packs were built from.
        StorageError: The results are damaged or can not be written.
    """
    from labkit.cohort.grade import arrival_flags, grade_submission, latest_accepted
    from labkit.cohort.inbox import find_submissions, receive
    from labkit.cohort.peers import Peers, open_accusations
    from labkit.cohort.rule_samples import ClassSamples
    from labkit.grading.similarity import ValueIndex

    classroom = open_classroom(folder)
    overlay = classroom.overlay()
    keys = classroom.keys(passphrase)
    library = load_library()
    exercises = library.exercises_of(classroom.course)
    paths = find_submissions(inbox)
    with Store.open(classroom.results_path) as store:
        packs = store.packs()
        arrivals = [receive(path, inbox, classroom.trainees, packs) for path in paths]
        store.put_submissions([arrival.record(now) for arrival in arrivals])
        records = store.submissions()
        latest = latest_accepted(records)
        by_sha = {arrival.sha256: arrival for arrival in arrivals}
        truths = truths_of_class(classroom, library, keys, packs, processes)
        samples = ClassSamples(library, classroom.course, keys)
        index = ValueIndex()
        for trainee_id, by_case in truths.items():
            for case, truth in by_case.items():
                index.add(trainee_id, [exercise for exercise in exercises if exercise.case == case], truth)
        peers = Peers(classroom, keys, packs, arrivals, exercises)
        versions = {
            "key_version": key_version(classroom.key_version, exercises),
            "engine_version": __version__,
        }
        graded: list[Trainee] = []
        known: list[Trainee] = []
        flags = arrival_flags(classroom, records, now=now)
        for trainee in classroom.trainees:
            record = latest.get(trainee.trainee_id)
            if record is None:
                continue
            arrival = by_sha.get(record.sha256)
            if arrival is not None and arrival.received is not None:
                submission = arrival.received.submission
                result = grade_submission(
                    submission,
                    exercises,
                    truths[trainee.trainee_id],
                    ledger_genesis=peers.genesis_of(submission.pack_id),
                    sample_sets=samples.of(trainee.trainee_id),
                    peer=peers.audited_by(submission),
                    overlay=overlay,
                )
                flags += peers.flags_of_copy(trainee, submission)
                flags += peers.flags_of_handover(trainee, submission)
                is_new = store.put_result(result, graded_at=now, **versions)
                (graded if is_new else known).append(trainee)
                tell(trainee, "graded" if is_new else "known")
            stored = store.result(record.sha256, **versions)
            if stored is not None:
                flags += index.foreign_values(trainee.trainee_id, stored)
                flags += open_accusations(stored)
        store.replace_flags(flags)
    missing = [trainee for trainee in classroom.trainees if trainee.trainee_id not in latest]
    refused = [
        Refused(arrival.trainee, arrival.source, arrival.refusal.code, arrival.refusal.message)
        for arrival in arrivals
        if arrival.refusal is not None
    ]
    return Graded(len(paths), tuple(graded), tuple(known), tuple(refused), tuple(missing), tuple(flags))


def _kept(
    classroom: Classroom, library: Library, keys: ClassKeys, wanted: Sequence[Trainee], store: Store
) -> tuple[Trainee, ...]:
    from labkit.cohort.packs import valid_pack

    records = store.packs()
    kept = []
    for trainee in wanted:
        manifest = manifest_of(classroom, library, keys, trainee)
        record = records.get(manifest.pack_id)
        signature = valid_pack(classroom.pack_path(trainee), manifest) if record else None
        if record and signature is not None and signature.hex() == record.signature:
            kept.append(trainee)
    return tuple(kept)


def _order(classroom: Classroom, library: Library, keys: ClassKeys, trainee: Trainee) -> PackOrder:
    scratch = classroom.packs / SCRATCH / trainee.trainee_id
    return PackOrder(
        content_root=library.root,
        course=classroom.course,
        trainee=trainee,
        manifest=manifest_of(classroom, library, keys, trainee),
        keys=keys,
        scratch=scratch,
        out=scratch / "new.labpack",
        pair=_pair(classroom, library, keys, trainee),
        overlay=classroom.overlay_text(),
    )


def _pair(classroom: Classroom, library: Library, keys: ClassKeys, trainee: Trainee) -> Pair | None:
    if not any(exercise.is_for_pairs for exercise in library.exercises_of(classroom.course)):
        return None
    return pair_of(trainee, classroom.trainees, classroom.name, classroom.course, keys)


def _keep(classroom: Classroom, store: Store, pack: BuiltPack) -> None:
    with together():
        pack.path.replace(classroom.pack_path(pack.trainee))
        store.put_pack(pack.record)
    remove_tree(pack.path.parent)


def truths_of_class(
    classroom: Classroom,
    library: Library,
    keys: ClassKeys,
    packs: Mapping[str, PackRecord],
    processes: int | None,
    trainees: Sequence[Trainee] | None = None,
) -> dict[str, TruthByCase]:
    """Return the truth of every trainee who has a pack; refuse to work with another one than was handed out.

    Args:
        classroom: The class.
        library: The content.
        keys: Its keys.
        packs: The packs that were built.
        processes: How many truths are worked out at a time.
        trainees: Some of the class; all if left out.

    Raises:
        StorageError: There are no packs yet.
        ContentError: The scenarios were changed since a pack was built.
    """
    built = {record.trainee_id: record for record in packs.values()}
    orders = [
        order_truth(library, classroom.course, keys, trainee.trainee_id)
        for trainee in (classroom.trainees if trainees is None else trainees)
        if trainee.trainee_id in built
    ]
    if not orders:
        raise StorageError(
            f"{classroom.name} has no packs yet, so nothing can be graded and there are no answers",
            remedy=f"Run labkit trainer build {classroom.root.name} first.",
        )
    truths = dict(run_jobs(derive_truths, orders, processes=processes or usable_processors()))
    for trainee_id, truth in truths.items():
        if truth_digest(truth) != built[trainee_id].truth_sha256:
            raise ContentError(
                f"the scenarios were changed after the pack of {trainee_id} was built; grading would be wrong",
                remedy="Use the labkit and the content with which the packs were built. If the packs were not handed "
                "out yet, build them again with --force.",
            )
    return truths

"""Audited ledgers held against the class: whose each of them is, and whether it truly is what they kept.

A copy counts that comes from a workspace of somebody else in the class and begins in their pack. What the colleague
hands in shows more: the same workspace key, and a ledger of which the copy is the beginning. Where that does not fit,
or nothing was handed in, the mark stands and a person is told: a copy can be made up, but not without being seen here.
"""

from collections.abc import Iterator, Mapping, Sequence

from labkit.cohort.classroom import Classroom
from labkit.cohort.inbox import Arrival
from labkit.cohort.keys import ClassKeys
from labkit.cohort.pairs import neighbours
from labkit.cohort.store import PackRecord
from labkit.content.schemas import DefectAnswer, Exercise
from labkit.custody.copies import LedgerCopy, RefusedCopyError, is_of_class, read_copy
from labkit.custody.ledger import parse, split_lines
from labkit.custody.signing import countersigned
from labkit.grading.peer_audit import NO_PEER, OPEN, PeerLedger
from labkit.model.grading import Flag, Submission, SubmissionResult
from labkit.model.people import Trainee
from labkit.workspace.manifest import ledger_genesis

REFUSED, OWN, STRANGER, EMPTY = "PEER-REFUSED", "PEER-OWN", "PEER-STRANGER", "PEER-EMPTY"
FLAG_REFUSED, FLAG_OPEN, FLAG_OTHER = "peer-refused", "peer-open", "peer-other"
FLAG_UNCONFIRMED, FLAG_KEY, FLAG_DIFFERS = "peer-unconfirmed", "peer-key", "peer-differs"
FLAG_COUNTERSIGNED = "countersigned-by-other-key"


class Peers:
    """The class, as the audit of one another's ledgers needs it: packs, and what was handed in."""

    def __init__(
        self,
        classroom: Classroom,
        keys: ClassKeys,
        packs: Mapping[str, PackRecord],
        arrivals: Sequence[Arrival],
        exercises: Sequence[Exercise],
    ) -> None:
        self._classroom = classroom
        self._keys = keys
        self._public_key = keys.public_key
        self._packs = packs
        self._audits = [
            f"{exercise.slug}/{task.id}"
            for exercise in exercises
            for task in exercise.tasks
            if isinstance(task.answer, DefectAnswer) and task.answer.colleague
        ]
        self._neighbours = neighbours(classroom.trainees)
        self._handed_in: dict[str, list[Arrival]] = {}
        for arrival in arrivals:
            if arrival.trainee is not None and arrival.received is not None and arrival.refusal is None:
                self._handed_in.setdefault(arrival.trainee.trainee_id, []).append(arrival)

    def genesis_of(self, pack_id: str) -> str:
        """Return what the ledger of a pack begins with."""
        pack = self._packs[pack_id]
        token = self._keys.pack_token(self._classroom.course, pack.trainee_id)
        return ledger_genesis(bytes.fromhex(pack.signature), token)

    def flags_of_handover(self, giver: Trainee, submission: Submission) -> Iterator[Flag]:
        """Yield whether a receipt in somebody's ledger was countersigned with a key of nobody else in the class.

        It is said only when the colleague has handed in: before that their key is not known here.
        """
        mine = self._neighbours.get(giver.trainee_id)
        if mine is None or mine.gives_to.trainee_id not in self._handed_in:
            return
        theirs = {
            _key(arrival)
            for trainee_id, arrivals in self._handed_in.items()
            if trainee_id != giver.trainee_id
            for arrival in arrivals
        }
        ledger = parse(submission.custody_lines, genesis=self.genesis_of(submission.pack_id))
        keys = {person.person_id: person.specimen_signature.lower() for person in ledger.people}
        signed = countersigned(ledger)
        used = [keys[event.received_by] for event in ledger.events if event.seq in signed]
        if used and not theirs.intersection(used):
            yield Flag(FLAG_COUNTERSIGNED, giver.trainee_id, {"partner": mine.gives_to.trainee_id})

    def audited_by(self, submission: Submission) -> PeerLedger:
        """Return the ledger that a submission audits, or why it can not be taken."""
        if not submission.peer_copy:
            return NO_PEER
        try:
            copy = read_copy(submission.peer_copy)
        except RefusedCopyError:
            return PeerLedger(fault=REFUSED)
        owner = self._packs.get(copy.owner.pack_id)
        if copy.owner.pack_id == submission.pack_id:
            return PeerLedger(fault=OWN)
        if (
            owner is None
            or not is_of_class(copy, self._public_key)
            or copy.maker != copy.owner
            or copy.genesis != self.genesis_of(copy.owner.pack_id)
        ):
            return PeerLedger(fault=STRANGER)
        if not copy.ledger.events:
            return PeerLedger(fault=EMPTY, owner=owner.trainee_id)
        return PeerLedger(copy.ledger, "", owner.trainee_id)

    def flags_of_copy(self, auditor: Trainee, submission: Submission) -> Iterator[Flag]:
        """Yield what a person should know of the copy in a submission, where it was audited."""
        if not any(submission.answers.get(task, "").strip() for task in self._audits):
            return
        peer = self.audited_by(submission)
        if peer.ledger is None:
            if submission.peer_copy:
                yield Flag(FLAG_REFUSED, auditor.trainee_id, {"reason": peer.fault})
            return
        copy, values = read_copy(submission.peer_copy), {"colleague": peer.owner}
        mine = self._neighbours.get(auditor.trainee_id)
        if mine is not None and mine.audits.trainee_id != peer.owner:
            yield Flag(FLAG_OTHER, auditor.trainee_id, values | {"partner": mine.audits.trainee_id})
        handed_in = self._handed_in.get(peer.owner, [])
        if not handed_in:
            yield Flag(FLAG_UNCONFIRMED, auditor.trainee_id, values)
        elif not any(_key(arrival) == copy.workspace_key for arrival in handed_in):
            yield Flag(FLAG_KEY, auditor.trainee_id, values)
        elif not any(_begins_with(arrival, copy) for arrival in handed_in):
            yield Flag(FLAG_DIFFERS, auditor.trainee_id, values)


def open_accusations(result: SubmissionResult) -> Iterator[Flag]:
    """Yield what an auditor says and no rule supports, for the trainer to decide."""
    for task in result.tasks:
        for detail in task.details:
            if detail.code == OPEN:
                yield Flag(FLAG_OPEN, result.trainee_id, {"task": task.task, **detail.values})


def _key(arrival: Arrival) -> str:
    return arrival.received.envelope.workspace_key if arrival.received else ""


def _begins_with(arrival: Arrival, copy: LedgerCopy) -> bool:
    lines = split_lines(copy.content)
    return arrival.received is not None and arrival.received.submission.custody_lines[: len(lines)] == lines

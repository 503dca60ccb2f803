"""Who hands over to whom, and who audits whose ledger: rings of two, and of three where the number is odd."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from labkit.cohort.keys import ClassKeys
from labkit.custody.copies import Card, plain
from labkit.model.people import Trainee
from labkit.workspace.pair import Neighbour, Pair


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The two beside somebody in a ring; in a ring of two they are the same person."""

    gives_to: Trainee
    audits: Trainee


def rings(trainees: Sequence[Trainee]) -> tuple[tuple[Trainee, ...], ...]:
    """Return the rings of a class: first those that the roster names, then the others in its order, two by two.

    The last of an odd number goes with the last two. Somebody who is alone is in no ring.
    """
    named: dict[str, list[Trainee]] = {}
    others: list[Trainee] = []
    for trainee in trainees:
        (named.setdefault(trainee.pair.casefold(), []) if trainee.pair else others).append(trainee)
    return tuple(tuple(ring) for ring in (*named.values(), *_by_two(others)) if len(ring) > 1)


def neighbours(trainees: Sequence[Trainee]) -> Mapping[str, Neighbours]:
    """Return the neighbours of everybody who is in a ring, by trainee_id."""
    return {
        trainee.trainee_id: Neighbours(gives_to=ring[(place + 1) % len(ring)], audits=ring[place - 1])
        for ring in rings(trainees)
        for place, trainee in enumerate(ring)
    }


def pair_of(trainee: Trainee, trainees: Sequence[Trainee], class_name: str, course: str, keys: ClassKeys) -> Pair:
    """Return what a pack says of its owner's pair; somebody who is alone has a card and no neighbours."""
    pack_id, name = keys.pack_id(course, trainee.trainee_id), plain(trainee.name) or trainee.trainee_id
    card = Card(plain(class_name) or course, pack_id, trainee.trainee_id, name)
    signed = Card(card.class_name, card.pack_id, card.trainee_id, card.trainee_name, keys.sign(card.to_bytes()).hex())
    mine = neighbours(trainees).get(trainee.trainee_id)
    if mine is None:
        return Pair(signed, None, None)
    gives_to, audits = (
        Neighbour(keys.pack_id(course, one.trainee_id), one.trainee_id, one.name)
        for one in (mine.gives_to, mine.audits)
    )
    return Pair(signed, gives_to, audits)


def _by_two(trainees: Sequence[Trainee]) -> Iterator[Sequence[Trainee]]:
    place = 0
    while place < len(trainees):
        size = 3 if len(trainees) - place == 3 else 2  # noqa: PLR2004 - the ring of three at the end
        yield trainees[place : place + size]
        place += size

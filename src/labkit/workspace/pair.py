"""What a pack says of its owner's pair: the own card, who is handed over to, whose ledger is audited."""

from dataclasses import asdict, dataclass
from typing import Any

from labkit.canonical import canonical_json
from labkit.custody.copies import Card, read_card
from labkit.errors import WorkspaceError
from labkit.workspace.folder import Workspace
from labkit.workspace.records import read_json

PAIR = "pair.json"
_START_AGAIN = "Ask your trainer for a new pack."


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A colleague: no more than what is needed to find them and to know their ledger."""

    pack_id: str
    trainee_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Pair:
    """The own card and the two colleagues; in a pair of two they are one person, and None where there is nobody."""

    card: Card
    gives_to: Neighbour | None
    audits: Neighbour | None

    @property
    def colleagues(self) -> tuple[Neighbour, ...]:
        """Return each colleague once."""
        return tuple(dict.fromkeys(one for one in (self.gives_to, self.audits) if one is not None))


def pair_bytes(pair: Pair) -> bytes:
    """Return the file pair.json of a pack."""
    sides = {"gives_to": pair.gives_to, "audits": pair.audits}
    return canonical_json({"card": pair.card.to_values(), **{side: one and asdict(one) for side, one in sides.items()}})


def read_pair(workspace: Workspace) -> Pair:
    """Return the pair of a workspace.

    Raises:
        WorkspaceError: The course has no exercise for pairs, or the file is damaged.
    """
    path = workspace.kit / PAIR
    if not path.exists():
        raise WorkspaceError(
            "this course has no exercise for pairs", remedy="Ask your trainer; nothing else depends on it."
        )
    values = read_json(path, dict, remedy=_START_AGAIN)
    card = read_card(values.get("card"))
    if card is None:
        raise WorkspaceError(f"{PAIR} does not have the form that labkit writes", remedy=_START_AGAIN)
    return Pair(card, _neighbour(values.get("gives_to")), _neighbour(values.get("audits")))


def _neighbour(values: Any) -> Neighbour | None:
    try:
        return None if values is None else Neighbour(**values)
    except TypeError:
        raise WorkspaceError(f"{PAIR} does not have the form that labkit writes", remedy=_START_AGAIN) from None

"""Nodes of a volume under construction and the paths that lead to them, whatever the file system.

Nodes are immutable: a change is a new node under the same id, so that a fork shares all nodes of its parent and only
copies the two maps.
"""

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from labkit.errors import SynthesisError

ROOT = 1  # the node id of the root directory, which is its own parent


class Named(Protocol):
    """What a path needs of a node."""

    @property
    def node_id(self) -> int:
        """Its number, which never changes."""

    @property
    def parent_id(self) -> int:
        """The number of its directory."""

    @property
    def name(self) -> str:
        """Its name there; empty for the root directory."""

    @property
    def directory(self) -> bool:
        """Whether it is a directory."""

    @property
    def deleted(self) -> bool:
        """Whether it was deleted; it is kept after that."""


N = TypeVar("N", bound=Named)


class Namespace(Generic[N]):
    """The root directory and what is below it. ``key`` turns a name into what two equal names have in common."""

    def __init__(self, root: N, key: Callable[[str], str]) -> None:
        self.nodes: dict[int, N] = {root.node_id: root}
        self._names: dict[tuple[int, str], int] = {}
        self._key = key

    def fork(self) -> "Namespace[N]":
        """Return an independent copy that shares the nodes."""
        copy = object.__new__(Namespace)
        copy.__dict__.update(self.__dict__)
        copy.nodes, copy._names = dict(self.nodes), dict(self._names)
        return copy

    # -- changing -------------------------------------------------------------------------------------------------

    def next_id(self) -> int:
        """Return the number for the next new node."""
        return len(self.nodes) + 1

    def put(self, node: N) -> None:
        """Keep ``node``, in the place of the older one with its number if there is one."""
        self.nodes[node.node_id] = node

    def bind(self, node: N) -> None:
        """Keep ``node`` and let its path lead to it."""
        self.put(node)
        self._names[node.parent_id, self._key(node.name)] = node.node_id

    def unbind(self, node: N) -> None:
        """Let the path of ``node`` lead nowhere."""
        del self._names[node.parent_id, self._key(node.name)]

    # -- finding --------------------------------------------------------------------------------------------------

    def any(self, node_id: int) -> N:
        """Return a node, live or deleted.

        Raises:
            SynthesisError: There is no such node.
        """
        node = self.nodes.get(node_id)
        if node is None:
            raise SynthesisError(f"there is no node {node_id}", remedy="Use the number that create or node returned.")
        return node

    def find(self, path: str) -> N | None:
        """Return the live node at ``path``, or None."""
        node_id = ROOT
        for name in _parts(path):
            found = self._names.get((node_id, self._key(name)))
            if found is None:
                return None
            node_id = found
        return self.nodes[node_id]

    def live(self, path: str) -> N:
        """Return the live node at ``path``.

        Raises:
            SynthesisError: There is none.
        """
        node = self.find(path)
        if node is None:
            raise SynthesisError(
                f"there is no {path} on the volume",
                remedy="Check the spelling and the order of the story: it may come later or be deleted by then.",
            )
        return node

    def file(self, path: str) -> N:
        """Return the live file at ``path``.

        Raises:
            SynthesisError: There is none, or it is a directory.
        """
        node = self.live(path)
        if node.directory:
            raise SynthesisError(f"{path} is a directory", remedy="Name a file; this works on files only.")
        return node

    def below_root(self, path: str) -> N:
        """Return the live node at ``path``.

        Raises:
            SynthesisError: There is none, or it is the root directory.
        """
        node = self.live(path)
        if node.node_id == ROOT:
            raise SynthesisError(
                "the root directory can not be changed, moved or deleted", remedy="Name something below it."
            )
        return node

    def children(self, directory: N) -> Iterator[N]:
        """Yield what lives in a directory, in no order that means anything. This looks at every name."""
        found = (node_id for (parent_id, _), node_id in self._names.items() if parent_id == directory.node_id)
        return (self.nodes[node_id] for node_id in found)

    def new_place(self, path: str, *, mover: N | None = None) -> tuple[N, str]:
        """Return the directory that ``path`` lies in, and the name. ``mover`` is what is to be moved there.

        Raises:
            SynthesisError: There is no such directory, the name is in use there, or ``mover`` would come to lie in
                itself.
        """
        parts = _parts(path)
        above = "/" + "/".join(parts[:-1])
        parent = self.find(above) if parts else None
        if not parts or parent is None or not parent.directory:
            raise SynthesisError(
                f"there is no directory {above}", remedy=f"Make it before {path}, with make_directory."
            )
        if mover is not None and any(node.node_id == mover.node_id for node in self.line(parent)):
            raise SynthesisError(
                f"{self.path(mover)} can not be moved into itself", remedy="Move it to a directory outside of it."
            )
        holder = self._names.get((parent.node_id, self._key(parts[-1])))
        same_file = mover is not None and holder == mover.node_id and mover.name != parts[-1]
        if holder is not None and not same_file:
            raise SynthesisError(
                f"{self.joined(parent, parts[-1])} exists already",
                remedy="Take another name, or delete or rename what has it.",
            )
        return parent, parts[-1]

    def line(self, node: N) -> Iterator[N]:
        """Yield ``node`` and the directories above it, up to the root."""
        while node.node_id != ROOT:
            yield node
            node = self.nodes[node.parent_id]
        yield node

    def path(self, node: N) -> str:
        """Return its path, or the last one it had, with the present names of the directories above."""
        return "/" + "/".join([above.name for above in self.line(node)][-2::-1])

    def joined(self, directory: N, name: str) -> str:
        """Return the path of ``name`` in a directory."""
        return self.path(directory).rstrip("/") + "/" + name

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all live nodes, sorted, without the root."""
        return tuple(sorted(self.path(self.nodes[node_id]) for node_id in self._names.values()))


def _parts(path: str) -> list[str]:
    if not path.startswith("/"):
        raise SynthesisError(f"{path!r} is not a full path", remedy="Begin it with / at the root of the volume.")
    return path[1:].split("/") if path != "/" else []

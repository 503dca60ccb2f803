"""Files and directories of an NTFS volume under construction: records, names, indexes and what has to be written."""

from collections.abc import Iterator, Mapping
from typing import Self

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs import names as naming
from labkit.synthesis.filesystems.ntfs import rendering
from labkit.synthesis.filesystems.ntfs.blocks import Entry
from labkit.synthesis.filesystems.ntfs.index import Index
from labkit.synthesis.filesystems.ntfs.layout import NtfsGeometry
from labkit.synthesis.filesystems.ntfs.node_store import NodeStore
from labkit.synthesis.filesystems.ntfs.nodes import FIRST_INSTANCE, Name, Namespace, Node, Times
from labkit.synthesis.filesystems.ntfs_streams.attrdef import AttributeType
from labkit.synthesis.filesystems.ntfs_streams.upcase import collation_key, upper
from labkit.synthesis.filesystems.ntfs_streams.view_index import Collation
from labkit.synthesis.medium import Medium

ROOT = 6  # the nodes of NTFS itself are numbered by their records, from 1 on
DIRECTORY_INDEX = "$I30"
_LARGEST_INDEX_BLOCKS = 6400  # that a $BITMAP within an MFT record can count
_SPARE_RECORDS = 4
_RUNS_PER_RECORD = 100
_SPARE_CLUSTERS = 2
_NOWHERE = 0  # no node has this number
_NOTHING: Mapping[str, int] = {}


class NtfsTree(NodeStore):
    """The root directory and what is below it."""

    def __init__(self, geometry: NtfsGeometry, medium: Medium, *, short_names: bool) -> None:
        super().__init__(geometry, medium)
        self.short_names = short_names
        self.first_own_node = 0  # nodes below are NTFS's own
        self._directories = {"": ROOT}  # those that were looked for, by their paths

    def fork(self, medium: Medium) -> Self:
        """Return an independent copy that writes to ``medium``."""
        other = super().fork(medium)
        other.__dict__["_directories"] = dict(self._directories)
        return other

    # -- finding --------------------------------------------------------------------------------------------------

    def find(self, path: str) -> Node | None:
        """Return the live node at ``path``, or None."""
        if path == "/":
            return self.nodes[ROOT]
        above, name = _divided(path)
        number = self.found.get(self._directory(above), _NOTHING).get(upper(name))
        return None if number is None else self.nodes[number]

    def live(self, path: str) -> Node:
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

    def own(self, path: str) -> Node:
        """Return the live node at ``path`` that the story may change.

        Raises:
            SynthesisError: There is none, or it is the root or belongs to NTFS itself.
        """
        node = self.live(path)
        if node.node_id < self.first_own_node:
            raise SynthesisError(
                f"{path} belongs to NTFS itself and can not be changed, moved or deleted",
                remedy="Name a file or directory of the story.",
            )
        return node

    def file(self, path: str) -> Node:
        """Return the live file at ``path``.

        Raises:
            SynthesisError: There is none, or it is a directory or belongs to NTFS itself.
        """
        node = self.own(path)
        if node.directory:
            raise SynthesisError(f"{path} is a directory", remedy="Name a file; this works on files only.")
        return node

    def new_place(self, path: str) -> tuple[Node, str]:
        """Return the directory that ``path`` lies in, and the name.

        Raises:
            SynthesisError: There is no such directory.
        """
        if path == "/":
            raise SynthesisError("the root directory stands already", remedy="Give a path below it.")
        above, name = _divided(path)
        number = self._directory(above)
        if number == _NOWHERE:
            raise SynthesisError(
                f"there is no directory {above or '/'}", remedy=f"Make it before {path}, with make_directory."
            )
        parent = self.nodes[number]
        if parent.reparse_tag:
            raise SynthesisError(
                f"{above} leads elsewhere, and so does what would be made in it",
                remedy="Name the directory it leads to.",
            )
        return parent, name

    def _directory(self, path: str) -> int:
        """Return the live directory at ``path``, which does not end with a slash; ``_NOWHERE`` if there is none."""
        number = self._directories.get(path)
        if number is None:
            above, _, name = path.rpartition("/")
            number = self.found.get(self._directory(above), _NOTHING).get(upper(name), _NOWHERE)
            if number not in self.found:
                return _NOWHERE
            self._directories[path] = number
        return number

    def children(self, node: Node) -> list[Node]:
        """Return what lives in a directory, in the order of its index."""
        found = self.found[node.node_id]
        ordered = sorted(found, key=collation_key)
        return [self.nodes[number] for number in dict.fromkeys(found[name] for name in ordered)]

    def line(self, node: Node) -> Iterator[Node]:
        """Yield ``node`` and the directories above its first name, up to the root."""
        while node.node_id != ROOT:
            yield node
            node = self.nodes[node.names[0].parent_id]
        yield node

    def path(self, node: Node) -> str:
        """Return the path of its first name, with the present names of the directories above."""
        return "/" + "/".join([above.names[0].text for above in self.line(node)][-2::-1])

    def link(self, node: Node, path: str) -> Name:
        """Return the link of ``node`` that ``path`` leads by, or its first one."""
        parent, text = self.new_place(path)
        key = collation_key(text)
        for name in node.names:
            if name.parent_id == parent.node_id and key in name.keys:
                return name
        return node.names[0]

    def name_path(self, name: Name) -> str:
        """Return the path of one link."""
        return self.path(self.nodes[name.parent_id]).rstrip("/") + "/" + name.text

    # -- names ----------------------------------------------------------------------------------------------------

    def require(self, clusters: int, records: int = 1, *, nodes: tuple[Node, ...] = ()) -> None:
        """Refuse to go on when the clusters and records that an operation may take are not there.

        Args:
            clusters: Of content.
            records: How many the operation makes, without those for attributes that leave their record.
            nodes: What changes. Each directory may need blocks for two names, or for what its record has no room for.

        Raises:
            SynthesisError: The volume or a directory is full.
        """
        growth = 0
        for directory in nodes:
            if not directory.directory:
                continue
            index = self.indexes[directory.node_id][0]
            if index.block_count > _LARGEST_INDEX_BLOCKS:
                raise SynthesisError(
                    f"the directory {self.path(directory)} is full", remedy="Spread the files over more directories."
                )
            growth += self.blocks_for(index, 2)
        spare = _SPARE_RECORDS + clusters // _RUNS_PER_RECORD  # if each cluster were a fragment of its own
        self.mft.require(clusters + growth + _SPARE_CLUSTERS, records + spare)

    def check_new_name(self, parent: Node, name: str, *, holder: int = 0) -> None:
        """Refuse a name that is not allowed or taken by another node than ``holder``.

        Raises:
            SynthesisError: It is.
        """
        naming.check_name(name)
        if self.found[parent.node_id].get(upper(name), holder) != holder:
            raise SynthesisError(
                f"{self.path(parent).rstrip('/')}/{name} exists already",
                remedy="Take another name; upper and lower case are the same, and an 8.3 name beside another counts.",
            )

    def new_name(self, parent: Node, text: str, times: Times, flags: int) -> Name:
        """Return the link that a new node gets in ``parent``; ``flags`` are those of $FILE_NAME."""
        return self._name(parent, text, self._alias(parent, text, _NOWHERE), times, (0, 0), flags, FIRST_INSTANCE)

    def name_for(self, node: Node, parent: Node, text: str, *, hard_link: bool = False) -> Name:
        """Return a link more that ``node`` gets in ``parent``; one of the POSIX namespace if it is a hard link."""
        alias = "" if hard_link else self._alias(parent, text, node.node_id)
        sizes, flags = rendering.sizes(node, self.geometry.cluster_bytes), rendering.flags_of(node)
        name = self._name(parent, text, alias, node.times, sizes, flags, node.next_instance)
        return name._replace(namespace=Namespace.POSIX) if hard_link else name

    def _name(
        self, parent: Node, text: str, alias: str, times: Times, sizes: tuple[int, int], flags: int, instance: int
    ) -> Name:
        """Return a link; ``instance`` is the next number that is free for an attribute."""
        if alias and rendering.next_instance(instance) != instance + 1:
            instance = rendering.next_instance(instance)  # its number and that of the DOS name are taken together
        return Name(
            parent.node_id,
            parent.reference,
            text,
            collation_key(text),
            Namespace.BOTH if naming.is_dos_name(text) else Namespace.WIN32,
            alias,
            times,
            *sizes,
            flags,
            instance,
        )

    def _alias(self, parent: Node, text: str, own: int) -> str:
        """Return the DOS name beside ``text``, which the node ``own`` may have already; "" if none is needed."""
        if not self.short_names or naming.is_dos_name(text):
            return ""
        found = self.found[parent.node_id]
        if own == _NOWHERE:
            return naming.tailed_alias_for(text, found.__contains__)
        return naming.tailed_alias_for(text, lambda name: found.get(name, own) != own)

    def enter(self, node: Node, name: Name) -> None:
        """Put a link of ``node``, which is stored already, into its directory."""
        directory, around = self.own_directory(name.parent_id)
        found, owner = self.found[name.parent_id], node.node_id
        found[upper(name.text)] = owner
        directory.insert(Entry(name.key, owner, name.text, name.namespace, rendering.entry_size(name.key)), around)
        if name.alias:
            found[name.alias] = owner
            key = name.alias.encode("utf-16-be")
            directory.insert(Entry(key, owner, name.alias, Namespace.DOS, rendering.entry_size(key)), around)
        self._settle_directory(name.parent_id, directory)

    def withdraw(self, name: Name) -> None:
        """Take a link out of its directory."""
        directory, around = self.own_directory(name.parent_id)
        found = self.found[name.parent_id]
        if self.nodes[found.pop(upper(name.text))].directory:
            self._directories = {"": ROOT}
        if name.alias:
            del found[name.alias]
        for key in name.keys:
            directory.remove(key, around)
        self._settle_directory(name.parent_id, directory)

    def _settle_directory(self, node_id: int, directory: Index) -> None:
        """Note that the index of a directory has changed, and let its record have room for what it is now."""
        self._changed_indexes.add(node_id)
        self._changed.add(node_id)
        node = self.nodes[node_id]
        if directory.grown or node.extensions:
            self.settle(node)

    # -- nodes ----------------------------------------------------------------------------------------------------

    def new_node(self, name: Name, times: Times, *, directory: bool, flags: int, security_id: int) -> Node:
        """Return a node with a record of its own, which is not stored yet."""
        node_id = len(self.nodes) + 1
        record, sequence = self.mft.allocate(node_id)
        following = rendering.instance_behind(name)
        return Node(
            node_id, record, sequence, directory, times, flags, (name,), (), security_id, next_instance=following
        )

    def add_directory_index(self, node: Node) -> None:
        """Give a new directory its empty index."""
        index = Index(DIRECTORY_INDEX, AttributeType.FILE_NAME, Collation.FILE_NAME, self.geometry.cluster_bytes)
        index.root_room = rendering.root_room(node, index, 1)
        self.indexes[node.node_id] = (index,)
        self.found[node.node_id] = {}
        self._owned.add(node.node_id)

    def stamp(self, node_id: int, now: int) -> None:
        """Set the times of a directory in which a name has come or gone."""
        node = self.nodes[node_id]
        times = Times(node.times.born, now, now, node.times.accessed)
        self.store(node if node.times == times else node.timed(times))


def _divided(path: str) -> tuple[str, str]:
    """Return the path of the directory above, without a slash at its end, and the name."""
    if not path.startswith("/"):
        raise SynthesisError(f"{path!r} is not a full path", remedy="Begin it with / at the root of the volume.")
    above, _, name = path.rpartition("/")
    return above, name

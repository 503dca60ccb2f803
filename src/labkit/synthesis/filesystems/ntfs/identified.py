"""Files that $Extend lists: those with an object id ($ObjId), and reparse points ($Reparse)."""

from dataclasses import dataclass, field, replace

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs.tree import NtfsTree
from labkit.synthesis.filesystems.ntfs_streams.object_ids import ObjectId, object_id_index
from labkit.synthesis.filesystems.ntfs_streams.reparse import ReparseTag, reparse_index


@dataclass(frozen=True, slots=True)
class Identified:
    """What the two indexes hold, by node."""

    object_ids_node: int
    reparse_points_node: int
    object_ids: dict[int, ObjectId] = field(default_factory=dict)
    reparse_points: dict[int, tuple[ReparseTag, int]] = field(default_factory=dict)

    def check_object_id(self, node_id: int, held: ObjectId) -> None:
        """Refuse an object id that another file has.

        Raises:
            SynthesisError: One has it.
        """
        if any(one.object_id == held.object_id for other, one in self.object_ids.items() if other != node_id):
            raise SynthesisError(
                f"another file has the object id {held.object_id}",
                remedy="Give each file its own, from its own Stream.",
            )

    def with_object_id(self, node_id: int, held: ObjectId) -> "Identified":
        """Return the same with an object id added, or replaced."""
        return replace(self, object_ids={**self.object_ids, node_id: held})

    def with_reparse_point(self, node_id: int, tag: ReparseTag, reference: int) -> "Identified":
        """Return the same with a reparse point added."""
        return replace(self, reparse_points={**self.reparse_points, node_id: (tag, reference)})

    def without(self, node_id: int) -> "Identified":
        """Return the same without a node; itself if it is in neither index."""
        if node_id not in self.object_ids and node_id not in self.reparse_points:
            return self
        return replace(
            self,
            object_ids={other: held for other, held in self.object_ids.items() if other != node_id},
            reparse_points={other: held for other, held in self.reparse_points.items() if other != node_id},
        )

    def write(self, tree: NtfsTree) -> None:
        """Let both indexes hold this. There is room (see ``NtfsTree.blocks_for``)."""
        tree.follow(self.object_ids_node, object_id_index(self.object_ids.values()))
        tree.follow(self.reparse_points_node, reparse_index(self.reparse_points.values()))

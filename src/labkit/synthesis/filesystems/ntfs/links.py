"""Names of files and directories: links more, other names, and names that go."""

from collections.abc import Iterator
from datetime import datetime

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.filetime import filetime
from labkit.synthesis.filesystems.ntfs import rendering
from labkit.synthesis.filesystems.ntfs.formatted import FormattedVolume
from labkit.synthesis.filesystems.ntfs.nodes import Namespace, Node
from labkit.synthesis.filesystems.ntfs_streams.upcase import collation_key
from labkit.synthesis.filesystems.ntfs_streams.usn_journal import Reason

_MOST_LINKS = 1023  # the limit of Windows


class Links(FormattedVolume):
    """Operations on names."""

    def link(self, path: str, to_path: str, at: datetime) -> None:
        """Give a file one name more, a hard link; all its names are equal."""
        now = filetime(at)
        tree = self._tree
        node = tree.file(path)
        parent, text = tree.new_place(to_path)
        tree.check_new_name(parent, text)
        if len(node.names) >= _MOST_LINKS:
            raise SynthesisError(f"{path} has {_MOST_LINKS} names already", remedy="Copy the file instead.")
        self._require(0, parent)
        name = tree.name_for(node, parent, text, hard_link=True)
        node = self._noted(node, name, at, Reason.HARD_LINK_CHANGE)
        node = tree.settle(
            node._replace(
                names=(*node.names, name),
                times=node.times._replace(changed=now),
                next_instance=rendering.instance_behind(name),
            )
        )
        tree.enter(node, name)
        tree.store(node)
        tree.stamp(parent.node_id, now)

    def rename(self, path: str, to_path: str, at: datetime) -> None:
        """Give a file or directory another name or another directory; its node id stays.

        Its own times stay but for that of the record; $FILE_NAME takes over what $STANDARD_INFORMATION says.
        """
        now = filetime(at)
        tree = self._tree
        node = tree.own(path)
        old = tree.link(node, path)
        parent, text = tree.new_place(to_path)
        if any(above.node_id == node.node_id for above in tree.line(parent)):
            raise SynthesisError(f"{path} can not be moved into itself", remedy="Move it to a directory outside of it.")
        stays = old.parent_id == parent.node_id and collation_key(text) in old.keys
        tree.check_new_name(parent, text, holder=node.node_id if stays else 0)
        if (old.parent_id, old.text) == (parent.node_id, text):
            raise SynthesisError(f"{to_path} exists already", remedy="Take another name.")
        self._require(0, parent, tree.nodes[old.parent_id], node)
        node = self._noted(node, old, at, Reason.RENAME_OLD_NAME, closed=False)
        tree.withdraw(old)
        name = tree.name_for(node, parent, text, hard_link=old.namespace == Namespace.POSIX)
        node = self._noted(node, name, at, Reason.RENAME_NEW_NAME)
        node = tree.settle(
            node._replace(
                names=tuple(name if one is old else one for one in node.names),
                times=node.times._replace(changed=now),
                next_instance=rendering.instance_behind(name),
            )
        )
        tree.enter(node, name)
        tree.store(node)
        for directory_id in dict.fromkeys((old.parent_id, parent.node_id)):
            tree.stamp(directory_id, now)

    def delete(self, path: str, at: datetime) -> None:
        """Delete a file, or a directory after all that is in it. Of a file with more links only this name goes."""
        filetime(at)
        node = self._tree.own(path)
        self._require(self._journal.clusters_for(self._notes_below(node)) if self._journal else 0)
        self._delete(node, path, at)

    def _notes_below(self, node: Node) -> Iterator[str]:
        """Yield the names that the journal notes when all that is in a directory goes, as often as it does."""
        if node.directory:
            for child in self._tree.children(node):
                notes = 2 if len(child.names) > 1 else 1  # a link that goes is noted, and then the closing
                for name in child.names:
                    if name.parent_id == node.node_id:
                        yield from (name.text,) * notes
                yield from self._notes_below(child)

    def _delete(self, node: Node, path: str, at: datetime) -> None:
        tree = self._tree
        if node.directory:
            for child in tree.children(node):
                for name in child.names:
                    if name.parent_id == node.node_id:
                        self._delete(tree.nodes[child.node_id], tree.name_path(name), at)
            node = tree.nodes[node.node_id]
        name = tree.link(node, path)
        tree.withdraw(name)
        if len(node.names) > 1:
            node = self._noted(node, name, at, Reason.HARD_LINK_CHANGE)
            names = tuple(one for one in node.names if one is not name)
            times = node.times._replace(changed=filetime(at))
            node = tree.settle(node._replace(names=names, times=times))
            tree.store(node)
        else:
            node = self._noted(node, name, at, Reason.FILE_DELETE | Reason.CLOSE, closed=False)
            tree.erase(node)
            forgotten = self._identified.without(node.node_id)
            if forgotten is not self._identified:
                self._identified = forgotten
                forgotten.write(tree)
        tree.stamp(name.parent_id, filetime(at))

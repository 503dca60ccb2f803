"""Bytes where no file has them: behind content, behind a record, in free clusters."""

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs.formatted import FormattedVolume, content_of
from labkit.synthesis.filesystems.ntfs.nodes import HOLE


class Hiding(FormattedVolume):
    """Operations that write around the file system."""

    def write_slack(self, path: str, data: bytes) -> int:
        """Put ``data`` right behind the content, inside the last cluster. Return where it begins on the medium.

        Raises:
            SynthesisError: There is nothing to write, or it does not fit; resident content has no slack.
        """
        node = self._tree.file(path)
        held = content_of(node)
        used = held.size_bytes % self.cluster_bytes
        has_slack = used and held.extents and held.extents[-1][0] != HOLE
        room = self.cluster_bytes - used if has_slack else 0
        if not 0 < len(data) <= room:
            raise SynthesisError(
                f"{path} has {room} bytes of slack, and {len(data)} are to be written there",
                remedy="Take another host file (one of a few hundred bytes lies in its record), or a shorter text.",
            )
        first, count = held.extents[-1]
        offset_bytes = self.cluster_offset_bytes(first + count - 1) + used
        self._medium.write(offset_bytes, data)
        return offset_bytes

    def write_record_slack(self, path: str, data: bytes) -> int:
        """Put ``data`` behind the used part of the MFT record, so that no sector ends within it.

        It stays until the record grows over it or is given to another file. Return where it begins on the medium.

        Raises:
            SynthesisError: There is nothing to write, or it does not fit.
        """
        node = self._tree.own(path)
        self._tree.write_if_changed(node)
        return self._tree.mft.write_slack(node.record, data)

    def write_unallocated(self, data: bytes, *, cluster: int | None = None) -> int:
        """Put ``data`` at the start of free clusters that never held anything; they stay free.

        Without ``cluster`` it goes into the middle of the longest stretch that was never used. Return where it begins
        on the medium.

        Raises:
            SynthesisError: There is nothing to write, or no such place for it.
        """
        count = max(self._geometry.clusters_for(len(data)), 1)
        if cluster is None:
            cluster = self._tree.clusters.quiet_place(count)
        if not data or cluster is None or not self._is_blank(cluster, count):
            raise SynthesisError(
                f"{len(data)} bytes can not be put into unallocated space"
                + ("" if cluster is None else f" at cluster {cluster}"),
                remedy="Give some bytes, and clusters that are free and never held anything, or a larger volume.",
            )
        offset_bytes = self.cluster_offset_bytes(cluster)
        self._medium.write(offset_bytes, data)
        return offset_bytes

    def _is_blank(self, cluster: int, count: int) -> bool:
        if not self._tree.clusters.is_untouched(cluster, count):
            return False
        return not any(self._medium.read(self.cluster_offset_bytes(cluster), count * self.cluster_bytes))

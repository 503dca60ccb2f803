"""An NTFS 3.1 volume that is written by operations in order, as a driver does it.

Fragments, reuse, slack and remnants are not painted: they arise from the order of the operations. Times are aware UTC.
What Windows does to the times of a file follows the tables of SANS, "Windows Time Rules": $FILE_NAME keeps what
$STANDARD_INFORMATION said when the name was given.
"""

from labkit.synthesis.filesystems.ntfs.hiding import Hiding
from labkit.synthesis.filesystems.ntfs.links import Links
from labkit.synthesis.filesystems.ntfs.marks import Marks
from labkit.synthesis.filesystems.ntfs.nodes import FileFlags
from labkit.synthesis.filesystems.ntfs.state import NtfsState, StreamState

__all__ = ["FileFlags", "NtfsState", "NtfsVolume", "StreamState"]


class NtfsVolume(Marks, Links, Hiding):
    """A volume at ``start_bytes`` of ``medium``. Paths begin with ``/``; case does not matter, as on Windows.

    File content goes to the medium at once, records and directories with ``flush``. An operation that raises has
    changed nothing. Each raises SynthesisError where a path does not exist or exists already, where the volume or a
    directory is full, and where a name or time can not be stored.

    Args:
        medium: Where the volume is written.
        start_bytes: Where it begins; the sectors before it are its "hidden sectors".
        size_bytes: How long it is, with the copy of the boot sector in its last sector.
        cluster_bytes: 512 to 65536.
        label: Up to 32 UTF-16 units.
        serial: A number of 64 bits.
        formatted: When it was formatted, an aware time.
        short_names: Whether a long name gets an 8.3 name beside it.
        journal: Whether $UsnJrnl notes each operation.
        start_usn: Where the journal begins, a multiple of 4096: a hole stands for what was noted before.

    Raises:
        SynthesisError: The sizes do not fit together or into the medium, or label, serial or time can not be stored.
    """

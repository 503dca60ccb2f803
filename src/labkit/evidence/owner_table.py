"""All files of a volume in little room: some fifty bytes for each, whatever its path.

Paths are kept as the number of a directory and a name, names as bytes one behind the other; an ``Owner`` is made when
somebody asks for it.
"""

from array import array
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Owner:
    """The file that holds or held some bytes."""

    volume: int
    path: str
    address: int
    stream: str | None
    deleted: bool


class OwnerTable:
    """The owners of one volume, by number, and the first one of each address.

    Args:
        volume: The number of the volume.
        records: NTFS: how many addresses there are, so that they are looked up in an array; 0 elsewhere.
    """

    def __init__(self, volume: int, records: int = 0) -> None:
        self._volume = volume
        self._directories: dict[bytes, int] = {}
        self._paths: list[bytes] = []  # of the directories
        self._names = bytearray()
        self._ends, self._parents, self._addresses = array("Q"), array("L"), array("Q")
        self._deleted = bytearray()
        self._streams: dict[int, str] = {}
        self._dense = array("q", [-1]) * records
        self._sparse: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._addresses)

    def add(self, path: str, address: int, stream: str | None, *, deleted: bool) -> int:
        """Add an owner and return its number."""
        number = len(self._addresses)
        directory, _, name = path.encode("utf-8", "surrogatepass").rpartition(b"/")
        parent = self._directories.setdefault(directory, len(self._paths))
        if parent == len(self._paths):
            self._paths.append(directory)
        self._names += name
        self._ends.append(len(self._names))
        self._parents.append(parent)
        self._addresses.append(address)
        self._deleted.append(deleted)
        if stream is not None:
            self._streams[number] = stream
        if self._number_of(address) < 0:
            self._note(address, number)
        return number

    def __contains__(self, address: int) -> bool:
        return self._number_of(address) >= 0

    def __getitem__(self, number: int) -> Owner:
        begin = self._ends[number - 1] if number else 0
        path = self._paths[self._parents[number]] + b"/" + self._names[begin : self._ends[number]]
        return Owner(
            self._volume,
            path.decode("utf-8", "surrogatepass"),
            self._addresses[number],
            self._streams.get(number),
            bool(self._deleted[number]),
        )

    def first_of(self, address: int) -> Owner | None:
        """Return the first owner with an address."""
        number = self._number_of(address)
        return None if number < 0 else self[number]

    def _number_of(self, address: int) -> int:
        return self._dense[address] if address < len(self._dense) else self._sparse.get(address, -1)

    def _note(self, address: int, number: int) -> None:
        if address < len(self._dense):
            self._dense[address] = number
        else:
            self._sparse[address] = number

"""All files of a volume in no more room than a bit for each: names lie in a temporary file until a hit asks for one."""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from labkit.evidence.spill import SortedRows, Spill

_HEAD = Struct("<Q?II")  # address, deleted, bytes of the path, bytes of the stream's name
_NO_STREAM = 0xFFFFFFFF
_USUAL_BYTES = 256  # of an owner, read at once
_PAGE_BITS = 4096


@dataclass(frozen=True, slots=True)
class Owner:
    """The file that holds or held some bytes."""

    volume: int
    path: str
    address: int
    stream: str | None
    deleted: bool


class OwnerTable:
    """The owners of one volume, by the number that ``add`` gave, and the first one of each address."""

    def __init__(self, volume: int) -> None:
        self._volume = volume
        self._owners = Spill()
        self._first = SortedRows("<QQ")  # address, number
        self._pages: dict[int, bytearray] = {}  # a bit for each address that was met

    def add(self, path: str, address: int, stream: str | None, *, deleted: bool) -> int:
        """Add an owner and return its number. Numbers have gaps."""
        encoded = path.encode("utf-8", "surrogatepass")
        name = b"" if stream is None else stream.encode("utf-8", "surrogatepass")
        head = _HEAD.pack(address, deleted, len(encoded), _NO_STREAM if stream is None else len(name))
        number = self._owners.append(head + encoded + name)
        if address not in self:
            page, bit = divmod(address, _PAGE_BITS)
            self._pages.setdefault(page, bytearray(_PAGE_BITS // 8))[bit // 8] |= 1 << bit % 8
            self._first.add((address, number))
        return number

    def settle(self) -> None:
        """Make ``first_of`` possible, when all owners are there."""
        self._first.settle()

    def __contains__(self, address: int) -> bool:
        page, bit = divmod(address, _PAGE_BITS)
        return page in self._pages and bool(self._pages[page][bit // 8] >> bit % 8 & 1)

    def __getitem__(self, number: int) -> Owner:
        return self._read(number)[0]

    def __iter__(self) -> Iterator[Owner]:
        number = 0
        while number < self._owners.size_bytes:
            owner, size = self._read(number)
            yield owner
            number += size

    def first_of(self, address: int) -> Owner | None:
        """Return the first owner with an address."""
        place = self._first.last_not_behind(address)
        if place < 0 or self._first[place][0] != address:
            return None
        return self[self._first[place][1]]

    def _read(self, number: int) -> tuple[Owner, int]:
        data = self._owners.read(number, _USUAL_BYTES)
        address, deleted, path_bytes, stream_bytes = _HEAD.unpack_from(data)
        name_bytes = 0 if stream_bytes == _NO_STREAM else stream_bytes
        size = _HEAD.size + path_bytes + name_bytes
        if size > len(data):
            data = self._owners.read(number, size)
        path = data[_HEAD.size : size - name_bytes].decode("utf-8", "surrogatepass")
        stream = None
        if stream_bytes != _NO_STREAM:
            stream = data[size - name_bytes : size].decode("utf-8", "surrogatepass")
        return Owner(self._volume, path, address, stream, bool(deleted)), size

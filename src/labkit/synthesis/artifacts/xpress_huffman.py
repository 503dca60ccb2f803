"""LZ77 with Huffman codes as Windows compresses prefetch files: XPRESS Huffman.

The compressor is plain and gives the same bytes everywhere: of the earlier places that begin with the same four bytes
it takes the latest, and code lengths come from package-merge, whose ties go to the smaller symbol.

Source: Microsoft, MS-XCA "Xpress Compression Algorithm", section 2.1 "LZ77+Huffman Compression Algorithm Details".
"""

import struct
from collections.abc import Iterator, Sequence

BLOCK_BYTES = 65536
_SYMBOLS = 512
_FIRST_MATCH = 256  # symbol of the shortest match at distance 1; at the end of the data it is the end mark
_END = 256
_LONGEST_CODE = 15
_SHORTEST_MATCH = 3
_KEY_BYTES = 4
_FARTHEST = 65535
_SHORT_LENGTHS = 15
_BYTE_LENGTHS = 255
_WORD_BITS = 16
Token = tuple[int, int]  # (literal, 0) or (length, distance)


def compress(data: bytes) -> bytes:
    """Return ``data`` compressed, block by block of 64 KiB; its length must be kept apart."""
    places: dict[bytes, int] = {}
    blocks = []
    for begin in range(0, max(len(data), 1), BLOCK_BYTES):
        end = min(begin + BLOCK_BYTES, len(data))
        tokens = list(_tokens(data, begin, end, places))
        blocks.append(_block(tokens, last=end == len(data)))
    return b"".join(blocks)


def _tokens(data: bytes, begin: int, end: int, places: dict[bytes, int]) -> Iterator[Token]:
    """Yield the literals and matches of a block; a match may point into the blocks before it."""
    position = begin
    while position < end:
        earlier = places.get(data[position : position + _KEY_BYTES], -1)
        length = 0
        if earlier >= 0 and position - earlier <= _FARTHEST:
            length = _common(data, earlier, position, end)
        if length >= _KEY_BYTES:
            yield length, position - earlier
        else:
            length = 1
            yield data[position], 0
        for passed in range(position, position + length):
            places[data[passed : passed + _KEY_BYTES]] = passed
        position += length


def _common(data: bytes, earlier: int, position: int, end: int) -> int:
    """Return how many bytes from ``earlier`` and from ``position`` on are the same, not beyond ``end``."""
    low, high = 0, 64
    most = end - position
    while high < most and data[earlier + low : earlier + high] == data[position + low : position + high]:
        low, high = high, 2 * high
    high = min(high, most)
    while low < high:
        middle = (low + high + 1) // 2
        if data[earlier + low : earlier + middle] == data[position + low : position + middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _symbol(token: Token) -> int:
    length, distance = token
    if not distance:
        return length
    return _FIRST_MATCH + (distance.bit_length() - 1 << 4) + min(length - _SHORTEST_MATCH, _SHORT_LENGTHS)


def _block(tokens: Sequence[Token], *, last: bool) -> bytes:
    counts = [0] * _SYMBOLS
    counts[_END] = 1  # in every block, so that no block has a single code
    for token in tokens:
        counts[_symbol(token)] += 1
    lengths = code_lengths(counts)
    codes = _codes(lengths)
    table = bytes(low | high << 4 for low, high in zip(lengths[::2], lengths[1::2], strict=True))
    writer = _BitWriter()
    for token in tokens:
        symbol = _symbol(token)
        writer.bits(codes[symbol], lengths[symbol])
        length, distance = token
        if distance:
            _write_long(writer, length - _SHORTEST_MATCH)
            low_bits = distance.bit_length() - 1
            writer.bits(distance - (1 << low_bits), low_bits)
    if last:
        writer.bits(codes[_END], lengths[_END])
    return table + writer.finish()


def _write_long(writer: "_BitWriter", length: int) -> None:
    """Write what of a length, counted from the shortest match, does not go into the symbol."""
    if length < _SHORT_LENGTHS:
        return
    if length - _SHORT_LENGTHS < _BYTE_LENGTHS:
        writer.data.append(length - _SHORT_LENGTHS)
    else:
        writer.data += struct.pack("<BH", _BYTE_LENGTHS, length)  # a block holds no match of more than 65,536 bytes


def code_lengths(counts: Sequence[int]) -> list[int]:
    """Return the length of each symbol's code, at most 15 bits; 0 for a symbol that does not occur.

    Package-merge (L. Larmore, D. Hirschberg, "A fast algorithm for optimal length-limited Huffman codes", 1990). At
    least two symbols must occur.
    """
    leaves = sorted((count, (symbol,)) for symbol, count in enumerate(counts) if count)
    packages: list[tuple[int, tuple[int, ...]]] = []
    for _ in range(_LONGEST_CODE):
        merged = sorted(leaves + packages)
        packages = [
            (first[0] + second[0], first[1] + second[1])
            for first, second in zip(merged[::2], merged[1::2], strict=False)
        ]
    lengths = [0] * len(counts)
    for _, symbols in packages[: len(leaves) - 1]:
        for symbol in symbols:
            lengths[symbol] += 1
    return lengths


def _codes(lengths: Sequence[int]) -> list[int]:
    """Return the canonical codes: shorter ones first, among equally long ones in the order of the symbols."""
    codes = [0] * len(lengths)
    code = previous = 0
    for length, symbol in sorted((length, symbol) for symbol, length in enumerate(lengths) if length):
        code <<= length - previous
        codes[symbol] = code
        code, previous = code + 1, length
    return codes


class _BitWriter:
    """Bits in 16-bit words, two of which are always held open while whole bytes go behind them."""

    def __init__(self) -> None:
        self.data = bytearray(4)
        self._word = 0
        self._free_bits = _WORD_BITS
        self._open, self._following = 0, 2  # where the word being filled goes, and the one after it

    def bits(self, value: int, count: int) -> None:
        """Write the lowest ``count`` bits of ``value``, the highest of them first; at most 16."""
        if count <= self._free_bits:
            self._free_bits -= count
            self._word = self._word << count | value
            return
        rest = count - self._free_bits
        struct.pack_into("<H", self.data, self._open, self._word << self._free_bits | value >> rest)
        self._open, self._following = self._following, len(self.data)
        self.data += b"\0\0"
        self._word = value & (1 << rest) - 1
        self._free_bits = _WORD_BITS - rest

    def finish(self) -> bytes:
        """Write what is left and return all bytes."""
        struct.pack_into("<H", self.data, self._open, self._word << self._free_bits)
        return bytes(self.data)

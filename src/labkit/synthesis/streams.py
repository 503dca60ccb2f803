"""Named randomness: one SHA-256 counter stream for each purpose.

The same seed and name give the same draws on every machine and Python version, and a stream that is added shifts no
other. Nothing here uses ``random``, ``hash()`` or the clock.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Stream:
    """An endless stream of bytes, fixed by ``seed`` and ``name``: SHA-256(seed | name | counter) blocks."""

    def __init__(self, seed: bytes, name: str) -> None:
        self._key = hashlib.sha256(len(seed).to_bytes(2, "big") + seed + name.encode()).digest()
        self._counter = 0
        self._buffer = b""

    def take(self, size_bytes: int) -> bytes:
        """Return the next ``size_bytes`` bytes."""
        missing = size_bytes - len(self._buffer)
        if missing > 0:
            blocks = []
            for _ in range(-(-missing // 32)):
                blocks.append(hashlib.sha256(self._key + self._counter.to_bytes(8, "big")).digest())
                self._counter += 1
            self._buffer += b"".join(blocks)
        taken, self._buffer = self._buffer[:size_bytes], self._buffer[size_bytes:]
        return taken

    def below(self, limit: int) -> int:
        """Return a whole number in ``[0, limit)``, every one equally likely."""
        if limit <= 0:
            raise ValueError(f"limit must be above 0, not {limit}")
        size_bytes = (limit.bit_length() + 7) // 8 or 1
        bound = (1 << (8 * size_bytes)) // limit * limit
        while True:  # reject the uneven tail instead of folding it back
            number = int.from_bytes(self.take(size_bytes), "big")
            if number < bound:
                return number % limit

    def between(self, low: int, high: int) -> int:
        """Return a whole number in ``[low, high]``."""
        return low + self.below(high - low + 1)

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of ``choices``."""
        return choices[self.below(len(choices))]

    def sample(self, choices: Sequence[T], count: int) -> list[T]:
        """Return ``count`` different members of ``choices`` in drawn order."""
        return self.shuffled(choices)[:count]

    def shuffled(self, choices: Sequence[T]) -> list[T]:
        """Return the members of ``choices`` in drawn order (Fisher-Yates)."""
        deck = list(choices)
        for last in range(len(deck) - 1, 0, -1):
            other = self.below(last + 1)
            deck[last], deck[other] = deck[other], deck[last]
        return deck

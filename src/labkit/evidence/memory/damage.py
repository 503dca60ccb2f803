"""What can not be read in a memory image: it is told, and the rest is shown.

A capture is never whole: pages were swapped out, the capture was cut off, or somebody damaged it. Every walk goes on
with what is left, and says once what it could not follow.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from labkit.errors import EvidenceError
from labkit.evidence.remarks import remark


class UnreadableError(EvidenceError):
    """Bytes that are not in the image, or that can not be what they should be."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message,
            remedy="The image is damaged, cut off, or was captured while memory changed. What else it holds can be "
            "read with the other commands of labkit memory.",
        )


@contextmanager
def tolerating(what: str) -> Iterator[None]:
    """Go on behind the block when something in it can not be read, and remark so.

    Args:
        what: What is then missing, such as ``arguments of process 102``.
    """
    try:
        yield
    except UnreadableError as error:
        remark(f"{what}: {error.message}")

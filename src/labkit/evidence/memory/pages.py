"""The pages of a process or of a cached file, in the order in which it sees them.

Neighbours in this order are neighbours for the program, wherever they lie in physical memory: text that runs over the
end of a page goes on in the next.
"""

from collections.abc import Iterator

from labkit.evidence.memory.page_cache import CachedFile
from labkit.evidence.memory.physical import PAGE_BYTES
from labkit.evidence.memory.tasks import Task


def pages_of(holder: Task | CachedFile) -> Iterator[tuple[int, int]]:
    """Yield (virtual address or offset in the file, physical address) of each page of 4 KiB in the image, in order."""
    if isinstance(holder, CachedFile):
        yield from holder.pages()
        return
    for run in holder.mapped():
        for step in range(0, run.size_bytes, PAGE_BYTES):
            yield run.virtual + step, run.physical + step

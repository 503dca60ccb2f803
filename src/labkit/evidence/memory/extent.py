"""Whether an image holds all the memory that its machine had."""

from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.physical import PAGE_BYTES
from labkit.evidence.remarks import remark

_LARGEST_ADDRESS = 1 << 52  # SDM 4.1.4: no processor has more physical address bits
_SO = "What is listed need not be all there was"


def remark_missing_end(kernel: Kernel) -> None:
    """Remark that an image ends before the machine's memory did, as it does when copying it was broken off.

    The kernel counts the pages up to the end of its memory in ``max_pfn`` (arch/x86/kernel/setup.c). A kernel without
    it, or a number that can not be, says nothing.
    """
    if not kernel.symbols.has("max_pfn"):
        return
    image_end = kernel.memory.end
    place = kernel.placement.physical(kernel.symbols.address("max_pfn"))
    if place >= image_end:
        remark(f"the image ends at {image_end:#x}, within the kernel itself: it was cut off. {_SO}")
        return
    try:
        memory_end = int.from_bytes(kernel.memory.read(place, 8), "little") * PAGE_BYTES
    except UnreadableError:
        return
    if image_end < memory_end <= _LARGEST_ADDRESS:
        remark(
            f"the image ends at {image_end:#x}, but the machine had memory up to {memory_end:#x}: the last "
            f"{memory_end - image_end} bytes are missing. {_SO}"
        )

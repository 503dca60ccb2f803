"""From a story to the memory of the machine on which it was played."""

from pathlib import Path

from memory_base import story as stories
from memory_base.guest_files import story_archive
from memory_base.kernel_package import Kernel
from memory_base.machine import Machine, capture, forwarded

MEMORY_MIB = 128
COMMAND_LINE = "console=ttyS0 quiet panic=-1 init_on_free=1"
_PAGE = "HTTP/1.0 200 OK\\r\\nContent-Length: 29\\r\\n\\r\\nlist of carriers, March 2026\\n\\n"
_SILENT = "sleep 100000"


def captured(story: stories.Story, kernel: Kernel, folder: Path) -> Path:
    """Play ``story`` under QEMU; return the raw image."""
    initramfs = folder / "story.cpio.gz"
    initramfs.write_bytes(story_archive(story, kernel, folder))
    page = folder / "page"
    page.write_text(f"#!/bin/sh\nprintf '{_PAGE}'\n")
    page.chmod(0o755)
    options = forwarded(
        [
            (stories.PROVIDER, 443, _SILENT),
            (stories.PROVIDER, 80, str(page)),
            (stories.RELAY, story.relay_port, _SILENT),
        ]
    )
    image = folder / "memory.raw"
    capture(Machine(kernel.image, initramfs, COMMAND_LINE, MEMORY_MIB, story.clock, options), folder, image)
    return image

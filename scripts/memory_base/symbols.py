"""The symbol table of the kernel, from a boot in which it stays where it was linked."""

import zlib
from datetime import UTC, datetime
from pathlib import Path

from memory_base.btf import parse_btf
from memory_base.guest_files import symbols_archive
from memory_base.isf import packed, symbol_table
from memory_base.kernel_package import Kernel
from memory_base.machine import Machine, MachineError, run_to_the_end

_PARTS = 3  # banner, kallsyms, BTF


def symbols_of(kernel: Kernel, folder: Path) -> bytes:
    """Boot without KASLR, read types and addresses; return the packed symbol table.

    Raises:
        MachineError: The guest did not send all of it.
    """
    initramfs = folder / "symbols.cpio.gz"
    initramfs.write_bytes(symbols_archive())
    clock = datetime(2026, 3, 10, tzinfo=UTC)
    machine = Machine(kernel.image, initramfs, "console=ttyS0 quiet panic=-1 nokaslr", 256, clock)
    banner, kallsyms, types = unpacked(run_to_the_end(machine, folder))
    return packed(symbol_table(parse_btf(types), kallsyms.decode().splitlines(), banner))


def unpacked(sent: bytes) -> tuple[bytes, ...]:
    """Return the three gzip members that the guest sends one behind the other."""
    parts = []
    for _ in range(_PARTS):
        member = zlib.decompressobj(wbits=31)
        try:
            parts.append(member.decompress(sent))
        except zlib.error as error:
            raise MachineError(f"the guest sent damaged data: {error}") from error
        if not member.eof:
            raise MachineError("the guest sent too little; give it more time")
        sent = member.unused_data
    return tuple(parts)

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.symbol_table import SymbolTable
from labkit.evidence.remarks import listening
from tests.unit.evidence.memory.tiny_memory import TinyMemory

Opening = Callable[[TinyMemory], Kernel]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opening]:
    """Write a tiny memory to files and open it as labkit does."""
    kernels: list[Kernel] = []

    def opening(memory: TinyMemory) -> Kernel:
        image, table = memory.write_to(tmp_path)
        kernels.append(Kernel.open(image, SymbolTable.load(table)))
        return kernels[-1]

    yield opening
    for kernel in kernels:
        kernel.memory.close()


@pytest.fixture
def remarks() -> Iterator[list[str]]:
    """What readers remark during the test."""
    heard: list[str] = []
    with listening(heard.append):
        yield heard

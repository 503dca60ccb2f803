"""The base captures of memory that the repository has; the variable names a folder of another one."""

import lzma
import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CAPTURES = Path(os.environ.get("LABKIT_MEMORY_BASES", ROOT / "evidence_images" / "kestrel" / "memory"))


def base_image(folder: Path, base: str = "base-a") -> tuple[Path, Path]:
    """Unpack a base capture, placeholders and all; return it and its symbol table. Skip where there is none."""
    packed = CAPTURES / base / "memory.raw.xz"
    tables = sorted((CAPTURES / "symbols").glob("*.json.xz"))
    if not packed.exists() or not tables:
        pytest.skip(f"there is no base capture of memory in {CAPTURES}")
    image = folder / "memory.raw"
    with lzma.open(packed) as source, image.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    return image, tables[0]

"""The base captures of memory that the repository has, and images of trainees made of them."""

import lzma
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from labkit.containers.raw import write_raw
from labkit.content.scenario import load_case
from labkit.errors import SynthesisError
from labkit.synthesis.build import play_item
from labkit.synthesis.memory.handed_out import memory_image, memory_of
from labkit.synthesis.memory.told import ToldMemory
from labkit.synthesis.variables import draw_variables

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


@dataclass(frozen=True, slots=True)
class PersonalImage:
    """The memory item of one seed: its image, its symbol table, and what is personal about it."""

    image: Path
    symbols: Path
    told: ToldMemory


def personal_image(folder: Path, seed: bytes) -> PersonalImage:
    """Make the memory item of the case KESTREL for a seed; skip where its base is not there."""
    case = load_case("kestrel")
    if "memory" not in case.items:
        pytest.skip("the case KESTREL has no memory item")
    played = play_item(case, "memory", seed, draw_variables(case, seed))
    try:
        told = memory_of(played)
    except SynthesisError as error:
        if "No such file" not in error.message:
            raise
        pytest.skip(error.message)
    image = folder / "KF-04.raw"
    write_raw(memory_image(told).chunks(), image)
    return PersonalImage(image, told.base.symbols, told)

"""What ``labkit memory`` says of trainees' images, beside what another reader says, and beside the truth.

``LABKIT_MEMORY_SEEDS=10`` makes it ten images instead of two.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop import memory_witness
from tests.interop.memory_facts import Facts, differences, facts_of_labkit, facts_of_truth, facts_of_witness
from tests.memory_base import PersonalImage, personal_image

SEEDS = int(os.environ.get("LABKIT_MEMORY_SEEDS", "2"))

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(900)]

Read = tuple[PersonalImage, Facts]


@pytest.fixture(scope="module", params=range(SEEDS))
def read(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    """One trainee's image, and what labkit says of it."""
    folder = tmp_path_factory.mktemp("memory")
    personal = personal_image(folder, f"memory {request.param}".encode())
    (folder / "recovered").mkdir()
    yield personal, facts_of_labkit(personal.image, personal.symbols, folder / "recovered")
    personal.image.unlink()


def test_labkit_says_what_is_true(read: Read) -> None:
    personal, ours = read
    truth = facts_of_truth(personal.told, personal.image)

    assert not _differing(ours, truth, "the truth", less=("cached_files", "recovered_files", "scanned_processes"))


def test_labkit_says_what_another_reader_says(read: Read, tmp_path: Path) -> None:
    personal, ours = read
    said = memory_witness.ask(personal.image, personal.symbols, tmp_path / "said")
    theirs = facts_of_witness(said)

    assert {
        "processes",
        "scanned_processes",
        "arguments",
        "environment",
        "open_files",
        "sockets",
        "maps",
        "recovered_files",
    } <= {*theirs}
    assert not _differing(ours, theirs, "the other reader", less=("cached_files",))


def _differing(ours: Facts, theirs: Facts, name: str, *, less: tuple[str, ...]) -> list[str]:
    """Return all differences; of the kinds in ``less`` the other one needs to know only a part."""
    found = [
        line
        for kind in ours.keys() & theirs.keys()
        for line in differences(kind, ours[kind], theirs[kind], ("labkit", name))
    ]
    return sorted(line for line in found if not any(line.startswith(f"{kind}: only labkit") for kind in less))

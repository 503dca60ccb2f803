from collections.abc import Iterator

import pytest

from labkit.verification import programs
from tests.unit.verification.small_disk import SmallDisk
from tests.unit.verification.small_item import SmallItem


@pytest.fixture(scope="package")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallItem:
    return SmallItem(tmp_path_factory.mktemp("small-item"))


@pytest.fixture
def no_programs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A computer on which no foreign program is installed, such as a trainer's Windows laptop."""
    monkeypatch.setattr(programs, "find", lambda program: None)
    return None


@pytest.fixture(scope="package")
def disk(tmp_path_factory: pytest.TempPathFactory) -> SmallDisk:
    return SmallDisk(tmp_path_factory.mktemp("small-disk"))

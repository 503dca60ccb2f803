from pathlib import Path

import pytest

from tests.unit.content.small_library import SmallLibrary


@pytest.fixture
def content(tmp_path: Path) -> SmallLibrary:
    return SmallLibrary(tmp_path / "content")

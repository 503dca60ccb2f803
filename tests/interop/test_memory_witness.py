"""The second opinion on memory images: what it is asked and how it says that it can not answer."""

from pathlib import Path

import pytest

from tests.interop.memory_witness import ask

pytestmark = pytest.mark.oracle


def test_what_is_no_image_gives_a_reason(tmp_path: Path) -> None:
    image, symbols = tmp_path / "noise.raw", tmp_path / "symbols"
    image.write_bytes(bytes(1 << 20))
    symbols.mkdir()

    said = ask(image, symbols, tmp_path / "out", "pslist", "envars", check=False)

    assert {name: value["kind"] for name, value in said.items()} == {"pslist": "processes", "envars": "environment"}
    assert all(value["problem"] and not value["rows"] for value in said.values())

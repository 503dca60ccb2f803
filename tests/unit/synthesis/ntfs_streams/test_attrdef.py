import pytest

from labkit.synthesis.filesystems.ntfs_streams.attrdef import attribute_definitions
from tests.unit.synthesis.ntfs_streams.conftest import StreamOf


@pytest.mark.oracle
def test_definitions_are_those_that_mkntfs_writes(mkntfs_stream: StreamOf) -> None:
    assert attribute_definitions() == mkntfs_stream("4-128-1")


@pytest.mark.oracle
def test_definitions_are_those_that_windows_10_writes(windows_stream: StreamOf) -> None:
    assert attribute_definitions() == windows_stream("4-128-4")

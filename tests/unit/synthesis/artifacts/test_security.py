import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.security import MACHINE_SECURITY, sid_bytes


def test_a_sid_is_written_as_windows_does() -> None:
    assert sid_bytes("S-1-5-18").hex() == "010100000000000512000000"
    assert sid_bytes("S-1-5-32-544").hex() == "01020000000000052000000020020000"
    assert sid_bytes("S-1-16-12288").hex() == "010100000000001000300000"


@pytest.mark.parametrize("sid", ["", "S-1-5", "S-2-5-18", "S-1-5-4294967296", "S-1-5-18-", "S-1-5" + "-1" * 16])
def test_what_is_no_sid_is_refused(sid: str) -> None:
    with pytest.raises(SynthesisError, match="is not a security identifier") as caught:
        sid_bytes(sid)
    assert "such as S-1-5-21" in caught.value.remedy


def test_a_descriptor_points_to_its_parts() -> None:
    owner, group, system_list, access_list = (
        int.from_bytes(MACHINE_SECURITY[at : at + 4], "little") for at in (4, 8, 12, 16)
    )

    assert MACHINE_SECURITY[:4].hex() == "01000480"
    assert MACHINE_SECURITY[owner:group] == sid_bytes("S-1-5-32-544")
    assert MACHINE_SECURITY[group:] == sid_bytes("S-1-5-18")
    assert system_list == 0
    assert access_list == 20
    assert int.from_bytes(MACHINE_SECURITY[22:24], "little") == owner - access_list
    assert int.from_bytes(MACHINE_SECURITY[24:26], "little") == 3

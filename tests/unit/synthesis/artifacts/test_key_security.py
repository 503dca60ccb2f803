from labkit.synthesis.artifacts.key_security import MACHINE_SECURITY, user_security
from labkit.synthesis.filesystems.ntfs_streams.security import sid_bytes


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


def test_the_keys_of_an_account_are_its_own() -> None:
    sid = "S-1-5-21-1-2-3-1001"

    assert sid_bytes(sid) in user_security(sid)
    assert sid_bytes("S-1-5-32-545") not in user_security(sid)

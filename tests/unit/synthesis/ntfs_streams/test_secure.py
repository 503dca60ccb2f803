"""$Secure against what Windows 10 and mkntfs wrote, and as dissect.ntfs reads it."""

import io
import itertools
import struct

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs_streams.secure import BLOCK_BYTES, SecurityStore, security_hash
from labkit.synthesis.filesystems.ntfs_streams.security import (
    ADMINISTRATORS,
    EVERYONE,
    EVERYONE_FULL,
    METADATA_READ,
    METADATA_WRITE,
    SYSTEM,
    VOLUME_ROOT,
    WINDOWS_FILE,
    Access,
    AccessRule,
    Inheritance,
    SecurityDescriptor,
    account_sid,
    data_volume_file,
    profile_directory,
    profile_entry,
    sid_bytes,
)
from labkit.synthesis.filesystems.ntfs_streams.view_index import Collation
from tests.unit.synthesis.ntfs_streams.conftest import StreamOf

LEAF_FILLER = b"I\0I\0"  # stands in the padding of $SDH on some volumes, zeros on others
USER = account_sid((1111111111, 2222222222, 3333333333), 1001)


def without_filler(entries: bytes) -> bytes:
    return entries.replace(LEAF_FILLER, bytes(4))


@pytest.mark.oracle
def test_a_new_store_holds_what_windows_10_writes_when_it_formats(windows_stream: StreamOf) -> None:
    written = windows_stream("9-128-8")

    ours = SecurityStore().sds()

    used = len(ours) - BLOCK_BYTES
    assert len(ours) == len(written)
    assert ours[:used] == written[:used]
    assert ours[BLOCK_BYTES:] == written[BLOCK_BYTES:]


@pytest.mark.oracle
def test_the_indexes_are_those_that_windows_10_writes(windows_stream: StreamOf) -> None:
    store = SecurityStore()

    for index, address, start in ((store.sii(), "9-144-5", 32), (store.sdh(), "9-160-9", 64)):
        entries = b"".join(entry.to_bytes() for entry in index.entries)
        assert without_filler(windows_stream(address)[start : start + len(entries)]) == entries


@pytest.mark.oracle
def test_the_store_of_mkntfs_comes_out_byte_for_byte(mkntfs_stream: StreamOf) -> None:
    owned_by_administrators = [
        SecurityDescriptor(ADMINISTRATORS, ADMINISTRATORS, one.rules) for one in (METADATA_READ, METADATA_WRITE)
    ]

    store = SecurityStore(owned_by_administrators)

    assert store.sds() == mkntfs_stream("9-128-2")
    for index, address in ((store.sii(), "9-144-4"), (store.sdh(), "9-144-3")):
        stored = mkntfs_stream(address)
        entries = b"".join(entry.to_bytes() for entry in index.entries)
        assert without_filler(stored[32 : 32 + len(entries)]) == entries
        assert struct.unpack_from("<II", stored) == (0, index.collation)


def test_an_independent_reader_finds_owner_group_and_rules() -> None:
    secure = pytest.importorskip("dissect.ntfs.secure", reason="dissect.ntfs is not installed")
    store = SecurityStore()
    given = {
        store.add(descriptor): descriptor
        for descriptor in (
            VOLUME_ROOT,
            WINDOWS_FILE,
            EVERYONE_FULL,
            data_volume_file(USER),
            profile_directory(USER),
            profile_entry(USER, directory=True),
            profile_entry(USER, directory=False),
        )
    }

    reader = secure.Secure(sds=io.BytesIO(store.sds()))

    for security_id, descriptor in given.items():
        found = reader.lookup(security_id)
        assert (found.owner, found.group) == (descriptor.owner, descriptor.group)
        assert [(ace.sid, ace.mask, int(ace.header.AceFlags)) for ace in found.dacl.ace] == [
            (rule.sid, rule.access, rule.inheritance) for rule in descriptor.rules
        ]


def test_equal_descriptors_share_a_number() -> None:
    store = SecurityStore()

    first = store.add(profile_entry(USER, directory=False))

    assert first == 0x108
    assert store.add(profile_entry(USER, directory=False)) == first
    assert store.add(profile_entry(USER, directory=True)) == first + 1
    assert store.add(METADATA_WRITE) == 0x101


def test_a_fork_goes_its_own_way() -> None:
    store = SecurityStore()
    before = store.sds()
    fork = store.fork()

    fork.add(EVERYONE_FULL)

    assert store.sds() == before
    assert store.add(WINDOWS_FILE) == fork.add(EVERYONE_FULL)


def test_no_entry_crosses_a_block_and_every_block_has_its_copy() -> None:
    store = SecurityStore(())
    count = 3000
    for number in range(count):
        rules = tuple(
            AccessRule(account_sid((1, 2, 3), 1001 + number + other), Access.FULL) for other in range(number % 7)
        )
        store.add(SecurityDescriptor(SYSTEM, account_sid((1, 2, 3), number), rules))
    sds = store.sds()

    assert len(sds) > 3 * BLOCK_BYTES
    for start in range(0, len(sds), 2 * BLOCK_BYTES):
        copy = sds[start + BLOCK_BYTES : start + 2 * BLOCK_BYTES]
        assert sds[start : start + len(copy)] == copy
    ends = 0
    for number, entry in enumerate(store.sii().entries):
        security_hash_, security_id, offset, size = struct.unpack("<IIQI", entry.data)
        assert security_id == 0x100 + number
        assert offset % 16 == 0
        assert offset >= ends
        assert offset // BLOCK_BYTES == (offset + size - 1) // BLOCK_BYTES
        assert offset // BLOCK_BYTES % 2 == 0
        assert sds[offset : offset + 20] == entry.data
        assert security_hash(sds[offset + 20 : offset + size]) == security_hash_
        ends = offset + size


def test_descriptors_are_found_by_hash_in_order() -> None:
    store = SecurityStore()
    index = store.sdh()

    keys = [struct.unpack("<II", entry.key) for entry in index.entries]

    assert index.collation is Collation.SECURITY_HASH
    assert all(left < right for left, right in itertools.pairwise(keys))
    assert [entry.data[:8] for entry in index.entries] == [entry.key for entry in index.entries]


def test_an_empty_store_is_empty() -> None:
    assert SecurityStore(()).sds() == b""


def test_a_denied_rule_is_another_kind_of_entry() -> None:
    allowed = AccessRule(EVERYONE, Access.READ, Inheritance.BELOW)
    denied = AccessRule(EVERYONE, Access.READ, Inheritance.BELOW, denied=True)

    assert allowed.to_bytes()[0] == 0
    assert denied.to_bytes() == b"\x01" + allowed.to_bytes()[1:]


@pytest.mark.parametrize(
    "sid", ["", "S-1-5", "S-2-5-18", "S-1-5-4294967296", "S-1-281474976710656-1", "s-1-5-18", "S-1-5" + "-1" * 16]
)
def test_what_is_no_sid_is_refused(sid: str) -> None:
    with pytest.raises(SynthesisError, match="not a security identifier") as caught:
        sid_bytes(sid)

    assert "S-1-5-18" in caught.value.remedy


def test_too_many_rules_are_refused() -> None:
    rules = (AccessRule(USER, Access.FULL),) * 2000

    with pytest.raises(SynthesisError, match="an ACL has at most 65535") as caught:
        SecurityStore().add(SecurityDescriptor(SYSTEM, SYSTEM, rules))

    assert "fewer rules" in caught.value.remedy

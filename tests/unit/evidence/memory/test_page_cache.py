"""Files in the page cache: paths over mounts, pages in order, gaps."""

import struct

from labkit.evidence.memory.page_cache import CachedFile, cached_files
from labkit.evidence.memory.pages import pages_of
from labkit.evidence.timestamps import iso_text
from tests.unit.evidence.memory.conftest import Opening
from tests.unit.evidence.memory.tiny_memory import PAGE, VMEMMAP, TinyFiles, TinyMemory


def two_mounts(memory: TinyMemory) -> tuple[TinyFiles, TinyFiles, int]:
    """A root with a tmpfs at /run/store, and in it a file of three pages, the second missing."""
    root = TinyFiles(memory, "ext4")
    run = root.entry("run", root.root, root.inode(2, 0o040755))
    store = root.entry("store", run, root.inode(3, 0o040755))
    tmpfs = TinyFiles(memory, "tmpfs", below=(root, store))
    inode = tmpfs.inode(7, 0o100640, 2 * PAGE + 9, seconds=1_772_615_705)
    tmpfs.entry("план.csv", tmpfs.root, inode)
    return root, tmpfs, inode


def named(found: list[CachedFile]) -> dict[str, CachedFile]:
    return {file.path.text: file for file in found if file.path is not None}


def test_paths_go_over_mounts(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    two_mounts(memory)
    found = named(list(cached_files(opened(memory))))
    assert set(found) == {"/", "/run", "/run/store", "/run/store/план.csv"}
    file = found["/run/store/план.csv"]
    assert (file.number, file.kind, file.filesystem, file.device, file.size_bytes) == (
        7,
        "file",
        "tmpfs",
        "tmpfs",
        8201,
    )
    assert (file.mode, file.owner, file.deleted) == (0o640, (1000, 0), False)
    assert iso_text(file.time_ns("mtime")) == "2026-03-04T09:15:05Z"
    assert not remarks


def test_a_mount_of_the_kernels_own_is_not_the_place(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    root = TinyFiles(memory, "ext4")
    place = root.entry("dev", root.root, root.inode(2, 0o040755))
    devices = TinyFiles(memory, "devtmpfs")  # its first mount is nowhere in the tree
    devices.entry("null", devices.root, devices.inode(4, 0o020666))
    space = memory.new("nsproxy", mnt_ns=0xFFFF_8880_0000_5000)
    memory.put(memory.init, "task_struct", nsproxy=space)
    mount = memory.new("mount", mnt__mnt_root=devices.root, mnt__mnt_sb=devices.superblock)
    memory.put(mount, "mount", mnt_parent=root.mount, mnt_mountpoint=place, mnt_ns=0xFFFF_8880_0000_5000)
    memory.link(
        devices.superblock + memory.offset("super_block", "s_mounts"), mount + memory.offset("mount", "mnt_instance")
    )
    assert set(named(list(cached_files(opened(memory))))) == {"/", "/dev", "/dev/null"}
    assert not remarks


def test_pages_of_a_file_in_order_with_a_gap(opened: Opening):
    memory = TinyMemory()
    _, tmpfs, inode = two_mounts(memory)
    frames = tmpfs.content(inode, {2: b"third", 0: b"first"})
    file = named(list(cached_files(opened(memory))))["/run/store/план.csv"]
    assert list(pages_of(file)) == [(0, frames[0]), (2 * PAGE, frames[2])]
    assert file.cached_pages == 2


def test_a_file_of_one_page_and_values_of_pages_that_went(opened: Opening):
    memory = TinyMemory()
    _, tmpfs, inode = two_mounts(memory)
    frame = memory.frame(b"alone")
    page = VMEMMAP + frame // PAGE * memory.size("page")
    mapping = memory.new("address_space", i_pages__xa_head=page, nrpages=1)
    memory.put(inode, "inode", i_mapping=mapping)
    other = tmpfs.inode(8, 0o100640, PAGE, links=0)
    memory.put(other, "inode", i_mapping=memory.new("address_space", i_pages__xa_head=(5 << 1) | 1))
    found = list(cached_files(opened(memory)))
    assert list(pages_of(named(found)["/run/store/план.csv"])) == [(0, frame)]
    nameless = next(file for file in found if file.number == 8)
    assert (list(pages_of(nameless)), nameless.path, nameless.deleted) == ([], None, True)


def test_large_folios_stand_for_several_pages(opened: Opening):
    """In a node, siblings follow the entry; in the node above, an entry stands for all numbers below it."""
    memory = TinyMemory()
    _, _, inode = two_mounts(memory)
    size = memory.size("page")
    first = (memory.frame() // PAGE) * size + VMEMMAP
    for _ in range(3 + 63):
        memory.frame()
    low = memory.new("xa_node", slots=struct.pack("<64Q", 0, 0, 0, 0, first, 4 << 2 | 2, 4 << 2 | 2, *[0] * 57))
    high = memory.new("xa_node", shift=6, slots=struct.pack("<64Q", low | 2, first, *[0] * 62))
    memory.put(inode, "inode", i_mapping=memory.new("address_space", i_pages__xa_head=high | 2))
    file = named(list(cached_files(opened(memory))))["/run/store/план.csv"]
    frame = (first - VMEMMAP) // size * PAGE
    found = list(pages_of(file))
    assert found[:3] == [(4 * PAGE, frame), (5 * PAGE, frame + PAGE), (6 * PAGE, frame + 2 * PAGE)]
    assert found[3:] == [((64 + number) * PAGE, frame + number * PAGE) for number in range(64)]


def test_a_deleted_name_and_a_broken_path(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    root, tmpfs, _ = two_mounts(memory)
    tmpfs.entry("gone", tmpfs.root, tmpfs.inode(9, 0o100600), deleted=True)
    folder = root.entry("folder", root.root, root.inode(10, 0o040700))
    root.entry("below", folder, root.inode(11, 0o100600))
    memory.put(folder, "dentry", d_parent=0x1000)
    found = named(list(cached_files(opened(memory))))
    assert found["/run/store/gone"].deleted
    assert "/?/folder/below" in found
    assert any("a path has a gap" in text for text in remarks)


def test_an_array_in_a_circle_and_wild_pages(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    _, _, inode = two_mounts(memory)
    node = memory.new("xa_node", shift=6)
    memory.put(node, "xa_node", slots=struct.pack("<64Q", node | 2, VMEMMAP + 4, 0x1002, *[0] * 61))
    memory.put(inode, "inode", i_mapping=memory.new("address_space", i_pages__xa_head=node | 2))
    file = named(list(cached_files(opened(memory))))["/run/store/план.csv"]
    assert list(pages_of(file)) == []
    assert any("met twice" in text for text in remarks)
    assert any("has a gap" in text for text in remarks)


def test_a_path_in_a_circle_ends(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    root = TinyFiles(memory, "ext4")
    first = root.entry("a", root.root, root.inode(2, 0o040755))
    second = root.entry("b", first, root.inode(3, 0o040755))
    memory.put(first, "dentry", d_parent=second)
    assert all(file.path is not None for file in cached_files(opened(memory)))
    assert any("runs in a circle" in text for text in remarks)

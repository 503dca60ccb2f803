"""Descriptors and sockets of processes, and mounts."""

import struct
from ipaddress import ip_address

import pytest

from labkit.evidence.memory.open_files import OpenFile, mounts, open_files
from labkit.evidence.memory.paths import FilePath, Paths
from labkit.evidence.memory.sockets import Endpoint, Socket, sockets
from labkit.evidence.memory.tasks import processes
from tests.unit.evidence.memory.conftest import Opening
from tests.unit.evidence.memory.tiny_holdings import file_of, give, socket
from tests.unit.evidence.memory.tiny_memory import TinyFiles, TinyMemory

PIPEFS = 0x50495045


def opened_files(opened: Opening, memory: TinyMemory) -> list[OpenFile]:
    kernel = opened(memory)
    (task,) = processes(kernel)
    return list(open_files(task, Paths(kernel)))


def opened_sockets(opened: Opening, memory: TinyMemory) -> list[Socket]:
    kernel = opened(memory)
    (task,) = processes(kernel)
    return list(sockets(task, Paths(kernel)))


def test_files_and_a_pipe(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    task = memory.task(40, "backup")
    root, pipes = TinyFiles(memory, "ext4"), TinyFiles(memory, "pipefs")
    memory.put(pipes.superblock, "super_block", s_magic=PIPEFS)
    files = {0: file_of(memory, pipes, "", 0o010600), 9: file_of(memory, root, "a/b", 0o100600, f_pos=77)}
    give(memory, task, files)
    pipe, file = opened_files(opened, memory)
    assert (pipe.descriptor, pipe.kind, pipe.path) == (0, "pipe", FilePath("pipe:[50]", deleted=False))
    assert (file.descriptor, file.kind, file.access, file.position_bytes) == (9, "file", "rw", 77)
    assert file.path == FilePath("/a\\x2fb", deleted=False)  # a slash is in no name
    assert not remarks


def test_wild_descriptors_and_counts(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    task = memory.task(40, "backup")
    root = TinyFiles(memory, "ext4")
    table = give(memory, task, {3: 0x1234, 4: file_of(memory, root, "kept", 0o100600, private_data=0)})
    memory.put(table, "fdtable", max_fds=0xFFFF_FFFF)
    assert [file.descriptor for file in opened_files(opened, memory)][:1] == [4]
    assert any("so many there can not be: 4294967295" in text for text in remarks)
    assert any("descriptor 3" in text for text in remarks)


def test_a_wild_table(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    memory.put(memory.task(40, "backup"), "task_struct", files=memory.new("files_struct", fdt=0x10))
    assert opened_files(opened, memory) == []
    assert "the open files of process 40" in remarks[0]


@pytest.mark.parametrize(
    ("six", "local", "remote"), [(False, "192.0.2.57", "203.0.113.140"), (True, "2001:db8::1", "2001:db8::ffff:2")]
)
def test_a_connection(opened: Opening, six: bool, local: str, remote: str):
    memory = TinyMemory()
    task = memory.task(40, "backup")
    own, other = ("v6_rcv_saddr", "v6_daddr") if six else ("rcv_saddr", "daddr")
    sock = memory.new("sock", sk_type=1, sk_protocol=6)
    memory.put(sock, "sock_common", skc_family=10 if six else 2, skc_state=1, skc_num=40000)
    memory.put(sock, "sock_common", skc_dport=struct.pack(">H", 443))
    memory.put(
        sock, "sock_common", **{f"skc_{own}": ip_address(local).packed, f"skc_{other}": ip_address(remote).packed}
    )
    give(memory, task, {3: socket(memory, TinyFiles(memory, "sockfs"), sock)})
    (found,) = opened_sockets(opened, memory)
    assert (found.family, found.protocol, found.state) == ("ipv6" if six else "ipv4", "TCP", "ESTABLISHED")
    assert (found.local, found.remote) == (Endpoint(local, 40000), Endpoint(remote, 443))
    assert str(found.remote) == (f"[{remote}]:443" if six else f"{remote}:443")


def test_a_listener_and_a_datagram_socket(opened: Opening):
    memory = TinyMemory()
    task = memory.task(40, "backup")
    tcp = memory.new("sock", sk_type=1, sk_protocol=6)
    memory.put(tcp, "sock_common", skc_family=2, skc_state=10, skc_num=8443)
    udp = memory.new("sock", sk_type=2, sk_protocol=17)
    memory.put(udp, "sock_common", skc_family=2, skc_state=7, skc_num=68)
    files = TinyFiles(memory, "sockfs")
    give(memory, task, {3: socket(memory, files, tcp), 4: socket(memory, files, udp)})
    listener, datagram = opened_sockets(opened, memory)
    assert (listener.state, listener.local, listener.remote) == ("LISTEN", Endpoint("0.0.0.0", 8443), None)  # noqa: S104
    assert (datagram.protocol, datagram.state, datagram.local) == ("UDP", "", Endpoint("0.0.0.0", 68))  # noqa: S104


def test_unix_sockets(opened: Opening):
    memory = TinyMemory()
    task = memory.task(40, "backup")

    def address(path: bytes) -> int:
        found = memory.new("unix_address", len=len(path) + 2)
        memory.new("unix_address")
        memory.write(found + memory.size("unix_address"), b"\1\0" + path)
        return found

    first = memory.new("unix_sock", addr=address(b"/run/s\0"))
    second = memory.new("unix_sock", addr=address(b"\0name"), peer=first)
    for one in (first, second):
        memory.put(one, "sock", sk_type=1)
        memory.put(one, "sock_common", skc_family=1, skc_state=1)
    files = TinyFiles(memory, "sockfs")
    give(memory, task, {3: socket(memory, files, second), 4: socket(memory, files, first)})
    one, other = opened_sockets(opened, memory)
    assert (one.family, one.protocol, one.local, one.remote) == (
        "unix",
        "stream",
        Endpoint("@name"),
        Endpoint("/run/s"),
    )
    assert (other.local, other.remote) == (Endpoint("/run/s"), None)


def test_a_socket_without_a_sound_end(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    task = memory.task(40, "backup")
    give(memory, task, {3: socket(memory, TinyFiles(memory, "sockfs"), 0x10)})
    assert opened_sockets(opened, memory) == []
    assert "the socket of descriptor 3" in remarks[0]


def test_mounts(opened: Opening):
    memory = TinyMemory()
    root = TinyFiles(memory, "ext4")
    run = root.entry("run", root.root, root.inode(2, 0o040755))
    tmpfs = TinyFiles(memory, "tmpfs", below=(root, run))
    memory.put(root.mount, "mount", mnt_devname=memory.text("/dev/sda1"))
    space = memory.new("mnt_namespace")
    head = space + memory.offset("mnt_namespace", "list")
    memory.put(head, "list_head", next=head, prev=head)
    for files in (root, tmpfs):
        memory.link(head, files.mount + memory.offset("mount", "mnt_list"))
    memory.task(1, "init", nsproxy=memory.new("nsproxy", mnt_ns=space))
    assert list(mounts(opened(memory))) == [("/dev/sda1", "/", "ext4"), ("", "/run", "tmpfs")]

"""What is played: archives that cpio reads, scripts that a shell understands, a story that holds together."""

import gzip
import shutil
import struct
import subprocess

import pytest

from memory_base import story as stories
from memory_base.initramfs import archive, folder, link, regular
from memory_base.kernel_package import PackageError, unpacked_kernel
from memory_base.machine import MachineError, forwarded
from memory_base.symbols import unpacked
from memory_base.tokens import TOKENS, placeholder

BASES = pytest.mark.parametrize("story", stories.STORIES.values(), ids=sorted(stories.STORIES))


def test_the_same_files_give_the_same_archive():
    entries = [folder("etc"), regular("etc/hostname", b"kf-acc-07\n")]

    assert archive(entries, 1768804200) == archive(entries, 1768804200)


@pytest.mark.oracle
@pytest.mark.skipif(shutil.which("cpio") is None, reason="cpio is not installed")
def test_cpio_lists_and_unpacks_the_archive(tmp_path):
    packed = archive([folder("etc"), regular("etc/a", b"odd", 0o600), link("etc/b", "a")], 1768804200)

    subprocess.run(["cpio", "-id", "--quiet"], input=gzip.decompress(packed), cwd=tmp_path, check=True)

    assert (tmp_path / "etc/a").read_bytes() == b"odd"
    assert (tmp_path / "etc/b").readlink().name == "a"


@BASES
@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no sh here")
def test_a_shell_understands_the_scripts(story, tmp_path):
    for name, text in (("play", stories.play_script(story)), ("init", stories.init_script(("veth.ko",)))):
        (tmp_path / name).write_text(text)
        assert subprocess.run(["sh", "-n", str(tmp_path / name)], check=False).returncode == 0


@BASES
def test_nothing_that_stays_in_the_guest_names_what_is_planted(story):
    kept = {name: content for name, content in stories.stage_files(story).items() if name not in {"play", "job"}}

    assert all(word not in content for content in kept.values() for word in (b"hidden", b"odd", b"placeholder"))


@BASES
def test_the_job_starts_kf_sync_as_the_contractor(story):
    lines = stories.job(story).decode().splitlines()

    assert lines[0] == "uid=1001"
    assert f"env=KF_SYNC_KEY={placeholder('sync_key')}" in lines
    assert f"arg=relay-{placeholder('relay_name')}.example:{placeholder('relay_port')}" in lines


@BASES
def test_the_peer_is_a_socket_address(story):
    family, port, address, listen = struct.unpack(">2sH4sH6x", stories.peer(story))

    assert (family, port, address, listen) == (b"\2\0", story.relay_port, bytes([203, 0, 113, 200]), story.listen_port)


@BASES
def test_the_order_of_the_story_and_of_its_numbers(story):
    service_pids = [service.pid for service in story.services]

    assert story.login_s < story.sync_s < story.note_s < story.capture_s
    assert service_pids == sorted(service_pids)
    assert story.odd_parent in [service.name for service in story.services]


def test_bases_share_no_name_of_a_child_and_no_number():
    numbers = [
        {service.pid for service in one.services} | {one.login_pid, one.sync_pid, one.relay_port, one.listen_port}
        for one in stories.STORIES.values()
    ]
    children = [set(one.children) for one in stories.STORIES.values()]

    assert not set.intersection(*numbers)
    assert not set.intersection(*children)


def test_every_token_of_text_is_somewhere_in_the_story():
    texts = [stories.waybills(), stories.payments(), stories.typed_note()]
    for story in stories.STORIES.values():
        texts += [*stories.stage_files(story).values()]
    everything = b"".join(texts).decode("latin-1")
    compiled_in = {"build_id", "session_id"}

    missing = {token.name for token in TOKENS.values() if token.text and token.placeholder not in everything}

    assert missing - {"encoded_config"} == compiled_in


def test_the_network_is_closed_but_for_its_destinations():
    options = " ".join(forwarded([("203.0.113.200", 44380, "sleep 1")]))

    assert "restrict=on" in options
    assert "guestfwd=tcp:203.0.113.200:44380-cmd:sleep 1" in options


def test_what_the_guest_sends_comes_apart_again():
    parts = (b"banner\n", b"kallsyms" * 100, b"\x9f\xeb" * 50)

    assert unpacked(b"".join(map(gzip.compress, parts))) == parts


@pytest.mark.parametrize("sent", [b"", gzip.compress(b"banner", mtime=0), b"garbage"])
def test_a_guest_that_sends_too_little_is_named(sent):
    with pytest.raises(MachineError, match=r"too little|damaged"):
        unpacked(sent)


def test_another_kernel_package_is_named(tmp_path):
    (tmp_path / "other.deb").write_bytes(b"!<arch>\n")

    with pytest.raises(PackageError, match=r"take version 6\.1\.192-2"):
        unpacked_kernel(tmp_path, tmp_path / "other.deb")

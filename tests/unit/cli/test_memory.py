"""``labkit memory`` on a tiny machine: what it prints, what it says where something is missing."""

import hashlib
import json
import lzma
from pathlib import Path

import pytest

from tests.small_class import a_workspace
from tests.unit.cli.image_runner import objects, refused, run
from tests.unit.evidence.memory.tiny_holdings import LAST, LEAF, area, file_of, give, node, socket
from tests.unit.evidence.memory.tiny_memory import PAGE, TinyFiles, TinyMemory

STACK = 0x7FFC_0000_0000
ARGUMENTS = b"backup\0--to\x00203.0.113.7\0"
VARIABLES = b"HOME=/root\0KEY=a b\0"


def machine() -> TinyMemory:
    """Init, a shell, a program of the shell with arguments, and a file of it on tmpfs."""
    memory = TinyMemory()
    first = memory.task(1, "init", start_boottime=10**9)
    shell = memory.task(40, "sh", parent=first, start_boottime=2 * 10**9)
    program = memory.task(41, "backup\x1b[2J", parent=shell, start_boottime=3 * 10**9)
    memory.task(42, "idle one", flags=0x20_0000, __state=0x402)
    fair = memory.variable("fair_sched_class", 64)
    for task in (first, shell, program, memory.task(66, "hidden", listed=False)):
        memory.put(task, "task_struct", sched_class=fair)
    place = STACK + 16
    own, top = memory.memory_of(
        program,
        arg_start=place,
        arg_end=place + len(ARGUMENTS),
        env_start=place + len(ARGUMENTS),
        env_end=place + len(ARGUMENTS + VARIABLES),
    )
    memory.map(top, STACK, memory.frame(bytes(16) + ARGUMENTS + VARIABLES))
    files = TinyFiles(memory, "tmpfs")
    inode = files.inode(7, 0o100600, 2 * PAGE + 5, seconds=1_772_615_705)
    files.entry("notes.txt", files.root, inode)
    files.content(inode, {0: b"begin".ljust(PAGE, b"."), 2: b"ends!"})
    sock = memory.new("sock", sk_type=1, sk_protocol=6)
    memory.put(sock, "sock_common", skc_family=2, skc_state=1, skc_num=40000, skc_dport=(443).to_bytes(2, "big"))
    memory.put(sock, "sock_common", skc_rcv_saddr=bytes([192, 0, 2, 57]), skc_daddr=bytes([203, 0, 113, 7]))
    held = file_of(memory, files, "held.txt", 0o100600, f_pos=3)
    give(memory, program, {3: held, 4: socket(memory, TinyFiles(memory, "sockfs"), sock)})
    slots = [(STACK - 1, 0), (STACK + PAGE - 1, area(memory, STACK, STACK + PAGE, 7)), (LAST, 0)]
    memory.put(own, "mm_struct", mm_mt__ma_root=node(memory, LEAF, slots) | 2, map_count=1, start_stack=STACK + 8)
    return memory


@pytest.fixture
def image(tmp_path: Path) -> Path:
    found, table = machine().write_to(tmp_path)
    (tmp_path / "symbols").mkdir()
    table.rename(tmp_path / "symbols" / "tiny.json")
    return found


def test_the_machine(image: Path):
    (row,) = objects("memory", "info", image)
    assert row["banner"].startswith("Linux version 6.1.0-tiny")
    assert (row["container"], row["size_bytes"], row["symbols"]) == ("raw", 16 << 20, "tiny.json")
    assert (row["started_utc"], row["captured_utc"]) == ("2026-03-04T09:15:00Z", "2026-03-04T09:15:11Z")
    assert "0x200000" in run("memory", "info", image).stdout


def test_processes(image: Path):
    rows = objects("memory", "ps", image)
    assert [(row["pid"], row["parent_pid"], row["state"]) for row in rows] == [
        (1, 0, "sleeping"),
        (40, 1, "sleeping"),
        (41, 40, "sleeping"),
        (42, 0, "idle"),
    ]
    assert rows[2]["name"] == "backup\x1b[2J"
    assert rows[1]["started_utc"] == "2026-03-04T09:15:02Z"
    assert rows[1]["offset_bytes"] == rows[1]["physical_address"]
    assert int(rows[1]["virtual_address"], 16) >= 1 << 63
    table = run("memory", "ps", image).stdout
    assert "backup\\x1b[2J" in table
    assert "2026-03-04T09:15:02Z" in table


def test_threads(image: Path):
    rows = objects("memory", "ps", image, "--threads")
    assert [(row["record"], row["thread_id"]) for row in rows] == [("thread", pid) for pid in (1, 40, 41, 42)]


def test_who_started_whom(image: Path):
    assert [(row["pid"], row["depth"]) for row in objects("memory", "tree", image)] == [
        (1, 0),
        (40, 1),
        (41, 2),
        (42, 0),
    ]
    lines = run("memory", "tree", image).stdout.splitlines()
    assert any(line.startswith(" " * 5 + "sh ") for line in lines)
    assert run("memory", "tree", image, "--plain").stdout.splitlines()[2].split("\t")[:2] == ["1", "sh"]


def test_command_lines(image: Path):
    (row,) = objects("memory", "cmdline", image)
    assert (row["pid"], row["arguments"]) == (41, ["backup", "--to", "203.0.113.7"])
    assert row["virtual_address"] == f"{STACK + 16:#x}"
    assert image.read_bytes()[row["offset_bytes"] :].startswith(ARGUMENTS)
    assert "backup --to 203.0.113.7" in run("memory", "cmdline", image, "--pid", 41).stdout


def test_environments(image: Path):
    rows = objects("memory", "env", image, "--pid", 41)
    assert [(row["name"], row["value"]) for row in rows] == [("HOME", "/root"), ("KEY", "a b")]
    assert image.read_bytes()[rows[1]["offset_bytes"] :].startswith(b"KEY=a b\0")


def test_a_process_that_is_not_there(image: Path):
    refused(5, "no process 7, 9", "--scan", "memory", "cmdline", image, "--pid", "9", "--pid", "7")


def test_files_in_memory(image: Path):
    (row,) = objects("memory", "recover", image)
    assert (row["path"], row["inode"], row["size_bytes"], row["cached_bytes"]) == ("/notes.txt", 7, 8197, 8192)
    assert row["modified_utc"] == "2026-03-04T09:15:05Z"
    kinds = [row["type"] for row in objects("memory", "recover", image, "--all")]
    assert kinds == ["directory", "file", "file", "directory", "socket"]


def test_a_file_is_recovered_and_its_gap_is_counted(image: Path, tmp_path: Path):
    done = run("memory", "recover", image, "/notes.txt", "--to", tmp_path / "out", "--json")
    content = b"begin".ljust(PAGE, b".") + bytes(PAGE) + b"ends!"
    assert (tmp_path / "out").read_bytes() == content
    row = json.loads(done.stdout)
    assert (row["missing_bytes"], row["sha256"]) == (PAGE, hashlib.sha256(content).hexdigest())
    assert "4096 bytes are not in memory" in done.stderr
    refused(13, "exists already", "--force", "memory", "recover", image, "/notes.txt", "--to", tmp_path / "out")
    refused(
        13, "is the image itself", "another file", "memory", "recover", image, "/notes.txt", "--to", image, "--force"
    )


def test_a_file_that_is_not_there(image: Path):
    refused(5, "no file /none", "lists what there is", "memory", "recover", image, "/none")
    refused(5, "no file inode 99", "lists what there is", "memory", "recover", image, "--inode", 99)


def test_an_inode_number_of_two_file_systems(tmp_path: Path):
    memory = machine()
    other = TinyFiles(memory, "ramfs")
    other.entry("other.txt", other.root, other.inode(7, 0o100600, 3))
    found, table = memory.write_to(tmp_path)
    arguments = ("memory", "recover", found, "--symbols", table, "--inode", 7, "--to", tmp_path / "out")
    refused(5, "several files", "--filesystem", *arguments)
    assert objects(*arguments, "--filesystem", "ramfs")[0]["size_bytes"] == 3


def test_open_files(image: Path):
    file, sock = objects("memory", "files", image)
    assert (file["pid"], file["descriptor"], file["type"], file["path"]) == (41, 3, "file", "/held.txt")
    assert (file["position_bytes"], file["deleted"], sock["path"]) == (3, False, "socket:[50]")
    assert "/held.txt" in run("memory", "files", image, "--pid", 41).stdout


def test_connections(image: Path):
    (row,) = objects("memory", "net", image)
    assert (row["pid"], row["descriptor"], row["protocol"], row["state"]) == (41, 4, "TCP", "ESTABLISHED")
    assert (row["local_address"], row["local_port"]) == ("192.0.2.57", 40000)
    assert (row["remote_address"], row["remote_port"]) == ("203.0.113.7", 443)
    plain = run("memory", "net", image, "--plain").stdout.splitlines()
    assert plain[1].split("\t")[5:10] == ["ESTABLISHED", "192.0.2.57", "40000", "203.0.113.7", "443"]


def test_maps(image: Path):
    (row,) = objects("memory", "maps", image, "--anonymous", "--executable")
    assert (row["start"], row["end"], row["permissions"]) == (f"{STACK:#x}", f"{STACK + PAGE:#x}", "rwxp")
    assert (row["purpose"], row["resident_bytes"], row["path"]) == ("stack", PAGE, None)
    assert image.read_bytes()[row["offset_bytes"] :].startswith(bytes(16) + ARGUMENTS)


def test_a_part_of_memory_is_recovered(image: Path, tmp_path: Path):
    arguments = ("memory", "recover", image, "--pid", 41, "--address", hex(STACK + 40))
    run(*arguments, "--to", tmp_path)
    content = (tmp_path / f"41-{STACK:x}-{STACK + PAGE:x}.bin").read_bytes()
    assert content == (bytes(16) + ARGUMENTS + VARIABLES).ljust(PAGE, b"\0")
    refused(5, "no memory at 0x10", "memory maps", *arguments[:-1], "0x10")
    run("memory", "recover", image, "--pid", 41, code=2)


def test_processes_by_scan(image: Path):
    rows = objects("memory", "ps", image, "--scan")
    assert [(row["pid"], row["listed"]) for row in rows] == [(1, True), (40, True), (41, True), (66, False)]
    assert image.read_bytes()[rows[3]["offset_bytes"] :][:512].count(b"hidden\0") == 1
    assert len(objects("memory", "ps", image, "--scan", "--threads")) == 4


def test_a_process_that_is_in_no_list_can_be_chosen(image: Path):
    assert objects("memory", "cmdline", image, "--pid", 66)[0]["name"] == "hidden"


def test_owners(image: Path):
    place = image.read_bytes().index(ARGUMENTS)
    (row,) = objects("memory", "owner", image, hex(place + 3))
    assert (row["kind"], row["processes"][0]["pid"], row["processes"][0]["purpose"]) == ("process", 41, "stack")
    assert row["processes"][0]["virtual_address"] == f"{STACK + 19:#x}"
    file = image.read_bytes().index(b"ends!")
    (row,) = objects("memory", "owner", image, file)
    assert (row["kind"], row["path"], row["offset_in_file"]) == ("file", "/notes.txt", 2 * PAGE)
    refused(5, "is not memory", "offset in the image file", "memory", "owner", image, 1 << 30)


def test_strings_with_owners(image: Path):
    (row,) = objects("memory", "strings", image, "--containing", "203.0.113", "--min", 6)
    assert (row["text"], row["pid"], row["encoding"]) == ("203.0.113.7", 41, "ASCII")
    assert image.read_bytes()[row["offset_bytes"] :].startswith(b"203.0.113.7")
    assert "process 41 backup" in row["owner"]
    (own,) = objects("memory", "strings", image, "--containing", "203.0.113", "--pid", 41)
    assert own["offset_bytes"] == row["offset_bytes"]
    assert "[process 41 backup" in run("memory", "strings", image, "--pid", 41).stdout
    refused(5, "is found in any bytes", "--min", "memory", "strings", image, "--min", 1)


def test_strings_without_a_table(tmp_path: Path):
    path = tmp_path / "any.raw"
    path.write_bytes(bytes(100) + b"some words" + bytes(100))
    done = run("memory", "strings", path, "--json")
    row = json.loads(done.stdout)
    assert (row["text"], row["offset_bytes"], row["owner"]) == ("some words", 100, None)
    assert "owners are not known" in done.stderr
    refused(5, "no Linux kernel", "strings", "memory", "strings", path, "--pid", 1)


def test_strings_of_a_dump_that_is_not_read(tmp_path: Path):
    path = tmp_path / "windows.dmp"
    path.write_bytes(b"PAGEDU64" + bytes(100) + b"some words" + bytes(100))
    refused(5, "is a Windows crash dump", "labkit memory strings", "memory", "ps", path)
    found = [json.loads(line) for line in run("memory", "strings", path, "--json").stdout.splitlines()]
    assert [(row["text"], row["offset_bytes"], row["owner"]) for row in found] == [
        ("PAGEDU64", 0, None),
        ("some words", 108, None),
    ]
    refused(5, "is a Windows crash dump", "strings", "memory", "strings", path, "--pid", 1)


def test_nothing_was_typed_and_no_log(image: Path):
    assert objects("memory", "history", image, "--pid", 41) == []
    refused(5, "has no symbol prb", "of another kind", "memory", "log", image)


def test_hits_of_yara_have_owners(image: Path, tmp_path: Path):
    rules = tmp_path / "rules.yar"
    rules.write_text('rule relay { strings: $a = "203.0.113.7" $b = "ends!" condition: any of them }')
    for row in objects("yara", rules, image):
        expected = "process 41 backup" if row["string"] == "$a" else "file /notes.txt at 8192"
        assert row["memory"].startswith(expected)
    assert "memory  process 41 backup" in run("yara", rules, image).stdout
    (tmp_path / "symbols" / "tiny.json").unlink()
    done = run("yara", rules, image, "--json")
    assert "memory" not in json.loads(done.stdout.splitlines()[0])
    assert "as a memory image, memory.raw can not be read" in done.stderr


def test_symbols_are_named_or_in_a_folder(image: Path, tmp_path: Path):
    table = tmp_path / "symbols" / "tiny.json"
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "broken.txt").write_text("no table")
    (folder / "tiny.json.xz").write_bytes(lzma.compress(table.read_bytes()))
    table.unlink()
    assert len(objects("memory", "ps", image, "--symbols", folder)) == 4
    assert len(objects("memory", "ps", image, "--symbols", folder / "tiny.json.xz")) == 4
    refused(
        5, "no symbol table for the kernel of this image: Linux version 6.1.0-tiny", "strings", "memory", "ps", image
    )
    refused(5, "can not be read", "--symbols", "memory", "ps", image, "--symbols", folder / "none.json")


def test_an_image_that_was_cut_off_says_how_much_is_missing(tmp_path: Path):
    whole = machine()
    pages = whole.variable("max_pfn", 8)
    whole.write(pages, (len(whole.data) // PAGE).to_bytes(8, "little"))
    path, table = whole.write_to(tmp_path)
    assert run("memory", "ps", path, "--symbols", table).stderr == ""

    cut = tmp_path / "cut.raw"
    cut.write_bytes(path.read_bytes()[: -3 * PAGE])
    done = run("memory", "ps", cut, "--symbols", table)
    assert "the last 12288 bytes are missing" in done.stderr
    assert "memory up to 0x1000000" in done.stderr
    assert "backup" in done.stdout

    cut.write_bytes(path.read_bytes()[: whole.physical(pages)])
    assert "within the kernel itself: it was cut off" in run("memory", "ps", cut, "--symbols", table).stderr
    whole.write(pages, b"\xff" * 8)  # damage, no number of pages
    path, table = whole.write_to(tmp_path)
    assert run("memory", "ps", path, "--symbols", table).stderr == ""


def test_the_table_of_another_kernel(image: Path, tmp_path: Path):
    table = tmp_path / "symbols" / "tiny.json"
    content = json.loads(table.read_text())
    content["symbols"]["linux_banner"]["constant_data"] = "TGludXggdmVyc2lvbiA1LjEwLjAtMSAoeCkK"
    content["symbols"]["init_task"]["address"] += 64
    table.write_text(json.dumps(content))
    refused(5, "no symbol table for the kernel", "5.10.0-1", "memory", "ps", image)
    refused(5, "is not in this image", "that very kernel", "memory", "ps", image, "--symbols", table)


def test_an_image_of_windows_and_of_nothing(tmp_path: Path):
    windows, nothing = tmp_path / "windows.raw", tmp_path / "nothing.raw"
    windows.write_bytes(bytes(5000) + b"RSDS" + bytes(range(20)) + b"ntkrnlmp.pdb\0" + bytes(5000))
    nothing.write_bytes(bytes(10000))
    refused(5, "this image is of Windows", "yara", "memory", "ps", windows)
    refused(5, "no Linux kernel is in this image", "yara", "memory", "ps", nothing)


def test_the_examination_log_has_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    workspace = a_workspace(tmp_path)
    image, table = machine().write_to(workspace.root / "work")
    monkeypatch.chdir(workspace.root)
    run("memory", "cmdline", image, "--symbols", table, "--pid", 41)
    line = json.loads(workspace.examination_path.read_text(encoding="utf-8").splitlines()[-1])
    assert line["command"] == "memory cmdline"
    details = line["details"]
    assert (details["outcome"], details["pid"], details["table"]) == ("done", [41], "memory.json")

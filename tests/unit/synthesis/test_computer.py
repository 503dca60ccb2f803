"""A computer's story leaves in all its stores what Windows leaves, and the stores tell one story."""

import hashlib
import io
import sqlite3
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from hashlib import sha256

import LnkParse3
import pyevtx
import pyregf
import pyscca
import pytest

from labkit.errors import SynthesisError
from labkit.model.scenario import ACTION_KINDS, Action, Content
from labkit.synthesis.build import play_item
from labkit.synthesis.disk_traces import disk_traces
from labkit.synthesis.traces import story_traces
from labkit.synthesis.world.computer.actions import COMPUTER_ACTIONS
from labkit.synthesis.world.file_actions import FILE_ACTIONS
from labkit.synthesis.world.world import World
from tests.unit.synthesis.small_computer import CLOCK_SET, a_computer, a_computer_case, after

HOME = "/Users/dana"
SKEW = timedelta(seconds=433)
EXPLORER = "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer"
FIRST_FILETIME = datetime(1601, 1, 1, tzinfo=UTC)
TEXT, LONG = Content(text="x"), Content(text="x" * 9000)
DOCUMENT = f"{HOME}/Documents/план Sarva.docx"
PLUG = Action("plug_in_usb", after(50), details={"device": "red"}, trace="plugged")
SAVE = Action("save_document", after(30), path=DOCUMENT, content=Content(generator="document:ru", size_bytes=6000))


def facts(world: World) -> dict[str, dict]:
    return {trace.id: dict(trace.facts) for trace in (*disk_traces(world), *story_traces(world))}


def hive(world: World, path: str) -> pyregf.file:
    file = pyregf.file()
    file.open_file_object(io.BytesIO(world.volume.read(path)))
    assert not file.is_corrupted()
    return file


def events(world: World, channel: str) -> list[tuple[int, datetime]]:
    file = pyevtx.file()
    file.open_file_object(io.BytesIO(world.volume.read(f"/Windows/System32/winevt/Logs/{channel}.evtx")))
    assert not file.is_corrupted()
    return [
        (record.get_event_identifier() & 0xFFFF, record.get_written_time().replace(tzinfo=UTC))
        for record in file.records
    ]


def test_every_kind_of_action_has_one_handler() -> None:
    assert FILE_ACTIONS.keys() | COMPUTER_ACTIONS.keys() == ACTION_KINDS.keys()
    assert not FILE_ACTIONS.keys() & COMPUTER_ACTIONS.keys()


def test_an_opened_document_leaves_a_shortcut_recent_documents_and_a_prefetch_file() -> None:
    world = a_computer(SAVE, Action("open_document", after(31), path=DOCUMENT, trace="opened"))
    opened = facts(world)["opened"]
    link = LnkParse3.lnk_file(io.BytesIO(world.volume.read(str(opened["shortcut_path"]))))
    recent = hive(world, f"{HOME}/NTUSER.DAT").get_key_by_path(
        "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RecentDocs\\.docx"
    )
    names = [
        value.data.decode("utf-16-le", "replace").partition("\0")[0]
        for value in recent.values
        if value.name != "MRUListEx"
    ]
    prefetch = next(path for path in world.volume.paths() if path.startswith("/Windows/Prefetch/WINWORD.EXE"))
    scca = pyscca.file()
    scca.open_file_object(io.BytesIO(world.volume.read(prefetch)))

    assert "план Sarva.docx" in str(link.get_json())
    assert "план Sarva.docx" in names
    assert scca.executable_filename == "WINWORD.EXE"
    assert scca.run_count >= 2
    assert opened["at_device_utc"] - opened["at_utc"] == SKEW


def test_a_stick_leaves_its_serial_where_the_registry_keeps_it() -> None:
    first = "2026-01-08T07:00:00+00:00"
    plug = Action("plug_in_usb", after(50), details={"device": "red", "first": first}, trace="plugged")
    again = Action("plug_in_usb", after(60), details={"device": "red"}, trace="plugged-again")
    world = a_computer(plug, Action("unplug_usb", after(52), details={"device": "red"}, trace="gone"), again)
    key = hive(world, "/Windows/System32/config/SYSTEM").get_key_by_path(
        "ControlSet001\\Enum\\USBSTOR\\Disk&Ven_Marlin&Prod_Flash_64&Rev_1.10\\0417AABBCCDD&0"
    )
    times = {
        sub.name: sub.get_value_by_name("")
        for sub in key.get_sub_key_by_path("Properties\\{83da6326-97a6-4088-9453-a1923f573b29}").sub_keys
    }
    started = int.from_bytes(times["0064"].data[-8:], "little")
    log = world.volume.read("/Windows/INF/setupapi.dev.log").decode()

    assert facts(world)["plugged"]["device_serial"] == "0417AABBCCDD"
    assert facts(world)["plugged"]["first_utc"] == datetime.fromisoformat(first)
    assert facts(world)["plugged-again"]["first_utc"] == datetime.fromisoformat(first)
    assert (
        datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=started // 10) == datetime.fromisoformat(first) + SKEW
    )
    assert "Section start 2026/01/08 12:07:13.000" in log  # local time of a clock that is 7 min 13 s fast
    assert "0417AABBCCDD" in log


def test_the_logs_say_who_was_there_and_when_the_clock_was_set() -> None:
    world = a_computer(Action("set_clock", CLOCK_SET, trace="set"))
    security = events(world, "Security")
    system = [number for number, _ in events(world, "System")]
    change = next(at for number, at in security if number == 4616)

    assert change == CLOCK_SET + SKEW
    assert facts(world)["set"]["before_device_utc"] == CLOCK_SET
    assert {4608, 4624, 4634, 4647} <= {number for number, _ in security}
    assert {12, 13, 6005, 6006, 6009, 1074} <= set(system)
    assert security == sorted(security, key=lambda event: event[1])


@pytest.mark.parametrize(("size", "resident"), [(12, True), (9000, False)])
def test_a_stream_has_facts_of_its_own_beside_those_of_its_file(size: int, resident: bool) -> None:
    hidden = "one two three".ljust(size)
    note = Action("create", after(30), path="/note", content=LONG)
    write = Action(
        "write_stream", after(31), path="/note", content=Content(text=hidden), details={"stream": "s"}, trace="it"
    )
    world = a_computer(note, write)
    found = facts(world)["it"]
    state = world.volume.state(world.volume.node("/note")).streams[0]

    assert state.resident is resident
    assert (found["stream"], found["stream_size_bytes"]) == ("s", len(hidden))
    assert found["stream_sha256"] == sha256(hidden.encode()).hexdigest()
    assert (found["sha256"], found["size_bytes"]) == (sha256(b"x" * 9000).hexdigest(), 9000)
    assert (found["text"], found["words"]) == (hidden, ("one", "two", "three"))
    assert found["at_device_utc"] == after(31) + SKEW


def test_a_stream_that_nobody_wrote_words_into_has_no_words() -> None:
    content = Content(generator="note:en", size_bytes=900)
    note = Action("create", after(30), path="/note", content=LONG)
    write = Action("write_stream", after(31), path="/note", content=content, details={"stream": "s"}, trace="it")
    found = facts(a_computer(note, write))["it"]

    assert not {"text", "words"} & found.keys()
    assert found["stream_size_bytes"] == 900


def test_a_removal_is_dated_by_the_journal() -> None:
    gone = Action("delete", after(40), path=DOCUMENT, trace="gone")
    world = a_computer(SAVE, gone)
    found = facts(world)["gone"]
    last = [record for record in world.volume.journal_records() if record.name == DOCUMENT.rpartition("/")[2]][-1]

    assert found["at_utc"] == after(40)
    assert last.at_utc == found["at_device_utc"] == after(40) + SKEW
    assert found["modified_device_utc"] == after(30) + SKEW


def test_what_no_action_made_can_be_watched() -> None:
    link = f"{HOME}/AppData/Roaming/Microsoft/Windows/Recent/план Sarva.docx.lnk"
    found = facts(a_computer(SAVE, Action("watch", after(31), path=link, trace="it")))["it"]

    assert found["path"] == link
    assert found["extension"] == "lnk"


def test_a_forgotten_page_is_gone_from_the_history_and_still_in_its_file() -> None:
    url = "https://drive.cloudnest.example/s/4711"
    visit = Action("visit", after(40), details={"url": url, "title": "shared"}, trace="seen")
    world = a_computer(visit, Action("forget", after(41), details={"url": url}, trace="forgotten"))
    data = world.volume.read(str(facts(world)["forgotten"]["history_path"]))
    database = sqlite3.connect(":memory:")
    database.deserialize(data)

    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert database.execute("SELECT count(*) FROM urls").fetchone()[0] > 5
    assert database.execute("SELECT count(*) FROM urls WHERE url = ?", (url,)).fetchone() == (0,)
    assert url.encode() in data


def test_a_download_bears_the_mark_of_the_internet() -> None:
    url, path = "https://drive.cloudnest.example/d/9/offer.pdf", f"{HOME}/Downloads/offer.pdf"
    content = Content(generator="pdf", size_bytes=7000)
    world = a_computer(Action("download", after(40), path=path, content=content, details={"url": url}, trace="got"))
    state = world.volume.state(world.volume.node(path))
    stream = next(stream for stream in state.streams if stream.name == "Zone.Identifier")

    assert f"HostUrl={url}".encode() in world.medium.read(stream.offset_bytes, stream.size_bytes)
    assert facts(world)["got"]["url"] == url


def test_a_sent_mail_shows_the_clock_of_the_computer() -> None:
    details = {"recipient": "bank@norvia-bank.example", "subject": "Payment"}
    world = a_computer(
        Action("send_mail", after(45), content=Content(text="Please pay.\n"), details=details, trace="sent")
    )
    sent = facts(world)["sent"]
    box = world.volume.read(str(sent["mailbox_path"]))
    message = message_from_bytes(box[box.rindex(b"\r\nMessage-ID: " + str(sent["message_id"]).encode()) + 2 :])

    assert message["Message-ID"] == sent["message_id"]
    assert message["Date"] == "Thu, 15 Jan 2026 21:07:13 +0500"


def test_a_recycled_file_keeps_where_it_was_in_its_index() -> None:
    world = a_computer(SAVE, Action("recycle", after(60), path=DOCUMENT, trace="thrown"))
    thrown = facts(world)["thrown"]
    index = world.volume.read(str(thrown["index_path"]))

    assert thrown["old_path"] == DOCUMENT
    assert index[28:].decode("utf-16-le").rstrip("\0") == r"C:\Users\dana\Documents\план Sarva.docx"
    assert not world.volume.exists(DOCUMENT)


def test_a_word_is_split_between_two_pieces() -> None:
    content = Content(generator="note:en", size_bytes=21000)
    details = {"pieces": 2, "word": "harbour-lantern"}
    action = Action(
        "create_in_pieces",
        after(40),
        path="/long.txt",
        content=content,
        details=details,
        trace="it",
        trace_kind="split_hit",
    )
    world = a_computer(action)
    it = facts(world)["it"]
    raw = world.medium.read(int(it["offset_bytes"]), 15)

    assert b"harbour-lantern" in world.volume.read("/long.txt")
    assert raw != b"harbour-lantern"
    assert raw.startswith(b"harbour")


def test_the_table_lost_a_partition_and_one_of_its_copies_is_damaged() -> None:
    world = a_computer(damaged="backup")
    found = facts(world)

    assert found["partition-lost"]["volume"] == 0
    assert found["partition-recovery"]["volume"] == 2
    assert found["gap-lost"]["offset_sectors"] == 2048 + 131072
    gap = world.medium.read(int(found["gap-lost"]["offset_bytes"]), int(found["gap-lost"]["size_bytes"]))
    assert found["gap-lost"]["sha256"] == hashlib.sha256(gap).hexdigest()
    assert (found["damaged-header"]["option"], found["damaged-header"]["other_option"]) == ("backup", "primary")
    assert world.medium.read(int(found["partition-lost"]["offset_bytes"]) + 510, 2) == b"\x55\xaa"


def test_trainees_share_the_past_and_have_weeks_of_their_own() -> None:
    one, other = a_computer(seed=b"one"), a_computer(seed=b"other")
    paths = [set(world.volume.paths()) for world in (one, other)]
    chunks = [list(world.medium.chunks()) for world in (one, other)]

    assert len(paths[0] & paths[1]) > 150
    assert paths[0] - paths[1]
    assert 10 < sum(left != right for left, right in zip(*chunks, strict=True)) < len(chunks[0]) // 4


def test_the_same_seed_gives_the_same_bytes_whoever_was_played_before() -> None:
    first = a_computer(SAVE)
    a_computer(PLUG, seed=b"somebody else")

    assert list(a_computer(SAVE).medium.chunks()) == list(first.medium.chunks())


@pytest.mark.parametrize(
    ("action", "message", "remedy"),
    [
        (
            Action("open_on_device", after(30), path="/a.docx", details={"device": "red"}),
            "is not plugged in",
            "plug_in",
        ),
        (Action("unplug_usb", after(30), details={"device": "red"}), "is not plugged in", "plug_in_usb"),
        (Action("plug_in_usb", after(30), details={"device": "blue"}), "there is no stick 'blue'", "red"),
        (
            Action("visit", after(30), details={"url": "https://a.example/", "title": "a", "browser": "opera"}),
            "no browser",
            "edge",
        ),
        (Action("run_program", after(30), details={"program": "chess"}), "there is no program 'chess'", "notepad"),
        (Action("pack", after(30), path=f"{HOME}/Nothing", to_path="/a.zip"), "has no file to pack", "a folder"),
        (Action("set_clock", after(30)), "is set at", "clock_set_at"),
        (
            Action("write_stream", after(30), path="/a", content=TEXT, details={"stream": "s"}, volume="lost"),
            "NTFS",
            "kind",
        ),
        (Action("create", after(30), path="/a", content=TEXT, volume="attic"), "no volume 'attic'", "windows"),
        (
            Action(
                "create_in_pieces",
                after(30),
                path="/s.txt",
                content=Content(text="x" * 9000),
                details={"pieces": 1, "word": "w"},
            ),
            "one piece",
            "more pieces",
        ),
    ],
)
def test_what_can_not_happen_is_named(action: Action, message: str, remedy: str) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        a_computer(action)

    assert remedy in caught.value.remedy


def test_a_damage_that_nobody_can_do_is_named() -> None:
    with pytest.raises(SynthesisError, match="'both' is no copy") as caught:
        play_item(a_computer_case(damaged="both"), "disk", b"x", {})

    assert "primary" in caught.value.remedy


def test_a_photo_comes_from_a_camera_with_a_zone_of_its_own_at_a_personal_time() -> None:
    photo = Action(
        "import_photo",
        after(40),
        path="/yard.jpg",
        modified=after(30),
        content=Content(generator="camera-photo", size_bytes=40000),
        details={"zone": "Asia/Kabul", "taken_within_s": 7200},
        trace="yard",
    )
    one, other = (facts(a_computer(photo, seed=seed))["yard"] for seed in (b"one", b"other"))

    for yard in (one, other):
        assert after(30) <= yard["taken_utc"] < after(30) + timedelta(seconds=7200)
        assert yard["local_text"] == f"{yard['taken_utc'] + timedelta(hours=4, minutes=30):%Y-%m-%d %H:%M:%S}"
        assert yard["modified_utc"] == yard["taken_utc"]
        assert yard["taken_overcorrected_utc"] == yard["taken_utc"] - SKEW
    assert one["taken_utc"] != other["taken_utc"]


def test_what_is_written_into_free_space_lies_at_the_cluster_that_is_named() -> None:
    hidden = Action("write_unallocated", after(40), content=TEXT, details={"cluster": "12000"}, trace="it")
    world = a_computer(hidden)

    assert facts(world)["it"]["volume_offset_bytes"] == 12000 * 4096


def test_a_typed_path_stands_first_in_the_list_of_explorer() -> None:
    world = a_computer(
        Action("type_path", after(30), details={"typed": "E:\\Work"}),
        Action("type_path", after(31), details={"typed": "E:\\Work\\Drafts"}),
    )
    key = hive(world, f"{HOME}/NTUSER.DAT").get_key_by_path(f"{EXPLORER}\\TypedPaths")

    assert [(one.name, one.get_data_as_string()) for one in key.values] == [
        ("url1", "E:\\Work\\Drafts"),
        ("url2", "E:\\Work"),
    ]


def test_files_of_a_folder_are_packed_with_their_times_and_stay() -> None:
    folder, packed = f"{HOME}/Documents/Trip", f"{HOME}/Desktop/trip.zip"
    world = a_computer(
        Action("make_directory", after(29), path=folder),
        Action("make_directory", after(29.1), path=f"{folder}/inner"),
        Action("create", after(30), path=f"{folder}/план.txt", content=TEXT),
        Action("create", after(31), path=f"{folder}/b.txt", content=LONG),
        Action("create", after(31), path=f"{folder}/inner/c.txt", content=TEXT),
        Action("pack", after(40), path=folder, to_path=packed, trace="packed"),
    )
    with zipfile.ZipFile(io.BytesIO(world.volume.read(packed))) as archive:
        names = {one.filename: one.date_time for one in archive.infolist()}
        content = archive.read("b.txt")
    shown = (after(31) + SKEW).astimezone(timezone(timedelta(hours=5)))

    assert names.keys() == {"план.txt", "b.txt"}
    assert abs(datetime(*names["b.txt"], tzinfo=shown.tzinfo) - shown) <= timedelta(seconds=2)
    assert content == world.volume.read(f"{folder}/b.txt")
    assert facts(world)["packed"]["path"] == packed
    assert any(path.startswith("/Windows/Prefetch/PACKERFM.EXE") for path in world.volume.paths())


def test_a_saved_message_is_the_one_that_came_last() -> None:
    path = f"{HOME}/Desktop/Offer.eml"
    details = {"sender": "office@tamarisk-timber.example", "subject": "Предложение"}
    world = a_computer(
        Action("receive_mail", after(30), content=TEXT, details=details, trace="mail"),
        Action("save_mail", after(30.01), path=path, trace="saved"),
    )
    message = message_from_bytes(world.volume.read(path))

    assert message["Message-ID"] == facts(world)["mail"]["message_id"]
    assert facts(world)["saved"]["sha256"] == sha256(world.volume.read(path)).hexdigest()

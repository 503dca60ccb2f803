import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from labkit.custody import ledger as ledgers
from labkit.custody import writing
from labkit.custody.ledger import append, parse, recover, split_lines
from labkit.custody.rules import check, remarks
from labkit.errors import CustodyError
from tests.unit.custody.story import CASE, CLEAN, GENESIS, P1, chained, event, lines_of

NOW = datetime(2026, 3, 10, 18, 0, tzinfo=timezone(timedelta(hours=5)))


def write(path: Path, *entries: dict[str, object]) -> list[dict[str, object]]:
    return [append(path, entry, genesis=GENESIS, recorded_at=_when(entry)) for entry in entries]


def _when(entry: dict[str, Any]) -> datetime:
    """An event of the story is written down when it happens."""
    is_event = entry in CLEAN and "event_at" in entry
    return datetime.fromisoformat(entry["event_at"]) if is_event else NOW


def read(path: Path) -> ledgers.Ledger:
    return parse(split_lines(path.read_bytes()), genesis=GENESIS)


def test_what_was_written_is_read_back_and_holds_together(tmp_path: Path) -> None:
    written = write(tmp_path / "c.jsonl", *CLEAN)
    ledger = read(tmp_path / "c.jsonl")

    assert ledger.problems == ()
    assert check(ledger) == ()
    assert [entry.seq for entry in ledger.entries] == list(range(1, len(CLEAN) + 1))
    assert list(ledger.raw) == written
    assert ledger.head == written[-1]["event_hash"]


def test_the_same_entries_give_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", *CLEAN)
    write(tmp_path / "b.jsonl", *CLEAN)

    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_a_line_is_canonical_and_carries_what_the_chain_needs(tmp_path: Path) -> None:
    write(tmp_path / "c.jsonl", CASE, event("identified", "09:00"))
    first, second = (tmp_path / "c.jsonl").read_bytes().decode().splitlines()
    data = json.loads(second)

    assert second == json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert (data["schema"], data["seq"], data["recorded_at"]) == ("custody/1", 2, "2026-03-10T18:00:00+05:00")
    assert data["prev_event_hash"] == json.loads(first)["event_hash"]
    assert len(data["event_id"]) == 36
    assert "event_id" not in json.loads(first)


def test_the_digests_are_those_of_an_independent_computation(tmp_path: Path) -> None:
    written = write(tmp_path / "c.jsonl", CASE, P1)
    plain = [{key: one[key] for key in one.keys() - {"seq", "prev_event_hash", "event_hash"}} for one in written]

    assert chained(plain) == written


def test_text_is_written_in_one_unicode_form_and_on_one_line(tmp_path: Path) -> None:
    [line] = write(tmp_path / "c.jsonl", {**P1, "name": "Cafe\u0301\u2028Кирилл"})

    assert line["name"] == "Caf\u00e9\nКирилл"
    assert len((tmp_path / "c.jsonl").read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.parametrize(
    ("entry", "message", "remedy"),
    [
        ({"type": "vanished"}, "'vanished' is not a type of entry", "custody add --help"),
        ({**CASE, "colour": "red"}, "do not fit the record custody/1: colour", "field list"),
        (event("sealed", "noon"), "do not fit the record custody/1: event_at", "field list"),
        ({**CASE, "seq": 7}, "writes these fields itself: seq", "Leave them out"),
        ({**CASE, "event_hash": "0", "schema": "x"}, "writes these fields itself: event_hash, schema", "Leave them"),
        ({**CASE, "note": "x" * 20_000}, "takes 20", "Shorten the note"),
        ({**CASE, "note": float("nan")}, "can not be written as JSON", "plain text"),
        ({**CASE, "note": 1.5}, "can not be written as JSON", "plain text"),
        ({**CASE, "note": "\ud800"}, "can not be written as JSON", "plain text"),
        ({**CASE, "note": NOW}, "can not be written as JSON", "plain text"),
    ],
)
def test_what_is_no_entry_is_refused_and_nothing_is_made(
    tmp_path: Path, entry: dict[str, object], message: str, remedy: str
) -> None:
    with pytest.raises(CustodyError, match=message) as caught:
        write(tmp_path / "c.jsonl", entry)

    assert remedy in caught.value.remedy
    assert not (tmp_path / "c.jsonl").exists()


def test_an_entry_that_only_grows_too_long_with_its_digests_is_refused(tmp_path: Path) -> None:
    long = dict.fromkeys(("note", "purpose", "justification", "change_description"), "x" * 4000)

    with pytest.raises(CustodyError, match="a line holds at most 16384") as caught:
        write(tmp_path / "c.jsonl", event("identified", "09:00", tz="y" * 40, **long))

    assert "attach" in caught.value.remedy


def test_a_time_of_recording_without_offset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CustodyError, match="no offset") as caught:
        append(tmp_path / "c.jsonl", CASE, genesis=GENESIS, recorded_at=datetime(2026, 3, 10))  # noqa: DTZ001

    assert "+05:00" in caught.value.remedy


@pytest.mark.parametrize("damage", [b"garbage\n", b"[]\n", b"{}\n", b"\n", b"\xff\xfe\n", b"x" * 40_000 + b"\n"])
def test_nothing_is_added_behind_a_damaged_line(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "c.jsonl"
    write(path, CASE)
    path.write_bytes(path.read_bytes() + damage)
    before = path.read_bytes()

    with pytest.raises(CustodyError, match="changed or is damaged; nothing was added") as caught:
        write(path, P1)

    assert "trainer" in caught.value.remedy
    assert path.read_bytes() == before


def test_nothing_is_added_behind_an_edited_last_line(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    write(path, CASE, P1)
    path.write_bytes(path.read_bytes().replace(b"Ilya", b"Igor"))

    with pytest.raises(CustodyError, match="changed or is damaged"):
        write(path, CASE)


def test_nothing_is_added_to_the_ledger_of_another_pack(tmp_path: Path) -> None:
    write(tmp_path / "c.jsonl", CASE)

    with pytest.raises(CustodyError, match="changed or is damaged"):
        append(tmp_path / "c.jsonl", P1, genesis="0" * 64, recorded_at=NOW)


def test_a_full_ledger_takes_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MAX_LINES", 2)
    write(tmp_path / "c.jsonl", CASE, P1)

    with pytest.raises(CustodyError, match="has 2 lines") as caught:
        write(tmp_path / "c.jsonl", CASE)

    assert "trainer" in caught.value.remedy


def test_a_long_ledger_is_continued_from_its_end(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    write(path, *({**CASE, "note": "щ" * 3_900} for _ in range(6)), P1)

    assert read(path).problems == ()


# --- a full disk -----------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="a file size limit is a matter of POSIX")
def test_a_line_that_does_not_fit_the_disk_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    write(path, CASE)
    before = path.read_bytes()
    script = (
        "import resource, signal, sys\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from labkit.custody.ledger import append\n"
        "from labkit.errors import StorageError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + 50}, {len(before) + 50}))\n"
        "try:\n"
        f"    append(Path(sys.argv[1]), {P1!r}, genesis={GENESIS!r}, recorded_at=datetime(2026, 3, 10, tzinfo=UTC))\n"
        "except StorageError as error:\n"
        "    print(error.message, '|', error.remedy)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=60, check=True
    )

    assert "only 50 of" in done.stdout
    assert "the file is as it was" in done.stdout
    assert "Make space" in done.stdout
    assert path.read_bytes() == before


def test_an_error_of_the_disk_leaves_the_ledger_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.jsonl"
    write(path, CASE)
    before = path.read_bytes()

    def fails(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(writing.os, "fsync", fails)
    with pytest.raises(OSError, match="Input/output error"):
        write(path, P1)

    assert path.read_bytes() == before


# --- power loss ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept_bytes", [1, 30, 200, -1])
def test_a_torn_last_line_is_set_aside_and_the_ledger_says_so(tmp_path: Path, kept_bytes: int) -> None:
    path = tmp_path / "c.jsonl"
    write(path, *CLEAN[:14])
    whole = path.read_bytes()
    write(path, CLEAN[14])
    torn = path.read_bytes()[len(whole) :][:kept_bytes]
    path.write_bytes(whole + torn)

    assert recover(path, genesis=GENESIS, recorded_at=NOW) == "custody.recovered"

    assert (tmp_path / "c.jsonl.torn").read_bytes() == torn + b"\n"
    ledger = read(path)
    assert (ledger.problems, len(ledger.recoveries), ledger.recoveries[0].torn_bytes) == ((), 1, len(torn))
    assert check(ledger) == ()
    assert [one.code for one in remarks(ledger)] == ["recovered"]
    write(path, CLEAN[14])
    assert read(path).problems == ()


def test_recovering_a_second_time_finds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    write(path, CASE)
    path.write_bytes(path.read_bytes() + b'{"actor"')
    recover(path)
    before = path.read_bytes()

    assert recover(path) is None
    assert path.read_bytes() == before


def test_two_torn_lines_are_both_kept(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    for torn in (b'{"one', b'{"two'):
        path.write_bytes((path.read_bytes() if path.exists() else b"") + torn)
        recover(path, genesis=GENESIS, recorded_at=NOW)

    assert (tmp_path / "c.jsonl.torn").read_bytes() == b'{"one\n{"two\n'
    assert len(read(path).recoveries) == 2


def test_a_torn_first_line_is_recovered_with_and_without_the_genesis(tmp_path: Path) -> None:
    known, unknown = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    for path in (known, unknown):
        path.write_bytes(b'{"type":"ca')

    assert recover(known, genesis=GENESIS, recorded_at=NOW) == "custody.recovered"
    assert recover(unknown) == "custody.recovered"

    assert (read(known).problems, len(read(known).entries)) == ((), 1)
    assert unknown.read_bytes() == b""


def test_zeros_left_by_the_file_system_are_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    write(path, CASE)
    path.write_bytes(path.read_bytes() + bytes(300))

    assert recover(path, genesis=GENESIS, recorded_at=NOW) == "custody.recovered"
    assert read(path).problems == ()


def test_there_is_nothing_to_recover_without_a_ledger_or_in_a_sound_one(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"

    assert recover(path) is None
    assert not path.exists()
    write(path, CASE)
    assert recover(path) is None


def test_a_torn_line_behind_a_damaged_one_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_bytes(b'damage\n{"torn')

    assert recover(path, genesis=GENESIS, recorded_at=NOW) is None
    assert path.read_bytes() == b'damage\n{"torn'
    assert not (tmp_path / "c.jsonl.torn").exists()
    with pytest.raises(CustodyError, match="changed or is damaged"):
        write(path, P1)


def test_adding_behind_a_torn_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    write(path, CASE)
    path.write_bytes(path.read_bytes() + b'{"actor"')

    with pytest.raises(CustodyError, match="not written to its end") as caught:
        write(path, P1)

    assert "sets the unfinished line aside" in caught.value.remedy


def test_the_time_of_recovery_is_now_where_none_is_given(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    write(path, CASE)
    path.write_bytes(path.read_bytes() + b"{")
    recover(path)
    recorded = read(path).recoveries[0].recorded_at

    assert recorded is not None
    assert recorded.utc is not None
    assert abs(datetime.now(UTC) - recorded.utc) < timedelta(minutes=5)


# --- two writers -----------------------------------------------------------------------------------------------


def test_writers_at_the_same_time_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    script = (
        "import sys\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from labkit.custody.ledger import append\n"
        "for number in range(25):\n"
        f"    append(Path(sys.argv[1]), {P1!r}, genesis={GENESIS!r}, recorded_at=datetime(2026, 3, 10, tzinfo=UTC))\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(path)]) for _ in range(3)]

    assert [process.wait(timeout=120) for process in running] == [0, 0, 0]
    ledger = read(path)
    assert (len(ledger.entries), ledger.problems) == (75, ())


def test_a_chain_made_elsewhere_can_be_continued(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text("".join(lines_of(chained(CLEAN))), encoding="utf-8", newline="\n")
    write(path, event("photographed", "17:30"))

    assert read(path).problems == ()

"""The ledger printed, as a table, in CASE, as a picture; lines from a table; keys; the guided dialogue."""

import csv
import io
import json
import stat
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from labkit.cli import custody
from labkit.i18n import translator
from tests.unit.cli.test_custody import DECLARE, RECEIVED, Desk
from tests.unit.custody.story import CLEAN, chained, event, lines_of

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "custody.jsonl")


@pytest.fixture
def story(desk: Desk) -> Desk:
    desk.path.write_text("".join(lines_of(chained(CLEAN))), encoding="utf-8")
    return desk


def exported(desk: Desk, form: str, *more: str) -> str:
    done = desk.run("export", "--format", form, "--out", "-", *more)
    assert done.exit_code == 0, done.output
    return done.stdout


def drawn(picture: str) -> ET.Element:
    return ET.fromstring(picture)  # noqa: S314 - it is our own


# --- bars and pictures ---------------------------------------------------------------------------------------------


def test_bars_show_who_held_what_without_colours(story: Desk) -> None:
    shown = story.run("show", "--bars").stdout.splitlines()

    assert [line.split()[0] for line in shown[:3]] == ["KF-02", "KF-06", "KF-06-W1"]
    assert set(shown[0].split()[1]) == {".", "A", ">", "B", "C", "D"}
    assert shown[0].split()[1].startswith(".AAAA")
    assert "2026-03-10 09:02+05:00" in shown[3]
    assert "  A  P1  Ilya Marr" in shown


def test_bars_as_plain_lines_name_lines_and_times(story: Desk) -> None:
    rows = [line.split("\t") for line in story.run("show", "--bars", "--plain").stdout.splitlines()]

    assert rows[0] == [
        "KF-02",
        "P1",
        "person",
        "2026-03-10T09:10:00+05:00",
        "2026-03-10T10:00:00+05:00",
        "15",
        "18",
        "",
    ]
    assert [row[1] for row in rows] == ["P1", "Northline", "P3", "STORE", "P4", "STORE", "P4", "P4"]


def test_a_gap_is_marked_in_the_bars(desk: Desk) -> None:
    gap = [{**one, "transport": {}} if one["type"] == "transported" else one for one in CLEAN]
    desk.path.write_text("".join(lines_of(chained(gap))), encoding="utf-8")

    assert "! a rule of possession is broken here" in desk.run("show", "--bars").stdout
    assert "a rule of possession is broken here" in exported(desk, "svg")


def test_an_empty_ledger_has_no_bars_and_its_exports_hold_nothing(desk: Desk) -> None:
    assert desk.run("show", "--bars").stdout == "Nobody has taken an exhibit yet.\n"
    assert drawn(exported(desk, "svg")).tag == f"{SVG}svg"
    assert json.loads(exported(desk, "case"))["uco-core:object"] == []
    assert rows_of(exported(desk, "csv")) == []
    assert "</html>" in exported(desk, "html")


def test_the_picture_is_well_formed_and_tells_everything_in_words(story: Desk) -> None:
    picture = drawn(exported(story, "svg"))

    assert picture.get("role") == "img"
    titles = [one.text or "" for one in picture.iter(f"{SVG}title")]
    assert titles[0] == "Who held each exhibit"
    assert any("KF-02: STORE (store) 2026-03-10T12:45:00+05:00" in title for title in titles)
    assert len(list(picture.iter(f"{SVG}g"))) == 8


def test_names_from_a_ledger_can_not_break_a_picture_or_a_page(desk: Desk) -> None:
    evil = '<script>alert(1)</script>"&\x1b[31m'
    desk.path.write_text(
        "".join(lines_of(chained([{**CLEAN[8], "exhibit_no": evil}, event("seized", "09:00", evil, by=evil)]))),
        encoding="utf-8",
    )

    picture, page = exported(desk, "svg"), exported(desk, "html")
    assert drawn(picture) is not None
    assert "<script" not in picture + page
    assert "\x1b" not in picture + page + desk.run("show", "--bars").stdout


def test_the_table_tells_who_signed_and_witnessed_and_findings_name_all_their_lines(story: Desk) -> None:
    shown = story.run("show", "--plain").stdout

    assert "S-1204 (intact); witnessed by P2; examination" in shown
    assert "signed by P3, P4; examination" in shown
    story.add(
        *("photographed", "--exhibit", "KF-02", "--by", "P3", "--location", "STORE"),
        *("--at", "2026-03-10T09:00+05:00", "--note", "written down late"),
    )
    [found] = json.loads(story.run("check", "--json").stdout)["findings"]
    assert (found["rule"], found["events"]) == ("CC-05", [30, 32])


# --- the printed form ----------------------------------------------------------------------------------------------


def test_the_form_has_a_sheet_for_each_exhibit_in_two_languages_with_codes(story: Desk) -> None:
    page = exported(story, "html", "--language", "ru", "--overlay", "attesting-witness")

    assert page.count('<section class="sheet">') == 4 + 2  # exhibits; the case with people and places, the state
    assert "изъято" in page
    assert "seized" in page
    assert "протокол обыска (выемки) 12/26" in page
    assert "size:A4" in page
    code = json.loads(story.run("check", "--json").stdout)["checkpoint"]
    assert page.count(code) == 2  # the last line is about one exhibit, and the state of the ledger
    assert translator("ru")("form.review") in page


def test_a_file_is_written_and_the_ledger_never_overwritten(story: Desk, tmp_path: Path) -> None:
    before = story.path.read_bytes()
    done = story.run("export")
    refused = story.run("export", "--out", str(story.path))

    assert done.stdout == f"Written: {tmp_path / 'custody-log.html'}\n"
    assert (tmp_path / "custody-log.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (refused.exit_code, story.path.read_bytes()) == (7, before)
    assert "is the ledger itself" in refused.stderr
    assert "there is no overlay 'mars'" in story.run("export", "--overlay", "mars").stderr


# --- tables --------------------------------------------------------------------------------------------------------


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_table_has_a_row_for_each_line_and_empty_fields_stay_empty(story: Desk) -> None:
    rows = rows_of(exported(story, "csv"))

    assert len(rows) == len(CLEAN)
    assert (rows[14]["type"], rows[14]["at"], rows[14]["exhibit"]) == ("seized", "2026-03-10T09:10:00+05:00", "KF-02")
    assert (rows[14]["note"], rows[14]["tool"], rows[1]["badge" if "badge" in rows[1] else "note"]) == ("", "", "")
    assert not {"None", "null", "[]", "{}"} & {cell for row in rows for cell in row.values()}


def test_a_table_is_read_again_into_the_same_events(story: Desk, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    assert story.run("export", "--format", "csv", "--out", str(table)).exit_code == 0
    other = Desk(tmp_path / "other.jsonl")
    done = other.run("import", str(table))

    assert done.exit_code == 0, done.output
    assert done.stdout == f"{len(CLEAN)} lines written: 1 to {len(CLEAN)}.\n"
    ours = ("seq", "recorded_at", "prev_event_hash", "event_hash", "event_id", "schema", "note")
    for written, told in zip(other.lines(), CLEAN, strict=True):
        kept = {key: value for key, value in written.items() if key not in ours}
        filled = {**told, "hash": [{"stage": one.get("stage"), **one} for one in told.get("hash", [])]}
        for key, value in kept.items():
            if key == "hash":
                assert [one["value"] for one in value] == [one["value"] for one in filled["hash"]]
            else:
                assert value == told[key], key
    assert other.lines()[14]["note"] == "entered from the table t.csv"
    assert {one["rule"] for one in json.loads(other.run("check", "--json").stdout)["findings"]} <= {"CC-09"}


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_table_comes_back_as_spreadsheets_of_other_countries_save_it(
    story: Desk, tmp_path: Path, delimiter: str
) -> None:
    rows = list(csv.reader(io.StringIO(exported(story, "csv"))))
    table = tmp_path / "t.csv"
    with table.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([*row, "", ""] for row in rows)
    other = Desk(tmp_path / "other.jsonl")

    assert other.run("import", str(table)).exit_code == 0
    assert [line["type"] for line in other.lines()] == [entry["type"] for entry in CLEAN]
    assert other.lines()[0]["authority"] == [{**CLEAN[0]["authority"][0]}]


def test_the_day_of_a_warrant_and_the_scan_of_a_signature_go_through_a_table(desk: Desk, tmp_path: Path) -> None:
    day, scan = "2026-03-09T16:20:00+05:00", "0a" * 32
    for arguments in (
        ("case", "NV-1", "--permit", f"W-1; warrant; court; 2026-03-10T00:00+05:00; ; room 12; ; {day}"),
        ("person", "P1", "--name", "Ilya Marr", "--role", "DEFR"),
        ("person", "P3", "--name", "Dora Kest", "--role", "custodian"),
        ("location", "STORE", "--kind", "evidence_store", "--tz", "Asia/Almaty"),
        ("exhibit", "KF-02", "--kind", "medium", "--description", "red stick"),
        ("received", "--exhibit", "KF-02", "--by", "P3", "--released-by", "P1", "--received-by", "P3", "--location",
         "STORE", "--signed", "P1", "--signed", f"P3:{scan.upper()}"),
    ):  # fmt: skip
        desk.add(*arguments)
    table = tmp_path / "t.csv"
    assert desk.run("export", "--format", "csv", "--out", str(table)).exit_code == 0
    other = Desk(tmp_path / "other.jsonl")
    assert other.run("import", str(table)).exit_code == 0

    for lines in (desk.lines(), other.lines()):
        assert lines[0]["authority"][0]["issued_at"] == day
        assert lines[-1]["signatures"] == [
            {"person": "P1", "method": "paper"},
            {"person": "P3", "method": "paper", "value": scan},
        ]


def test_a_blank_table_to_be_filled_in_comes_from_an_empty_ledger(desk: Desk, tmp_path: Path) -> None:
    blank = exported(desk, "csv").strip()
    heads = blank.split(",")
    assert heads[:3] == ["type", "identifier", "exhibit"]
    assert {"at", "by", "location", "released_by", "received_by", "seal_after", "tz", "role"} <= set(heads)
    assert not {"seq", "recorded_at"} & set(heads)

    table = tmp_path / "t.csv"
    filled = {"type": "person", "identifier": "P1", "name": "Ilya Marr", "role": "DEFR"}
    table.write_text(f"{blank}\n{','.join(filled.get(head, '') for head in heads)}\n", encoding="utf-8")
    assert desk.run("import", str(table)).exit_code == 0
    assert desk.lines()[0]["name"] == "Ilya Marr"


def test_rows_that_do_not_fit_are_named_and_nothing_is_added(desk: Desk, tmp_path: Path) -> None:
    for arguments in DECLARE:
        desk.add(*arguments)
    table = tmp_path / "t.csv"
    table.write_text(
        "type,exhibit,by,received_by,at,location,purpose\n"
        "received,KF-02,P4,P4,2026-03-10T09:00:00+05:00,LAB,test\n"
        "received,KF-99,P4,P4,2026-03-10T09:10:00+05:00,LAB,test\n"
        ",,,,,,\n"
        "received,KF-02,P4,P4,2026-03-10T09:20:00,LAB,test\n"
        "received,KF-02,P4,,2026-03-10T09:30:00+05:00,LAB,test\n",
        encoding="utf-8",
    )
    before = desk.path.read_bytes()
    refused = desk.run("import", str(table))

    assert (refused.exit_code, desk.path.read_bytes()) == (7, before)
    assert "3 of 4 rows do not fit: row 3: exhibit KF-99 is not declared" in refused.stderr
    assert "row 5: '2026-03-10T09:20:00' has no offset from UTC" in refused.stderr
    assert "row 6: received needs: received_by" in refused.stderr
    assert "Nothing was added" in refused.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"kind,by\nx,y\n", "the table has no column 'type'"),
        (b"type,colour\nperson,red\n", "these columns are not known: colour"),
        (b"type,by\nperson,P1\n", "row 2: person does not take by"),
        (b"type,identifier,kind,description,quantity\nexhibit,K,medium,x,many\n", "quantity is not a whole number"),
        (b"type,by\n", "holds no rows"),
        (b"type,by\nidentified,P1,KF-02\n", "row 2: a cell stands under no head"),
        (b"", "has no column 'type'"),
        (b"type,by\n\xff\xfe,x\n", "is not UTF-8"),
        (b'type,by\n"seized,x\n', "can not be read"),
        (b"type,note\nseized," + b"x" * 200_000 + b"\n", "can not be read"),
    ],
)
def test_a_table_that_is_none_is_refused(desk: Desk, tmp_path: Path, content: bytes, message: str) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes(content)
    refused = desk.run("import", str(table))

    assert refused.exit_code == 7
    assert message in refused.stderr
    assert "Next:" in refused.stderr
    assert not desk.path.exists()


def test_a_table_that_is_not_there_is_told(desk: Desk, tmp_path: Path) -> None:
    assert "can not be read" in desk.run("import", str(tmp_path / "none.csv")).stderr


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless_and_read_back(desk: Desk, tmp_path: Path) -> None:
    for name in ("=cmd|'/c calc'!A1", "+1", "-1", "@x"):
        desk.add("person", f"P{ord(name[0])}", "--name", name, "--role", "examiner")
    text = exported(desk, "csv")
    names = [row["name"] for row in rows_of(text)]
    table = tmp_path / "t.csv"
    table.write_text(text, encoding="utf-8")
    other = Desk(tmp_path / "other.jsonl")

    assert all(name.startswith("'") for name in names)
    assert other.run("import", str(table)).exit_code == 0
    assert [line["name"] for line in other.lines()] == [name[1:] for name in names]


# --- keys ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def signing(desk: Desk, tmp_path: Path) -> Desk:
    keys = {name: desk_key(desk, tmp_path / f"{name}.key") for name in ("P1", "P3")}
    desk.add("person", "P1", "--name", "Ilya Marr", "--role", "DEFR", "--specimen", keys["P1"])
    desk.add("person", "P3", "--name", "Dora Kest", "--role", "custodian", "--specimen", keys["P3"])
    desk.add("location", "SCENE", "--kind", "scene", "--tz", "Asia/Almaty")
    desk.add("exhibit", "KF-02", "--kind", "medium", "--description", "red stick")
    desk.add("seized", "--exhibit", "KF-02", "--by", "P1", "--location", "SCENE", "--purpose", "evidence")
    return desk


def desk_key(desk: Desk, path: Path) -> str:
    from click.testing import CliRunner

    from labkit.cli.root import main

    made = CliRunner().invoke(main, ["custody", "key", str(path)])
    assert made.exit_code == 0, made.output
    return made.stdout.strip()


def release(desk: Desk, tmp_path: Path) -> None:
    desk.add(
        *("released", "--exhibit", "KF-02", "--by", "P1", "--released-by", "P1", "--received-by", "P3"),
        *("--location", "SCENE", "--purpose", "to the store", "--key", str(tmp_path / "P1.key")),
    )


def test_a_handover_is_signed_by_the_giver_and_countersigned_by_the_receiver(signing: Desk, tmp_path: Path) -> None:
    release(signing, tmp_path)
    done = signing.run("countersign", "6", "--as", "P3", "--key", str(tmp_path / "P3.key"))

    assert done.exit_code == 0, done.output
    assert done.stdout == "Line 7 written: received.\n"
    released, received = signing.lines()[-2:]
    assert [one["person"] for one in received["signatures"]] == ["P3", "P3"]
    assert received["signatures"][1]["over"] == released["event_hash"]
    findings = json.loads(signing.run("check", "--json").stdout)["findings"]
    assert [one["rule"] for one in findings] == ["CC-26"]  # the case and its warrant are not declared here


def test_a_countersignature_is_only_for_an_open_release_and_the_one_who_receives(signing: Desk, tmp_path: Path) -> None:
    release(signing, tmp_path)
    key = ("--key", str(tmp_path / "P3.key"))
    for arguments, message in (
        (("5", "--as", "P3", *key), "line 5 is not a release"),
        (("60", "--as", "P3", *key), "line 60 is not a release"),
        (("6", "--as", "P1", "--key", str(tmp_path / "P1.key")), "P1 released it and can not countersign"),
        (("6", "--as", "P3", "--key", str(tmp_path / "P1.key")), "the key does not belong to P3"),
        (("6", "--as", "P9", *key), "the key does not belong to P9"),
        (("6", "--as", "P3", "--key", str(tmp_path / "none.key")), "can not be read as a key"),
        (("6", "--as", "P3", "--key", str(signing.path)), "holds no key"),
    ):
        refused = signing.run("countersign", *arguments)
        assert refused.exit_code == 7
        assert message in refused.stderr
    assert len(signing.lines()) == 6
    assert signing.run("countersign", "6", "--as", "P3", *key).exit_code == 0
    assert "line 6 was answered already" in signing.run("countersign", "6", "--as", "P3", *key).stderr


def test_a_key_is_for_its_owner_alone_and_never_overwritten(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "k"
    public = desk_key(desk, path)

    assert len(public) == 64
    assert public not in path.read_text(encoding="ascii")
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    from click.testing import CliRunner

    from labkit.cli.root import main

    again = CliRunner().invoke(main, ["custody", "key", str(path)])
    assert "a key is never overwritten" in again.stderr
    assert "can not be written" in CliRunner().invoke(main, ["custody", "key", str(tmp_path / "no" / "k")]).stderr


# --- check with what comes from outside ----------------------------------------------------------------------------


def test_check_takes_an_earlier_copy_an_overlay_and_the_folder_of_attachments(story: Desk, tmp_path: Path) -> None:
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(story.path.read_bytes())
    (tmp_path / "photos").mkdir()
    cut = story.path.read_bytes().splitlines(keepends=True)[:-1]
    story.path.write_bytes(b"".join(cut))

    assert story.run("check").exit_code == 0
    gone = story.run("check", "--snapshot", str(copy))
    assert (gone.exit_code, gone.stdout.split()[0]) == (7, "CC-29")
    witnessed = story.run("check", "--overlay", "attesting-witness")
    assert (witnessed.exit_code, witnessed.stdout.split()[0]) == (1, "CC-33")
    assert story.run("check", "--attachments", str(tmp_path / "photos")).exit_code == 0
    photo = tmp_path / "photos" / "1.jpg"
    photo.write_bytes(b"a photo")
    story.add("photographed", "--exhibit", "KF-02", "--by", "P3", "--location", "STORE", "--attach", str(photo))
    assert story.run("check", "--attachments", str(tmp_path / "photos")).exit_code == 0
    photo.write_bytes(b"another photo")
    assert story.run("check", "--attachments", str(tmp_path / "photos")).stdout.startswith("CC-38")


# --- the guided dialogue -------------------------------------------------------------------------------------------


@pytest.fixture
def asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for arguments in DECLARE:
        desk.add(*arguments)
    desk.add(*RECEIVED)
    monkeypatch.setattr(custody, "_is_interactive", lambda: True)
    return desk


def test_the_dialogue_asks_everything_and_looks_at_each_answer_at_once(asked: Desk) -> None:
    answers = ["unsealed", "P4", "2026-03-10", "", "LAB", "KF-02", "S-1:melted", "S-1", "examination", "P1", "torn", ""]
    done = asked.run("add", typed="\n".join([*answers, "y", ""]))

    assert done.exit_code == 0, done.output
    assert "is not a date and time" in done.stderr
    assert "'S-1:melted' is not a seal" in done.stderr
    assert "Who does it [P1, P4]" in done.stderr
    assert "[examination, court, damaged, isolation, shutdown]" in done.stderr
    assert "can not be changed afterwards" in done.stderr
    line = asked.lines()[-1]
    assert (line["type"], line["seal_before"], line["witnesses"]) == (
        "unsealed",
        [{"number": "S-1", "state": "intact"}],
        ["P1"],
    )
    assert line["condition_before"] == "torn"


def test_the_dialogue_declares_too_and_takes_only_what_is_in_a_list(asked: Desk) -> None:
    answers = ["99", "2", "P9", "Ada Nur", "", "boss", "examiner", "", "", ""]
    done = asked.run("add", typed="\n".join([*answers, "y", ""]))

    assert done.exit_code == 0, done.output
    assert "Type a number from 1 to 27" in done.stderr
    assert "boss is none of these: DEFR, DES" in done.stderr
    assert (asked.lines()[-1]["person_id"], asked.lines()[-1]["role"]) == ("P9", "examiner")


def test_an_acquisition_with_all_its_parts_is_asked_for(asked: Desk) -> None:
    answers = ["acquired", "P4", "", "LAB", "KF-02, KF-06", "image", "W-1", "ewfacquire 1", "hw:WB-3", "8",
               f"md5:{'0' * 32}:media | sha256:{'1' * 64}:media", "", "8:4", "AB; 1024; 2", ""]  # fmt: skip
    done = asked.run("add", typed="\n".join([*answers, "y", ""]))

    assert done.exit_code == 0, done.output
    line = asked.lines()[-1]
    assert [one["alg"] for one in line["hash"]] == ["MD5", "SHA256"]
    assert (line["write_block"]["tested_event"], line["read_errors"]) == (8, [{"count": 4, "lba": 8}])
    assert line["observed"] == [{"capacity_bytes": 1024, "sectors": 2, "serial": "AB"}]


def test_who_says_no_at_the_end_writes_nothing(asked: Desk) -> None:
    before = asked.path.read_bytes()
    done = asked.run("add", typed="stored\nP4\n\nLAB\nKF-02\n\nn\n")

    assert (done.exit_code, asked.path.read_bytes()) == (0, before)
    assert "Nothing was written." in done.stderr


def test_without_a_terminal_the_type_has_to_be_named(desk: Desk) -> None:
    refused = desk.run("add")

    assert refused.exit_code == 7
    assert "labkit custody add received" in refused.stderr


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_question_of_every_type_has_its_words(language: str) -> None:
    from labkit.cli import custody_dialogue as dialogue
    from labkit.custody.given import IDENTIFIERS

    for kind, options in dialogue._QUESTIONS.items():
        first = ("identifier",) if kind in IDENTIFIERS else dialogue._FIRST
        for option in (*first, *options, "note"):
            assert dialogue._question(option, kind, translator(language), ())

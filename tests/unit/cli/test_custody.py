import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labkit.cli import custody
from labkit.cli.root import main
from labkit.usecases import custodian
from tests.unit.custody.story import GENESIS, MEDIA, NOTES

DECLARE = [
    ("case", "NV-2026-0417", "--officer", "P1", "--protocol", "12/26"),
    ("person", "P1", "--name", "Ilya Marr", "--role", "DEFR"),
    ("person", "P4", "--name", "Омид Фальк", "--name-latin", "Omid Falk", "--role", "examiner"),
    ("location", "LAB", "--kind", "lab", "--tz", "Asia/Almaty", "--access", "P4"),
    ("exhibit", "KF-02", "--kind", "medium", "--description", "red stick", "--capacity-bytes", "67108864"),
    ("exhibit", "KF-06", "--kind", "image", "--description", "image of KF-02", "--derived-from", "KF-02"),
    ("exhibit", "T-1", "--kind", "medium", "--description", "test stick"),
]
TOOL = ("--tool", "ewfacquire 20230405")
RECEIVED = (
    *("received", "--exhibit", "KF-02", "--received-by", "P4", "--by", "P4", "--location", "LAB", "--signed", "P4"),
)
WHY = ("--purpose", "examination of KF-02")
TESTED = (
    *("verified", "--exhibit", "T-1", "--by", "P4", "--location", "LAB", "--hash", f"sha256:{NOTES}:media", *TOOL),
    *("--purpose", "test of WB-3"),
)
ACQUIRED = (
    *("acquired", "--exhibit", "KF-02", "--exhibit", "KF-06", "--by", "P4", "--location", "LAB"),
    *("--hash", f"sha256:{MEDIA}:media", *TOOL, *WHY),
    *("--write-block", "hw:WB-3", "--tested", "9"),
)


class Desk:
    """Commands on one ledger outside a workspace."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *arguments: str, typed: str = "") -> Result:
        where = ["--ledger", str(self.path), "--genesis", GENESIS]
        return CliRunner().invoke(main, ["custody", *arguments, *where], input=typed)

    def add(self, *arguments: str) -> Result:
        done = self.run("add", *arguments)
        assert done.exit_code == 0, done.output
        return done

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "custody.jsonl")


@pytest.fixture
def declared(desk: Desk) -> Desk:
    for arguments in DECLARE:
        desk.add(*arguments)
    return desk


def test_a_ledger_is_kept_shown_and_found_clean(declared: Desk) -> None:
    declared.add(*RECEIVED)
    declared.add(*TESTED)
    declared.add(*ACQUIRED)

    checked = declared.run("check")
    shown = declared.run("show", "--plain")

    assert (checked.exit_code, checked.stdout) == (0, "The rules found nothing.\nScore: 100 of 100. It passes.\n")
    assert shown.exit_code == 0
    rows = [line.split("\t") for line in shown.stdout.splitlines()]
    assert [row[0] for row in rows] == ["Line", *map(str, range(1, 11))]
    assert rows[10][2:6] == ["acquired", "KF-02, KF-06", "P4", "LAB"]
    assert f"SHA256 {MEDIA}" in rows[10][6]
    assert "Checkpoint code: " in shown.stderr


def test_a_line_says_its_number(declared: Desk) -> None:
    assert declared.run("add", *RECEIVED).stdout == "Line 8 written: received.\n"


def test_the_table_is_drawn_for_people(declared: Desk) -> None:
    shown = declared.run("show")

    assert shown.exit_code == 0
    assert "Омид Фальк" in shown.stdout
    assert "Details" in shown.stdout


def test_json_is_one_object_a_line(declared: Desk) -> None:
    shown = declared.run("show", "--json")
    added = declared.run("add", *RECEIVED, "--json")
    checked = json.loads(declared.run("check", "--json").stdout)

    assert [json.loads(line)["seq"] for line in shown.stdout.splitlines()] == [1, 2, 3, 4, 5, 6, 7]
    assert json.loads(added.stdout) == declared.lines()[-1]
    assert (checked["score"], checked["passes"], checked["genesis"], checked["lines"]) == (100, True, GENESIS, 8)
    assert checked["head"] == declared.lines()[-1]["event_hash"]
    assert checked["findings"] == []


def test_an_empty_ledger_is_said_to_be_empty(desk: Desk) -> None:
    assert "The ledger is empty." in desk.run("show").stderr
    assert (desk.run("check").exit_code, desk.run("check").stdout) == (0, "The ledger is empty.\n")
    assert not desk.path.exists()


def test_findings_name_rule_weight_and_cure(declared: Desk) -> None:
    declared.add(*TESTED[:2], "KF-06", *TESTED[3:])
    declared.add("analysed", "--exhibit", "KF-06", "--by", "P4", "--location", "LAB", *TOOL, *WHY)
    checked = declared.run("check")

    assert checked.exit_code == 7
    assert checked.stdout.startswith("CC-25 (fatal)  Line 9: KF-06 was worked on, but it is not a working copy.")
    assert "What to do: Disclose it" in checked.stdout
    assert checked.stdout.endswith("Score: 80 of 100. It does not pass: 80 points and no fatal finding are needed.\n")
    assert declared.run("check", "--plain").stdout.splitlines()[0].split("\t")[:2] == ["CC-25", "F"]
    [found] = json.loads(declared.run("check", "--json").stdout)["findings"]
    assert (found["rule"], found["severity"], found["seq"], found["exhibit"]) == ("CC-25", "F", 9, "KF-06")


def test_findings_that_are_not_fatal_have_their_own_exit_code(declared: Desk) -> None:
    declared.add(
        *("identified", "--exhibit", "KF-02", "--by", "P1", "--location", "LAB", "--at", "2026-03-10T09:00+06:00"),
        *("--note", "entered from the notebook"),
    )
    checked = declared.run("check")

    assert checked.exit_code == 1
    assert "In Asia/Almaty the clock stood at +05:00 then." in checked.stdout
    assert "It passes." in checked.stdout


def test_an_earlier_checkpoint_code_is_looked_for(declared: Desk) -> None:
    code = json.loads(declared.run("check", "--json").stdout)["checkpoint"]

    assert declared.run("check", "--since", code).exit_code == 0
    content = declared.path.read_bytes()
    declared.path.write_bytes(content[: content.rindex(b"\n", 0, -1) + 1])
    assert declared.run("check").exit_code == 0
    cut = declared.run("check", "--since", code)
    assert cut.exit_code == 7
    assert code in cut.stdout


def test_an_edited_ledger_is_fatal_and_takes_nothing_more(declared: Desk) -> None:
    declared.path.write_bytes(declared.path.read_bytes().replace(b"test stick", b"best stick"))

    assert declared.run("check").exit_code == 7
    refused = declared.run("add", *RECEIVED)
    assert refused.exit_code == 7
    assert "Error: custody.jsonl: the last line was changed or is damaged" in refused.stderr
    assert "Next:  Run 'labkit custody check'" in refused.stderr


def test_a_late_line_is_told_at_once_unless_it_says_so(declared: Desk) -> None:
    seen = ("identified", "--exhibit", "KF-02", "--by", "P1", "--location", "LAB", "--at", "2026-03-10T09:00+05:00")

    assert "Line 8 was written down later than 15 minutes" in declared.add(*seen).stderr
    assert declared.add(*seen, "--note", "entered from the notebook").stderr == ""


def test_a_time_without_offset_is_refused_with_what_to_write(declared: Desk) -> None:
    refused = declared.run("add", *RECEIVED, "--at", "2026-03-10T09:00:00")

    assert refused.exit_code == 7
    assert "no offset from UTC" in refused.stderr
    assert "2026-03-10T09:00:00+05:00" in refused.stderr
    assert len(declared.lines()) == 7


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("sealed",), "sealed also needs: --by, --exhibit, --seal-after"),
        (("acquired", "--by", "P4"), "acquired also needs: --exhibit, --hash, --tool, --write-block"),
        (("transported", "--by", "P4", "--exhibit", "KF-02"), "--carrier and --tracking, or --escort twice"),
        (("exhibit", "--kind", "medium"), "exhibit also needs: IDENTIFIER after the type, --description"),
        (("corrected", "--by", "P1"), "corrected also needs: --corrects, --note"),
        (("returned-to-owner", "--by", "P1", "--exhibit", "KF-02"), "--received-by"),
    ],
)
def test_all_missing_options_are_named_at_once(declared: Desk, arguments: tuple[str, ...], named: str) -> None:
    refused = declared.run("add", *arguments)

    assert refused.exit_code == 7
    assert named in refused.stderr
    assert "at a terminal: it asks for each" in refused.stderr
    assert len(declared.lines()) == 7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("stolen", "--by", "P1"), "'stolen' is not a type of entry"),
        ((*RECEIVED, "--serial", "77"), "received does not take: --serial"),
        (("person", "P9", "--name", "Ada", "--role", "examiner", "--hash", "md5:0"), "person does not take: --hash"),
        (("person", "P9", "--name", "Ada", "--role", "boss"), "Write one of: DEFR"),
        (("location", "L9", "--kind", "flat", "--tz", "Asia/Almaty"), "'flat' is no value of --kind"),
        (("exhibit", "KF-9", "--kind", "thing", "--description", "x"), "'thing' is no value of --kind"),
        (("exhibit", "KF-9", "--kind", "device", "--description", "x", "--power", "warm"), "is no value of --power"),
        (("received", "KF-02", "--exhibit", "KF-02", "--by", "P1", "--received-by", "P1"), "does not take: IDENTIFIER"),
    ],
)
def test_what_does_not_belong_is_refused(declared: Desk, arguments: tuple[str, ...], message: str) -> None:
    refused = declared.run("add", *arguments)

    assert refused.exit_code == 7
    assert message in refused.stderr
    assert len(declared.lines()) == 7


def test_a_case_may_be_declared_with_a_clock_reading(declared: Desk) -> None:
    declared.add(
        *("exhibit", "KF-01", "--kind", "device", "--description", "PC", "--power", "on"),
        *("--clock-observed", "09:47", "--clock-reference", "2026-03-10 09:40+05:00"),
    )

    assert declared.lines()[-1]["clock_reference"] == "2026-03-10T09:40:00+05:00"


def test_at_a_terminal_what_is_missing_is_asked(declared: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custody, "_is_interactive", lambda: True)
    asked = declared.run(
        "add", "acquired", "--by", "P4", typed=f"KF-02, KF-06\nsha256:{MEDIA}\newfacquire 1\nhw:WB-3\n"
    )

    assert asked.exit_code == 0, asked.output
    assert "Exhibit number (several with commas)" in asked.stderr
    line = declared.lines()[-1]
    assert line["exhibits"] == ["KF-02", "KF-06"]
    assert line["hash"] == [{"alg": "SHA256", "of": "media", "stage": "image", "value": MEDIA}]
    assert line["write_block"] == {"id": "WB-3", "kind": "hw"}


@pytest.mark.parametrize(
    ("typed", "transport"),
    [
        ("Northline\nNL-1\n", {"carrier": "Northline", "tracking_no": "NL-1"}),
        ("\nP1, P4\n", {"escort": ["P1", "P4"]}),
    ],
)
def test_a_transport_is_asked_for_in_parts(
    declared: Desk, monkeypatch: pytest.MonkeyPatch, typed: str, transport: dict[str, object]
) -> None:
    declared.add(*RECEIVED)
    monkeypatch.setattr(custody, "_is_interactive", lambda: True)

    assert declared.run("add", "transported", "--by", "P4", "--exhibit", "KF-02", typed=typed).exit_code == 0
    assert declared.lines()[-1]["transport"] == transport


def test_declarations_and_corrections_are_asked_for_too(declared: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custody, "_is_interactive", lambda: True)

    assert declared.run("add", "exhibit", typed="KF-09\nmedium\nblue stick\n").exit_code == 0
    assert declared.run("add", "corrected", "--by", "P1", typed="5\nthe stick is blue\n").exit_code == 0
    assert [declared.lines()[-2]["exhibit_no"], declared.lines()[-1]["corrects_event"]] == ["KF-09", 5]


def test_a_transport_is_shown_with_its_car_and_times_with_spaces(declared: Desk) -> None:
    declared.add(
        *("transported", "--exhibit", "KF-02", "--by", "P1", "--at", "2026-03-10T12:09+05:00"),
        *("--vehicle", "service car 04", "--escort", "P1", "--escort", "P4"),
    )
    shown = declared.run("show").stdout

    assert "service car 04; escorted by P1, P4" in shown
    assert "2026-03-10 12:09 +05:00" in shown
    assert "2026-03-10T12:09:00+05:00" in declared.run("show", "--plain").stdout


def test_a_correction_of_a_line_about_something_else_is_remarked(declared: Desk) -> None:
    declared.add(*RECEIVED)
    correction = ("corrected", "--corrects", "8", "--by", "P4", "--note", "locker 17")

    assert "line 8, which this corrects, is about KF-02" in declared.add(*correction, "--exhibit", "KF-06").stderr
    assert "which this corrects" not in declared.add(*correction, "--exhibit", "KF-02").stderr


def test_the_dialogue_takes_only_what_is_declared_and_asks_at_the_end(
    declared: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared.add(*RECEIVED)
    monkeypatch.setattr(custody, "_is_interactive", lambda: True)
    # an unknown person, an unknown exhibit; the line to correct is left empty at first
    answers = ("corrected", "27", "P4", "", "LAB", "locker 71", "KF-02", "", "locker 17", "8", "y")
    done = declared.run("add", typed="\n".join([*answers, ""]))

    assert done.exit_code == 0, done.output
    assert "27 is none of these" in done.stderr
    assert "locker 71 is none of these" in done.stderr
    line = declared.lines()[-1]
    assert [line["actor"], line["exhibits"], line["corrects_event"], line["note"]] == ["P4", ["KF-02"], 8, "locker 17"]


def test_an_answer_that_is_left_empty_is_still_missing(declared: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custody, "_is_interactive", lambda: True)
    refused = declared.run("add", "sealed", "--by", "P4", typed="\n\n")

    assert refused.exit_code == 7
    assert "sealed also needs: --exhibit, --seal-after" in refused.stderr


def test_a_torn_last_line_is_recovered_and_said(declared: Desk) -> None:
    declared.path.write_bytes(declared.path.read_bytes() + b'{"actor":"P4","ev')
    added = declared.add(*RECEIVED)

    assert "was set aside in custody.jsonl.torn" in added.stderr
    assert [line["type"] for line in declared.lines()[-2:]] == ["recovered", "received"]
    checked = declared.run("check")
    assert checked.exit_code == 0
    assert "Line 8: an unfinished line was set aside" in checked.stdout


def test_in_a_workspace_its_language_and_zone_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = custodian.LedgerPlace(tmp_path / "custody.jsonl", GENESIS, "Asia/Almaty", "ru")
    monkeypatch.setattr(custodian, "find_ledger", lambda start, ledger, genesis: place)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["custody", *arguments])

    assert run("add", *DECLARE[4]).stdout == "Записана строка 1: объект.\n"
    assert run("add", *DECLARE[5]).exit_code == 0
    for value in (MEDIA, NOTES):
        run("add", "verified", "--exhibit", "KF-06", "--by", "P4", "--hash", f"sha256:{value}", *TOOL)
    checked = run("check")
    assert checked.exit_code == 7
    assert (
        "CC-19 (критическое)  Строка 4: KF-06: хеш-суммы SHA256 одного и того же носителя различаются."
        in checked.stdout
    )
    assert "Что делать: Не исследуйте эту копию." in checked.stdout
    shown = run("show", "--plain").stdout
    assert "выполнена верификация" in shown
    assert "+05:00" in shown


def test_text_that_could_steer_the_terminal_is_not_printed(declared: Desk) -> None:
    declared.add("person", "P7", "--name", "\x1b[2J\u202eRed [bold]x[/bold]", "--role", "examiner")

    for arguments in (("show",), ("show", "--plain"), ("show", "--json")):
        shown = declared.run(*arguments).stdout
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "[bold]x[/bold]" in shown


def test_outside_a_workspace_the_way_in_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refused = CliRunner().invoke(main, ["custody", "show"])

    assert refused.exit_code == 9
    assert "labkit start" in refused.stderr


def test_help_is_there_for_each_command() -> None:
    for command in ("add", "show", "check"):
        assert CliRunner().invoke(main, ["custody", command, "--help"]).exit_code == 0
    assert "--write-block" in CliRunner().invoke(main, ["custody", "add", "--help"]).output

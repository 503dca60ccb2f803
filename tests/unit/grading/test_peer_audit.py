"""An audit of a colleague's ledger: what the rules find is the measure, and what they do not find costs little."""

import pytest

from labkit.content.reader import load_library
from labkit.custody.ledger import Ledger, parse
from labkit.custody.overlay import overlay
from labkit.custody.rules import RULES
from labkit.grading.answers.contract import FormError, Verdict
from labkit.grading.forms import check_form, read_answer
from labkit.grading.peer_audit import FREE_ROWS, OPEN, PeerLedger, compare, flaws_by_rules
from labkit.model.grading import Outcome, SubmissionResult, TaskResult
from tests.unit.custody.story import CLEAN, DECLARED, GENESIS, chained, event, lines_of

TASK = load_library().exercise("peer-audit").tasks[0]
FIRST = len(DECLARED) + 1
SEAL = [{"number": "S-1204", "type": "tape", "state": "new"}]


def ledger_of(*events: dict[str, object]) -> Ledger:
    return parse(lines_of(chained((*DECLARED, *events))), genesis=GENESIS)


# Two flaws: the purpose says nothing (its line), and a seal arrives with another number (two lines).
FLAWED = ledger_of(
    event("photographed", "09:10", "KF-02", location="SCENE", purpose="work"),
    event("seized", "09:12", "KF-02", location="SCENE", authority_ref="W-1", purpose="evidence of fraud"),
    event("sealed", "09:15", "KF-02", location="SCENE", seal_after=SEAL),
    event(
        "received", "09:20", "KF-02", by="P3", released_by="P1", received_by="P3", location="SCENE",
        seal_before=[{"number": "S-1240", "type": "tape", "state": "intact"}], purpose="to the store",
        signatures=[{"person": one, "method": "paper"} for one in ("P1", "P3")],
    ),
)  # fmt: skip
SOUND = parse(lines_of(chained(CLEAN)), genesis=GENESIS)
PURPOSE = f"{FIRST}; record; weight; correct-entry"
OTHER_SEAL = f"{FIRST + 2}, {FIRST + 3}; seal; authenticity, integrity; compare-photo"


def verdict(ledger: Ledger, *rows: str) -> Verdict:
    return compare(read_answer(TASK.answer, "\n".join(rows)), TASK.answer, PeerLedger(ledger, "", "T02"))  # type: ignore[arg-type]


def codes(found: Verdict) -> list[str]:
    return [detail.code for detail in found.details]


def test_the_flaws_are_what_the_rules_find() -> None:
    found = flaws_by_rules(FLAWED, TASK.answer)  # type: ignore[arg-type]
    assert [(sorted(flaw.lines), flaw.category) for flaw in found] == [
        ([FIRST], "record"),
        ([FIRST + 2, FIRST + 3], "seal"),
    ]
    assert flaws_by_rules(SOUND, TASK.answer) == ()  # type: ignore[arg-type]


def test_what_the_class_adds_to_the_rules_is_a_flaw_too() -> None:
    witnessed = overlay("attesting-witness")
    found = {flaw.category for flaw in flaws_by_rules(FLAWED, TASK.answer, witnessed)}  # type: ignore[arg-type]
    assert found == {"record", "seal", "signature"}
    unseen = compare(read_answer(TASK.answer, f"{PURPOSE}\n{OTHER_SEAL}"), TASK.answer, PeerLedger(FLAWED), witnessed)  # type: ignore[arg-type]
    assert unseen.credit_percent < 100


def test_naming_all_earns_everything() -> None:
    found = verdict(FLAWED, PURPOSE, OTHER_SEAL)
    assert (found.credit_percent, found.mistake, codes(found)) == (100, None, ["PEER-OF"])


def test_one_misunderstanding_in_many_lines_is_one_flaw_however_it_is_named() -> None:
    many = ledger_of(
        *(event("photographed", f"09:{10 + n}", "KF-02", location="SCENE", purpose="work") for n in range(1, 9, 3))
    )
    lines = [FIRST, FIRST + 1, FIRST + 2]

    for rows in (
        [f"{lines[0]}; record; weight; correct-entry"],
        [f"{lines[0]}-{lines[2]}; record; weight; correct-entry"],
        [f"{line}; record; weight; correct-entry" for line in lines],
    ):
        found = verdict(many, *rows)
        assert (found.credit_percent, codes(found)) == (100, ["PEER-OF"])


def test_what_no_rule_finds_costs_nothing_and_goes_to_the_trainer() -> None:
    extra = [f"{n}; identity; authenticity; compare-photo" for n in range(1, FREE_ROWS + 1)]
    found = verdict(FLAWED, PURPOSE, OTHER_SEAL, *extra)

    assert (found.credit_percent, found.mistake) == (100, None)
    told = [detail for detail in found.details if detail.code == OPEN]
    assert [detail.values["lines"] for detail in told] == ["1", "2", "3"]
    assert {detail.values["category"] for detail in told} == {"identity"}
    assert {detail.values["colleague"] for detail in told} == {"T02"}


def test_writing_down_everything_does_not_pay() -> None:
    all_lines = [f"{n}; {kind}; weight; statements" for n in range(1, 17) for kind in ("access", "live", "original")]
    found = verdict(FLAWED, PURPOSE, OTHER_SEAL, *all_lines)

    assert found.credit_percent < 50
    assert found.mistake == "D-NONE"


def test_the_right_lines_under_another_name_are_for_the_trainer_too() -> None:
    rows = [f"{FIRST}; {kind}; weight; statements" for kind in ("access", "live", "original", "time")]
    found = verdict(FLAWED, *rows)

    assert (found.credit_percent, found.mistake) == (0, "D-KIND")
    assert codes(found).count(OPEN) == 4


def test_what_was_missed_is_counted() -> None:
    found = verdict(FLAWED, PURPOSE)
    assert found.credit_percent == 60  # F1 2/3, half of consequences and cures
    assert "DEFECT-MISSED" in codes(found)


def test_no_flaws_is_right_where_there_are_none_and_worth_nothing_where_there_are() -> None:
    grounds = "none; who held it is clear from line to line"

    assert verdict(SOUND, grounds).credit_percent == 100
    assert codes(verdict(SOUND, grounds)) == ["PEER-OF", "PEER-FLAWLESS"]
    assert verdict(FLAWED, grounds).credit_percent == 0


def test_who_accuses_a_sound_ledger_waits_for_the_trainer() -> None:
    found = verdict(SOUND, PURPOSE)
    assert (found.credit_percent, codes(found)) == (0, ["PEER-OF", OPEN])


@pytest.mark.parametrize(
    "text",
    [
        "none; who held it is clear from line to line",
        "None: seals and times agree in all entries",
        "no flaws - seals and times agree in all entries",
        "нет; у кого был объект, видно из каждой строки",
        "Нарушений нет. Печати и время во всех записях сходятся",
    ],
)
def test_no_flaws_can_be_said_in_several_ways(text: str) -> None:
    understood = check_form(TASK, text)
    assert understood.startswith("none; ")
    assert check_form(TASK, understood) == understood


@pytest.mark.parametrize("text", ["none", "none;", "нет", "none; all is well", "no flaws. ok ok"])
def test_no_flaws_without_grounds_is_not_an_answer(text: str) -> None:
    with pytest.raises(FormError) as refused:
        check_form(TASK, text)
    assert "grounds" in refused.value.message


def test_the_exercise_says_for_every_rule_what_it_means() -> None:
    assert set(TASK.answer.rules) == {rule.code for rule in RULES} - {"CC-39"}  # type: ignore[union-attr]


def test_a_bonus_adds_and_never_leads_beyond_what_can_be_earned() -> None:
    def result(earned: float, bonus: float) -> SubmissionResult:
        return SubmissionResult(
            "0" * 64,
            "T01",
            (
                TaskResult("a/b", Outcome.PARTIAL, 0, earned, 100),
                TaskResult("c/d", Outcome.PARTIAL, 0, bonus, 10, is_bonus=True),
            ),
        )

    assert (result(60, 0).points, result(60, 0).max_points) == (60, 100)
    assert (result(60, 8).points, result(60, 8).max_points) == (68, 100)
    assert result(96, 8).points == 100

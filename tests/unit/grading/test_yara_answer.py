"""Rules are tried in a process of their own, so that each trial here takes a moment."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.content.public_form import public_form, task_of_form
from labkit.errors import ContentError, LabkitError
from labkit.grading import yara_trial
from labkit.grading.answers import TYPES
from labkit.grading.answers.contract import FormError, Verdict
from labkit.grading.expected import resolve
from labkit.grading.forms import check_form, read_answer
from labkit.grading.runner import grade
from labkit.grading.yara_trial import try_rule
from labkit.model.grading import Detail, Outcome
from labkit.model.truth import CaseTruth

from .a_case import GENESIS, a_submission, a_task, an_exercise, truth_of

TASK = a_task(
    type="YARA",
    positives="usb:file.sample_set",
    mutated="usb:file.mutated_set",
    clean="usb:file.clean_set",
)
HEARTBEAT = b"kf_sync heartbeat %d"
SETS = {
    "implant": {f"{n}.bin": b"\x7fELF" + bytes([n]) * 64 + HEARTBEAT + b"relay1.example" for n in range(4)},
    "mutant": {"m.bin": b"\x7fELF" + b"?" * 80 + HEARTBEAT + b"relay9.example"},
    "clean": {f"clean-{n}.txt": b"nothing of note " * n + b"relay" for n in range(1, 20)},
}
TRUTH: CaseTruth = truth_of(sample_set="implant", mutated_set="mutant", clean_set="clean")
META = 'meta: author = "examiner"'


class Sets:
    """Sets of samples from a dictionary."""

    def __init__(self, sets: Mapping[str, Mapping[str, bytes]]) -> None:
        self._sets = sets

    def files(self, name: str) -> Mapping[str, bytes]:
        return self._sets[name]


def rule(strings: str, condition: str = "any of them", meta: str = META) -> str:
    return f"rule kf {{ {meta} strings: {strings} condition: {condition} }}"


def tried(text: str) -> Verdict:
    expected = resolve(TASK, TRUTH, Sets(SETS))
    return TYPES["YARA"].compare(read_answer(TASK.answer, text), TASK.answer, expected)


@pytest.mark.parametrize(
    ("text", "credit_percent", "mistake"),
    [
        (rule('$a = "kf_sync heartbeat"'), 100, None),
        (rule("$a = { 6B 66 5F 73 79 6E 63 }"), 100, None),
        (rule("$a = /kf_sync \\w+/"), 100, None),
        (rule('$a = "kf_sync heartbeat"', meta=""), 95, None),
        (rule('$a = "relay1"'), 75, "Y-CANARY"),
        (rule('$a = "relay"'), 70, "Y-CLEAN"),
        (rule('$a = "relay1.example"'), 75, "Y-CANARY"),
        (rule(f'$a = "{"ab" * 16}"'), 15, "Y-ONLY"),
        (rule('$a = "nowhere to be found"'), 20, None),
        ("rule every { condition: true }", 60, "Y-CLEAN"),
    ],
)
def test_a_rule_is_scored_by_what_it_finds(text: str, credit_percent: int, mistake: str | None) -> None:
    found = tried(text)

    assert (found.credit_percent, found.mistake) == (credit_percent, mistake)


def test_a_part_of_the_samples_earns_a_part() -> None:
    found = tried(rule("$a = { 7F 45 4C 46 00 00 00 00 } $b = { 7F 45 4C 46 3F 3F 3F 3F }"))

    assert found.credit_percent == 10 + 50 // 4 + 30 + 10
    assert found.details == (Detail("YARA-FOUND", {"found": 1, "all": 4}),)


def test_hits_on_clean_files_are_counted() -> None:
    assert Detail("YARA-CLEAN", {"found": 19, "all": 19}) in tried(rule('$a = "relay"')).details


def test_a_string_in_a_comment_or_a_module_does_not_count_as_description() -> None:
    text = f'import "hash" // $a = "kf_sync heartbeat"\nrule kf {{ {META} condition: hash.md5(0, 4) == "{"0" * 32}" }}'

    assert tried(text).mistake == "Y-ONLY"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rule { condition: true }", "does not compile"),
        ('include "/etc/passwd"', "does not compile: .*include"),
        ('import "console" rule a { condition: console.log("x") }', "imports 'console'"),
        ('import "time" rule a { condition: true }', "imports 'time'"),
        ('import "cuckoo" rule a { condition: true }', "imports 'cuckoo'"),
        ("// no rule", "no rule in the answer"),
        ("rule a { condition: true } \0", "does not compile"),
        ("rule a { strings: $a = \ud800 condition: $a }", "does not compile"),
        ("rule a { condition: " + "(" * 5000, "does not compile"),
        ("правило { }", "does not compile"),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused_with_an_example(text: str, message: str) -> None:
    with pytest.raises(FormError, match=message) as caught:
        check_form(TASK, text)

    assert caught.value.code == "form-yara"
    assert caught.value.remedy


@settings(max_examples=25, deadline=None)
@given(
    st.one_of(
        st.text(st.characters(), max_size=80),
        st.lists(st.sampled_from(["rule", "a", "{", "}", "strings:", "$a", "=", '"x"', "condition:", "true"])).map(
            " ".join
        ),
    )
)
def test_any_text_is_read_or_refused_with_a_remedy(text: str) -> None:
    try:
        kept = read_answer(TASK.answer, text).text
    except FormError as error:
        refused = error
    else:
        assert check_form(TASK, kept) == kept
        return
    assert refused.message
    assert refused.remedy


def test_a_rule_keeps_its_text_but_for_line_ends() -> None:
    text = rule('$a = "A  b" /* ی */')

    assert check_form(TASK, f"\ufeff{text}\r\n") == text


def test_a_file_of_ours_never_stands_in_a_message() -> None:
    with pytest.raises(FormError) as caught:
        check_form(TASK, f'include "{__file__}"')

    assert "Rules are tried" not in caught.value.message


def test_a_rule_that_never_ends_is_stopped_by_the_clock() -> None:
    endless = "rule a { condition: for all i in (0..1000000000) : (for all j in (0..1000000000) : (i + j >= 0)) }"

    assert try_rule(endless, {"x": {"a": b"a"}}, wall_limit_s=1).stopped == "time"


def test_a_rule_that_takes_too_much_memory_is_stopped() -> None:
    trial = try_rule(rule('$a = "x"'), {"x": {"a": bytes(30_000_000)}}, memory_limit_bytes=60_000_000)

    assert trial.hits is None
    assert trial.stopped


def test_a_rule_that_is_stopped_keeps_what_compiling_earns(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = resolve(TASK, TRUTH, Sets(SETS))
    answer = read_answer(TASK.answer, rule('$a = "kf_sync"'))
    monkeypatch.setattr("labkit.grading.answers.yara_answer.try_rule", lambda *_: yara_trial.Trial(stopped="time"))

    assert TYPES["YARA"].compare(answer, TASK.answer, expected) == Verdict(10, notices=("yara-limit",))


def test_a_child_that_can_not_be_started_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/no/such/python")

    with pytest.raises(LabkitError, match="YARA can not be asked") as caught:
        try_rule("rule a { condition: true }", {})
    assert "yara-python" in caught.value.remedy


@pytest.mark.parametrize("sets", [None, Sets({"implant": {}, "mutant": {}, "clean": {}})])
def test_without_samples_a_task_is_broken_and_costs_nothing(sets: Sets | None) -> None:
    with pytest.raises(ContentError, match="sample"):
        resolve(TASK, TRUTH, sets)
    submission = a_submission({"task": rule('$a = "kf_sync"')})
    found = grade(submission, [an_exercise({"task": TASK})], TRUTH, ledger_genesis=GENESIS, sample_sets=sets).tasks[0]

    assert (found.outcome, found.points) == (Outcome.BROKEN, 10)


def test_a_rule_is_graded_through_the_runner() -> None:
    submission = a_submission({"task": rule('$a = "kf_sync heartbeat"')})
    exercise = an_exercise({"task": TASK})
    found = grade(submission, [exercise], TRUTH, ledger_genesis=GENESIS, sample_sets=Sets(SETS)).tasks[0]

    assert (found.outcome, found.points) == (Outcome.CORRECT, 10)


def test_a_trainee_can_check_the_form_of_a_rule() -> None:
    form = public_form(TASK.answer, "en", {})

    assert form == {"type": "YARA"}
    assert check_form(task_of_form("task", 10, form), "rule a { condition: true }")

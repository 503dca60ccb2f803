"""Rules that trainees write, tried on the samples that the case KESTREL makes for them."""

import pytest

from labkit.content.scenario import load_case
from labkit.grading.answers import TYPES
from labkit.grading.answers.contract import ExpectedAnswer, FormError, Verdict
from labkit.grading.expected import resolve
from labkit.grading.forms import read_answer
from labkit.model.grading import Detail
from labkit.model.truth import CaseTruth
from labkit.synthesis.build import derive_truth
from labkit.synthesis.samples.rule_samples import RuleSamples

from .a_case import a_task

TASK = a_task(
    type="YARA",
    positives="blobs:variants.sample_set",
    mutated="blobs:canary.sample_set",
    clean="blobs:clean.sample_set",
)
MESSAGE, MARK = '$a = "%lld alive %s"', '$b = "KFSYNC2.CFG:"'
BOTH = f"{MESSAGE} {MARK}"


@pytest.fixture(scope="module", params=[b"one", b"two"])
def known(request: pytest.FixtureRequest) -> tuple[CaseTruth, ExpectedAnswer]:
    case = load_case("kestrel")
    truth = derive_truth(case, request.param, items=["blobs"])
    return truth, resolve(TASK, truth, RuleSamples(case, request.param, b"class"))


def rule(strings: str, condition: str = "all of them") -> str:
    return f'rule kf {{ meta: author = "examiner" strings: {strings} condition: {condition} }}'


def tried(known: tuple[CaseTruth, ExpectedAnswer], text: str) -> Verdict:
    truth, expected = known
    filled = text.replace("HOST", str(truth.variables["sync_host_1"]))
    for number in range(1, 7):
        filled = filled.replace(f"DIGEST{number}", str(truth.fact(f"blobs:variant-{number}.md5")))
    return TYPES["YARA"].compare(read_answer(TASK.answer, filled), TASK.answer, expected)


DIGESTS = " or ".join(f'hash.md5(0, filesize) == "DIGEST{number}"' for number in range(1, 7))


@pytest.mark.parametrize(
    ("text", "credit_percent", "mistake"),
    [
        (rule(BOTH, "all of them and filesize < 16KB"), 100, None),
        (rule("$b = { 4B 46 53 59 4E 43 32 2E 43 46 47 3A A0 00 }"), 100, None),
        (rule(BOTH), 70, "Y-CLEAN"),
        (rule(MESSAGE, "$a and filesize < 16KB"), 70, "Y-CLEAN"),
        (rule(MARK, "$b and filesize < 16KB"), 70, "Y-CLEAN"),
        (rule('$a = "kf_sync"'), 70, "Y-CLEAN"),
        (rule(f'{MESSAGE} $c = "kf_sync build "', "all of them and filesize < 16KB"), 70, "Y-CLEAN"),
        (rule('$a = "HOST" xor(1-255)'), 66, "Y-CANARY"),
        (rule('$a = "HOST" xor'), 36, "Y-CANARY"),
        (rule('$a = "HOST"'), 20, "Y-CLEAN"),
        (f'import "hash" rule kf {{ meta: author = "examiner" condition: {DIGESTS} }}', 70, "Y-ONLY"),
        (rule('$a = "sync.exe"'), 15, "Y-ONLY"),
        ('rule kf { meta: author = "examiner" condition: true }', 65, "Y-CLEAN"),
    ],
)
def test_a_rule_earns_what_it_is_worth(
    known: tuple[CaseTruth, ExpectedAnswer], text: str, credit_percent: int, mistake: str | None
) -> None:
    found = tried(known, text)

    assert (found.credit_percent, found.mistake) == (credit_percent, mistake)


def test_hits_on_clean_files_are_told_beside_a_missed_canary(known: tuple[CaseTruth, ExpectedAnswer]) -> None:
    logs = known[0].fact("blobs:decoy-first-host.names")
    assert isinstance(logs, tuple)

    details = tried(known, rule('$a = "HOST" xor')).details
    assert details == (
        Detail("YARA-FOUND", {"found": 4, "all": 6}),
        Detail("YARA-CLEAN", {"found": len(logs), "all": 200}),
    )


def test_a_rule_that_does_not_compile_is_named() -> None:
    with pytest.raises(FormError) as caught:
        read_answer(TASK.answer, 'rule kf { strings: $a = "kf_sync" condition: $b }')

    assert caught.value.mistake == "Y-SYNTAX"

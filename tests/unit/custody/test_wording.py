import re
from pathlib import Path

import pytest

from labkit.custody import ledger, rules
from labkit.custody.display import printable
from labkit.custody.ledger import CHAIN_CODES, FORM_CODES
from labkit.custody.rules import RULES, RuleFinding
from labkit.custody.wording import cure, sentence
from labkit.i18n import LANGUAGES, messages, translator
from labkit.model.custody import DeclarationType, EventType, ExhibitKind

SOURCES = Path(rules.__file__).parent

# What a finding of each rule can say; each reason has a sentence. Values are filled in by the tests of the rules.
REASONS: dict[str, set[str]] = {
    "CC-01": {"missing", "undeclared-place", *map(str, FORM_CODES)},
    "CC-02": {"twice", "undeclared"},
    "CC-03": {"cycle", "no-source", "other-root", "source-undeclared"},
    "CC-04": {"head-missing", *map(str, CHAIN_CODES)},
    "CC-05": {"back"},
    "CC-06": {"gap", "never-taken", "not-received"},
    "CC-07": {"still-held"},
    "CC-08": {"not-the-holder", "other-giver", "other-receiver"},
    "CC-09": {"invalid", "no-key", "not-signed", "other-content", "same-person"},
    "CC-10": {"no-offset", "unknown-zone", "wrong-offset"},
    "CC-11": {"before", "late", "very-late"},
    "CC-12": {"other-seal", "seal-missing"},
    "CC-13": {"no-purpose", "no-witness", "not-resealed"},
    "CC-14": {"used"},
    "CC-15": {"not-kept", "not-packed", "other-bag"},
    "CC-16": {"generic", "none"},
    "CC-17": {"no-place", "not-carried", "too-fast"},
    "CC-18": {"length", "no-hex", "unknown-algorithm"},
    "CC-19": {"changed", "not-the-source", "of-nothing"},
    "CC-20": {"not-at-acquisition", "not-before-analysis", "not-in-court"},
    "CC-21": {"same-value"},
    "CC-22": {"before", "late"},
    "CC-23": {"not-blocked", "not-justified"},
    "CC-24": {"no-such-test", "not-tested", "other-day"},
    "CC-25": {"analysed", "copied"},
    "CC-26": {"no-longer-valid", "none", "not-yet-valid", "other-item", "other-place", "unknown"},
    "CC-27": {"declared-later", "no-longer", "not-yet", "two-places", "undeclared"},
    "CC-28": {"not-on-the-list"},
    "CC-29": {"corrects-nothing", "gone", "no-such-line"},
    "CC-30": {"capacity", "serial"},
    "CC-31": {"not-whole-sectors", "other-sectors", "other-size"},
    "CC-32": {"no-clock"},
    "CC-33": {"is-the-actor", "too-few"},
    "CC-34": {"no-change", "no-competence", "no-justification"},
    "CC-35": {"not-in-ledger", "not-in-protocol"},
    "CC-36": {"later-event", "no-authority"},
    "CC-37": {"no-tool", "no-version"},
    "CC-38": {"no-digest", "not-there", "photo-unknown"},
    "CC-39": {"equal-steps", "round"},
    "CC-40": {"by-another", "shared"},
    "CC-41": {"legacy", "strict"},
    "CC-42": {"no-memory"},
    "CC-43": {"isolated-late", "not-isolated"},
    "CC-44": {"not-disclosed"},
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", [rule.code for rule in RULES])
def test_each_reason_of_each_rule_has_its_sentence_and_each_rule_its_cure(language: str, rule: str) -> None:
    t = translator(language)
    for reason in REASONS[rule]:
        assert t.has(f"custody.reason.{rule}.{reason}"), reason
    assert "{seq}" in t(f"custody.rule.{rule}")
    assert len(t(f"custody.cure.{rule}")) > 30
    assert len(t(f"custody.rule.{rule}.name")) >= 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_left_over(language: str) -> None:
    keys = [key for key in messages(language) if key.startswith("custody.reason.")]

    assert len(keys) > 100
    assert {tuple(key.split(".")[2:]) for key in keys} == {
        (rule, reason) for rule, reasons in REASONS.items() for reason in reasons
    }


def test_every_reason_in_the_code_is_in_the_list_above() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob("*.py")))
    before = r'(?:Hit\(|_differs\(|_differences\(|_bag\(|yield |reason = |else |"CC-\d\d", )'
    written = set(re.findall(before + r'\s*"([a-z]+(?:-[a-z]+)*)"(?! in)', text))

    assert len(written) > 90
    assert written <= set().union(*REASONS.values())


def test_the_sentence_says_in_which_way_and_names_kinds_in_words() -> None:
    finding = RuleFinding(
        "CC-25", "F", 7, "KF-02", {"reason": "analysed", "seq": 7, "exhibit": "KF-02", "kind": "medium"}
    )

    assert sentence(translator("ru"), finding.rule, finding.values).endswith(
        "Он объявлен как: носитель. Анализ проводился прямо на нём."
    )
    assert "It is declared as: medium." in sentence(translator("en"), finding.rule, finding.values)
    assert cure(translator("en"), finding.rule).startswith("Disclose it")


def test_a_reason_without_a_sentence_of_its_own_leaves_the_rule() -> None:
    finding = RuleFinding("CC-23", "F", 7, None, {"reason": "new", "seq": 7})

    assert sentence(translator("en"), finding.rule, finding.values) == translator("en")("custody.rule.CC-23", seq=7)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_kind_and_declaration_has_a_name(language: str) -> None:
    t = translator(language)

    assert all(t.has(f"custody.event.{kind.value}") for kind in EventType)
    assert all(t.has(f"custody.kind.{kind.value}") for kind in ExhibitKind)
    assert all(t.has(f"custody.entry.{kind}") for kind in [*DeclarationType, "recovered"])
    assert all(t.has(f"custody.remark.{code}") for code in ("recovered", "torn", "out-of-order"))
    assert t.has("custody.recovered")


def test_text_from_a_ledger_is_made_fit_to_be_shown() -> None:
    assert printable("a\x1b[2Jb\nc\u202e") == "a\N{REPLACEMENT CHARACTER}[2Jb c\N{REPLACEMENT CHARACTER}"
    assert printable("می\u200cشود") == "می\u200cشود"
    assert printable("x" * 200, longest=10) == "x" * 9 + "…"


def test_the_two_groups_of_problems_are_apart() -> None:
    assert not CHAIN_CODES & FORM_CODES
    assert set(ledger.ProblemCode) - CHAIN_CODES - FORM_CODES == {ledger.ProblemCode.TORN}

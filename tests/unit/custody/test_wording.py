import re
from pathlib import Path

import pytest

from labkit.custody import ledger, rules
from labkit.custody.display import printable
from labkit.custody.ledger import CHAIN_CODES, FORM_CODES
from labkit.custody.rules import RULES, RuleFinding
from labkit.custody.wording import cure, sentence
from labkit.i18n import LANGUAGES, translator
from labkit.model.custody import DeclarationType, EventType, ExhibitKind

SOURCES = Path(rules.__file__).parent

# Every value that the rules hand on, so that a sentence with another brace in it fails here.
VALUES: dict[str, dict[str, str | int]] = {
    "CC-01": {"fields": "actor"},
    "CC-02": {"first": 3},
    "CC-03": {"root": "KF-02"},
    "CC-04": {"head": "ABCDE-FGHIJ"},
    "CC-05": {"previous": 3, "time": "2026-03-10T09:00:00+05:00"},
    "CC-06": {"previous": 3, "minutes": 160},
    "CC-07": {"holder": "P1", "taker": "P3"},
    "CC-08": {"giver": "P1", "holder": "P3"},
    "CC-10": {"time": "2026-03-10T09:00:00+06:00", "zone": "Asia/Almaty", "expected": "+05:00"},
    "CC-18": {"alg": "SHA256", "digits": 32, "expected": 64},
    "CC-19": {"alg": "SHA256", "source": "KF-02"},
    "CC-23": {},
    "CC-25": {"kind": "medium"},
}
REASONS = {
    "CC-01": {"missing", "undeclared-place", *map(str, FORM_CODES)},
    "CC-02": {"twice", "undeclared"},
    "CC-03": {"no-source", "cycle", "source-undeclared", "other-root"},
    "CC-04": {"head-missing", *map(str, CHAIN_CODES)},
    "CC-05": {"back"},
    "CC-06": {"gap", "not-received", "never-taken"},
    "CC-07": {"still-held"},
    "CC-08": {"not-the-holder", "other-giver", "other-receiver"},
    "CC-10": {"unknown-zone", "no-offset", "wrong-offset"},
    "CC-18": {"unknown-algorithm", "no-hex", "length"},
    "CC-19": {"changed", "not-the-source"},
    "CC-23": {"not-blocked", "not-justified"},
    "CC-25": {"analysed", "copied"},
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", [rule.code for rule in RULES])
def test_each_reason_of_each_rule_has_its_sentence_and_each_rule_its_cure(language: str, rule: str) -> None:
    t = translator(language)
    for reason in REASONS[rule]:
        finding = RuleFinding(rule, "M", 7, "KF-06", {"reason": reason, "seq": 7, "exhibit": "KF-06", **VALUES[rule]})

        assert t.has(f"custody.reason.{rule}.{reason}"), reason
        assert "{" not in sentence(t, finding.rule, finding.values)
        assert "7" in t(f"custody.rule.{rule}", **finding.values)
    assert len(t(f"custody.cure.{rule}")) > 30
    assert len(t(f"custody.rule.{rule}.name")) > 5


def test_every_reason_in_the_code_is_in_the_list_above() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob("*.py")))
    written = set(re.findall(r'(?:Hit\(|_differs\(|"CC-\d\d", )\s*"([a-z-]+)"', text))

    assert written
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

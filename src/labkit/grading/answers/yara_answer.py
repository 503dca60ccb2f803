"""YARA: a rule, tried on generated samples: what it must find, a changed variant, and what it must leave alone."""

import re
from collections.abc import Iterator

from labkit.content.schemas import YaraAnswer
from labkit.grading.answers.contract import (
    ExpectedAnswer,
    FormError,
    Given,
    KnownValue,
    Source,
    Verdict,
    unfit,
)
from labkit.grading.yara_trial import try_rule
from labkit.model.grading import Detail

COMPILES_PERCENT = 10
FOUND_PERCENT = 50
CLEAN_PERCENT = 30
META_PERCENT = 5
STRINGS_PERCENT = 5
MODULES = ("elf", "hash", "math", "pe", "string")  # those that neither print, read the clock nor need files
_SHORTEST_STRING = 4  # bytes; what is shorter stands in every file
_REMEDY = 'Write a whole rule, for example: rule name { meta: author = "you" strings: $a = "text" condition: $a }'
_TEXT = r'"(?:\\.|[^"\\\n])*"'
_IMPORT = re.compile(rf"/\*.*?\*/|//[^\n]*|\bimport\s*(?P<module>{_TEXT})|{_TEXT}", re.DOTALL)
_STRING = re.compile(
    rf"\$\w*\s*=\s*(?:(?P<text>{_TEXT})|\{{(?P<hex>[^{{}}\"]*)\}}|/(?P<regex>(?:\\.|[^/\\\n])+)/)", re.DOTALL
)
_DIGEST = re.compile(r"(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64})")
_FILE_NAME = re.compile(r"[^\s/\\]+\.[A-Za-z0-9]{1,5}")


def right_value(raw: object, answer: YaraAnswer) -> None:
    """Refuse: many rules are right; what they must do is said by the sets of samples.

    Raises:
        ContentError: Always.
    """
    raise unfit(raw, "no value: a YARA task names sets of samples")


def parse(text: str, answer: YaraAnswer) -> Given[str]:
    """Return the rule with plain line ends.

    Raises:
        FormError: It does not compile, or imports a module that is not open to tasks.
    """
    rule = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff").strip()
    for found in _IMPORT.finditer(rule):
        module = (found["module"] or "").strip('"')
        if module and module not in MODULES:
            raise FormError(
                f"the rule imports {module[:40]!r}",
                remedy=f"Do without it; these modules are open: {', '.join(MODULES)}.",
                code="form-yara",
            )
    trial = try_rule(rule, {})
    if trial.refused or trial.stopped:
        raise FormError(
            f"the rule does not compile: {trial.refused or trial.stopped}",
            remedy=_REMEDY,
            code="form-yara",
            mistake="Y-SYNTAX",
        )
    if not trial.metas:
        raise FormError("there is no rule in the answer", remedy=_REMEDY, code="form-yara")
    return Given(rule, rule)


def spelling(value: object, answer: YaraAnswer) -> str:
    """Return nothing: there is no one right rule."""
    return ""


def known_values(answer: YaraAnswer, right: None, source: Source) -> Iterator[KnownValue]:
    """Yield nothing: mistakes are seen in what the rule does."""
    yield from ()


def compare(given: Given[str], answer: YaraAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return 10 for compiling, 50 by the share that was found, 30 for no hit on clean files, 10 for how it is written.

    What a changed variant hides from halves the 50. A rule that finds nothing earns nothing for clean files.
    """
    sets = expected.samples
    trial = try_rule(given.value, sets)
    if trial.hits is None:
        return Verdict(COMPILES_PERCENT, notices=("yara-limit",))
    found, mutated, clean = (len(trial.hits[name]) for name in ("positives", "mutated", "clean"))
    is_canary_missed = bool(found) and mutated < len(sets["mutated"])
    found_percent = FOUND_PERCENT * found // len(sets["positives"])
    credit_percent = COMPILES_PERCENT + (found_percent // 2 if is_canary_missed else found_percent)
    if found and not clean:
        credit_percent += CLEAN_PERCENT
    has_meta, has_strings = all(trial.metas), _has_own_strings(given.value)
    credit_percent += META_PERCENT * has_meta + STRINGS_PERCENT * has_strings
    mistake = None
    if not has_strings and not clean:
        mistake = "Y-ONLY"  # before Y-CANARY, which follows from it
    elif is_canary_missed:
        mistake = "Y-CANARY"  # before Y-CLEAN: the hits on clean files are told beside it
    elif clean:
        mistake = "Y-CLEAN"
    details = [Detail("YARA-FOUND", {"found": found, "all": len(sets["positives"])})]
    if clean:
        details.append(Detail("YARA-CLEAN", {"found": clean, "all": len(sets["clean"])}))
    notices = () if has_meta else ("yara-meta",)
    return Verdict(credit_percent, mistake, notices, tuple(details) if credit_percent < 100 else ())  # noqa: PLR2004


def _has_own_strings(rule: str) -> bool:
    """Return whether a string of the rule says something of the content: no digest, no file name, not too short."""
    for found in _STRING.finditer(_IMPORT.sub(_without_comment, rule)):
        if found["hex"] is not None:
            if len(re.findall(r"[0-9A-Fa-f?]{2}", found["hex"])) >= _SHORTEST_STRING:
                return True
            continue
        text = found["regex"] or found["text"][1:-1]
        if len(text) >= _SHORTEST_STRING and not (_DIGEST.fullmatch(text) or _FILE_NAME.fullmatch(text)):
            return True
    return False


def _without_comment(found: re.Match[str]) -> str:
    return " " if found[0].startswith("/") else found[0]

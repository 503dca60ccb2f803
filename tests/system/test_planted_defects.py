"""Each planted defect is found by the rules that are named for it, and by no other fatal one; a clean file by none.

The generator and the rules share no code. ``LABKIT_SEEDS`` says how many files are made of each kind.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from labkit.custody.ledger import Ledger, genesis, parse, split_lines
from labkit.custody.rules import RULES, RuleFinding, check
from labkit.model.custody import SCHEMA
from labkit.synthesis.records import draft
from labkit.synthesis.records.cast import draw_cast
from labkit.synthesis.records.planting import DEFECTS, plant
from labkit.synthesis.records.story import clean_file
from labkit.synthesis.streams import Stream

SEEDS = int(os.environ.get("LABKIT_SEEDS", "5"))
BINDING = "another case"
SEVERITIES = {rule.code: rule.severity for rule in RULES}
# defect: the rules of which each has to find it. Source: the kit's table of defects.
FOUND_BY: dict[str, tuple[str, ...]] = {
    "D01": ("CC-06",), "D02": ("CC-08",), "D03": ("CC-07",), "D04": ("CC-05",), "D05": ("CC-10",), "D06": ("CC-10",),
    "D07": ("CC-12",), "D08": ("CC-13",), "D09": ("CC-14",), "D10": ("CC-30",), "D11": ("CC-35",), "D12": ("CC-35",),
    "D13": ("CC-26",), "D14": ("CC-26",), "D15": ("CC-23",), "D16": ("CC-24",), "D17": ("CC-19",), "D18": ("CC-18",),
    "D19": ("CC-21",), "D20": ("CC-22",), "D21": ("CC-19",), "D22": ("CC-41",), "D23": ("CC-25",), "D24": ("CC-34",),
    "D25": ("CC-42",), "D26": ("CC-43",), "D27": ("CC-11", "CC-39"), "D28": ("CC-29",), "D29": ("CC-40",),
    "D30": ("CC-27",), "D31": ("CC-28",), "D32": ("CC-44",),
}  # fmt: skip
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "developer" / "planted-defects.md"


def read(content: bytes) -> Ledger:
    return parse(split_lines(content), genesis=genesis(BINDING))


def findings(seed: int, *defects: str) -> tuple[dict[str, tuple[int, ...]], tuple[RuleFinding, ...]]:
    stream = Stream(b"%d" % seed, "planted")
    cast = draw_cast(stream)
    draft = clean_file(cast, stream)
    planted = {one.id: one.events for one in plant(draft, cast, stream, defects)}
    ledger = read(draft.sealed(BINDING))
    assert not ledger.problems
    return planted, check(ledger, snapshot=read(draft.earlier_copy(BINDING, "correction")))


def test_the_generator_writes_what_the_rules_read() -> None:
    assert FOUND_BY.keys() == DEFECTS.keys()
    assert draft.SCHEMA == SCHEMA
    assert {rule.code for rule in RULES}.issuperset(code for rules in FOUND_BY.values() for code in rules)


@pytest.mark.parametrize("name", FOUND_BY)
def test_a_planted_defect_is_found_by_its_rules_and_by_no_other_fatal_one(name: str) -> None:
    for seed in range(SEEDS):
        planted, found = findings(seed, name)
        at_the_place = {one.rule for one in found if set(one.events) & set(planted[name])}
        assert at_the_place.issuperset(FOUND_BY[name]), (seed, found)
        assert {one.rule for one in found if one.severity == "F"} <= set(FOUND_BY[name]), (seed, found)


def test_a_clean_file_with_its_red_herrings_raises_nothing() -> None:
    for seed in range(40 * SEEDS):
        assert findings(seed)[1] == ()


def weighed(rules: Iterable[str]) -> str:
    return ", ".join(f"{rule} ({SEVERITIES[rule]})" for rule in rules)


def table() -> str:
    """The table of defects and rules for the documentation: what each defect, planted alone, makes the rules find."""
    lines = [
        "| Defect | Planted as | Category | Difficulty | Rule named for it | Found in its lines by | Found besides |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, defect in DEFECTS.items():
        planted, found = findings(0, name)
        at_the_place = sorted({one.rule for one in found if set(one.events) & set(planted[name])})
        told = (defect.plant.__doc__ or "").strip().splitlines()[0].removeprefix(f"{name}: ")
        named = FOUND_BY[name]
        besides = sorted({one.rule for one in found} - set(named))
        cells = (
            name, told, defect.category, str(defect.difficulty), ", ".join(named),
            weighed(rule for rule in at_the_place if rule in named), weighed(besides) or "–",
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def test_the_table_of_defects_and_rules_is_the_documented_one() -> None:
    """Print the table on failure: ``python -m pytest -k documented`` shows what belongs into the document."""
    assert table() in DOCUMENT.read_text(encoding="utf-8"), f"write this into {DOCUMENT.name}:\n{table()}"

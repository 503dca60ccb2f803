"""What a guide shows to be typed off has to work as it stands on the page."""

import re

import pytest
import yara

from labkit.content.brief import fill, read_guide
from labkit.content.reader import Library, load_library
from labkit.i18n import LANGUAGES

LIBRARY: Library = load_library()
RULE = re.compile(r"^```\n((?:import [^\n]+\n+)*rule .*?)^```$", re.MULTILINE | re.DOTALL)
RULES = [
    (lab_slug, language, number, rule)
    for lab_slug in sorted(LIBRARY.labs)
    for language in LANGUAGES
    for number, rule in enumerate(RULE.findall(fill(read_guide(LIBRARY, lab_slug, language), {})))
]


@pytest.mark.parametrize("rule", [pytest.param(rule, id=f"{lab}-{lang}-{n}") for lab, lang, n, rule in RULES])
def test_a_rule_that_a_guide_shows_compiles(rule: str) -> None:
    yara.compile(source=rule)


def test_guides_show_rules() -> None:
    assert {lab for lab, *_ in RULES} >= {"06-not-what-it-says", "08-hidden-in-plain-bytes"}

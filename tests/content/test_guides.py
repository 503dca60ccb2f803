"""What a guide shows to be typed off has to work as it stands on the page."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yara

from labkit.content.brief import fill, read_guide
from labkit.content.reader import Library, load_library
from labkit.content.scenario import load_case
from labkit.i18n import LANGUAGES
from labkit.model.truth import CaseTruth
from labkit.synthesis.build import build_case

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


LOGS = "09-logs-from-three-clocks"
PROGRAM = re.compile(r"^```\n(from datetime .*?)^```$", re.MULTILINE | re.DOTALL)
ONE_LINE = re.compile(r'^python -c "(.*)"$', re.MULTILINE)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CaseTruth]:
    folder = tmp_path_factory.mktemp("workspace")
    return folder, build_case(load_case("kestrel"), b"typed off", folder / "evidence", items=["logs"]).truth


def typed_off(pattern: re.Pattern[str], language: str, folder: Path) -> str:
    (program,) = pattern.findall(read_guide(LIBRARY, LOGS, language))
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, check=True, capture_output=True, timeout=60)
    return done.stdout.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_program_of_the_guide_finds_what_gives_the_error_of_the_router(
    language: str, workspace: tuple[Path, CaseTruth]
) -> None:
    folder, truth = workspace
    lines = typed_off(PROGRAM, language, folder).splitlines()
    log = (folder / "evidence/logs/KF-09-router.log").read_text("ascii")

    errors = set()
    for line in lines:
        found = re.fullmatch(r"\S+ (\d+):(\d+):(\d+)\+00:00 (\S+) port (\d+) to (\S+) port (\d+)", line)
        assert found is not None, line
        noted = re.findall(rf" (\d\d):(\d\d):(\d\d) .* SRC={found[4]} DST={found[6]} .* SPT={found[5]} ", log)[-1]
        errors.add(in_seconds(*noted) - 5 * 3600 - in_seconds(found[1], found[2], found[3]))

    assert len(lines) > 20
    assert errors == {truth.fact("logs:router-clock.clock_offset_s")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_line_of_the_guide_shows_the_records_beside_the_gap(
    language: str, workspace: tuple[Path, CaseTruth]
) -> None:
    folder, truth = workspace

    shown = typed_off(ONE_LINE, language, folder)

    assert shown.strip() == f"[({truth.fact('logs:gap.before_record')}, {truth.fact('logs:gap.after_record')})]"


def in_seconds(hours: str, minutes: str, seconds: str) -> int:
    return 3600 * int(hours) + 60 * int(minutes) + int(seconds)

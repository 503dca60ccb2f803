"""Every page that people see, laid out by a real browser at the widths of a laptop and of a telephone."""

import posixpath
import re
from pathlib import Path

import pytest

from labkit.content.reader import load_library
from labkit.custody.overlay import overlay
from labkit.i18n import translator
from labkit.model.people import Trainee
from labkit.reports.class_report import render
from labkit.reports.custody_pages import ledger_form
from labkit.reports.feedback import render_feedback
from labkit.reports.guides import render_pages
from tests.unit.custody.story import CLEAN, ledger_of
from tests.unit.reports.test_class_report import a_class
from tests.web.chromium import laid_out, printed
from tests.web.samples import a_graded_course, public_names

WIDTHS = (1280, 360)
COURSE = "first-steps"


def all_pages(language: str) -> dict[str, str]:
    library = load_library()
    trainee = Trainee("T01", "Анна Lee", language)
    public = public_names()
    pages = {name: page.decode() for name, page in render_pages(library, COURSE, language, public, trainee).items()}
    pages["feedback"] = render_feedback(library, COURSE, trainee, a_graded_course(library, COURSE), language, public)
    pages["class"] = render(a_class(), language)
    pages["custody-log"] = custody_log(language)
    return pages


def custody_log(language: str) -> str:
    return ledger_form(ledger_of(*CLEAN), translator(language), overlay("attesting-witness"))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_page_fetches_nothing_and_runs_nothing(language: str) -> None:
    for name, page in all_pages(language).items():
        assert "<script" not in page, name
        assert "Content-Security-Policy" in page, name
        for attribute in ('src="http', "url(http", '<link rel="stylesheet"'):
            assert attribute not in page, name


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_placeholder_is_left_unfilled(language: str) -> None:
    for name, page in all_pages(language).items():
        body = page[page.index("<main>") :]
        assert re.findall(r"\{[a-z_0-9]+\}", body) == [], name


@pytest.mark.parametrize("language", ["en", "ru"])
def test_links_between_pages_lead_somewhere(language: str) -> None:
    pages = {name: page for name, page in all_pages(language).items() if name.endswith(".html")}
    for name, page in pages.items():
        for target in re.findall(r'href="([^"#]+)"', page):
            if not target.startswith(("http:", "https:")):
                assert posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) in pages, (name, target)


@pytest.mark.oracle
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_nothing_sticks_out_of_a_page(language: str, direction: str, tmp_path: Path) -> None:
    pages = all_pages(language)

    found = laid_out(pages, WIDTHS, tmp_path, direction=direction)

    assert len(found) == len(pages) * len(WIDTHS)
    assert [one for one in found if one["overflow"] or one["wide"] or one["text"] < 100] == []


@pytest.mark.oracle
def test_the_custody_form_prints_on_a4_with_the_heads_on_each_sheet(tmp_path: Path) -> None:
    from pypdf import PdfReader

    sheets = PdfReader(printed(custody_log("ru"), tmp_path / "form.pdf")).pages

    assert {(round(float(sheet.mediabox.width)), round(float(sheet.mediabox.height))) for sheet in sheets} == {
        (842, 595)  # A4 across, in points
    }
    assert len(sheets) <= 10
    text = sheets[0].extract_text()
    assert "Журнал движения вещественных доказательств" in text
    assert "Chain-of-custody log" in text
    heads = [sheet for sheet in sheets if "Checkpoint" in sheet.extract_text()]
    assert len(heads) == len(sheets) - 2  # those behind have the case with its people and places, and the state

"""The pages of the scene in a real browser: nothing sticks out on a laptop or a telephone, every picture is drawn."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from labkit.content.reader import load_library
from labkit.content.scenario import load_case
from labkit.model.people import Trainee
from labkit.reports.guides import render_pages
from labkit.synthesis.build import build_case
from tests.interop.solvers.first_on_scene import WIDTH, browser, picture
from tests.web.chromium import laid_out
from tests.web.samples import public_names

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(browser() is None, reason="not installed: chromium"),
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    built = build_case(load_case("kestrel"), b"laid out", tmp_path_factory.mktemp("scene"), items=["scene"])
    return {path.name: path for path in built.files.values()}


def test_no_page_is_wider_than_a_telephone(pages: Mapping[str, Path], tmp_path: Path) -> None:
    forms = {name: path.read_text(encoding="utf-8") for name, path in pages.items() if name.endswith(".html")}

    found = laid_out(forms, (1280, 360), tmp_path, direction="ltr")

    assert len(found) == 10
    assert {(one["name"], one["width"]): one["overflow"] for one in found if one["overflow"]} == {}


def test_the_custody_file_and_its_photographs_fit_a_telephone(tmp_path: Path) -> None:
    built = build_case(load_case("kestrel"), b"laid out", tmp_path / "built", items=["records"])
    pages = {path.name: path for path in built.files.values()}
    texts = {name: path.read_text(encoding="utf-8") for name, path in pages.items() if name.endswith(".html")}

    found = laid_out(texts, (1280, 360), tmp_path, direction="ltr")

    assert len(found) == 10
    assert {(one["name"], one["width"]): one["overflow"] for one in found if one["overflow"]} == {}
    for name in ("label-hn-02.svg", "bag-hn-03.svg", "clock-hn-01.svg"):
        colours = picture(pages[name], 600, tmp_path).image.getcolors(maxcolors=256) or []
        assert len(colours) > 15, name


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_lab_of_the_scene_fits_a_telephone(language: str, tmp_path: Path) -> None:
    course = render_pages(load_library(), "first-response", language, public_names(), Trainee("T01", "Анна", language))
    texts = {name: page.decode() for name, page in course.items() if "scene" in name}

    found = laid_out(texts, (1280, 360), tmp_path, direction="ltr")

    assert len(found) == 4
    assert [one for one in found if one["overflow"] or one["wide"]] == []


def test_every_picture_is_drawn(pages: Mapping[str, Path], tmp_path: Path) -> None:
    for name, path in pages.items():
        if name.endswith(".svg"):
            image: Image.Image = picture(path, 600, tmp_path).image
            colours = image.getcolors(maxcolors=256) or []
            largest = max(count for count, _ in colours)
            assert image.width == 3 * WIDTH, name
            assert len(colours) > 20, name
            assert largest < 0.8 * image.width * image.height, name

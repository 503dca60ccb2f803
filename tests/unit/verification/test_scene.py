"""The scene is read again from its lines; what was changed in a picture, a form or the truth is found."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from labkit.content.scenario import load_case
from labkit.model.truth import FactValue, GroundTruth
from labkit.synthesis.build import BuiltCase, build_case
from labkit.synthesis.scene.lettering import draw_text
from labkit.synthesis.streams import Stream
from labkit.verification.confirmation import Confirmation, Verdict
from labkit.verification.pages import read_page
from labkit.verification.strokes import read
from labkit.verification.verify import verify_item

ITEM = "scene"
READABLE = "0123456789ABCDEFGHIJKLMNPRSTUVXYZ-+:./"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltCase]:
    return build_case(load_case("kestrel"), b"verified scene", tmp_path_factory.mktemp("scene"), items=[ITEM])


def confirmed(files: Mapping[str, Path], built: BuiltCase, truth: GroundTruth | None = None) -> list[Confirmation]:
    return list(verify_item(files, truth or built.truth.items[ITEM], built.truth.variables))


def failed(confirmations: list[Confirmation]) -> set[tuple[str, str]]:
    return {(one.trace, one.fact) for one in confirmations if one.verdict is Verdict.FAILED}


# -- the reader --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hand", [False, True])
def test_every_sign_is_read_in_any_company(hand: bool) -> None:
    for number in range(60):
        stream = Stream(b"reader", f"{hand}/{number}")
        text = f"H{''.join(stream.pick(READABLE) for _ in range(14))}8"
        drawn = draw_text(text, x=10.3, y=50, size=20 + 3 * (number % 9), hand=hand, stream=stream)
        assert read([drawn.lines, *drawn.blots]) == text


def test_spaces_and_blots_are_read() -> None:
    drawn = draw_text("S-4?82 10:42 +05:00", x=0, y=50, size=30, stream=Stream(b"reader", "blot"))

    assert read([drawn.lines, *drawn.blots]) == "S-4?82 10:42 +05:00"


@pytest.mark.parametrize(
    ("path", "said"), [("", "no lines"), ("M1 2 A3 4", "not understood"), ("hello", "not understood")]
)
def test_what_is_no_writing_is_refused(path: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read([path])


def test_a_page_gives_what_is_drawn_and_written_by_id() -> None:
    page = read_page(
        b'<ul><li id="a" value="7">one <b id="b">two</b></li></ul><svg><g id="g"><path d="M1 2L3 4"/></g></svg>'
        b"<style>p{}</style>"
    )

    assert page.texts == {"a": "one two", "b": "two"}
    assert page.attributes["a"]["value"] == "7"
    assert page.paths == {"g": ("M1 2L3 4",)}
    assert page.problems == ()
    with pytest.raises(LookupError, match="'a'"):
        page.drawn("a")


def test_a_page_with_an_element_that_stays_open_is_noticed() -> None:
    assert read_page(b"<p><b>x</p>").problems == ("</p> closes nothing", "<p> is not closed", "<b> is not closed")
    assert read_page(b'<p id="x"></p><p id="x"></p>').problems == ("two elements have the id x",)


# -- the scene ---------------------------------------------------------------------------------------------------------


@pytest.mark.seeds
@pytest.mark.parametrize("number", range(10))
def test_every_fact_is_confirmed_or_defined(number: int, tmp_path: Path) -> None:
    seed = hashlib.sha256(b"scene proof %d" % number).digest()
    built = build_case(load_case("kestrel"), seed, tmp_path, items=[ITEM])
    found = confirmed(built.files, built)

    assert failed(found) == set()
    settled = {(one.trace, one.fact) for one in found}
    truth = built.truth.items[ITEM]
    assert {(trace.id, fact) for trace in truth.traces.values() for fact in trace.facts} <= settled
    defined = {one.fact for one in found if one.verdict is Verdict.DEFINITION}
    assert defined == {"scope", "seize", "order", "event_type", "giver", "receiver", "zone"}


def changed_file(built: BuiltCase, name: str, old: str, new: str, folder: Path) -> dict[str, Path]:
    """Return the files with one of them changed."""
    text = built.files[f"{ITEM}/{name}"].read_text(encoding="utf-8")
    assert old in text
    path = folder / name
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")
    return {**built.files, f"{ITEM}/{name}": path}


def group(built: BuiltCase, name: str, element: str) -> str:
    """Return the piece of a page that draws the text of one id."""
    text = built.files[f"{ITEM}/{name}"].read_text(encoding="utf-8")
    start = text.index(f'<g id="{element}">')
    return text[start : text.index("</g>", start)]


@pytest.mark.parametrize(
    ("name", "element", "fact"),
    [
        ("label-kf-01.svg", "serial", ("exhibit-kf-01", "serial")),
        ("bag-kf-02.svg", "seal", ("exhibit-kf-02", "seal_number")),
        ("bag-kf-10.svg", "bag", ("exhibit-kf-10", "bag_number")),
        ("clocks.svg", "device-clock", ("clocks", "clock_offset_s")),
    ],
)
def test_another_number_in_a_picture_is_found(
    built: BuiltCase, name: str, element: str, fact: tuple[str, str], tmp_path: Path
) -> None:
    old = group(built, name, element)
    lines = draw_text(
        "11:11:11" if "clock" in element else "XY-471", x=300, y=300, size=40, stream=Stream(b"", "")
    ).lines
    new = f'<g id="{element}"><path d="{lines}"/>'

    found = failed(confirmed(changed_file(built, name, old, new, tmp_path), built))

    assert fact in found
    assert (f"page-{name.partition('.')[0]}", "sha256") in found


def test_letters_that_can_be_copied_are_found(built: BuiltCase, tmp_path: Path) -> None:
    files = changed_file(built, "room.svg", "</svg>", "<text>7</text></svg>", tmp_path)

    assert ("page-room", "(letters that can be copied)") in failed(confirmed(files, built))


def test_a_picture_that_is_no_xml_is_found(built: BuiltCase, tmp_path: Path) -> None:
    files = changed_file(built, "bag-kf-03.svg", "</svg>", "", tmp_path)

    assert {("page-bag-kf-03", "(root)"), ("page-bag-kf-03", "(tags)")} <= failed(confirmed(files, built))


def with_fact(built: BuiltCase, trace: str, fact: str, value: FactValue) -> GroundTruth:
    truth = built.truth.items[ITEM]
    changed = replace(truth.traces[trace], facts={**truth.traces[trace].facts, fact: value})
    return replace(truth, traces={**truth.traces, trace: changed})


@pytest.mark.parametrize(
    ("trace", "fact", "value"),
    [
        ("object-laptop", "number", 15),
        ("object-laptop", "option", "object-15"),
        ("object-pc", "name", "Mac"),
        ("to-seize", "numbers", (1,)),
        ("exhibit-kf-02", "seal_number", "S-000000"),
        ("exhibit-kf-02", "make", "NARLIN"),
        ("smudged-seal", "smudged_position", 7),
        ("smudged-seal", "exhibit", "KF-02"),
        ("sealed", "written", "2026-03-10 09:00 +05:00"),
        ("sealed", "zone", "Europe/London"),
        ("sealed", "exhibits", ("KF-01",)),
        ("clocks", "clock_offset_s", -433),
        ("warrant", "document_number", "W-1"),
        ("collection", "number", 3),
    ],
)
def test_a_wrong_fact_is_found(built: BuiltCase, trace: str, fact: str, value: FactValue) -> None:
    assert (trace, fact) in failed(confirmed(built.files, built, with_fact(built, trace, fact, value)))

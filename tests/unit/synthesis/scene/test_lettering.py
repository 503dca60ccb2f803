import re

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.scene.alphabet import ALPHABET
from labkit.synthesis.scene.lettering import draw_text
from labkit.synthesis.scene.templates import finish
from labkit.synthesis.streams import Stream

NUMBER = re.compile(r"-?\d+\.\d")


def stream(name: str = "s") -> Stream:
    return Stream(b"lettering", name)


def across(lines: str) -> list[float]:
    return [float(number) for number in NUMBER.findall(lines)[::2]]


def test_every_sign_has_lines_inside_of_its_width() -> None:
    for sign, glyph in ALPHABET.items():
        points = [point for _, points in glyph.strokes for point in points]
        assert glyph.strokes[0][0] == "M", sign
        assert all(0 <= x <= glyph.width and -10 <= y <= 115 for x, y in points), sign
        for command, given in glyph.strokes:
            assert command in "MLC"
            assert command != "C" or len(given) % 3 == 0, sign


def test_small_letters_are_drawn_as_capitals() -> None:
    kite = draw_text("kite 7", x=0, y=100, size=20, stream=stream())

    assert kite == draw_text("KITE 7", x=0, y=100, size=20, stream=stream())


def test_text_starts_ends_or_has_its_middle_where_it_is_told() -> None:
    left, middle, right = (
        across(draw_text("H1", x=50, y=100, size=20, anchor=anchor, stream=stream()).lines)
        for anchor in ("start", "middle", "end")
    )

    assert min(left) == pytest.approx(50, abs=2)
    assert max(right) == pytest.approx(50, abs=2)
    assert (min(middle) + max(middle)) / 2 == pytest.approx(50, abs=2)


def test_a_hand_writes_differently_each_time_and_a_machine_does_not() -> None:
    hands = {draw_text("10:42", x=0, y=9, size=9, hand=True, stream=stream(name)).lines for name in "ab"}
    machines = {draw_text("10:42", x=0, y=9, size=9, stream=stream(name)).lines for name in "ab"}

    assert (len(hands), len(machines)) == (2, 1)


def test_the_lines_around_a_blot_do_not_depend_on_what_might_be_under_it() -> None:
    drawn = draw_text("S-48?217", x=0, y=50, size=30, stream=stream())

    assert len(drawn.blots) == 3
    assert all(blot.startswith("M") and blot.endswith("Z") for blot in drawn.blots)
    # seven signs are drawn: as many lines as the same text without its blot has
    assert drawn.lines.count("M") == draw_text("S-48217", x=0, y=50, size=30, stream=stream()).lines.count("M")


def test_a_sign_that_is_not_in_the_alphabet_is_named() -> None:
    with pytest.raises(SynthesisError, match="no sign 'Ж'") as caught:
        draw_text("KF-Ж", x=0, y=0, size=10, stream=stream())

    assert "capital letters" in caught.value.remedy


def test_a_template_keeps_everything_but_its_texts() -> None:
    template = '<svg><title>{what}</title>{part_line}<text id="n" x="5" y="9" fill="#fff">{number}</text></svg>'
    page = finish(template, {"what": "a & b", "number": "17"}, {"part_line": '<path d="M0 0"/>'}, stream())

    assert page.startswith('<svg><title>a &amp; b</title><path d="M0 0"/><g id="n"><path d="M')
    assert 'stroke="#fff"' in page
    assert "<text" not in page
    assert "17<" not in page


def test_a_template_with_an_unknown_variable_is_an_error() -> None:
    with pytest.raises(SynthesisError, match="'nobody'"):
        finish("<p>{nobody}</p>", {}, {}, stream())

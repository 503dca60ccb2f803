import pytest

from labkit.errors import ContentError
from labkit.grading.answers.contract import FormError
from labkit.grading.expected import resolve, right_spelling
from labkit.grading.forms import check_form

from .a_case import CLAIM, PAGES, a_task, fact, result_of, truth_of, verdict

PATH = fact("file.path")
INODE = fact("file.address")
PLACE = fact("file.offset_bytes")


@pytest.mark.parametrize(
    "text",
    [
        f"was-removed; KF-06; {PATH}",
        f"2; kf 06; {INODE}",
        f"b;KF–06;FAT32: {INODE}",
        f"Файл удалён\nКF-06\n{PLACE} bytes",
        f"The file was removed؛ KF-۰۶؛ {PLACE} bytes of the disk",
        f"was-removed; KF-06; {fact('file.volume_offset_bytes')} bytes from the partition",
        "was-removed; KF-05; /var/log/sync.log",
        f"\u2066was-removed\u2069; KF\u200b-06; {str(PATH).upper()}",
    ],
)
def test_any_accepted_place_in_its_exhibit_supports_the_claim(text: str) -> None:
    assert result_of(CLAIM, text).credit_percent == 100


@pytest.mark.parametrize(
    ("statements", "credit_percent", "mistake"),
    [
        ("was-removed", 100, None),
        ("was-removed, varn-removed", 75, "A-OVER"),
        ("varn-removed", 25, "A-OVER"),
        ("still-there", 50, "F-LIVE"),
        ("was-removed, wiped", 50, None),
        ("was-removed, still-there, wiped, varn-removed", 25, "A-OVER"),
    ],
)
def test_saying_more_than_the_trace_shows_costs(statements: str, credit_percent: int, mistake: str | None) -> None:
    found = verdict(CLAIM, f"{statements}; KF-06; {PATH}")

    assert (found.credit_percent, found.mistake) == (credit_percent, mistake)


@pytest.mark.parametrize(
    ("cited", "credit_percent", "mistake", "notices"),
    [
        ("KF-06; /no/such/file", 50, None, ("claim-place",)),
        (f"KF-06; /{fact('file.name')}", 70, "F-DIR", ()),
        (f"KF-06; {fact('file.volume_offset_bytes')} bytes", 75, "O-BASE", ()),
        (f"KF-05; {PATH}", 50, None, ("claim-place",)),
        (f"KF-07; {PATH}", 50, None, ("claim-exhibit",)),
    ],
)
def test_half_is_for_the_place(cited: str, credit_percent: int, mistake: str | None, notices: tuple[str, ...]) -> None:
    found = verdict(CLAIM, f"was-removed; {cited}")

    assert (found.credit_percent, found.mistake, found.notices) == (credit_percent, mistake, notices)


def test_credit_never_falls_below_nothing() -> None:
    assert verdict(CLAIM, "varn-removed; KF-07; /x").credit_percent == 0


@pytest.mark.parametrize(
    "text",
    [
        "was-removed", "was-removed; KF-06", "was-removed; KF-06; ", "; KF-06; /a", "nothing; KF-06; /a/b",
        "was-removed; --; /a/b", "was-removed; KF-06; somewhere", ";;;", "was-removed KF-06 /a/b",
    ],
)  # fmt: skip
def test_what_is_no_claim_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(FormError) as caught:
        check_form(CLAIM, text)

    assert caught.value.code in ("form-claim", "form-multi")
    assert "still-there" in caught.value.remedy


def test_a_semicolon_may_stand_in_a_path() -> None:
    assert check_form(CLAIM, "wiped; KF-06; /a;b/c").endswith("/a;b/c")


def test_the_right_claim_cites_the_first_place() -> None:
    assert right_spelling(CLAIM, truth_of()) == f"was-removed; KF06; {str(PATH).casefold()}"


@pytest.mark.parametrize(
    "changes", [{"value": "guilty"}, {"citations": [{"exhibit": "K", "place": {"type": "PATH", "value": "x"}}]}]
)
def test_a_claim_whose_parts_do_not_fit_is_our_fault(changes: dict[str, object]) -> None:
    with pytest.raises(ContentError):
        resolve(a_task(**{**CLAIM.answer.model_dump(exclude={"truth"}), **changes}), truth_of())


@pytest.mark.parametrize(
    ("text", "credit_percent", "notices"),
    [
        ("open; clocks.svg", 100, ()),
        ("open; evidence\\scene\\CLOCKS.SVG; the window with the padlock", 100, ()),
        ("open; clocks; object 3", 100, ()),
        ("open; room.svg; object-7", 100, ()),
        ("open; room; предмет 7", 100, ()),
        ("open; room.svg; object 8", 50, ("claim-place",)),
        ("open; room.svg", 50, ("claim-place",)),
        ("open; Clocks", 100, ()),
        (f"open; custody-file.html; line {fact('file.lbas')[0]}", 100, ()),  # type: ignore[index]
        (f"open; custody file; строки {fact('file.lbas')[0]} и {fact('file.lbas')[2]}", 100, ()),  # type: ignore[index]
        (f"open; custody-file.html; lines {fact('file.lbas')[0]}, 3", 75, ()),  # type: ignore[index]
        ("open; warrant.html", 50, ("claim-exhibit",)),
    ],
)
def test_pages_lines_and_objects_are_cited(text: str, credit_percent: int, notices: tuple[str, ...]) -> None:
    found = verdict(PAGES, text)

    assert (found.credit_percent, found.notices) == (credit_percent, notices)


@pytest.mark.parametrize("text", ["open; KF-06", "open; KF-06; line x", "open; --", "open; KF-06; lines 9-3"])
def test_only_a_page_may_be_cited_as_a_whole(text: str) -> None:
    with pytest.raises(FormError) as caught:
        check_form(PAGES, text)

    assert caught.value.code == "form-claim"
    assert "warrant.html" in caught.value.remedy


def test_the_right_claim_may_cite_a_page() -> None:
    assert right_spelling(PAGES, truth_of()) == "open; CLOCKS.SVG"
    assert check_form(PAGES, "open; CLOCKS.SVG") == "open; CLOCKS.SVG"


@pytest.mark.parametrize("value", ["seven", ["7"], []])
def test_a_number_that_is_none_is_our_fault(value: object) -> None:
    citations = [{"exhibit": "room.svg", "place": {"type": "NUMBERED", "value": value}}]
    with pytest.raises((ContentError, ValueError)):
        resolve(a_task(**{**PAGES.answer.model_dump(exclude={"truth"}), "citations": citations}), truth_of())

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.fat_names import (
    alias_for,
    check_name,
    checksum,
    is_short_name,
    label_field,
    long_name_slots,
    name_key,
    short_field,
)

allowed = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"*/:<>?\\|\uffff'), min_size=1, max_size=100
).filter(lambda name: name[-1] not in ". ")


def free(name: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("readme.txt", "README.TXT"),
        ("A.TXT", "A.TXT"),
        ("Invoice 2026.xlsx", "INVOIC~1.XLS"),
        ("a.b.c.tar.gz", "ABCTAR~1.GZ"),
        (".hidden", "HIDDEN~1"),
        ("longwithoutextension", "LONGWI~1"),
        ("a+b.txt", "A_B~1.TXT"),
        ("Счёт.docx", "____~1.DOC"),
        ("گزارش نهایی.pdf", "______~1.PDF"),
        ("файл", "____~1"),
        ("x.страница", "X~1.___"),
        ("read me", "README~1"),
    ],
)
def test_the_alias_looks_as_windows_makes_it(name: str, alias: str) -> None:
    assert alias_for(name, free) == alias


def test_the_number_grows_and_after_four_a_checksum_takes_its_place() -> None:
    taken: set[str] = set()
    for number in range(12):
        taken.add(alias_for(f"invoice number {number}.pdf", taken.__contains__))

    assert len(taken) == 12
    assert {"INVOIC~1.PDF", "INVOIC~4.PDF"} <= taken
    assert all(re.fullmatch(r"IN[0-9A-F]{4}~1\.PDF", alias) for alias in taken if not alias.startswith("INVOIC"))


def test_a_second_file_with_the_same_checksum_gets_the_next_number() -> None:
    first = alias_for("report of may.txt", lambda alias: re.fullmatch(r"REPORT~\d\.TXT", alias) is not None)
    second = alias_for(
        "report of may.txt", lambda alias: alias == first or re.fullmatch(r"REPORT~\d\.TXT", alias) is not None
    )

    assert (first[:6], first[6:]) == (second[:6], "~1.TXT")
    assert second[6:] == "~2.TXT"


def test_an_alias_that_differs_in_case_only_gives_way_to_one_that_is_taken() -> None:
    assert alias_for("readme.txt", {"README.TXT"}.__contains__) == "README~1.TXT"


@given(allowed, st.integers(0, 40))
def test_every_alias_is_a_short_name_and_free(name: str, busy: int) -> None:
    taken: set[str] = set()
    for _ in range(busy):
        taken.add(alias_for(name, taken.__contains__))
    alias = alias_for(name, taken.__contains__)

    assert is_short_name(alias)
    assert alias not in taken
    assert len(short_field(alias)) == 11


@given(allowed)
def test_the_slots_hold_the_name(name: str) -> None:
    field = short_field(alias_for(name, free))
    slots = long_name_slots(name, field)
    rows = [slots[at : at + 32] for at in range(0, len(slots), 32)]

    assert [row[0] & 0x3F for row in rows] == list(range(len(rows), 0, -1))
    assert rows[0][0] & 0x40
    assert {(row[11], row[12], row[13], row[26:28]) for row in rows} == {(0x0F, 0, checksum(field), b"\0\0")}
    units = b"".join(row[1:11] + row[14:26] + row[28:32] for row in reversed(rows))
    text = name.encode("utf-16-le")
    assert units[: len(text)] == text
    rest = units[len(text) :]
    assert rest == (b"\0\0" + b"\xff" * (len(rest) - 2) if rest else b"")
    assert len(rest) < 26


def test_the_checksum_is_that_of_the_specification() -> None:
    assert checksum(b"\x01\x01") == 0x81  # 1, rotated right 0x80, plus 1
    assert checksum(b"THEQUI~1FOX") == 0x07


@pytest.mark.parametrize(
    "name", ["a/b", "a:b", 'a"b', "a*b", "a?b", "a<b", "a>b", "a\\b", "a|b", "a\tb", "a\ud800b", "\uffff"]
)
def test_a_character_that_fat_does_not_allow_is_named(name: str) -> None:
    with pytest.raises(SynthesisError, match="does not allow") as caught:
        check_name(name)

    assert "Leave out" in caught.value.remedy


@pytest.mark.parametrize("name", ["", ".", "..", "name.", "name "])
def test_a_name_that_windows_would_cut_is_refused(name: str) -> None:
    with pytest.raises(SynthesisError, match="is empty or ends with") as caught:
        check_name(name)

    assert "another character" in caught.value.remedy


def test_the_longest_name_has_255_utf_16_units() -> None:
    check_name("я" * 255)
    check_name("🏔" * 127)

    with pytest.raises(SynthesisError, match="256 UTF-16 units") as caught:
        check_name("🏔" * 128)

    assert "Shorten" in caught.value.remedy


def test_names_are_the_same_without_case_one_character_for_one() -> None:
    assert name_key("Счёт.TXT") == name_key("сЧЁТ.txt")
    assert name_key("straße") != name_key("strasse")


def test_a_label_is_padded_and_an_empty_one_says_no_name() -> None:
    assert label_field("KF STICK") == b"KF STICK   "
    assert label_field("") == b"NO NAME    "


@pytest.mark.parametrize("label", ["lower", "MUCH TOO LONG", "ФЛЕШКА", "A.B", " A"])
def test_a_label_that_can_not_be_stored_is_refused(label: str) -> None:
    with pytest.raises(SynthesisError, match="can not be stored") as caught:
        label_field(label)

    assert "upper-case" in caught.value.remedy

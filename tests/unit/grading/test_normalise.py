from labkit.grading.normalise import printable, token, unlike, words


def test_digits_spaces_and_hidden_marks_come_to_one_form() -> None:
    assert token("\u2066۱۲\u200c٣\u2069\u00a0\u202f4 \ufeff") == "123  4".replace("  ", " " * 2)
    assert token("−5–7") == "-5-7"


def test_text_keeps_its_dashes_and_takes_persian_letters() -> None:
    assert words(" كي\u200f \n  – ") == "کی –"


def test_letters_with_latin_twins_are_unlike_only_by_alphabet() -> None:
    assert unlike("отчёт сора") == "oтчёт copa"


def test_what_is_stored_of_an_answer_can_be_stored_and_shown() -> None:
    assert printable("a\x1b[31m\x00\ud800\u0085b\n\tc") == "a\ufffd[31m\ufffd\ufffd\ufffdb\n\tc"
    assert len(printable("x" * 1000)) == 500
    printable("\udcff" * 10).encode()

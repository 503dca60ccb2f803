import hashlib

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.texts import TextEncoding, text_file


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        (TextEncoding.WINDOWS_1251, "cff0e8e2e5f2"),
        (TextEncoding.KOI8_R, "f0d2c9d7c5d4"),
        (TextEncoding.CP866, "8fe0a8a2a5e2"),
        (TextEncoding.UTF_16, "fffe1f0440043804320435044204"),
        (TextEncoding.UTF_8, "d09fd180d0b8d0b2d0b5d182"),
        (TextEncoding.UTF_8_WITH_MARK, "efbbbfd09fd180d0b8d0b2d0b5d182"),
    ],
)
def test_a_word_has_the_bytes_of_its_code_page(encoding: TextEncoding, written: str) -> None:
    assert text_file("Привет", encoding).hex() == written


def test_persian_with_the_letters_that_windows_1256_has() -> None:
    assert text_file("پول گرم", TextEncoding.WINDOWS_1256).hex() == "81e6e12090d1e3"


def test_lines_end_as_the_computer_ends_them() -> None:
    assert text_file("a\nb\n", TextEncoding.UTF_8) == b"a\r\nb\r\n"
    assert text_file("a\nb\n", TextEncoding.UTF_8, line_end="\n") == b"a\nb\n"


@pytest.mark.parametrize(
    ("text", "encoding", "message"),
    [
        ("цена\nсумма €", TextEncoding.KOI8_R, r"koi8-r has no '€' \(U\+20AC\), which line 2"),
        ("گزارش نهایی", TextEncoding.WINDOWS_1256, r"windows-1256 has no 'ی' \(U\+06CC\), which line 1"),
        ("Қазақстан", TextEncoding.WINDOWS_1251, r"windows-1251 has no 'Қ'"),
        ("\ud800", TextEncoding.UTF_8, r"utf-8 has no .* \(U\+D800\)"),
    ],
)
def test_a_letter_that_a_code_page_lacks_is_named(text: str, encoding: TextEncoding, message: str) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        text_file(text, encoding)

    assert "UTF-8" in caught.value.remedy


def test_same_values_same_bytes() -> None:
    joined = b"".join(
        text_file("Счёт № 7\nИтог: 5\n", encoding) for encoding in TextEncoding if encoding.charset[0] == "u"
    )

    assert hashlib.sha256(joined).hexdigest() == "4c05656c49f692cb68d65b697182d6fcc76de31d395953e88f18614332c09427"

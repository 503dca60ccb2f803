"""Whole numbers as people write them: decimal, 0x hexadecimal, thousands separators, any of three sets of digits."""

import re

from labkit.grading.answers.contract import FormError
from labkit.grading.normalise import DIGIT_LOOKALIKES, HEX_LOOKALIKES, is_cyrillic, token

HINT_CYR = "HINT-CYR"
_MAX_DIGITS = 40  # 128 bits have 39; longer input is no number of this kit

# Groups of exactly three digits after one separator that stays the same. A single dot is left out: 1.048 may be 1048
# or a fraction.
_GROUPED = re.compile(r"[0-9]{1,3}(?:([ ,'_\u2019\u066c])[0-9]{3}(?:\1[0-9]{3})*|\.[0-9]{3}(?:\.[0-9]{3})+)")


def whole_number(text: str, code: str = "form-int") -> tuple[int, tuple[str, ...]]:
    """Return the number in ``text`` and the codes of remarks about how it was written.

    Args:
        text: One number, with or without a sign.
        code: Notice code of the error, by the answer type that asks.

    Raises:
        FormError: ``text`` is not one whole number.
    """
    plain = token(text)
    sign = -1 if plain.startswith("-") else 1
    body = plain[1:].strip() if plain[:1] in {"-", "+"} else plain
    if body[:1] == "0" and body[1:2] in {"x", "X", "х", "Х"}:
        digits, notices = hexadecimal(body[2:].replace(" ", "").replace("_", "").replace("'", ""), code)
        if body[1] in "хХ":
            notices = (HINT_CYR,)
        return sign * _number(digits, 16, text, code), notices
    if len(body) > 1 and body[-1] in "hH" and body[0].isascii() and body[0].isdigit():
        digits, notices = hexadecimal(body[:-1], code)
        return sign * _number(digits, 16, text, code), notices
    if body.isascii() and body.isdigit():
        return sign * _number(body, 10, text, code), ()
    if _GROUPED.fullmatch(body):
        return sign * _number("".join(filter(str.isdigit, body)), 10, text, code), ()
    raise _unreadable(body, code)


def hexadecimal(digits: str, code: str) -> tuple[str, tuple[str, ...]]:
    """Return hexadecimal digits in lower-case ASCII; Cyrillic look-alikes are accepted with a remark.

    Raises:
        FormError: A character is no hexadecimal digit; a letter drawn like a digit is named.
    """
    plain = "".join(HEX_LOOKALIKES.get(character, character) for character in digits).lower()
    for typed, character in zip(digits, plain, strict=False):
        if character not in "0123456789abcdef":
            raise (
                _letter_for_digit(typed, code)
                if typed in DIGIT_LOOKALIKES
                else FormError(
                    f"{typed!r} is not a hexadecimal digit",
                    remedy="Copy the value from your tool instead of typing it. Hexadecimal digits are 0-9 and a-f.",
                    code=code,
                )
            )
    return plain, (HINT_CYR,) if any(map(is_cyrillic, digits)) else ()


def _number(digits: str, base: int, text: str, code: str) -> int:
    if not digits or len(digits) > _MAX_DIGITS:
        raise _unreadable(text, code)
    return int(digits, base)


def _letter_for_digit(letter: str, code: str) -> FormError:
    return FormError(
        f"the letter {letter!r} stands where the digit {DIGIT_LOOKALIKES[letter]} may be meant",
        remedy="Copy the value from your tool instead of typing it.",
        code="letter-for-digit",
        mistake="CYR" if is_cyrillic(letter) else None,
        values={"letter": letter, "digit": DIGIT_LOOKALIKES[letter], "form": code},
    )


def _unreadable(body: str, code: str) -> FormError:
    for character in body:
        if character in DIGIT_LOOKALIKES and all(c in DIGIT_LOOKALIKES or c in "0123456789 ,._'" for c in body):
            return _letter_for_digit(character, code)
    if re.fullmatch(r"[0-9]+[.,\u066b][0-9]+", body):
        return FormError(
            f"{body[:40]!r} may be a fraction; a whole number is asked for",
            remedy="Write the number without a point or comma, for example 1048576.",
            code="form-int-fraction",
        )
    return FormError(
        f"{body[:40]!r} is not one whole number",
        remedy="Write it like 1048576, 1 048 576 or 0x100000.",
        code=code,
    )

import pytest

from labkit.errors import AnswerError, ContentError
from labkit.grading.answers.contract import FormError
from labkit.grading.expected import resolve
from labkit.grading.forms import check_form

from .a_case import HASH, a_task, fact, truth_of, verdict

RIGHT = str(fact("file.sha256"))


@pytest.mark.parametrize(
    "text",
    [
        RIGHT,
        RIGHT.upper(),
        f"  {RIGHT}\n",
        f"sha256:{RIGHT}",
        f"SHA-256: {RIGHT}",
        f"sha256={RIGHT}",
        ":".join(RIGHT[i : i + 2] for i in range(0, 64, 2)),
        " ".join(RIGHT[i : i + 8] for i in range(0, 64, 8)),
        f"{RIGHT}  KF-06.raw",
        f"{RIGHT} *образ диска.raw",
        f"\u2066{RIGHT}\u2069",
        RIGHT.replace("0", "۰").replace("1", "١"),
    ],
)
def test_every_usual_spelling_of_a_digest_is_right(text: str) -> None:
    assert verdict(HASH, text).credit_percent == 100
    assert check_form(HASH, text) == RIGHT


def test_cyrillic_letters_that_look_like_hex_are_accepted_with_a_notice() -> None:
    lookalike = RIGHT.replace("a", "а").replace("c", "с").replace("e", "е")

    assert lookalike != RIGHT
    assert verdict(HASH, lookalike).credit_percent == 100


@pytest.mark.parametrize(("letter", "mistake"), [("О", "CYR"), ("З", "CYR"), ("O", None)])
def test_a_letter_for_a_digit_is_refused_by_name(letter: str, mistake: str | None) -> None:
    with pytest.raises(FormError, match=f"letter '{letter}'") as caught:
        check_form(HASH, letter + RIGHT[1:])

    assert caught.value.mistake == mistake
    assert "Copy" in caught.value.remedy


@pytest.mark.parametrize("algorithm", ["md5", "sha1"])
def test_a_weaker_algorithm_of_the_right_object_earns_half(algorithm: str) -> None:
    found = verdict(HASH, str(fact(f"file.{algorithm}")))

    assert (found.credit_percent, found.mistake) == (50, "H-ALG")


def test_a_declared_wrong_object_is_named() -> None:
    assert verdict(HASH, str(fact("container.sha256"))).mistake == "H-CONT"
    assert verdict(HASH, str(fact("partition.sha256"))).credit_percent == 25


def test_a_wrong_object_in_a_weaker_algorithm_is_named_for_half_of_its_credit() -> None:
    found = verdict(HASH, str(fact("container.md5")))

    assert (found.credit_percent, found.mistake, found.notices) == (12, "H-CONT", ("other-algorithm",))


def test_stored_digests_are_siblings_of_each_other() -> None:
    task = a_task(type="HASH", algorithm="md5", truth="usb:container.stored_md5")

    assert verdict(task, "2" * 40).mistake == "H-ALG"
    assert verdict(task, str(fact("container.sha1"))).mistake is None


@pytest.mark.parametrize("wrong_digits", [1, 2])
def test_a_near_miss_earns_nothing_but_is_told(wrong_digits: int) -> None:
    flipped = "".join("1" if digit == "0" else "0" for digit in RIGHT[:wrong_digits])
    found = verdict(HASH, flipped + RIGHT[wrong_digits:])

    assert (found.credit_percent, found.mistake, found.notices) == (0, None, ("close-transcription",))


def test_three_wrong_digits_are_simply_wrong() -> None:
    flipped = "".join("1" if digit == "0" else "0" for digit in RIGHT[:3])

    assert verdict(HASH, flipped + RIGHT[3:]).notices == ()


def test_a_digest_of_nothing_known_in_another_algorithm_is_told() -> None:
    assert verdict(HASH, "9" * 32).notices == ("other-algorithm",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RIGHT[:-1], "63 hexadecimal digits; SHA-256 has 64"),
        ("sha1:" + RIGHT, "says SHA-1 but has 64 digits"),
        ("the same as before", "'t' is not a hexadecimal digit"),
        ("0" * 5000, "5000 hexadecimal digits"),
        ("", "empty"),
        ("0" * 20_000, "longer than 16 KiB"),
    ],
)
def test_what_is_no_digest_is_refused_with_the_form_that_is_expected(text: str, message: str) -> None:
    with pytest.raises(AnswerError, match=message) as caught:
        check_form(HASH, text)

    assert caught.value.remedy


def test_an_example_in_the_remedy_has_the_length_that_is_asked_for() -> None:
    for algorithm, digits in (("md5", 32), ("sha1", 40), ("sha256", 64)):
        task = a_task(type="HASH", algorithm=algorithm, value="0" * digits)
        with pytest.raises(FormError) as caught:
            check_form(task, "abc")
        example = caught.value.remedy.split()[-1].rstrip(".")
        assert check_form(task, example) == example


def test_a_right_answer_that_is_no_digest_is_our_fault() -> None:
    with pytest.raises(ContentError, match="expects a digest"):
        resolve(a_task(type="HASH", algorithm="sha256", truth="usb:file.name"), truth_of())

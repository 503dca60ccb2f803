import pytest

from labkit.errors import ContentError
from labkit.grading.answers.contract import FormError
from labkit.grading.expected import resolve
from labkit.grading.forms import check_form

from .a_case import ENUM, MULTI, NAMES, PATH, TEXT, WORDS, a_task, fact, result_of, truth_of, verdict

RIGHT = str(fact("file.path"))
NAME = str(fact("file.name"))


@pytest.mark.parametrize(
    "text",
    [
        RIGHT,
        RIGHT.replace("/", "\\"),
        f"E:{RIGHT}".replace("/", "\\"),
        RIGHT[1:],
        f'"{RIGHT}"',
        RIGHT.upper(),
        RIGHT.replace("ё", "е\u0308"),  # the same letter in two code points
        f"/img_KF-06.raw/vol_vol2{RIGHT}",
        f"/p1{RIGHT}",
        f"{RIGHT}/",
        f"\u202b{RIGHT}\u202c",
    ],
)
def test_every_usual_spelling_of_a_path_is_right(text: str) -> None:
    assert verdict(PATH, text).credit_percent == 100


def test_case_matters_where_the_file_system_says_so() -> None:
    task = a_task(type="PATH", truth="usb:file.path", case_sensitive=True)

    assert verdict(task, RIGHT).credit_percent == 100
    assert verdict(task, RIGHT.upper()).credit_percent == 0


def test_the_right_name_in_a_wrong_directory_is_named() -> None:
    found = verdict(PATH, f"/{NAME}")

    assert (found.credit_percent, found.mistake) == (40, "F-DIR")


def test_a_declared_path_comes_before_the_wrong_directory() -> None:
    task = a_task(
        [{"code": "F-LIVE", "value": f"/Архив/{NAME}", "credit_percent": 10}], type="PATH", truth="usb:file.path"
    )

    assert verdict(task, f"/Архив/{NAME}").mistake == "F-LIVE"


def test_a_path_that_only_looks_equal_is_named() -> None:
    found = verdict(PATH, RIGHT.replace("о", "o"))

    assert (found.credit_percent, found.mistake) == (50, "CYR")


def test_a_name_alone_is_no_path() -> None:
    with pytest.raises(FormError, match="is not a path") as caught:
        check_form(PATH, NAME)

    assert "/Documents/report.docx" in caught.value.remedy
    assert verdict(PATH, "/etc/other").credit_percent == 0


@pytest.mark.parametrize("text", ["candidate-2", "CANDIDATE-2", "2", "۲", "b", "B)", "В", "смета.xlsx"])
def test_an_option_is_named_by_id_number_letter_or_title(text: str) -> None:
    assert result_of(ENUM, text).credit_percent == 100


def test_a_declared_option_is_named_and_another_is_wrong() -> None:
    assert verdict(ENUM, "Третий").mistake == "F-OVER"
    assert verdict(ENUM, "1").mistake is None


def test_an_id_comes_before_a_number() -> None:
    options = [{"id": "2", "title": {"en": "x"}}, {"id": "1", "title": {"en": "y"}}]
    task = a_task(type="ENUM", value="2", options=options)

    assert verdict(task, "2").credit_percent == 100


@pytest.mark.parametrize("text", ["4", "d", "б", "candidate", "0"])
def test_what_is_no_option_is_refused_with_the_list(text: str) -> None:
    with pytest.raises(FormError, match="none of the options") as caught:
        check_form(ENUM, text)

    assert "candidate-1, candidate-2, candidate-3" in caught.value.remedy


def test_words_are_compared_without_case_and_with_persian_letters() -> None:
    assert verdict(WORDS, "TERN; янтарь, کیش").credit_percent == 100
    assert verdict(WORDS, "«tern»\n'янтарь'\nк\u200cиш").credit_percent == 66


def test_words_may_be_separated_by_spaces_and_phrases_not() -> None:
    phrases = a_task(type="SET", tokens="phrase", value=["red stick", "mug"])

    assert verdict(WORDS, "tern Янтарь\u00a0کیش").credit_percent == 100
    assert verdict(phrases, "Mug, «red  stick»").credit_percent == 100
    assert verdict(phrases, "mug red stick").credit_percent == 0
    with pytest.raises(ContentError, match="phrase"):
        resolve(a_task(type="SET", value=["red stick"]), truth_of())


@pytest.mark.parametrize(
    "text",
    [
        "laptop, stick",
        "stick;laptop",
        "1 3",
        "۱، ۳",
        "a, С",
        "Laptop, grey; red stick",
        "Red stick, Laptop, grey",
        "laptop\nКрасная флешка",
        "stick stick laptop",
    ],
)
def test_choices_are_named_as_in_an_enum(text: str) -> None:
    found = result_of(MULTI, text)

    if text == "Red stick, Laptop, grey":  # a comma inside a title needs another separator
        assert found.notices == ("form-multi",)
        return
    assert found.credit_percent == 100


def test_choosing_everything_earns_nothing_and_is_explained() -> None:
    found = verdict(MULTI, "laptop, neighbour, stick, mug")

    assert (found.credit_percent, found.mistake, found.notices) == (0, "H-OTHER", ("multi-extra",))
    assert verdict(MULTI, "laptop").notices == ("multi-missing",)
    assert verdict(MULTI, "laptop, stick, mug").credit_percent == 50


def test_exactly_the_choices_of_a_mistake_earn_at_least_its_credit() -> None:
    found = verdict(MULTI, "stick")

    assert (found.credit_percent, found.mistake) == (60, "K-ENC")
    assert verdict(MULTI, "stick, mug").mistake is None


@pytest.mark.parametrize("text", ["laptop, lamp", " , ;", "5", "laptop " * 300])
def test_what_is_no_choice_is_refused_with_the_list(text: str) -> None:
    with pytest.raises(FormError) as caught:
        check_form(MULTI, text)

    assert caught.value.code == "form-multi"
    assert "laptop, neighbour, stick, mug" in caught.value.remedy


@pytest.mark.parametrize("text", ["Бета-07", " «БЕТА-07» ", "бета-۰۷", "\u2066Бета\u200b-07\u2069", "'«Бета-07»'"])
def test_a_text_is_compared_without_dress(text: str) -> None:
    assert verdict(TEXT, text).credit_percent == 100


def test_a_text_that_is_another_is_named_where_it_is_known() -> None:
    assert (verdict(TEXT, "gamma").mistake, verdict(TEXT, "delta").credit_percent) == ("H-OTHER", 0)
    assert verdict(TEXT, "Бeтa-07").mistake == "CYR"
    with pytest.raises(FormError, match="no text") as caught:
        check_form(TEXT, "«»")
    assert caught.value.code == "form-text"
    with pytest.raises(ContentError):
        resolve(a_task(type="TEXT", truth="usb:file.lbas"), truth_of())


def test_a_mistake_with_several_texts_stands_for_each_of_them() -> None:
    task = a_task([{"code": "C-GUESS", "truth": "usb:file.words", "credit_percent": 25}], type="TEXT", value="S-1?")
    words = fact("file.words")

    assert isinstance(words, tuple)
    assert len(words) > 1
    for word in words:
        found = verdict(task, str(word))
        assert (found.mistake, found.credit_percent) == ("C-GUESS", 25)
    assert verdict(task, "S-1?").credit_percent == 100


def test_names_may_stand_with_their_directory() -> None:
    assert verdict(NAMES, "C:\\evidence\\A.TXT, ./basics/c.txt").credit_percent == 100
    assert verdict(NAMES, "a.txt").credit_percent == 66


@pytest.mark.parametrize(
    "answer",
    [
        {"type": "PATH", "truth": "usb:file.name"},
        {"type": "SET", "truth": "usb:file.lbas"},
        {"type": "SET", "truth": "usb:file.name"},
        {"type": "MULTI", "value": ["a", "c"], "options": [{"id": i, "title": {"en": i}} for i in "ab"]},
        {"type": "MULTI", "truth": "usb:file.size_bytes", "options": [{"id": i, "title": {"en": i}} for i in "ab"]},
        {"type": "ENUM", "value": "c", "options": [{"id": i, "title": {"en": i}} for i in "ab"]},
    ],
)
def test_a_right_answer_of_another_kind_is_our_fault(answer: dict[str, object]) -> None:
    with pytest.raises(ContentError):
        resolve(a_task(**answer), truth_of())


def test_a_mistake_that_is_not_in_the_registry_is_our_fault() -> None:
    with pytest.raises(ContentError, match="H-NONE") as caught:
        resolve(a_task([{"code": "H-NONE", "value": "/x"}], type="PATH", truth="usb:file.path"), truth_of())

    assert "mistakes.md" in caught.value.remedy

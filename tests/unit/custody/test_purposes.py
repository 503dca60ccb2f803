import pytest

from labkit.custody.purposes import Purpose, is_generic, purposes


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("examination", {Purpose.EXAMINATION}),
        ("examination: image of KF-02", {Purpose.EXAMINATION}),
        ("forensic image for the examination of KF-02", {Purpose.EXAMINATION}),
        ("назначена экспертиза", {Purpose.EXAMINATION}),
        ("для исследования в лаборатории", {Purpose.EXAMINATION}),
        ("court", {Purpose.COURT}),
        ("представление в суд", {Purpose.COURT}),
        ("the tape was damaged", {Purpose.DAMAGED}),
        ("пломба повреждена", {Purpose.DAMAGED}),
        ("isolation: Faraday bag", {Purpose.ISOLATION}),
        ("экранирующий пакет", {Purpose.ISOLATION}),
        ("shutdown", {Purpose.SHUTDOWN}),
        ("switched off at the plug", {Purpose.SHUTDOWN}),
        ("выключение", {Purpose.SHUTDOWN}),
        ("to look", set()),
        ("courtesy visit", set()),
        ("осмотр судна", set()),
        ("", set()),
    ],
)
def test_a_text_names_its_purpose_in_its_own_words(text: str, named: set[Purpose]) -> None:
    assert purposes(text) == named


@pytest.mark.parametrize("text", ["", " - ", "Work", "for work.", "N/A", "проверка", "Для работы!", "…"])
def test_what_could_stand_in_every_line_says_nothing(text: str) -> None:
    assert is_generic(text)


@pytest.mark.parametrize("text", ["to the store", "work on the image of KF-02", "проверка образа KF-06"])
def test_what_says_something_is_no_phrase(text: str) -> None:
    assert not is_generic(text)

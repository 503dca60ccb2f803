from labkit.content.reader import load_library
from labkit.usecases.reporting import columns


def test_no_two_columns_of_a_course_have_the_same_label() -> None:
    library = load_library()
    for course in library.courses:
        labels = [column.label for column in columns(library, course, "en")]

        assert len(labels) == len(set(labels)), course


def test_the_second_exercise_of_a_lab_has_a_letter() -> None:
    labels = {column.task: column.label for column in columns(load_library(), "prosecutors", "en")}

    assert labels["custody-audit/flaws"] == "L11·1"
    assert labels["peer-audit/flaws"] == "L11b·1"

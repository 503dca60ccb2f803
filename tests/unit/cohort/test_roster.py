import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.cohort.roster import read_roster
from labkit.errors import RosterError
from labkit.model.people import Trainee


def problems(text: str | bytes) -> str:
    with pytest.raises(RosterError) as caught:
        read_roster(text if isinstance(text, bytes) else text.encode())
    assert caught.value.remedy
    assert caught.value.exit_code == 11
    return caught.value.message


def test_a_roster_with_everything() -> None:
    text = "trainee_id,name,language,username,idnumber,email,group\nT01,Анна Вейс,ru,anna,7,anna@class.example,B\n"

    assert read_roster(text.encode()) == (Trainee("T01", "Анна Вейс", "ru", "anna", "7", "anna@class.example", "B"),)


@pytest.mark.parametrize(
    "text",
    [
        "trainee_id;name;language\nT01;Vale, Dana;en\n",
        '\ufefftrainee_id,full_name,lang\r\nT01,"Vale, Dana",EN\r\n',
        'LANG,Trainee_ID,Name\nen, T01 ,  "Vale,  Dana"\n\n,,\n',
        'trainee_id,name,language,shoe size\nT01,"Vale, Dana",en,42\n',
    ],
)
def test_the_ways_a_spreadsheet_may_save_it(text: str) -> None:
    (trainee,) = read_roster(text.encode())

    assert (trainee.trainee_id, trainee.name, trainee.language) == ("T01", "Vale, Dana", "en")


def test_every_problem_is_named_at_once_with_its_line() -> None:
    said = problems(
        "trainee_id,name,language\nT01,Dana Vale,en\nT01,Ilya Stern,en\nT03,,ru\n,Mira Holt,en\n"
        "T05,DANA VALE,en\nT06,X,de\n"
    )

    assert "5 problems" in said
    assert "line 3: trainee_id 'T01' stands in line 2 already" in said
    assert "line 4: name is empty" in said
    assert "line 5: trainee_id is empty" in said
    assert "line 6: name 'DANA VALE' stands in line 2 already" in said
    assert "line 7: language 'de' is not known; use one of en, ru" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is empty"),
        (b" \n \n", "is empty"),
        (b'"', "nothing but quotation marks"),
        ("trainee_id,name,language\nT01,Анна,ru\n".encode("cp1251"), "is not UTF-8: line 2"),
        (b"trainee_id,name\nT01,Dana\n", "has no column language"),
        (b"Dana Vale\nIlya Stern\n", "has no column trainee_id, name, language"),
        (b"trainee_id,name,language,lang\nT01,Dana,en,en\n", "has the column language twice"),
        (b"trainee_id,name,language\n", "no trainees"),
        (b"trainee_id,name,language\nT01,Dana\n", "language is empty"),
        (b"trainee_id,name,language\n../x,Dana,en\n", "can not be a file name"),
        (b"trainee_id,name,language\ncon,Dana,en\n", "can not be a file name"),
        ("trainee_id,name,language\nТ01,Dana,en\n".encode(), "can not be a file name"),
        (b"trainee_id,name,language\nT01,Da\x07na,en\n", "control character"),
        (b"trainee_id,name,language\nT01," + b"x" * 201 + b",en\n", "longer than 200"),
        (b"trainee_id,name,language\nT01," + b"x" * 200_000 + b",en\n", "is not CSV"),
        (b"trainee_id,name,language\nT01,Vale, Dana,en\n", "more cells than the first line"),
        (b"x" * (16 * 1024 * 1024 + 1), "is larger than 16 MiB"),
    ],
    ids=range(17),
)  # fmt: skip
def test_what_is_wrong_is_said(text: bytes, said: str) -> None:
    assert said in problems(text)


def test_ids_that_differ_only_in_case_would_be_one_file_on_windows() -> None:
    assert "stands in line 2" in problems("trainee_id,name,language\nt1,A B,en\nT1,C D,en\n")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: b"trainee_id,name,language\n" + text.encode()))
def test_no_bytes_bring_anything_but_trainees_or_a_roster_error(data: bytes) -> None:
    try:
        trainees = read_roster(data)
    except RosterError:
        return
    assert all(trainee.trainee_id and trainee.name and trainee.language in ("en", "ru") for trainee in trainees)

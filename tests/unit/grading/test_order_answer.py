import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.content.schemas import OrderAnswer
from labkit.errors import ContentError
from labkit.grading.answers.contract import FormError
from labkit.grading.expected import resolve
from labkit.grading.forms import check_form

from .a_case import ORDER, a_task, truth_of, verdict

RIGHT = "photograph, shield-phone, save-memory, cut-power, pack"


@pytest.mark.parametrize(
    "text",
    [
        RIGHT,
        "3, 5, 4, 1, 2",
        "3 5 4 1 2",
        "۳ ۵ ۴ ۱ ۲",
        "c > e > d > a > b",
        "photograph -> shield-phone → save-memory ⇒ cut-power => pack",
        "1. photograph\n2. shield-phone\n3. save-memory\n4. cut-power\n5. pack",
        "1) Photograph\n2) Shield the phone\n\n3) Save the memory\n4) Cut the power\n5) Pack, and seal",
        "Сфотографировать; Экранировать телефон; Сохранить память; Отключить питание; Упаковать и опечатать",
        '["photograph", "shield-phone", "save-memory", "cut-power", "pack"]',
        "[3, 5, 4, 1, 2]",
    ],
)
def test_an_order_may_be_written_in_many_ways(text: str) -> None:
    assert check_form(ORDER, text) == RIGHT
    assert verdict(ORDER, text).credit_percent == 100


def test_tied_options_may_stand_in_either_order() -> None:
    assert verdict(ORDER, "shield-phone, photograph, save-memory, cut-power, pack").credit_percent == 100


@pytest.mark.parametrize(
    ("order", "credit_percent", "mistake", "notice"),
    [
        # nine pairs count; the share of those that stand right, rounded down
        ("3 5 4 2 1", 88, None, "order-pairs"),
        ("3 5 1 4 2", 88, "S-PLUG", "order-pairs"),
        ("3 5 1 2 4", 77, "S-PLUG", "order-pairs"),
        ("1 3 5 4 2", 66, "S-PLUG", "order-pairs"),
        ("1 2 3 5 4", 10, "S-PLUG", "order-few"),  # four of nine stand right: no order, but the mistake earns something
        ("4 2 3 5 1", 0, None, "order-few"),
        ("2 1 4 5 3", 0, "O-REV", "order-few"),
        ("2 1 4 3 5", 0, "O-REV", "order-few"),  # a tie is no help
    ],
)
def test_credit_is_the_share_of_pairs_and_nothing_below_sixty(
    order: str, credit_percent: int, mistake: str | None, notice: str
) -> None:
    found = verdict(ORDER, order)

    assert (found.credit_percent, found.mistake, found.notices) == (credit_percent, mistake, (notice,))


@given(st.permutations(["photograph", "shield-phone", "save-memory", "cut-power", "pack"]))
def test_credit_is_what_counting_inversions_by_hand_gives(order: list[str]) -> None:
    right = RIGHT.split(", ")
    pairs = [(a, b) for place, a in enumerate(right) for b in right[place + 1 :]]
    pairs.remove(("photograph", "shield-phone"))
    inversions = sum(order.index(a) > order.index(b) for a, b in pairs)
    by_hand = 100 * (len(pairs) - inversions) // len(pairs)

    found = verdict(a_task(**ORDER.answer.model_dump(exclude={"truth"})), ", ".join(order))

    assert found.credit_percent == (by_hand if by_hand >= 60 else 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("photograph, shield-phone, save-memory, cut-power", "pack missing"),
        (f"{RIGHT}, pack", "pack named more than once"),
        (
            "photograph, photograph, save-memory, cut-power, pack",
            "shield-phone missing; photograph named more than once",
        ),
        (f"{RIGHT}, coffee", "'coffee' is none of the options"),
        ("[1, {}]", "none of the options"),
        ("!?", "none of the options"),
    ],
)
def test_what_is_no_order_is_refused_and_all_options_are_named(text: str, said: str) -> None:
    with pytest.raises(FormError) as caught:
        check_form(ORDER, text)

    assert said in caught.value.message
    assert caught.value.code == "form-order"
    assert "cut-power, pack, photograph, save-memory, shield-phone" in caught.value.remedy


@pytest.mark.parametrize(
    "changes",
    [
        {"value": ["photograph", "pack"]},
        {"value": ["photograph"]},
        {"value": ["photograph", "nothing"]},
        {"ties": [["photograph", "pack"]]},
        {"ties": [["photograph", "shield-phone"], ["shield-phone", "save-memory"]]},
        {"ties": [["photograph", "nothing"]]},
    ],
)
def test_an_order_that_does_not_fit_its_options_is_our_fault(changes: dict[str, object]) -> None:
    with pytest.raises(ContentError):
        resolve(a_task(**{**ORDER.answer.model_dump(exclude={"truth"}), **changes}), truth_of())


def test_ties_of_three_share_a_rank() -> None:
    answer = OrderAnswer.model_validate(
        {
            "type": "ORDER",
            "value": ["a", "b", "c", "d"],
            "ties": [["c", "b", "a"]],
            "options": [{"id": name, "title": {"en": name}} for name in "dcba"],
        }
    )

    assert answer.ranks(["a", "b", "c", "d"]) == {"a": 0, "b": 0, "c": 0, "d": 3}
    assert answer.ties_are_neighbours(["a", "b", "c", "d"])
    assert not answer.ties_are_neighbours(["a", "b", "d", "c"])

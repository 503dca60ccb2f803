import re
from datetime import datetime

import pytest

from labkit.errors import SynthesisError
from labkit.model.scenario import Variable
from labkit.synthesis.variables import draw_variables, fill, public_names
from labkit.synthesis.words import word_list
from tests.unit.synthesis.small_case import a_case

PERSON = Variable("officer", "person")


def drawn(*variables: Variable, seed: bytes = b"1") -> dict[str, str]:
    return dict(draw_variables(a_case(variables=variables), seed))


@pytest.mark.parametrize(
    ("kind", "options", "shape"),
    [
        ("constant", {"value": "KF-06"}, "KF-06"),
        ("pattern", {"pattern": "x_<plain>_^#@%.pdf"}, r"x_[a-z]{5,8}_[1-9]\d[A-HJ-NP-Z][0-9A-F]\.pdf"),
        ("person", {}, r"[A-Z][a-z]+ [A-Z][a-z]+"),
        ("company", {}, r"[A-Z][a-z]+ [A-Z][a-z]+"),
        ("account", {}, r"NV\d\d KFBK \d{4} \d{4} \d{4}"),
        ("phone", {}, r"\+999 \d\d \d{3} \d\d \d\d"),
        ("serial", {}, r"0417[0-9A-F]{12}"),
        ("volume_serial", {}, r"[1-9][0-9A-F]{3}-[0-9A-F]{4}"),
        ("seal", {}, r"S-[1-9]\d{5}"),
        ("bag", {}, r"B-[1-9]\d{6}"),
        ("password", {}, r"[a-z]+-[a-z]+-[1-9]\d"),
        ("port", {}, r"[2-5]\d{4}"),
        ("address", {}, r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{2,3}"),
        ("amount", {"low": 40000, "high": 59900, "step": 100}, r"[45]\d\d00"),
        ("words", {"list": "plain", "count": 4}, r"[a-z]+ [a-z]+ [a-z]+ [a-z]+"),
        ("choice", {"of": ("one", "two")}, "one|two"),
        (
            "time",
            {"begin": "2026-03-02", "end": "2026-03-10", "hours": ("9", "19")},
            r"2026-03-0[2-9] (09|1[0-8]):[0-5]\d",
        ),
        ("date", {"begin": "2026-03-02", "end": "2026-03-10", "hours": ("0", "24")}, r"2026-03-0[2-9]"),
    ],
)
def test_each_kind_has_its_shape_for_every_trainee(kind: str, options: dict, shape: str) -> None:
    for number in range(30):
        value = drawn(Variable("it", kind, options), seed=bytes([number]))["it"]
        assert re.fullmatch(shape, value), value


def test_a_time_is_a_real_local_time_inside_its_window() -> None:
    window = {"begin": "2026-02-27", "end": "2026-03-02", "hours": ("9", "19")}
    moments = {datetime.fromisoformat(drawn(Variable("t", "time", window), seed=bytes([n]))["t"]) for n in range(40)}

    assert {moment.day for moment in moments} == {27, 28, 1}
    assert len(moments) > 30


def test_a_permutation_gives_each_member_to_one_name() -> None:
    letters = Variable("order", "permutation", {"of": ("{first}", "b", "c"), "names": ("one", "two", "three")})
    first = Variable("first", "constant", {"value": "a"})
    orders = set()
    for number in range(60):
        values = drawn(first, letters, seed=bytes([number]))
        orders.add((values["one"], values["two"], values["three"]))
        assert "order" not in values

    assert len(orders) == 6
    assert all(sorted(order) == ["a", "b", "c"] for order in orders)


def test_variables_of_one_kind_never_collide_and_no_word_comes_twice() -> None:
    several = [Variable(f"v{n}", "pattern", {"pattern": "<plain>.docx"}) for n in range(100)]
    for seed in (b"1", b"2"):
        values = list(drawn(*several, seed=seed).values())
        assert len(set(values)) == 100


def test_another_variable_leaves_the_values_of_the_others_alone() -> None:
    before = drawn(PERSON, Variable("seal", "seal"))
    after = drawn(PERSON, Variable("port", "port"), Variable("seal", "seal"))

    assert {name: after[name] for name in before} == before


def test_trainees_differ() -> None:
    assert len({drawn(Variable("s", "serial"), seed=bytes([n]))["s"] for n in range(50)}) == 50


def test_public_names_are_those_that_may_be_shown() -> None:
    near = Variable("near", "permutation", {"of": ("a", "b"), "names": ("near_one", "near_two")}, public=True)

    assert public_names(a_case(variables=[PERSON, near])) == ("near_one", "near_two")


def test_the_word_lists_hold_no_word_twice() -> None:
    for name in ("plain", "russian", "given", "family", "company_stem"):
        words = word_list(name)
        assert len(set(words)) == len(words), name


@pytest.mark.parametrize(
    ("variables", "message", "remedy"),
    [
        ([Variable("v", "colour")], "unknown kind 'colour'", "seal"),
        ([PERSON, PERSON], "'officer' is declared twice", "another name"),
        ([Variable("v", "constant", {"value": "{later}"})], "variable 'later'", "above"),
        ([Variable("v", "constant")], "says nothing about 'value'", "Add value"),
        ([Variable("v", "choice", {"of": "one"})], "has no list 'of'", "Add the list"),
        ([Variable("v", "pattern", {"pattern": "<nothing>"})], "no word list 'nothing'", "plain"),
        ([Variable("v", "words", {"list": "russian", "count": 30})], "'russian' is used up", "Add words"),
        ([Variable(f"v{n}", "pattern", {"pattern": "^"}) for n in range(10)], "all are used up", "more to choose"),
        ([Variable("v", "amount", {"low": 900, "high": 1200, "step": 1})], "not equally many digits", "limits"),
        (
            [Variable("v", "time", {"begin": "2026-03-02", "end": "2026-03-02", "hours": ("0", "24")})],
            "no window",
            "a day apart",
        ),
    ],
)
def test_what_can_not_be_drawn_is_named(variables: list[Variable], message: str, remedy: str) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        drawn(*variables)

    assert remedy in caught.value.remedy


def test_fill_leaves_text_without_variables_alone() -> None:
    assert fill("{a} {} {B} и {b_2}", {"a": "1", "b_2": "2"}) == "1 {} {B} и 2"

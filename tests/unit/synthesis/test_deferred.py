import pickle

import pytest

from labkit.synthesis.deferred import DeferredFacts, MadeTogether


def counted(value: int, calls: list[int]) -> int:
    calls.append(value)
    return value


def test_a_fact_is_made_once_and_not_before_it_is_asked_for() -> None:
    calls: list[int] = []
    facts = DeferredFacts({"name": "a"}, {"one": lambda: counted(1, calls), "two": lambda: counted(2, calls)})

    assert (set(facts), len(facts), "two" in facts) == ({"name", "one", "two"}, 3, True)
    assert calls == []
    assert (facts["one"], facts["one"], facts["name"]) == (1, 1, "a")
    assert calls == [1]


def test_deferred_facts_are_those_of_a_plain_table() -> None:
    facts = DeferredFacts({"name": "a"}, {"one": lambda: 1})

    assert facts == {"name": "a", "one": 1}
    assert facts != {"name": "a"}
    assert facts != 4
    assert pickle.loads(pickle.dumps(facts)) == {"name": "a", "one": 1}  # noqa: S301 - our own


def test_a_fact_that_nobody_makes_is_missing() -> None:
    with pytest.raises(KeyError):
        DeferredFacts({}, {})["two"]


def test_facts_that_are_made_together_are_made_once() -> None:
    calls: list[int] = []
    later = MadeTogether(lambda: {"one": counted(1, calls), "two": counted(2, calls), "three": counted(3, calls)})
    facts = DeferredFacts({}, later.facts(("one", "two")))

    assert (set(facts), calls) == ({"one", "two"}, [])
    assert (facts["two"], facts["one"]) == (2, 1)
    assert calls == [1, 2, 3]

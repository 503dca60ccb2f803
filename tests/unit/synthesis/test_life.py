import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from labkit.errors import SynthesisError
from labkit.model.scenario import Action, Life, Machine
from labkit.synthesis.clock import DeviceClock
from labkit.synthesis.world.life import KINDS, plan_life
from tests.unit.synthesis.small_case import PHOTOS, a_case, at, text

CLOCK = DeviceClock(Machine("pc", "Asia/Almaty", 433))
BUSY = Life(
    folder="/Документы",
    count=60,
    kinds=tuple(KINDS),
    languages=("en", "ru", "fa"),
    begin=datetime(2025, 10, 1, tzinfo=UTC),
    end=datetime(2026, 2, 1, tzinfo=UTC),
    deletions=6,
)


def planned(*lives: Life, seed: bytes = b"1", actions: tuple[Action, ...] = ()) -> list[Action]:
    return list(plan_life(a_case(*actions, life=lives).items["stick"], seed, CLOCK))


def test_as_many_files_come_and_go_as_asked() -> None:
    kinds = Counter(action.kind for action in planned(BUSY))

    assert kinds["create"] == 60
    assert 1 <= kinds["delete"] <= 6
    assert {"append", "overwrite", "rename", "open"} <= kinds.keys()


def test_everything_happens_inside_the_window_in_the_order_of_life() -> None:
    actions = planned(BUSY)
    born = {action.path: action.at for action in actions if action.kind == "create"}

    assert all(BUSY.begin <= action.at < BUSY.end for action in actions)
    assert all(action.at > born[action.path] for action in actions if action.kind != "create")
    assert all(action.modified is None or action.modified < action.at for action in actions)


def test_people_are_awake() -> None:
    hours = {CLOCK.local(action.at).hour for action in planned(BUSY)}

    assert hours <= set(range(8, 22))
    assert len(hours) > 8


def test_no_two_files_share_a_name_and_none_takes_one_of_the_story() -> None:
    story = tuple(Action("create", at(0), path=f"/Фото/бабушка {n}.jpg", content=text("x")) for n in range(2, 31))
    actions = planned(replace(PHOTOS, count=150), actions=story)
    paths = [
        path.upper()
        for action in actions
        for path in (action.path, action.to_path)
        if action.kind in {"create", "rename"} and path
    ]
    made = [action.path.upper() for action in actions if action.kind == "create"]

    assert len(set(made)) == len(made)
    assert not {action.path.upper() for action in story} & set(paths)


def test_one_file_more_leaves_the_others_as_they_were() -> None:
    more = {action.path: action.at for action in planned(replace(PHOTOS, count=7)) if action.kind == "create"}
    fewer = {action.path: action.at for action in planned(PHOTOS) if action.kind == "create"}

    assert fewer.items() <= more.items()


def test_another_trainee_has_another_life() -> None:
    here = {(action.path, action.at) for action in planned(BUSY)}
    there = {(action.path, action.at) for action in planned(BUSY, seed=b"2")}

    assert not here & there


def test_an_unknown_kind_of_file_is_named() -> None:
    with pytest.raises(SynthesisError, match="/Фото has the unknown kind 'poem'") as caught:
        planned(replace(PHOTOS, kinds=("poem",)))

    assert "photo" in caught.value.remedy


def test_a_photo_is_named_when_it_was_taken_however_late_it_came_to_the_stick() -> None:
    dated = 0
    for action in planned(replace(BUSY, kinds=("photo",))):
        found = re.search(r"IMG_(\d{8})_(\d{6})\.", action.path)
        if action.kind == "create" and found:
            dated += 1
            taken = CLOCK.local(action.modified or action.at)
            assert found[1] + found[2] == taken.strftime("%Y%m%d%H%M%S")
    assert dated > 5

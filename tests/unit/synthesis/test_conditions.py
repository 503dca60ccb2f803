"""Each condition complains about a story that breaks its promise, and names the trace."""

import pytest

from labkit.errors import SynthesisError
from labkit.model.scenario import Action, Content
from labkit.synthesis.conditions import CONDITIONS, OF_KIND, check_traces
from labkit.synthesis.world.world import World
from tests.unit.synthesis.small_case import a_world, at, text

BIG = Content(generator="note:en", size_bytes=8200)
FIRST = Action("create", at(0), path="/first.txt", content=BIG)
GONE = Action("delete", at(10), path="/first.txt", trace="gone")
BOX = Action("make_directory", at(1), path="/box")


def watched(path: str, *requires: str, kind: str = "file") -> Action:
    return Action("watch", at(20), path=path, trace="it", trace_kind=kind, requires=requires)


def pulled_out(offset_bytes: int) -> Action:
    return Action("remount", at(11), path="/first.txt", offset_bytes=offset_bytes)


def new(path: str, size_bytes: int = 700, hours: float = 12) -> Action:
    return Action("create", at(hours), path=path, content=Content(generator="note:en", size_bytes=size_bytes))


COMPLAINTS = [
    # (story, complaint)
    ([FIRST, Action("delete", at(10), path="/first.txt"), watched("/first.txt")], "/first.txt is deleted"),
    ([Action("create", at(0), path="/a.txt", content=Content(text="x" * 1024), trace="it")], "fills its last cluster"),
    ([FIRST, watched("/first.txt", kind="deleted_file")], "still exists"),
    ([FIRST, GONE, new("/other.txt")], "the deleted entry of /first.txt was reused"),
    ([FIRST, BOX, GONE, pulled_out(2048), new("/box/a.txt")], "cluster 4 of /first.txt now belongs to /box/a.txt"),
    (
        [
            FIRST,
            new("/second.txt", hours=1),
            Action("append", at(2), path="/first.txt", content=BIG),
            GONE,
        ],
        "/first.txt lies in pieces",
    ),
    ([FIRST, watched("/first.txt", kind="overwritten_file")], "still exists"),
    ([FIRST, GONE, watched("/first.txt", kind="overwritten_file")], "no cluster of /first.txt belongs to another"),
    (
        [
            FIRST,
            BOX,
            GONE,
            Action("remount", at(11)),
            new("/box/a.txt"),
            watched("/first.txt", kind="overwritten_file"),
        ],
        "the first cluster of /first.txt is lost",
    ),
    (
        [
            FIRST,
            BOX,
            GONE,
            pulled_out(2048),
            new("/box/a.txt"),
            Action("delete", at(13), path="/box/a.txt"),
            watched("/first.txt", kind="overwritten_file"),
        ],
        "belongs to no live file",
    ),
    (
        [
            FIRST,
            BOX,
            GONE,
            pulled_out(2048),
            Action("make_directory", at(12), path="/box/inner"),
            watched("/first.txt", kind="overwritten_file"),
        ],
        "belongs to the directory /box/inner",
    ),
    (
        [
            FIRST,
            BOX,
            Action("delete", at(10), path="/first.txt"),
            pulled_out(2048),
            new("/box/a.txt"),
            watched("/first.txt", kind="overwritten_file"),
        ],
        "not one of the deleted files that the story names",
    ),
    ([FIRST, new("/смета plan.csv"), watched("/first.txt", "only-mixed-sheet")], "spreadsheets with mixed names"),
    ([FIRST, BOX, new("/box/FIRST.TXT"), watched("/first.txt", "sole-name")], "2 entries have its name"),
    ([FIRST, watched("/first.txt", "two-namesakes")], "1 entries have its name, and two are expected"),
    (
        [FIRST, BOX, new("/box/first.txt"), watched("/first.txt", "two-namesakes")],
        "/first.txt and /box/first.txt are not one deleted and one live",
    ),
    ([FIRST, watched("/first.txt", "old-entry")], "no entry under the old name"),
    ([FIRST, watched("/first.txt", "edited-later")], "less than 26 hours after its creation"),
]


@pytest.mark.parametrize(("story", "complaint"), COMPLAINTS)
def test_a_broken_promise_is_named(story: list[Action], complaint: str) -> None:
    with pytest.raises(SynthesisError, match=complaint) as caught:
        a_world(*story)

    assert "does not stand as required" in caught.value.message
    assert "scenario.toml" in caught.value.remedy


def a_slack_note() -> World:
    return a_world(
        Action("create", at(0), path="/a.txt", content=Content(generator="note:en", size_bytes=700)),
        Action("write_slack", at(1), path="/a.txt", content=text("amber birch"), trace="note"),
    )


def test_other_bytes_around_the_text_in_the_slack_are_named() -> None:
    world = a_slack_note()
    world.medium.write(world.planted["note"].offset_bytes + 40, b"?")

    with pytest.raises(SynthesisError, match=r"stick:note .* other bytes stand around the text"):
        check_traces(world)


def test_a_text_that_is_gone_from_the_slack_is_named() -> None:
    world = a_slack_note()
    world.medium.write(world.planted["note"].offset_bytes, b"A")

    with pytest.raises(SynthesisError, match=r"stick:note .* the text does not stand at byte"):
        check_traces(world)


def test_an_unallocated_text_that_is_lost_is_named() -> None:
    world = a_world(Action("write_unallocated", at(1), content=text("nobody's"), trace="note"))
    world.medium.write(world.planted["note"].offset_bytes, b"N")

    with pytest.raises(SynthesisError, match=r"stick:note .* the text does not stand at byte"):
        check_traces(world)


def test_an_unallocated_text_inside_a_new_file_is_named() -> None:
    world = a_world(Action("write_unallocated", at(1), content=text("nobody's"), trace="note"))
    note = world.medium.read(world.planted["note"].offset_bytes, 8)
    # A file that grows over the place and holds the same bytes there.
    world.play(Action("create", at(2), path="/big.txt", content=Content(text="y" * 150_000)))
    world.medium.write(world.planted["note"].offset_bytes, note)

    with pytest.raises(SynthesisError, match="a file was given its clusters"):
        check_traces(world)


def test_a_recovered_content_that_differs_is_named() -> None:
    world = a_world(FIRST, GONE)
    world.last_content["data", world.planted["gone"].node_id] = b"something else"

    with pytest.raises(SynthesisError, match="is not its content"):
        check_traces(world)


def test_namesakes_of_one_size_are_named() -> None:
    same = Content(text="x" * 100)
    with pytest.raises(SynthesisError, match="both have the same size"):
        a_world(
            BOX,
            Action("create", at(2), path="/a.txt", content=same),
            Action("create", at(3), path="/box/a.txt", content=same),
            Action("delete", at(4), path="/a.txt", trace="gone", requires=("two-namesakes",)),
        )


def test_a_promise_that_nobody_can_check_is_named() -> None:
    with pytest.raises(SynthesisError, match="requires 'luck', which nobody can check") as caught:
        a_world(FIRST, watched("/first.txt", "luck"))

    assert "sole-name" in caught.value.remedy


def test_every_kind_asks_for_conditions_that_exist() -> None:
    assert {name for names in OF_KIND.values() for name in names} <= CONDITIONS.keys()

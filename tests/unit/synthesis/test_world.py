from datetime import UTC, datetime, timedelta

import pytest

from labkit.errors import SynthesisError
from labkit.model.scenario import ACTION_KINDS, Action, Content, Variable
from labkit.synthesis.traces import story_traces
from labkit.synthesis.world.file_actions import FILE_ACTIONS
from labkit.synthesis.world.world import World
from tests.unit.synthesis.small_case import PHOTOS, a_world, at, text

NAME = Variable("name", "constant", {"value": "письмо"})


def facts(world: World) -> dict[str, dict]:
    return {trace.id: dict(trace.facts) for trace in story_traces(world)}


def test_every_kind_of_action_has_a_handler() -> None:
    assert FILE_ACTIONS.keys() <= ACTION_KINDS.keys()


def test_times_are_those_of_the_device() -> None:
    moment = datetime(2026, 2, 20, 9, 0, 1, tzinfo=UTC)
    world = a_world(
        Action("create", moment, path="/{name}.txt", content=text("x {name}"), trace="it"), variables=[NAME]
    )
    state = world.volume.state(world.volume.node("/письмо.txt"))
    it = facts(world)["it"]

    assert state.born.isoformat() == "2026-02-20T14:07:14"  # +05:00, and 433 s fast
    assert it["born_utc"] == moment
    assert it["born_device_utc"] == moment + timedelta(seconds=433)
    assert it["born_stored"] == datetime(2026, 2, 20, 14, 7, 14, tzinfo=UTC)
    assert world.volume.read("/письмо.txt") == "x письмо".encode()


def test_life_and_story_are_played_in_the_order_of_their_times() -> None:
    late = Action("create", PHOTOS.end, path="/late.txt", content=text("z"), trace="late")
    early = Action("create", PHOTOS.begin - timedelta(days=1), path="/early.txt", content=text("a"), trace="early")
    world = a_world(late, early, life=[PHOTOS])
    clusters = [world.volume.state(node).first_cluster for node in world.nodes["data"]]

    assert clusters == sorted(clusters)
    assert facts(world)["early"]["first_cluster"] < facts(world)["late"]["first_cluster"]


def test_a_spread_makes_the_time_personal() -> None:
    action = Action("create", at(0), path="/a.txt", content=text("a"), trace="it", spread_s=3600)
    times = [facts(a_world(action, seed=bytes([n])))["it"]["born_utc"] for n in range(8)]

    assert len(set(times)) == 8
    assert all(at(0) <= time < at(1) for time in times)


def test_one_action_more_shifts_no_other() -> None:
    first = Action("create", at(0), path="/a.txt", content=Content(generator="note:ru", size_bytes=600), spread_s=900)
    alone = a_world(first)
    together = a_world(Action("make_directory", at(-1), path="/x"), first)

    assert alone.volume.read("/a.txt") == together.volume.read("/a.txt")


def test_a_trace_follows_its_file_through_names_and_folders() -> None:
    world = a_world(
        Action("create", at(0), path="/a.txt", content=text("one"), trace="it", requires=("old-entry",)),
        Action("make_directory", at(1), path="/box"),
        Action("rename", at(2), path="/a.txt", to_path="/b.txt"),
        Action("move", at(3), path="/b.txt", to_path="/box/b.txt"),
        Action("append", at(4), path="/box/b.txt", content=text(" two")),
        Action("open", at(48), path="/box/b.txt"),
        Action("copy", at(50), path="/box/b.txt", to_path="/box/copy.txt", trace="copy"),
    )
    it = facts(world)["it"]

    assert (it["path"], it["old_path"], it["size_bytes"]) == ("/box/b.txt", "/a.txt", 7)
    assert it["parent_address"] == world.volume.state(world.volume.node("/box")).address
    assert it["accessed_stored"] == datetime(2026, 2, 12, tzinfo=UTC)
    assert facts(world)["copy"]["modified_utc"] == it["modified_utc"]


def test_the_wished_times_of_a_file_are_stored() -> None:
    older = datetime(2025, 5, 5, 5, 5, 5, tzinfo=UTC)
    world = a_world(
        Action("create", at(0), path="/a.txt", content=text("a"), modified=older, trace="it"),
        Action("set_times", at(1), path="/a.txt", born=older, accessed=older),
    )
    it = facts(world)["it"]

    assert it["modified_utc"] == older - timedelta(seconds=0 if (5 + 13) % 2 == 0 else 1)
    assert it["born_utc"] == older


def test_a_deleted_file_keeps_what_it_was_and_where() -> None:
    world = a_world(
        Action("create", at(0), path="/a.txt", content=text("secret")),
        Action("overwrite", at(1), path="/a.txt", content=text("public")),
        Action("delete", at(2), path="/a.txt", trace="gone"),
    )
    gone = facts(world)["gone"]

    assert gone["name"] == "a.txt"
    assert gone["sha256"] == "efa1f375d76194fa51a3556a97e641e61685f914d446979da50a551a4333ffd7"
    assert world.medium.read(gone["offset_bytes"], 6) == b"public"


def test_slack_text_stands_behind_the_end_and_not_on_a_sector() -> None:
    world = a_world(
        Action("create", at(0), path="/a.txt", content=Content(generator="note:en", size_bytes=700)),
        Action("write_slack", at(1), path="/a.txt", content=text("amber birch"), offset_bytes=3, trace="note"),
    )
    note = facts(world)["note"]

    assert world.medium.read(note["offset_bytes"], 11) == b"amber birch"
    assert note["words"] == ("amber", "birch")
    assert 703 <= note["file_offset_bytes"] < 719
    assert note["offset_bytes"] - note["volume_offset_bytes"] == 64 * 512
    assert world.medium.read(note["offset_bytes"] - 3, 3) == bytes(3)


def test_unallocated_text_belongs_to_no_file() -> None:
    world = a_world(
        Action("create", at(0), path="/a.txt", content=text("a")),
        Action("write_unallocated", at(1), content=text("nobody's"), trace="note"),
    )
    note = facts(world)["note"]

    assert world.medium.read(note["offset_bytes"], 8) == b"nobody's"
    assert note["offset_sectors"] * 512 == note["offset_bytes"]


def test_a_stick_pulled_out_overwrites_the_end_of_a_deleted_file() -> None:
    big = Content(generator="note:en", size_bytes=8200)
    world = a_world(
        Action("create", at(0), path="/a.txt", content=big),
        Action("create", at(1), path="/b.txt", content=big),
        Action("make_directory", at(1), path="/box"),
        Action("delete", at(2), path="/a.txt", trace="candidate-1"),
        Action("delete", at(2), path="/b.txt", trace="candidate-2"),
        Action("remount", at(3), path="/a.txt", offset_bytes=4096),
        Action("create", at(4), path="/box/new.txt", content=Content(generator="note:ru", size_bytes=1500)),
        Action("watch", at(5), path="/a.txt", trace="overwritten", trace_kind="overwritten_file"),
    )
    lost = facts(world)["overwritten"]

    assert lost["option"] == "candidate-1"
    assert lost["lost_cluster"] == lost["first_cluster"] + 4
    assert lost["other_path"] == "/box/new.txt"
    assert lost["sha256_mixed"] != lost["sha256"] == facts(world)["candidate-1"]["sha256"]


def test_after_an_eject_the_lowest_gap_is_filled() -> None:
    world = a_world(
        Action("create", at(0), path="/a.txt", content=text("a")),
        Action("create", at(1), path="/b.txt", content=text("b")),
        Action("delete", at(2), path="/a.txt"),
        Action("remount", at(3)),
        Action("create", at(4), path="/c.txt", content=text("c"), trace="it"),
    )

    assert facts(world)["it"]["first_cluster"] < world.volume.state(world.volume.node("/b.txt")).first_cluster


def test_a_stick_can_not_remember_a_place_that_it_does_not_have() -> None:
    with pytest.raises(SynthesisError, match="no cluster 1000000"):
        a_world().volume.remount(after=1_000_000)


@pytest.mark.parametrize(
    ("actions", "message", "remedy"),
    [
        ([Action("explode", at(0))], "no action 'explode'", "create"),
        ([Action("open", at(0), path="/no.txt")], "stick: open /no.txt: ", ""),
        ([Action("watch", at(0), path="/no.txt", trace="it")], "nothing was ever at /no.txt", "Create the file"),
        (
            [
                Action("create", at(0), path="/a.txt", content=text("a")),
                Action("remount", at(1), path="/a.txt", offset_bytes=4096),
            ],
            "byte 4096 is not inside a file of 1 clusters",
            "before the end",
        ),
        (
            [
                Action("create", at(0), path="/a.txt", content=text("a"), trace="it"),
                Action("open", at(1), path="/a.txt", trace="it"),
            ],
            "'it' is named twice",
            "name of its own",
        ),
        ([Action("create", at(0), path="/{who}", content=text("a"))], "needs the variable 'who'", "case.toml"),
    ],
)
def test_what_can_not_happen_is_named(actions: list[Action], message: str, remedy: str) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        a_world(*actions)

    assert remedy in caught.value.remedy


def test_a_file_that_went_with_its_folder_can_not_be_described() -> None:
    world = a_world(
        Action("make_directory", at(0), path="/box"),
        Action("create", at(1), path="/box/a.txt", content=text("a")),
        Action("delete", at(2), path="/box"),
    )
    world.play(Action("watch", at(3), path="/box/a.txt", trace="gone", trace_kind="deleted_file"))

    with pytest.raises(SynthesisError, match=r"gone: the content of /box/a\.txt was not kept") as caught:
        story_traces(world)

    assert "an action of its own" in caught.value.remedy

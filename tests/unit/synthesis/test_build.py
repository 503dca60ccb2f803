import gzip
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from labkit.content.scenario import load_case
from labkit.errors import SynthesisError
from labkit.model.scenario import Action, CaseScenario, Content, Variable
from labkit.model.truth import FACTS, CaseTruth
from labkit.synthesis.build import BuiltCase, build_case, derive_truth, play_item
from labkit.synthesis.shelf import Shelf
from labkit.synthesis.variables import draw_variables
from tests.unit.synthesis.small_case import PHOTOS, SEED, a_case, at, text

QUARTET = {
    "quartet_pair_1": "a.txt",
    "quartet_pair_2": "c.txt",
    "quartet_twin": "b.txt",
    "quartet_other": "d.txt",
    "quartet_near_1": "b.txt",
    "quartet_near_2": "c.txt",
    "note_trace": "noted",
    "note_variable": "when",
    "note_zone": "Asia/Kabul",
}
WHEN = Variable("when", "constant", {"value": "2026-03-03 14:05"}, public=True)
EVERYTHING = ("e01", "raw", "second-pass", "copy-b")


@pytest.fixture(scope="module")
def kestrel() -> CaseScenario:
    return load_case("kestrel")


@pytest.fixture(scope="module")
def built(kestrel: CaseScenario, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltCase]:
    return build_case(kestrel, SEED, tmp_path_factory.mktemp("evidence"), items=("basics", "usb"))


def digest(path: Path) -> Mapping[str, str | int]:
    data = path.read_bytes()
    return {
        "size_bytes": len(data),
        **{name: hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256")},
    }


def facts(truth: CaseTruth, item: str, trace: str) -> Mapping[str, object]:
    return truth.items[item].traces[trace].facts


def picked(of: Mapping[str, object]) -> Mapping[str, object]:
    return {name: of[name] for name in ("size_bytes", "md5", "sha1", "sha256")}


# -- the case KESTREL --------------------------------------------------------------------------------------------------

CRITERIA = ("blocks-writes", "returns-data", "tells-capacity", "reports-errors")
CONTRACT = {
    "basics": {
        "file-a", "file-b", "file-c", "file-d", "identical-pair", "near-twins", "container", "media", "kabul-note",
    },
    "usb": {
        "media", "container", "copy-b", "copy-b-container", "partition", "clock", "second-pass",
        "second-pass-container",
        "two-script-sheet", "deleted-invoice", "live-invoice", "candidate-1", "candidate-2", "candidate-3",
        "overwritten", "slack-note", "unallocated-note", "renamed", "wrong-extension", "moved",
        "own-image", "blocker",
        *(f"wb-{n}-{what}" for n in (1, 2) for what in CRITERIA),
    },
}  # fmt: skip
PUBLIC = {
    "case_number", "exhibit_usb", "seal_number", "bag_number", "warrant_number", "officer", "candidate_1",
    "candidate_2", "candidate_3", "near_one", "near_two", "kabul_local", "invoice_name", "usb_serial", "slack_host",
}  # fmt: skip


def test_kestrel_has_the_traces_that_exercises_refer_to(built: BuiltCase) -> None:
    assert {item: set(truth.traces) for item, truth in built.truth.items.items()} == CONTRACT
    assert built.public_variables.keys() >= PUBLIC


def test_no_answer_is_public(built: BuiltCase) -> None:
    shown = set(built.public_variables.values())
    secret = [
        facts(built.truth, "usb", "two-script-sheet")["name"],
        facts(built.truth, "usb", "slack-note")["text"],
        facts(built.truth, "usb", "partition")["serial"],
        facts(built.truth, "usb", "overwritten")["other_path"],
    ]

    assert not shown & set(map(str, secret))
    assert "overwritten_name" not in built.public_variables


def test_the_files_are_those_of_the_contract(built: BuiltCase) -> None:
    images = ("KF-06.raw", "KF-06.E01", "KF-06-second-pass.raw.gz", "KF-06-copy-b.E01")
    names = (*images, "KF-06-second-pass.log", "KF-06.device.toml")
    expected = {f"usb/{name}" for name in names} | {f"basics/{name}.txt" for name in "abcd"} | {"basics/container.E01"}

    assert built.files.keys() == expected
    assert all(path.is_file() and path.as_posix().endswith(name) for name, path in built.files.items())
    folder = built.files["usb/KF-06.raw"].parents[1]
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == sorted(built.files.values())


def test_the_truth_is_the_same_without_writing(kestrel: CaseScenario, built: BuiltCase) -> None:
    assert derive_truth(kestrel, SEED, items=("basics", "usb")) == built.truth


def test_one_item_alone_is_the_same_as_in_the_whole(kestrel: CaseScenario, built: BuiltCase) -> None:
    alone = derive_truth(kestrel, SEED, items=["basics"])

    assert alone.items == {"basics": built.truth.items["basics"]}


def test_the_digests_of_files_are_those_in_the_truth(built: BuiltCase) -> None:
    usb = built.truth.items["usb"].traces
    for trace, name in (
        ("media", "KF-06.raw"),
        ("container", "KF-06.E01"),
        ("copy-b-container", "KF-06-copy-b.E01"),
        ("second-pass-container", "KF-06-second-pass.raw.gz"),
    ):
        assert usb[trace].facts["name"] == name
        assert picked(usb[trace].facts) == digest(built.files[f"usb/{name}"])
    for letter in "abcd":
        assert picked(facts(built.truth, "basics", f"file-{letter}")) == digest(built.files[f"basics/{letter}.txt"])


def test_the_second_pass_lacks_six_sectors_that_its_log_gives_in_bytes(built: BuiltCase) -> None:
    of = facts(built.truth, "usb", "second-pass")
    first = built.files["usb/KF-06.raw"].read_bytes()
    second = gzip.decompress(built.files["usb/KF-06-second-pass.raw.gz"].read_bytes())
    log = built.files["usb/KF-06-second-pass.log"].read_text(encoding="utf-8")
    differing = [
        lba
        for lba in range(len(first) // 512)
        if first[lba * 512 : lba * 512 + 512] != second[lba * 512 : lba * 512 + 512]
    ]
    logged = [
        int(offset, 16) // 512 + number
        for offset, length in re.findall(r"read error at offset (0x[0-9A-F]+), length (0x[0-9A-F]+)", log)
        for number in range(int(length, 16) // 512)
    ]

    assert of["lba_count"] == 6
    assert list(of["lbas"]) == differing == logged
    assert all(not second[lba * 512 : lba * 512 + 512].strip(b"\0") for lba in differing)
    assert hashlib.sha256(second).hexdigest() == of["sha256"]
    assert 2 <= log.count("read error at") <= 3
    assert not any(str(lba) in log for lba in differing)


def test_copy_b_differs_in_one_bit_and_states_the_digests_of_the_good_medium(built: BuiltCase) -> None:
    of = facts(built.truth, "usb", "copy-b")
    raw = bytearray(built.files["usb/KF-06.raw"].read_bytes())
    tried = set()
    for bit in range(8):
        raw[of["offset_bytes"]] ^= 1 << bit
        tried.add(hashlib.sha256(raw).hexdigest())
        raw[of["offset_bytes"]] ^= 1 << bit

    assert of["sha256"] in tried
    assert of["stored_md5"] == facts(built.truth, "usb", "media")["md5"] != of["md5"]
    assert of["stored_sha1"] == facts(built.truth, "usb", "container")["stored_sha1"] != of["sha1"]


def test_values_of_typical_mistakes_are_all_different(built: BuiltCase) -> None:
    usb = built.truth.items["usb"].traces
    objects = ("media", "container", "copy-b", "copy-b-container", "partition", "second-pass", "second-pass-container")
    digests = [usb[trace].facts["sha256"] for trace in objects]
    for trace in ("deleted-invoice", "live-invoice", "candidate-1", "candidate-2", "candidate-3"):
        digests += [usb[trace].facts["sha256"], usb[trace].facts["sha256_with_slack"]]
    sheet = usb["two-script-sheet"].facts
    times = [sheet[f"{which}_{kind}"] for which in ("born", "modified") for kind in ("utc", "device_utc", "stored")]

    assert len(set(digests)) == len(digests)
    assert len(set(times)) == len(times)
    assert usb["slack-note"].facts["offset_bytes"] % 512
    assert usb["overwritten"].facts["lost_cluster"] != usb["overwritten"].facts["first_cluster"]
    assert usb["media"].facts["size_bytes"] not in {
        usb[trace].facts["size_bytes"] for trace in ("partition", "container")
    }


def test_the_four_small_files(built: BuiltCase) -> None:
    files = {name.partition("/")[2]: path.read_bytes() for name, path in built.files.items() if name.endswith(".txt")}
    one, two = facts(built.truth, "basics", "identical-pair")["names"]
    near = facts(built.truth, "basics", "near-twins")
    left, right = (files[name] for name in near["names"])
    differing = [place for place in range(1024) if left[place] != right[place]]
    a = facts(built.truth, "basics", "file-a")

    assert files[one] == files[two]
    assert len({bytes(data) for data in files.values()}) == 3
    assert differing == [near["file_offset_bytes"]]
    assert set(near["names"]) == {built.public_variables["near_one"], built.public_variables["near_two"]}
    assert all(len(data) == 1024 and data.isascii() and data.endswith(b".") for data in files.values())
    assert a["sha256_with_newline"] == hashlib.sha256(files["a.txt"] + b"\n").hexdigest()


def test_a_reader_that_is_not_ours_finds_the_traces(built: BuiltCase) -> None:
    import pytsk3

    image = pytsk3.Img_Info(str(built.files["usb/KF-06.raw"]))
    volume = pytsk3.FS_Info(image, offset=2048 * 512)

    def content(address: int) -> bytes:
        file = volume.open_meta(address)
        return file.read_random(0, file.info.meta.size)

    for name in ("two-script-sheet", "live-invoice", "deleted-invoice", "renamed", "moved", "wrong-extension"):
        of = facts(built.truth, "usb", name)
        assert hashlib.sha256(content(of["address"])).hexdigest() == of["sha256"], name
    lost = facts(built.truth, "usb", "overwritten")
    kept = [facts(built.truth, "usb", f"candidate-{n}") for n in (1, 2, 3)]
    assert [hashlib.sha256(content(of["address"])).hexdigest() == of["sha256"] for of in kept] == [
        of["name"] != lost["name"] for of in kept
    ]
    assert lost["option"] in {"candidate-1", "candidate-2", "candidate-3"}
    owner = volume.open(lost["other_path"])
    start = lost["offset_bytes"] // 512 + lost["lost_cluster"] - lost["first_cluster"]
    assert next(run.addr + 2048 for attribute in owner for run in attribute) == start
    slack = facts(built.truth, "usb", "slack-note")
    assert image.read(slack["offset_bytes"], len(slack["text"])).decode() == slack["text"]


@pytest.mark.seeds
def test_the_story_stands_for_every_seed(kestrel: CaseScenario) -> None:
    overwritten, pairs = set(), set()
    for number in range(12):
        seed = bytes([number])
        values = draw_variables(kestrel, seed)
        world = play_item(kestrel, "usb", seed, values).world
        assert world is not None
        overwritten.add(next(n for n in (1, 2, 3) if values[f"candidate_{n}"] == values["overwritten_name"]))
        pairs.add(frozenset((values["quartet_1"], values["quartet_2"])))
    assert overwritten == {1, 2, 3}
    assert len(pairs) > 2


def test_comparing_two_trainees_does_not_point_at_what_was_planted(kestrel: CaseScenario) -> None:
    """At least ten changed sectors of ordinary life come on each one that belongs to a trace."""
    played = [play_item(kestrel, "usb", seed, draw_variables(kestrel, seed)) for seed in (b"one", b"two")]
    left, right = (b"".join(item.medium.chunks()) for item in played)
    changed = {
        lba
        for lba in range(len(left) // 512)
        if left[lba * 512 : lba * 512 + 512] != right[lba * 512 : lba * 512 + 512]
    }
    for item in played:
        world = item.world
        assert world is not None
        first = world.volume.data_start_bytes // 512 - 2
        nodes = {planted.node_id for planted in world.planted.values() if planted.node_id != -1}
        traces = {first + cluster for node in nodes for cluster in world.volume.state(node).clusters}
        traces |= {planted.offset_bytes // 512 for planted in world.planted.values() if planted.offset_bytes != -1}
        assert len(traces) > 200
        assert len(changed - traces) >= 10 * len(changed & traces)


def test_the_stick_is_small_enough_to_hand_out(built: BuiltCase) -> None:
    raw = built.files["usb/KF-06.raw"].read_bytes()
    used = sum(1 for start in range(0, len(raw), 4096) if raw[start : start + 4096].strip(b"\0")) * 4096

    assert 3_000_000 < used < 6_500_000
    assert built.files["usb/KF-06-second-pass.raw.gz"].stat().st_size < 6_500_000


# -- the pipeline ------------------------------------------------------------------------------------------------------


def small_files() -> CaseScenario:
    return a_case(kind="files", products=("quartet", "e01", "note"), settings=QUARTET, variables=[WHEN])


def test_steps_are_reported(tmp_path: Path) -> None:
    said: list[str] = []
    build_case(a_case(products=("raw", "e01")), SEED, tmp_path, progress=said.append)

    assert said == ["stick: story", "stick: raw", "stick: e01"]


def test_a_noted_time_is_a_moment_in_its_zone() -> None:
    noted = facts(derive_truth(small_files(), SEED), "stick", "noted")

    assert noted["local_text"] == "14:05 on 3 March 2026"
    assert noted["at_utc"].isoformat() == "2026-03-03T09:35:00+00:00"


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SynthesisError])
def test_nothing_is_left_when_a_build_stops(tmp_path: Path, stop: type[BaseException]) -> None:
    def interrupt(line: str) -> None:
        if line.endswith("copy-b"):
            raise KeyboardInterrupt if stop is KeyboardInterrupt else SynthesisError("no", remedy="no")

    with pytest.raises(stop):
        build_case(a_case(life=[PHOTOS], products=EVERYTHING), SEED, tmp_path, progress=interrupt)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_build_replaces_an_older_one_whole(tmp_path: Path) -> None:
    case = a_case(products=("raw",))
    old = build_case(case, b"old", tmp_path).files["stick/T-01.raw"].read_bytes()
    new = build_case(case, b"new", tmp_path).files["stick/T-01.raw"].read_bytes()

    assert old != new
    assert len(old) == len(new) == case.items["stick"].size_bytes


def test_every_fact_has_a_meaning_and_its_type(built: BuiltCase) -> None:
    for truth in built.truth.items.values():
        for trace in truth.traces.values():
            for name, value in trace.facts.items():
                assert isinstance(value, FACTS[name][0]), (trace.id, name)


ZEROS = Content(text="\0" * 20_000)


@pytest.mark.parametrize(
    ("case", "message", "remedy"),
    [
        (a_case(products=("hologram",)), "unknown product 'hologram'", "second-pass"),
        (a_case(kind="files", products=("copy-b",)), "has no volume", "kind 'medium'"),
        (a_case(products=("copy-b",)), "has 0 large everyday files", "photos"),
        (a_case(life=[replace(PHOTOS, count=1)], products=("second-pass",)), "has 1 large everyday files", "photos"),
        (a_case(filesystem="ZFS"), "file system 'ZFS', which can not be written", "FAT32"),
        (a_case(serial="serial"), "'serial' is not a volume serial", "1A2B-3C4D"),
        (a_case(settings={"stem": "{who}"}, products=("raw",)), "needs the variable 'who'", "case.toml"),
        (
            a_case(kind="files", products=("quartet",), settings={**QUARTET, "quartet_twin": "a.txt"}),
            "do not go together",
            "four different names",
        ),
        (a_case(kind="files", products=("note",)), "needs the setting 'note_variable'", "scenario.toml"),
        (
            a_case(Action("create", at(0), path="/a", content=text("a"), trace="clock")),
            "stick:clock is made twice",
            "name of its own",
        ),
    ],
)
def test_what_can_not_be_built_is_named(case: CaseScenario, message: str, remedy: str) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        derive_truth(case, SEED)

    assert remedy in caught.value.remedy


def test_a_file_of_zeros_can_not_lose_sectors_visibly() -> None:
    case = a_case(life=[PHOTOS], products=("second-pass",))
    played = play_item(case, "stick", SEED, {})
    assert played.world is not None
    for node in played.world.nodes["data"]:
        state = played.world.volume.state(node)
        if not state.directory:
            played.medium.write(state.offset_bytes, bytes(state.size_bytes))
    from labkit.synthesis.products import make_products

    with pytest.raises(SynthesisError, match="little but zeros") as caught, Shelf(None) as shelf:
        make_products(played, shelf, print)

    assert "generators" in caught.value.remedy


def test_an_unknown_item_is_named(kestrel: CaseScenario) -> None:
    with pytest.raises(SynthesisError, match="has no item 'phone'") as caught:
        derive_truth(kestrel, SEED, items=["phone"])

    assert "basics, usb" in caught.value.remedy

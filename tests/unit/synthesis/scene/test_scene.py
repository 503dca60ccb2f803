"""The scene of KESTREL: what is personal, what fits together, and what must not stand there as text."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from labkit.content.reader import content_root
from labkit.content.scenario import load_case
from labkit.errors import SynthesisError
from labkit.model.scenario import CaseScenario
from labkit.model.truth import CaseTruth, FactValue
from labkit.synthesis.build import BuiltCase, build_case, derive_truth

ITEM = "scene"
PAGES = {
    "room.svg", "clocks.svg", "label-kf-01.svg", "label-kf-02.svg", "label-kf-03.svg", "bag-kf-01.svg", "bag-kf-02.svg",
    "bag-kf-03.svg", "bag-kf-10.svg", "scene.html", "warrant.html", "duty-log.html", "protocol.html",
    "live-state.html", "network.svg",
}  # fmt: skip
SEALS = {"KF-01": "seal_pc", "KF-03": "seal_phone"}  # exhibits of which one is smudged, and their variables
LARGEST_BYTES = 500_000
SEEDS = [hashlib.sha256(b"scene %d" % number).digest() for number in range(30)]


@pytest.fixture(scope="module")
def case() -> CaseScenario:
    return load_case("kestrel")


@pytest.fixture(scope="module")
def built(case: CaseScenario, tmp_path_factory: pytest.TempPathFactory) -> list[BuiltCase]:
    return [build_case(case, seed, tmp_path_factory.mktemp("scene"), items=[ITEM]) for seed in SEEDS[:2]]


@pytest.fixture(scope="module")
def truths(case: CaseScenario) -> list[CaseTruth]:
    return [derive_truth(case, seed, items=[ITEM]) for seed in SEEDS]


def facts(truth: CaseTruth, trace: str) -> Mapping[str, FactValue]:
    return truth.items[ITEM].traces[trace].facts


def contents(one: BuiltCase) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in one.files.values()}


# -- the files ---------------------------------------------------------------------------------------------------------


def test_the_files_are_small_and_those_of_the_contract(built: list[BuiltCase]) -> None:
    found = contents(built[0])

    assert found.keys() == PAGES
    assert sum(map(len, found.values())) < LARGEST_BYTES


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    case: CaseScenario, built: list[BuiltCase], tmp_path: Path
) -> None:
    again = contents(build_case(case, SEEDS[0], tmp_path, items=[ITEM]))
    mine, other = contents(built[0]), contents(built[1])

    assert again == mine
    # the error of the clock is that of the case; every other page is personal
    assert [name for name in sorted(PAGES) if mine[name] == other[name]] == ["clocks.svg"]
    assert derive_truth(case, SEEDS[0], items=[ITEM]) == built[0].truth


def test_the_files_are_the_locked_ones(case: CaseScenario, tmp_path: Path) -> None:
    path = content_root() / "evidence_images" / "kestrel" / ITEM / "image.lock.toml"
    locked = tomllib.loads(path.read_text(encoding="utf-8"))["files_sha256"]
    found = {}
    for name in locked:
        seed = hashlib.sha256(name.encode()).digest()
        pages = contents(build_case(case, seed, tmp_path / name, items=[ITEM]))
        lines = "".join(f"{hashlib.sha256(data).hexdigest()}  {page}\n" for page, data in sorted(pages.items()))
        found[name] = hashlib.sha256(lines.encode()).hexdigest()

    assert len(locked) == 3
    assert found == locked, "every trainee's evidence has changed; if that is meant, write the new digests down"


def test_pictures_are_xml_and_forms_are_complete(built: list[BuiltCase]) -> None:
    for name, data in contents(built[0]).items():
        if name.endswith(".svg"):
            root = ET.fromstring(data)  # noqa: S314 - our own page
            assert root.tag == "{http://www.w3.org/2000/svg}svg", name
            said = [child.text for child in root if child.tag.endswith(("title", "desc"))]
            assert len(said) == 2, name
            assert all(text and " / " in text for text in said), name  # in both languages
        else:
            parser = Balanced()
            parser.feed(data.decode())
            assert parser.open == [], name
            assert data.startswith(b"<!DOCTYPE html>"), name
            assert b"@page{size:A4" in data, name


class Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "img", "br", "col"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_pages_link_to_files_that_are_there_and_fetch_nothing(built: list[BuiltCase]) -> None:
    for name, data in contents(built[0]).items():
        text = data.decode()
        linked = set(re.findall(r'(?:href|src)="([^"#]+)', text))
        assert linked <= PAGES, name
        assert "<script" not in text, name
        assert "url(" not in text, name


def test_every_numbered_object_leads_to_its_line_in_the_list(built: list[BuiltCase]) -> None:
    pages = contents(built[0])
    links = re.findall(r'<a href="scene.html#([^"]+)">', pages["room.svg"].decode())

    assert len(links) == len(set(links)) == 14
    assert all(f'id="{link}"' in pages["scene.html"].decode() for link in links)


def test_nothing_that_is_drawn_is_cut_off(case: CaseScenario, built: list[BuiltCase]) -> None:
    for name, data in contents(built[1]).items():
        for view, drawing in re.findall(r'viewBox="([\d ]+)"(.*?)</svg>', data.decode(), re.DOTALL):
            _, _, width, height = map(int, view.split())
            for path in re.findall(r'<g id="[^"]+"><path d="([^"]+)"', drawing):
                numbers = [float(number) for number in re.findall(r"-?\d+\.\d", path)]
                assert 1 < min(numbers[::2]) < max(numbers[::2]) < width - 1, (name, view)
                assert 1 < min(numbers[1::2]) < max(numbers[1::2]) < height - 1, (name, view)


def test_every_picture_is_shown_on_the_first_page(built: list[BuiltCase]) -> None:
    page = contents(built[0])["scene.html"].decode()

    assert set(re.findall(r'<img src="([^"]+)" alt="[^"]+"', page)) == {name for name in PAGES if name.endswith(".svg")}


# -- what must not stand there as text ---------------------------------------------------------------------------------


def to_be_read(truth: CaseTruth) -> set[str]:
    """Return what a trainee has to read off pictures, and typical spellings of it."""
    found: set[str] = set()
    for trace in truth.items[ITEM].traces.values():
        for name in ("serial", "seal_number", "bag_number", "reference_text", "device_text"):
            if name in trace.facts:
                found.add(str(trace.facts[name]))
        if trace.kind == "scene_event":
            found |= {str(trace.facts["written"]), str(trace.facts["written"])[:16], str(trace.facts["written"])[11:16]}
        found |= {str(guess) for guess in trace.facts.get("guesses", ())}  # type: ignore[union-attr]
    for exhibit in ("exhibit-kf-01", "exhibit-kf-03"):
        found |= {str(facts(truth, exhibit)[name]) for name in ("make", "model")}
    found |= {truth.variables[name] for name in ("seal_pc", "seal_phone", "usb_serial")}
    return found | {re.sub(r"[ -]", "", each) for each in found} | {each.removeprefix("S-") for each in found}


def test_no_value_stands_there_as_text(built: list[BuiltCase]) -> None:
    for one in built:
        values = to_be_read(one.truth)
        assert len(values) > 60
        for name, data in contents(one).items():
            text = data.decode()
            assert "<text" not in text, name
            # coordinates are numbers, too: they are looked for with nothing of a path around them
            shown = re.sub(r' d="[^"]*"', "", text)
            assert [value for value in sorted(values) if value in shown] == [], name


def test_the_smudged_digit_is_nowhere(case: CaseScenario, built: list[BuiltCase]) -> None:
    """Whatever the seal number is in truth, the picture has the same bytes: the digit is not in them."""
    one = built[0]
    smudged = facts(one.truth, "smudged-seal")
    variable = SEALS[str(smudged["exhibit"])]
    truly = one.truth.variables[variable]
    place = str(smudged["seal_number"]).index("?")
    pages = []
    for digit in "0123456789":
        changed = truly[:place] + digit + truly[place + 1 :]
        variables = tuple(
            replace(each, kind="constant", options={"value": changed}) if each.name == variable else each
            for each in case.variables
        )
        shelf = build_case(replace(case, variables=variables), SEEDS[0], one_folder(one, digit), items=[ITEM])
        pages.append(contents(shelf))

    assert all(page == contents(one) for page in pages)


def one_folder(one: BuiltCase, name: str) -> Path:
    return next(iter(one.files.values())).parents[2] / f"digit-{name}"


# -- the truth ---------------------------------------------------------------------------------------------------------


def test_the_clock_error_is_that_of_the_machine(truths: list[CaseTruth], case: CaseScenario) -> None:
    clocks = facts(truths[0], "clocks")

    assert clocks["clock_offset_s"] == case.machines["kf-acc-07"].clock_offset_s == 433
    # the reading that the brief of the exercise deleted-on-fat quotes
    assert (clocks["device_text"], clocks["reference_text"]) == ("10:37:13", "10:30:00")
    assert clocks["at_device_utc"] == datetime(2026, 3, 10, 5, 37, 13, tzinfo=UTC)


def test_the_stick_is_the_one_of_the_other_items(truths: list[CaseTruth]) -> None:
    for truth in truths:
        stick = facts(truth, "exhibit-kf-02")
        assert stick["serial"] == truth.variables["usb_serial"]
        assert (stick["seal_number"], stick["bag_number"]) == (
            truth.variables["seal_number"],
            truth.variables["bag_number"],
        )
        assert facts(truth, "stick-seized")["written"] == "2026-03-10 10:42 +05:00"


def test_objects_have_the_numbers_one_to_fourteen_in_a_personal_order(truths: list[CaseTruth]) -> None:
    orders = set()
    for truth in truths:
        objects = [trace for trace in truth.items[ITEM].traces.values() if trace.kind == "scene_object"]
        numbers = tuple(trace.facts["number"] for trace in objects)
        assert sorted(numbers) == list(range(1, 15))  # type: ignore[type-var]
        orders.add(numbers)
        assert facts(truth, "to-seize")["numbers"] == tuple(
            sorted(facts(truth, f"object-{name}")["number"] for name in ("pc", "stick", "phone", "note"))  # type: ignore[type-var]
        )
        assert f"object-{facts(truth, 'object-laptop')['number']}" in facts(truth, "out-of-scope")["options"]  # type: ignore[operator]
        assert not set(facts(truth, "to-seize")["options"]) & set(facts(truth, "out-of-scope")["options"])  # type: ignore[arg-type]
    assert len(orders) > 10


def test_exactly_one_seal_has_one_digit_that_nobody_can_read(truths: list[CaseTruth]) -> None:
    places = set()
    for truth in truths:
        smudged = facts(truth, "smudged-seal")
        exhibits = [trace.facts for trace in truth.items[ITEM].traces.values() if trace.kind == "scene_exhibit"]
        seal, position = str(smudged["seal_number"]), smudged["smudged_position"]
        assert [each["exhibit"] for each in exhibits if "?" in str(each["seal_number"])] == [smudged["exhibit"]]
        assert seal in {each["seal_number"] for each in exhibits}
        digits = [sign for sign in seal if sign.isdigit() or sign == "?"]
        assert digits[int(str(position)) - 1] == "?"
        assert digits.count("?") == 1
        variable = SEALS[str(smudged["exhibit"])]
        assert truth.variables[variable] in smudged["guesses"]  # type: ignore[operator]
        places.add((variable, position))
    assert len(places) > 5


def test_the_log_is_in_order_within_the_warrant_and_its_minutes_are_not_round(truths: list[CaseTruth]) -> None:
    for truth in truths:
        events = [trace for trace in truth.items[ITEM].traces.values() if trace.kind == "scene_event"]
        moments = [trace.facts["at_utc"] for trace in events]
        assert len(moments) == 14
        assert moments == sorted(moments)  # type: ignore[type-var]
        warrant = facts(truth, "warrant")
        assert warrant["valid_from_utc"] <= moments[0] < moments[-1] < warrant["valid_to_utc"]  # type: ignore[operator]
        round_minutes = sum(moment.minute in {0, 15, 30, 45} for moment in moments)  # type: ignore[union-attr]
        assert round_minutes < 0.6 * len(moments)  # rule CC-39
    assert len({tuple(t.facts.get("at_utc") for t in truth.items[ITEM].traces.values()) for truth in truths}) == 30


def test_the_courier_comes_into_another_zone(truths: list[CaseTruth]) -> None:
    released, received = facts(truths[0], "courier-received"), facts(truths[0], "courier-delivered")

    assert str(released["written"]).endswith("+05:00")
    assert str(received["written"]).endswith("+06:00")
    moment = datetime.fromisoformat(re.sub(r" (?=[+-])", "", str(received["written"])))
    assert moment == received["at_utc"]
    assert received["at_utc"] - released["at_utc"] > timedelta(hours=5)  # type: ignore[operator]


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_events_that_could_change_places_are_an_error(case: CaseScenario) -> None:
    item = case.items[ITEM]
    assert item.scene is not None
    first, second, *others = item.scene.events
    events = (replace(first, spread_s=36000), second, *others)
    changed = replace(case, items={ITEM: replace(item, scene=replace(item.scene, events=events))})

    with pytest.raises(SynthesisError, match="can change places") as caught:
        derive_truth(changed, b"any", items=[ITEM])
    assert "spread_s" in caught.value.remedy


def test_a_seal_without_digits_can_not_be_smudged(case: CaseScenario) -> None:
    item = case.items[ITEM]
    assert item.scene is not None
    exhibits = tuple(replace(each, seal="S-ABC") for each in item.scene.exhibits)
    changed = replace(case, items={ITEM: replace(item, scene=replace(item.scene, exhibits=exhibits))})

    with pytest.raises(SynthesisError, match="no digit to smudge"):
        derive_truth(changed, b"any", items=[ITEM])


def test_the_product_needs_a_scene(case: CaseScenario) -> None:
    changed = replace(case, items={ITEM: replace(case.items[ITEM], scene=None)})

    with pytest.raises(SynthesisError, match="has no scene") as caught:
        derive_truth(changed, b"any", items=[ITEM])
    assert "[scene]" in caught.value.remedy

"""A small case for tests: one 4 MiB stick with FAT12, one machine, a few variables."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from labkit.model.scenario import Action, CaseScenario, Content, ItemScenario, Life, Machine, Variable, VolumeSpec
from labkit.synthesis.build import play_item
from labkit.synthesis.variables import draw_variables
from labkit.synthesis.world.world import World

SEED = b"a trainee"
START = datetime(2026, 2, 10, 6, 0, tzinfo=UTC)
SETTINGS: Mapping[str, str | int] = {
    "stem": "T-01",
    "case_number": "NV-1",
    "evidence_number": "T-01",
    "description": "a stick",
    "examiner": "somebody",
    "notes": "",
    "tool": "labimager",
    "tool_version": "1.4",
    "operating_system": "training",
    "acquired": "2026-03-11T05:20:00+00:00",
    "second_pass": "2026-03-11T07:20:00+00:00",
}
PHOTOS = Life(
    folder="/Фото",
    count=6,
    kinds=("photo",),
    languages=("ru",),
    begin=datetime(2025, 10, 1, tzinfo=UTC),
    end=datetime(2026, 2, 1, tzinfo=UTC),
)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def text(content: str) -> Content:
    return Content(text=content)


def a_case(
    *actions: Action,
    life: Sequence[Life] = (),
    products: Sequence[str] = (),
    variables: Sequence[Variable] = (),
    settings: Mapping[str, str | int] | None = None,
    corpus: Mapping[str, bytes] | None = None,
    filesystem: str = "FAT12",
    kind: str = "medium",
    serial: str = "1A2B-3C4D",
) -> CaseScenario:
    volume = VolumeSpec(filesystem, 64, 1024, "TEST", datetime(2025, 9, 1, tzinfo=UTC), 8064, serial)
    size = 8128 * 512 + 16384 if kind == "medium" else 65536
    item = ItemScenario(
        slug="stick",
        exhibit="T-01",
        kind=kind,
        machine="pc",
        size_bytes=size,
        volumes=(volume,) if kind == "medium" else (),
        life=tuple(life),
        actions=actions,
        corpus=corpus or {},
        products=tuple(products),
        settings={**SETTINGS, **(settings or {})},
    )
    machines = {"pc": Machine("pc", "Asia/Almaty", 433)}
    return CaseScenario("small", {"en": "Small"}, tuple(variables), machines, {"stick": item})


def a_world(*actions: Action, life: Sequence[Life] = (), seed: bytes = SEED, **parts: object) -> World:
    """Play a story; its traces are checked."""
    case = a_case(*actions, life=life, **parts)  # type: ignore[arg-type]
    world = play_item(case, "stick", seed, draw_variables(case, seed)).world
    assert world is not None
    return world

"""A small computer for tests: 96 MiB with a GPT, 150 system files, two weeks of life, one stick."""

from datetime import UTC, datetime, timedelta

from labkit.model.scenario import (
    Action,
    CaseScenario,
    ComputerSpec,
    DeviceSpec,
    DiskSpec,
    ItemScenario,
    Machine,
    VolumeSpec,
)
from labkit.synthesis.build import play_item
from labkit.synthesis.world.world import World
from tests.unit.synthesis.small_case import SETTINGS

INSTALLED = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)
COMMON_UNTIL = datetime(2026, 1, 13, 19, 0, tzinfo=UTC)  # midnight in Almaty
LIFE_UNTIL = INSTALLED + timedelta(days=16)
CLOCK_SET = INSTALLED + timedelta(days=2, hours=3)
STICK = DeviceSpec("red", "Marlin", "Flash 64", "1.10", "0417AABBCCDD", "1A2B-3C4D", "VARN RED", "E")
WINDOWS = VolumeSpec(
    "NTFS", 2048, 4096, "Windows", INSTALLED, 131072, "7C0417A25E31D98B", "windows", "basic", common=True
)
LOST = VolumeSpec("FAT16", 141312, 2048, "ARCHIVE", INSTALLED, 32768, "0417-1A2B", "lost", in_table=False)
LAST = VolumeSpec("NTFS", 180224, 4096, "Recovery", INSTALLED, 14336, "11AA22BB33CC44DD", "recovery", "recovery")


def after(hours: float) -> datetime:
    """Return a true time on a trainee's own days."""
    return COMMON_UNTIL + timedelta(hours=hours)


def a_computer_case(*actions: Action, damaged: str = "primary") -> CaseScenario:
    computer = ComputerSpec(
        name="T-PC-01",
        user="dana",
        full_name="Dana Pelvano",
        organisation="Test",
        mail="dana@kestrel-freight.example",
        installed=INSTALLED,
        common_until=COMMON_UNTIL,
        life_until=LIFE_UNTIL,
        system_files=150,
        languages=("en", "ru"),
        devices=(STICK,),
    )
    item = ItemScenario(
        slug="disk",
        exhibit="T-02",
        kind="medium",
        machine="pc",
        size_bytes=96 * 1024 * 1024,
        volumes=(WINDOWS, LOST, LAST),
        life=(),
        actions=actions,
        settings={**SETTINGS, "stem": "T-02"},
        disk=DiskSpec("gpt", damaged),
        computer=computer,
    )
    machines = {"pc": Machine("pc", "Asia/Almaty", 433, CLOCK_SET)}
    return CaseScenario("small", {"en": "Small"}, (), machines, {"disk": item})


def a_computer(*actions: Action, seed: bytes = b"a trainee", damaged: str = "primary") -> World:
    """Play a story; its traces are checked."""
    world = play_item(a_computer_case(*actions, damaged=damaged), "disk", seed, {}).world
    assert world is not None
    return world

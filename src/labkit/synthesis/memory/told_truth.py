"""What a base holds, as one trainee's image holds it: placeholders replaced, times moved, choices made."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from labkit.synthesis.memory.patches import ChoicePatch
from labkit.synthesis.memory.told import ToldMemory

HIDDEN, REGION = "hidden", "region"  # the choices that bases have
PAGE_BYTES = 4096
_DIRECT_MAP_STEP = 1 << 30


@dataclass(frozen=True, slots=True)
class ToldTruth:
    """The truth of a base through the eyes of one trainee. Times are what the machine's clock says, aware UTC."""

    told: ToldMemory

    def text(self, template: str) -> str:
        """Return a text of the base's truth with the trainee's values."""
        return template.format_map(self.told.texts)

    def texts(self, templates: list[str]) -> tuple[str, ...]:
        """Return several texts."""
        return tuple(map(self.text, templates))

    def moment(self, seconds: int) -> datetime:
        """Return a time of the base's truth by the clock of the machine. What is older than its start does not move."""
        moved = seconds >= self.section("host")["booted_s"]
        return datetime.fromtimestamp(seconds + moved * self.told.personal.shift_s, UTC)

    def section(self, name: str) -> Any:
        """Return a part of the base's truth as it stands there."""
        return self.told.base.truth[name]

    def option(self, choice: str) -> str:
        """Return the option that was drawn."""
        return self.told.personal.options[choice]

    def processes(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the processes that have a part in the story, each with its role; the hidden one is ``hidden``."""
        by_pid = {process["pid"]: process for process in self.section("processes")}
        roles = self.section("roles")
        for role, pid in roles.items():
            if role != HIDDEN:
                yield role.replace("_", "-"), by_pid[pid]
        yield HIDDEN, by_pid[roles[HIDDEN][self.option(HIDDEN)]]

    def listed_pids(self) -> tuple[int, ...]:
        """Return the PIDs of the kernel's list of tasks: all but the hidden one."""
        hidden = self.section("roles")[HIDDEN][self.option(HIDDEN)]
        return tuple(process["pid"] for process in self.section("processes") if process["pid"] != hidden)

    def kernel_address(self, offset_bytes: int) -> int:
        """Return where the kernel sees a byte of the image.

        Its direct map of all memory begins at a multiple of 1 GiB (arch/x86/mm/kaslr.c moves it by whole PUDs), and the
        images are smaller than that. So any pointer into it tells, such as those of the list of tasks that are changed
        to hide a process.
        """
        patches = self.told.base.patches
        link = next(one.old for one in patches if isinstance(one, ChoicePatch) and one.choice == HIDDEN)
        return int.from_bytes(link, "little") // _DIRECT_MAP_STEP * _DIRECT_MAP_STEP + offset_bytes

    def region(self) -> Mapping[str, Any]:
        """Return the region that is executable."""
        return next(one for one in self.section("regions") if one["option"] == self.option(REGION))

    def whole_files(self) -> Iterator[Mapping[str, Any]]:
        """Yield the files of the story of which every page is in the image."""
        for file in self.section("files"):
            if file["size_bytes"] and len(file["pages"]) == -(-file["size_bytes"] // PAGE_BYTES):
                yield file

"""One evidence item after its story: the medium, and what products and traces need to know about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from labkit.containers.ewf_sections import EwfMetadata
from labkit.errors import SynthesisError
from labkit.model.scenario import ItemScenario
from labkit.synthesis.clock import DeviceClock
from labkit.synthesis.medium import Medium
from labkit.synthesis.variables import fill
from labkit.synthesis.world.world import World


@dataclass(frozen=True, slots=True)
class PlayedItem:
    """An item of one trainee. ``world`` is None where the item has no volume."""

    item: ItemScenario
    seed: bytes
    values: Mapping[str, str]
    clock: DeviceClock
    medium: Medium
    world: World | None

    def name(self, ending: str) -> str:
        """Return the file name of a product, such as ``KF-06.raw`` for ``.raw``."""
        return f"{self.setting('stem')}{ending}"

    def setting(self, key: str) -> str:
        """Return a setting of the scenario as text with its variables filled in.

        Raises:
            SynthesisError: The scenario does not say it.
        """
        try:
            return fill(str(self.item.settings[key]), self.values)
        except KeyError:
            raise SynthesisError(
                f"the item {self.item.slug} needs the setting {key!r} for its products",
                remedy="Add it to scenario.toml; labkit author lint names the keys.",
            ) from None

    def moment(self, key: str) -> datetime:
        """Return a setting that is a true time."""
        return datetime.fromisoformat(self.setting(key)).astimezone(UTC)

    def metadata(self) -> EwfMetadata:
        """Return the header values of the item's containers."""
        return EwfMetadata(
            case_number=self.setting("case_number"),
            evidence_number=self.setting("evidence_number"),
            description=self.setting("description"),
            examiner=self.setting("examiner"),
            notes=self.setting("notes"),
            acquired=self.moment("acquired"),
            software_version=f"{self.setting('tool')} {self.setting('tool_version')}",
            operating_system=self.setting("operating_system"),
        )

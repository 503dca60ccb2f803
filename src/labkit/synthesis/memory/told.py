"""What is personal about a memory image: which base, which options, the values of its tokens, when it was taken."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from labkit.errors import SynthesisError
from labkit.model.scenario import MemorySpec
from labkit.synthesis.clock import DeviceClock
from labkit.synthesis.memory.base import Base, read_base
from labkit.synthesis.memory.patches import Personal
from labkit.synthesis.scene.told import moment_of
from labkit.synthesis.streams import Stream
from labkit.synthesis.variables import fill

_MOST_SHIFT_S = 900  # docs/developer/memory-base.md, section Times
_NUMBERED = re.compile(r"(.+)_([0-9]+)")


@dataclass(frozen=True, slots=True)
class ToldMemory:
    """One trainee's image before it is made."""

    base: Base
    personal: Personal
    captured_utc: datetime  # true time

    @property
    def texts(self) -> Mapping[str, str]:
        """The values of the tokens, to fill texts of the base's truth with."""
        return {name: value.decode("latin-1") for name, value in self.personal.values.items()}


def tell(spec: MemorySpec, clock: DeviceClock, seed: bytes, slug: str, values: Mapping[str, str]) -> ToldMemory:
    """Draw what is personal.

    Args:
        spec: The item's table ``[memory]``.
        clock: Of the machine that was captured.
        seed: The trainee's.
        slug: The item.
        values: The variables of the case.

    Raises:
        SynthesisError: A base can not be read, a token has no value of its form, or the capture is too far from the
            moment at which the story wants it.
    """
    base = read_base(Stream(seed, f"memory/{slug}/base").pick(spec.bases))
    captured = _captured(spec, seed, slug)
    shift_s = round(clock.device_utc(captured).timestamp()) - int(base.manifest["captured_s"])
    if abs(shift_s) > _MOST_SHIFT_S:
        raise SynthesisError(
            f"the memory base {base.name} was captured {abs(shift_s)} s away from the event {spec.captured.id}",
            remedy=f"Let the event of the scene be within {_MOST_SHIFT_S} s of the capture, or capture the base again.",
        )
    options = {
        name: Stream(seed, f"memory/{slug}/{name}").pick(tuple(described["options"]))
        for name, described in sorted(base.manifest["choices"].items())
    }
    return ToldMemory(base, Personal(_values(base, spec, seed, slug, values), shift_s, options), captured)


def _captured(spec: MemorySpec, seed: bytes, slug: str) -> datetime:
    """Return the true second of the capture: within the minute that the duty log names."""
    minute = moment_of(spec.captured, seed, spec.scene)
    return minute.astimezone(UTC) + timedelta(seconds=Stream(seed, f"memory/{slug}/second").below(60))


def _values(base: Base, spec: MemorySpec, seed: bytes, slug: str, values: Mapping[str, str]) -> dict[str, bytes]:
    tokens = base.manifest["tokens"]
    texts: dict[str, str] = {}
    for name, described in tokens.items():
        if "derived" in described:
            continue
        text = _text(name, spec, seed, slug, values)
        if len(text) != described["width"] or not re.fullmatch(described["form"], text):
            raise SynthesisError(
                f"the token {name} of the memory base can not be {text!r}; it has the form {described['form']}",
                remedy="Mend its line in [memory.tokens] of scenario.toml, or the variable in case.toml.",
            )
        texts[name] = text
    found = {name: text.encode("ascii") for name, text in texts.items()}
    for name, described in tokens.items():
        if "derived" in described:
            plain = described["derived"]["template"].format_map(texts).encode("latin-1")
            key = int(texts[described["derived"]["key"]], 16)
            found[name] = bytes(byte ^ key for byte in plain.ljust(described["width"], b" "))
    return found


def _text(name: str, spec: MemorySpec, seed: bytes, slug: str, values: Mapping[str, str]) -> str:
    """Return the value of one token; those of a numbered row are drawn each by its own stream."""
    if name in spec.tokens:
        return fill(spec.tokens[name], values)
    row = _NUMBERED.fullmatch(name)
    if row is None or row[1] not in spec.rows:
        raise SynthesisError(
            f"the memory base asks for the token {name}, and the item {slug} does not have it",
            remedy="Give it a line in [memory.tokens] or [memory.rows] of scenario.toml.",
        )
    stream = Stream(seed, f"memory/{slug}/{name}")
    return "".join(str(stream.below(10)) if sign == "#" else sign for sign in spec.rows[row[1]])

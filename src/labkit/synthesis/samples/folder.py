"""The folder as a plan: which file is what. Contents are made when somebody asks for them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labkit.errors import SynthesisError
from labkit.model.scenario import SamplesSpec
from labkit.synthesis.samples.clean_files import FREQUENT, Ordinary, ordinary_file
from labkit.synthesis.samples.decoys import NUMBERS, Decoy, decoy_file
from labkit.synthesis.samples.kf_sync import Region, SyncConfig, sync_region
from labkit.synthesis.streams import Stream
from labkit.synthesis.variables import fill

_EVERY_S = (60, 120, 180, 300, 600)


@dataclass(frozen=True, slots=True)
class SampleFolder:
    """The files of one trainee by name: copies of the program, decoys, and the rest, which is ordinary."""

    seed: bytes
    slug: str
    configs: tuple[SyncConfig, ...]
    hosts: tuple[str, str]  # that of most copies first
    variants: tuple[str, ...]  # names, in the order of ``configs``
    decoys: Mapping[Decoy, tuple[str, ...]]
    ordinary: Mapping[str, Ordinary]

    def variant(self, number: int) -> Region:
        """Return the copy of that number, from 0."""
        return sync_region(self._stream(self.variants[number]), self.configs[number])

    def clean(self) -> Iterator[tuple[str, bytes]]:
        """Yield all clean files, name and content."""
        for kind, names in self.decoys.items():
            for name in names:
                yield name, decoy_file(self._stream(name), kind, self.hosts)
        for name, kind_of_file in self.ordinary.items():
            yield name, ordinary_file(self._stream(name), kind_of_file)

    def named(self, kinds: frozenset[Decoy]) -> tuple[str, ...]:
        """Return the names of all decoys of some kinds."""
        return tuple(name for kind, names in self.decoys.items() if kind in kinds for name in names)

    def _stream(self, name: str) -> Stream:
        return Stream(self.seed, f"samples/{self.slug}/{name}")


def plan_folder(spec: SamplesSpec, slug: str, seed: bytes, values: Mapping[str, str]) -> SampleFolder:
    """Return the folder of one trainee. Names are numbers in drawn order and say nothing.

    Raises:
        SynthesisError: The clean files are too few for the decoys, or the copies do not have two hosts, one of them
            more often.
    """
    stream = Stream(seed, f"samples/{slug}")
    configs = tuple(
        SyncConfig(
            fill(one.host, values), int(fill(one.port, values)), int(fill(one.key, values)), stream.pick(_EVERY_S)
        )
        for one in spec.variants
    )
    hosts = [config.host for config in configs]
    ranked = sorted(set(hosts), key=lambda host: -hosts.count(host))
    counts = {kind: stream.between(*limits) for kind, limits in NUMBERS.items()}
    total = len(configs) + spec.clean_count
    if len(ranked) != 2 or hosts.count(ranked[0]) == hosts.count(ranked[1]):  # noqa: PLR2004
        raise SynthesisError(
            f"the copies of {slug} have the hosts {', '.join(ranked)}",
            remedy="Give them two hosts, one of them in more copies than the other.",
        )
    if sum(counts.values()) > spec.clean_count:
        raise SynthesisError(
            f"{slug} has {spec.clean_count} clean files and {sum(counts.values())} decoys",
            remedy="Raise clean_count in scenario.toml.",
        )
    names = iter(stream.shuffled([f"blob-{number:03d}.bin" for number in range(1, total + 1)]))

    def next_names(count: int) -> tuple[str, ...]:
        return tuple(sorted(next(names) for _ in range(count)))

    variants = next_names(len(configs))
    decoys = {kind: next_names(count) for kind, count in counts.items()}
    shuffled = tuple(stream.shuffled(configs))
    ordinary = {name: stream.pick(FREQUENT) for name in sorted(names)}
    return SampleFolder(seed, slug, shuffled, (ranked[0], ranked[1]), variants, decoys, ordinary)

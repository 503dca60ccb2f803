"""What a trainee's rule is tried on: the copies in the evidence, changed ones, and clean files that nobody has."""

from collections.abc import Callable, Mapping
from functools import cached_property

from labkit.errors import SynthesisError
from labkit.model.scenario import CaseScenario
from labkit.synthesis.samples.clean_files import ordinary_files
from labkit.synthesis.samples.decoys import decoy_file
from labkit.synthesis.samples.folder import SampleFolder, plan_folder
from labkit.synthesis.samples.kf_sync import SyncConfig, sync_region
from labkit.synthesis.streams import Stream
from labkit.synthesis.variables import draw_variables
from labkit.synthesis.words import word_list

VARIANTS, CANARY, CLEAN = "variants", "canary", "clean"
CANARIES = 3  # each has another host, port, key, length and order of its parts
CLEAN_FILES = 200


def set_name(slug: str, which: str) -> str:
    """Return the name of a set as facts ``sample_set`` give it."""
    return f"{slug}/{which}"


class RuleSamples:
    """The sets of samples of one trainee; each is made when it is asked for first.

    Args:
        case: The case.
        seed: The trainee's seed, as it was built with.
        shared_seed: The same for all trainees of a class: ordinary clean files follow from it and are made once in a
            process. Decoys hold the trainee's own values and follow from ``seed``.
    """

    def __init__(self, case: CaseScenario, seed: bytes, shared_seed: bytes) -> None:
        self._case = case
        self._seed = seed
        self._shared_seed = shared_seed
        self._made: dict[str, Mapping[str, bytes]] = {}

    def files(self, name: str) -> Mapping[str, bytes]:
        """Return the files of a set: name to content.

        Raises:
            SynthesisError: The case has no such set.
        """
        if name not in self._made:
            slug, _, which = name.rpartition("/")
            item = self._case.items.get(slug)
            makers: Mapping[str, Callable[[SampleFolder], Mapping[str, bytes]]] = {
                VARIANTS: _variants,
                CANARY: _canaries,
                CLEAN: self._clean,
            }
            if item is None or item.samples is None or which not in makers:
                raise SynthesisError(
                    f"the case {self._case.slug} has no set of samples {name!r}",
                    remedy="Refer to a fact sample_set of an item of kind 'samples'.",
                )
            self._made[name] = makers[which](plan_folder(item.samples, slug, self._seed, self._values))
        return self._made[name]

    @cached_property
    def _values(self) -> Mapping[str, str]:
        return draw_variables(self._case, self._seed)

    def _clean(self, folder: SampleFolder) -> Mapping[str, bytes]:
        decoys = [
            decoy_file(Stream(self._seed, f"unseen/{folder.slug}/{kind}/{number}"), kind, folder.hosts)
            for kind, names in folder.decoys.items()
            for number in range(len(names))
        ]
        ordinary = ordinary_files(self._shared_seed, CLEAN_FILES)[: CLEAN_FILES - len(decoys)]
        return {f"clean-{number:03d}": content for number, content in enumerate((*decoys, *ordinary), start=1)}


def _variants(folder: SampleFolder) -> Mapping[str, bytes]:
    return {name: folder.variant(number).content for number, name in enumerate(folder.variants)}


def _canaries(folder: SampleFolder) -> Mapping[str, bytes]:
    """Return copies with values that no file of the trainee has."""
    stream = Stream(folder.seed, f"canary/{folder.slug}")
    taken = {config.key for config in folder.configs}
    keys = stream.sample([key for key in range(129, 255) if key not in taken], CANARIES)
    known = " ".join(folder.hosts)
    words = stream.sample([word for word in word_list("plain") if word not in known], CANARIES)
    found = {}
    for number, (word, key) in enumerate(zip(words, keys, strict=True), start=1):
        config = SyncConfig(f"{word}-hub.example", stream.between(10000, 19999), key, stream.between(61, 119))
        found[f"canary-{number}"] = sync_region(stream, config).content
    return found

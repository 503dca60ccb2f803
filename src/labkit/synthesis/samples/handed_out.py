"""The product ``blobs``: the folder as files, the drafts beside it, and traces of what is what."""

from collections.abc import Iterator

from labkit.errors import SynthesisError
from labkit.hashing import digest_bytes
from labkit.model.truth import FactValue, Trace
from labkit.synthesis.played import PlayedItem
from labkit.synthesis.samples.draft_rules import draft_file, draft_rules
from labkit.synthesis.samples.folder import SampleFolder, plan_folder
from labkit.synthesis.samples.rule_samples import CANARY, CLEAN, VARIANTS, set_name
from labkit.synthesis.shelf import Shelf
from labkit.synthesis.traces import digest_facts

FOLDER, DRAFTS = "samples", "draft-rules.yar"


def folder_of(played: PlayedItem) -> SampleFolder:
    """Return the plan of the item's folder.

    Raises:
        SynthesisError: The scenario has no ``[samples]``, or they do not go together.
    """
    item = played.item
    if item.samples is None:
        raise SynthesisError(
            f"the item {item.slug} has no [samples]", remedy="Make it of kind 'samples', or take 'blobs' out."
        )
    return plan_folder(item.samples, item.slug, played.seed, played.values)


def blob_traces(played: PlayedItem, shelf: Shelf) -> Iterator[Trace]:
    """Write the files; yield the traces of each copy of the program, the sets of samples, decoys and draft rules."""
    slug, folder = played.item.slug, folder_of(played)
    for number, (name, config) in enumerate(zip(folder.variants, folder.configs, strict=True)):
        region = folder.variant(number)
        shelf.put(f"{slug}/{FOLDER}/{name}", region.content)
        facts: dict[str, FactValue] = {
            "name": name,
            **digest_facts(digest_bytes(region.content)),
            "file_offset_bytes": region.config_offset_bytes,
            "text": config.text,
            "host": config.host,
            "port": config.port,
            "endpoint": f"{config.host}:{config.port}",
            "xor_key": config.key,
        }
        yield Trace(f"variant-{number + 1}", "hidden_config", None, facts)
    if shelf.writes:
        for name, content in folder.clean():
            shelf.put(f"{slug}/{FOLDER}/{name}", content)
    rules = draft_rules(folder)
    shelf.put(f"{slug}/{DRAFTS}", draft_file(rules))
    yield Trace("variants", "samples", None, {"names": folder.variants, "sample_set": set_name(slug, VARIANTS)})
    yield Trace("canary", "unseen_samples", None, {"sample_set": set_name(slug, CANARY)})
    clean_count = sum(map(len, folder.decoys.values())) + len(folder.ordinary)
    yield Trace("clean", "samples", None, {"file_count": clean_count, "sample_set": set_name(slug, CLEAN)})
    for kind, names in folder.decoys.items():
        yield Trace(f"decoy-{kind}", "decoys", None, {"names": names})
    for rule in rules:
        hit: dict[str, FactValue] = {
            "name": rule.name,
            "names": (*rule.found, *rule.clean),
            "found_count": len(rule.found),
            "clean_count": len(rule.clean),
        }
        yield Trace(rule.name.replace("_", "-"), "draft_rule", None, hit)

"""Confirming a folder of samples: by reading its bytes plainly, by the program ``yara``, and by yara-python.

Nothing here comes from what made the files: the mark, the padding with spaces and the good rule are written down anew.
"""

import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from labkit.evidence.yara_scan import Scanner
from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, statement, weigh
from labkit.verification.programs import ask

_PLAIN = "plain reading"
_MESSAGE, _MARK, _NAME = b"%lld alive %s", b"KFSYNC2.CFG:", b"kf_sync"
_BLOCK = re.compile(re.escape(_MARK) + rb"\xa0\x00(.{160})", re.DOTALL)
_FIELD = re.compile(r"^(\w+)=(.*)$", re.MULTILINE)
_GOOD_RULE = """
rule kf_sync_copy {
strings: $message = "%lld alive %s" $config = { 4B 46 53 59 4E 43 32 2E 43 46 47 3A A0 00 }
condition: all of them and filesize < 16KB }
"""
_LONG_BYTES = 16 * 1024
_RULES_LIMIT_S = 60
_SUFFIX = ".bin"


def confirm_hidden_config(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of one copy: its digests, and its configuration, whose padding of spaces shows the key."""
    path = item.file(str(trace.facts["name"]))
    data = path.read_bytes()
    digests: dict[str, Any] = {"name": path.name, "size_bytes": len(data)}
    for name in ("md5", "sha1", "sha256"):
        digests[name] = hashlib.new(name, data, usedforsecurity=False).hexdigest()
    yield from weigh(trace, [Testimony("hashlib", digests), Testimony(_PLAIN, _config(data))])


def confirm_samples(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of which files are copies of the program, and how many are clean."""
    everyone = {path.name: path for path in item.with_suffix(_SUFFIX)}
    plain = _names(name for name, path in everyone.items() if _BLOCK.search(path.read_bytes()))
    with tempfile.TemporaryDirectory(prefix="labkit-rule-") as folder:
        rule = Path(folder) / "good.yar"
        rule.write_text(_GOOD_RULE, encoding="ascii")
        hits = {"yara": _by_program(rule, item), "yara-python": _by_library(rule, item)}
    said: list[Testimony] = [Testimony(_PLAIN, _told(plain, len(everyone)))]
    for reader, found in hits.items():
        facts = None if found is None else _told(found.get("kf_sync_copy", ()), len(everyone))
        said.append(Testimony(reader, facts, ("names", "file_count")))
    yield from weigh(trace, said)


def confirm_unseen(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:  # noqa: ARG001 - same shape as all
    """Yield the name of a set that is not handed out."""
    yield from weigh(trace, ())


def confirm_decoys(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of the clean files that hold one thing of a copy, and not the others."""
    kind = trace.id.removeprefix("decoy-")
    copies = [path.read_bytes() for path in item.with_suffix(_SUFFIX)]
    hosts = Counter(_config(data)["host"] for data in copies if _BLOCK.search(data))
    ranked = [str(host).encode() for host, _ in hosts.most_common()]
    found = _names(path.name for path in item.with_suffix(_SUFFIX) if _kind(path.read_bytes(), ranked) == kind)
    yield from weigh(trace, [Testimony(_PLAIN, {"names": found})])


def confirm_draft_rule(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of what a handed-out rule hits: copies of the program first, then clean files."""
    rules = item.with_suffix(".yar")[0]
    name = str(trace.facts["name"])
    said = []
    for reader, found in (("yara", _by_program(rules, item)), ("yara-python", _by_library(rules, item))):
        facts: dict[str, Any] | None = None
        if found is not None:
            hit = found.get(name, ())
            copies = [each for each in hit if _BLOCK.search(item.file(each).read_bytes())]
            clean = [each for each in hit if each not in copies]
            names = (*copies, *clean)
            facts = {"names": names, "found_count": len(copies), "clean_count": len(clean)}
        said.append(Testimony(reader, facts, ("names", "found_count", "clean_count")))
    is_there = f"rule {name}\n" in rules.read_text(encoding="utf-8")
    yield from weigh(trace, [*said, Testimony(_PLAIN, {"name": name if is_there else Unreadable("no such rule")})])
    yield statement(trace.id, "(gives nothing away)", _PLAIN, False, _MARK in rules.read_bytes())


def _config(data: bytes) -> dict[str, Any]:
    """Return what the hidden text says; the key is what most of its bytes are, against a space."""
    found = _BLOCK.search(data)
    if found is None:
        return {"text": Unreadable("there is no configuration")}
    hidden = found[1]
    key = Counter(hidden).most_common(1)[0][0] ^ ord(" ")
    text = bytes(byte ^ key for byte in hidden).decode("ascii", "replace").rstrip(" ")
    fields = dict(_FIELD.findall(text))
    return {
        "file_offset_bytes": found.start(1),
        "xor_key": key,
        "text": text,
        "host": fields["host"],
        "port": int(fields["port"]),
        "endpoint": f"{fields['host']}:{fields['port']}",
    }


def _kind(data: bytes, hosts: list[bytes]) -> str:
    """Return the kind of decoy that a file is; empty where it is none."""
    if _BLOCK.search(data):
        return ""
    if _MESSAGE in data and _MARK in data:
        return "report" if len(data) > _LONG_BYTES else "(two strings in a short file)"
    if _MESSAGE in data:
        return "program" if data.startswith(b"\x7fELF") else "handbook"
    if _MARK in data:
        return "defaults"
    if _NAME in data:
        return "inventory"
    kinds = [name for name, host in zip(("first-host", "second-host"), hosts, strict=True) if host in data]
    return " and ".join(kinds)


def _told(names: tuple[str, ...], total: int) -> dict[str, Any]:
    return {"names": names, "file_count": total - len(names)}


def _by_program(rules: Path, item: BuiltItem) -> Mapping[str, tuple[str, ...]] | None:
    """Return the names of the files that each rule hits, by the program ``yara``; None where it is not installed."""
    answer = ask("yara", rules, item.with_suffix(_SUFFIX)[0].parent)
    if answer is None:
        return None
    if not answer.succeeded:
        raise ValueError(f"yara: {answer.complaint}")
    hits = [line.split(" ", 1) for line in answer.text.splitlines()]
    return _by_rule((rule, Path(path).name) for rule, path in hits)


def _by_library(rules: Path, item: BuiltItem) -> Mapping[str, tuple[str, ...]]:
    scanner = Scanner(rules, limit_s=_RULES_LIMIT_S)
    return _by_rule((hit.rule, path.name) for path in item.with_suffix(_SUFFIX) for hit in scanner.file(path))


def _by_rule(hits: Iterator[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for rule, name in hits:
        found.setdefault(rule, set()).add(name)
    return {rule: tuple(sorted(names)) for rule, names in found.items()}


def _names(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


SAMPLE_KINDS: Mapping[str, Callable[[Trace, BuiltItem], Iterator[Confirmation]]] = {
    "hidden_config": confirm_hidden_config,
    "samples": confirm_samples,
    "unseen_samples": confirm_unseen,
    "decoys": confirm_decoys,
    "draft_rule": confirm_draft_rule,
}
